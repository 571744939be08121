"""The witness's half of sealed quotes: a key pair per project, opened only after the hour and only what is on the
list.
"""

from collections.abc import Sequence
from hashlib import sha256

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from witness import texts
from witness.book import Book
from witness.clock import parse_time
from witness.errors import Refused
from witness.journal import Entry, Line
from witness.shelf import Shelf

MAX_CIPHERTEXTS = 20_000


class Quotes:
    """Keys, countersigned lists and openings. The secret keys never leave the home folder."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.keys = Shelf(("project", "public_key", "opens_at", "at", "signature"), "project")
        self.lists = Shelf(("project", "list_hash", "at", "signature"), "project")
        self._keys: dict[str, Entry] = {}
        self._secrets: dict[str, PrivateKey] = {}
        self._lists: dict[str, Entry] = {}
        self._listed: dict[str, str] = {}
        book.on("quote_key", self._apply_key)
        book.on("quote_list", self._apply_list)

    def _apply_key(self, line: Line) -> None:
        project = str(line.entry["project"])
        if project in self._keys:
            self.keys.change(line.entry, lambda each: each["project"] == project)
        else:
            self.keys.put(line.entry)
        self._keys[project] = line.entry
        if "secret" in line.kept:
            self._secrets[project] = PrivateKey(bytes.fromhex(line.kept["secret"]))

    def _apply_list(self, line: Line) -> None:
        project = str(line.entry["project"])
        self._lists[project] = line.entry
        if "list" in line.kept:
            self._listed[project] = line.kept["list"]
        self.lists.put(line.entry)

    def key(self, project: str, opens_at: str) -> Entry:
        """The project's public key, made at the first request; `opens_at` may later only be moved to a later time.

        Raises Refused(422) for a time that is none or already over, Refused(409) for an earlier one, after the list, or
        where the secret key is lost.
        """
        texts.word(project, "project")
        try:
            opens = parse_time(opens_at)
        except ValueError:
            raise Refused(422, "invalid", "opens_at must be a time written YYYY-MM-DDTHH:MM:SSZ.") from None
        with self._book.lock:
            known = self._keys.get(project)
            if known is not None and known["opens_at"] == opens_at:
                return self._signed(self.keys.show(known))
            self._book.need_up_to_date()
            if opens <= self._book.moment():
                raise Refused(422, "opens_at_over", "opens_at must lie in the future.")
            if known is not None and project in self._lists:
                raise Refused(409, "list_signed", "The list of quotes is countersigned; the hour stands.")
            if known is not None and opens < parse_time(str(known["opens_at"])):
                raise Refused(409, "opens_at_earlier", "opens_at can only be moved to a later time.")
            secret = PrivateKey.generate() if known is None else self._secret(project)
            public, at = bytes(secret.public_key).hex(), self._book.now()
            entry: Entry = {
                "project": project,
                "public_key": public,
                "opens_at": opens_at,
                "at": at,
                "signature": self._book.sign("quote-key-v1", project, public, opens_at, at),
            }
            line = self._book.write("quote_key", entry, {"secret": bytes(secret).hex()})
            return self._signed(self.keys.show(line.entry))

    def _signed(self, shown: Entry) -> Entry:
        return {**shown, "by": self._book.name}

    def _secret(self, project: str) -> PrivateKey:
        if project not in self._secrets:
            raise Refused(409, "secret_lost", "The secret key of this project was lost with this witness's disk.")
        return self._secrets[project]

    def countersign(self, project: str, text: str) -> Entry:
        """Countersign the project's full list of quotes, once and after the hour; another list gets Refused(409)."""
        texts.word(project, "project")
        texts.quote_list(text, project)
        list_hash = sha256(text.encode()).hexdigest()
        with self._book.lock:
            self._need_open(project)
            known = self._lists.get(project)
            if known is not None:
                if known["list_hash"] != list_hash:
                    raise Refused(409, "already_signed", "Another list was countersigned for this project.")
                self._listed[project] = text  # shown again after it was lost: its hash is the signed one
                return self._signed(self.lists.show(known))
            self._book.need_up_to_date()
            at = self._book.now()
            entry: Entry = {
                "project": project,
                "list_hash": list_hash,
                "at": at,
                "signature": self._book.sign("list-v1", project, list_hash, at),
            }
            line = self._book.write("quote_list", entry, {"list": text})
            return self._signed(self.lists.show(line.entry))

    def _need_open(self, project: str) -> None:
        known = self._keys.get(project)
        if known is None:
            raise Refused(404, "no_key", "This witness has no quote key for the project.")
        if self._book.moment() < parse_time(str(known["opens_at"])):
            raise Refused(409, "too_early", f"Quotes of this project open at {known['opens_at']}.")

    def open(self, project: str, list_hash: str, ciphertexts: Sequence[str]) -> list[Entry]:
        """Open inner boxes (hex), in their order: each gives its `body`, or an `error` code, never anything in
        between.

        `not_hex`, `does_not_open`, `not_on_list`: a body whose SHA-256 is not on the countersigned list stays closed.
        """
        texts.word(project, "project")
        texts.hash_hex(list_hash, "list_hash")
        if len(ciphertexts) > MAX_CIPHERTEXTS:
            raise Refused(422, "too_many", f"At most {MAX_CIPHERTEXTS} ciphertexts at once.")
        with self._book.lock:
            self._need_open(project)
            # What a home that is an older state takes for the hour may have been moved to a later one since.
            self._book.need_up_to_date()
            known = self._lists.get(project)
            if known is None:
                raise Refused(409, "no_list", "The project's list of quotes is not countersigned yet.")
            if known["list_hash"] != list_hash:
                raise Refused(409, "other_list", "Another list was countersigned for this project.")
            if project not in self._listed:
                raise Refused(409, "list_lost", "Show this witness the countersigned list again: it lost the text.")
            listed, secret = texts.quote_list(self._listed[project], project), self._secret(project)
        box = SealedBox(secret)
        return [self._opened(box, listed, ciphertext) for ciphertext in ciphertexts]

    @staticmethod
    def _opened(box: "SealedBox[PrivateKey]", listed: frozenset[str], ciphertext: str) -> Entry:
        try:
            sealed = bytes.fromhex(ciphertext)
        except ValueError:
            return {"error": "not_hex"}
        try:
            body = box.decrypt(sealed)
        except (CryptoError, ValueError):
            return {"error": "does_not_open"}
        commitment = sha256(body).hexdigest()
        if commitment not in listed:
            return {"error": "not_on_list"}
        return {"commitment": commitment, "body": body.hex()}
