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
from witness.journal import Entry

MAX_CIPHERTEXTS = 20_000


class Quotes:
    """Keys, countersigned lists and openings. The secret keys never leave the home folder."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._keys: dict[str, Entry] = {}
        self._lists: dict[str, Entry] = {}
        book.on("quote_key", self._apply_key)
        book.on("quote_list", self._apply_list)

    def _apply_key(self, entry: Entry) -> None:
        self._keys[str(entry["project"])] = entry

    def _apply_list(self, entry: Entry) -> None:
        self._lists[str(entry["project"])] = entry

    def key(self, project: str, opens_at: str) -> Entry:
        """The project's public key, made at the first request; `opens_at` may later only be moved to a later time.

        Raises Refused(422) for a time that is none or already over, Refused(409) for an earlier one or after the
        list.
        """
        texts.word(project, "project")
        try:
            opens = parse_time(opens_at)
        except ValueError:
            raise Refused(422, "invalid", "opens_at must be a time written YYYY-MM-DDTHH:MM:SSZ.") from None
        with self._book.lock:
            known = self._keys.get(project)
            if known is not None and known["opens_at"] == opens_at:
                return self._shown_key(known)
            if opens <= self._book.clock.now():
                raise Refused(422, "opens_at_over", "opens_at must lie in the future.")
            if known is not None and project in self._lists:
                raise Refused(409, "list_signed", "The list of quotes is countersigned; the hour stands.")
            if known is not None and opens < parse_time(str(known["opens_at"])):
                raise Refused(409, "opens_at_earlier", "opens_at can only be moved to a later time.")
            secret = PrivateKey.generate() if known is None else PrivateKey(bytes.fromhex(str(known["secret"])))
            public, at = bytes(secret.public_key).hex(), self._book.now()
            entry: Entry = {
                "project": project,
                "public_key": public,
                "opens_at": opens_at,
                "at": at,
                "signature": self._book.sign("quote-key-v1", project, public, opens_at, at),
                "secret": bytes(secret).hex(),
            }
            self._book.write("quote_key", entry)
            return self._shown_key(entry)

    def _shown_key(self, entry: Entry) -> Entry:
        shown = ("project", "public_key", "opens_at", "at", "signature")
        return {**{name: entry[name] for name in shown}, "by": self._book.name}

    def keys(self, project: str | None) -> list[Entry]:
        """The public keys and when each opens."""
        with self._book.lock:
            return [self._shown_key(e) for e in self._keys.values() if project in (None, e["project"])]

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
                return self._shown_list(known)
            at = self._book.now()
            entry: Entry = {
                "project": project,
                "list_hash": list_hash,
                "at": at,
                "signature": self._book.sign("list-v1", project, list_hash, at),
                "list": text,
            }
            self._book.write("quote_list", entry)
            return self._shown_list(entry)

    def _shown_list(self, entry: Entry) -> Entry:
        shown = ("project", "list_hash", "at", "signature")
        return {**{name: entry[name] for name in shown}, "by": self._book.name}

    def lists(self, project: str | None) -> list[Entry]:
        """The countersigned lists' hashes."""
        with self._book.lock:
            return [self._shown_list(e) for e in self._lists.values() if project in (None, e["project"])]

    def _need_open(self, project: str) -> PrivateKey:
        known = self._keys.get(project)
        if known is None:
            raise Refused(404, "no_key", "This witness has no quote key for the project.")
        if self._book.clock.now() < parse_time(str(known["opens_at"])):
            raise Refused(409, "too_early", f"Quotes of this project open at {known['opens_at']}.")
        return PrivateKey(bytes.fromhex(str(known["secret"])))

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
            secret = self._need_open(project)
            known = self._lists.get(project)
            if known is None:
                raise Refused(409, "no_list", "The project's list of quotes is not countersigned yet.")
            if known["list_hash"] != list_hash:
                raise Refused(409, "other_list", "Another list was countersigned for this project.")
            listed = texts.quote_list(str(known["list"]), project)
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
