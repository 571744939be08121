"""Receipts for pool files, the witness's half of draws by parties, and heads of logs."""

import secrets
from hashlib import sha256

from witness import texts
from witness.book import Book
from witness.errors import Refused
from witness.journal import Entry

CHAIN_LENGTH = 8


def link(seed: bytes, times: int) -> str:
    """SHA-256 applied `times` times to the seed, in hex."""
    for _ in range(times):
        seed = sha256(seed).digest()
    return seed.hex()


class Draws:
    """One receipt per project and purpose, ever; one chain per project; a link is revealed only after its receipt."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._receipts: dict[tuple[str, str], Entry] = {}
        self._commitments: dict[tuple[str, str], tuple[str, ...]] = {}
        self._chains: dict[str, Entry] = {}
        self._reveals: dict[tuple[str, str], Entry] = {}
        self._revealed: dict[str, int] = {}
        book.on("receipt", self._apply_receipt)
        book.on("chain", self._apply_chain)
        book.on("reveal", self._apply_reveal)

    def _apply_receipt(self, entry: Entry) -> None:
        place = (str(entry["project"]), str(entry["purpose"]))
        self._receipts[place] = entry
        self._commitments[place] = texts.pool(str(entry["pool_file"])).commitments

    def _apply_chain(self, entry: Entry) -> None:
        self._chains[str(entry["project"])] = entry

    def _apply_reveal(self, entry: Entry) -> None:
        project = str(entry["project"])
        self._reveals[project, str(entry["purpose"])] = entry
        self._revealed[project] = self._revealed.get(project, 0) + 1

    def _current(self, project: str) -> str | None:
        """What the project's chain shows now: its commitment, or the last revealed link."""
        if project not in self._chains:
            return None
        seed = bytes.fromhex(str(self._chains[project]["seed"]))
        return link(seed, CHAIN_LENGTH - self._revealed.get(project, 0))

    def sign_receipt(self, pool_file: str) -> Entry:
        """Sign the pool file, once: the same file again gets the same receipt, another one Refused(409).

        Where this witness is a party of the draw, the file must name its present commitment, and no other receipt may
        wait for the same link: else what one draw reveals would be known before the other's pool is fixed.
        """
        pool = texts.pool(pool_file)
        place = (pool.project, pool.purpose)
        with self._book.lock:
            known = self._receipts.get(place)
            if known is not None:
                if known["pool_hash"] != pool.hash:
                    raise Refused(409, "already_signed", "Another pool file was signed for this project and purpose.")
                return self._shown_receipt(known)
            current = self._current(pool.project)
            if pool.commitments and current is not None:
                if current not in pool.commitments:
                    raise Refused(409, "stale_commitment", "The pool file does not name this witness's commitment.")
                if any(
                    other[0] == pool.project and other not in self._reveals and current in named
                    for other, named in self._commitments.items()
                ):
                    raise Refused(409, "unrevealed", "Another draw of this project is signed and not yet revealed.")
            at = self._book.now()
            signature = self._book.sign("receipt-v1", pool.project, pool.purpose, pool.hash, at)
            entry: Entry = {
                "project": pool.project,
                "purpose": pool.purpose,
                "pool_hash": pool.hash,
                "at": at,
                "signature": signature,
                "pool_file": pool_file,
            }
            self._book.write("receipt", entry)
            return self._shown_receipt(entry)

    def _shown_receipt(self, entry: Entry) -> Entry:
        shown = ("project", "purpose", "pool_hash", "at", "signature")
        return {**{name: entry[name] for name in shown}, "by": self._book.name}

    def receipts(self, project: str | None) -> list[Entry]:
        """All receipts in the order of signing, or those of one project."""
        with self._book.lock:
            return [self._shown_receipt(e) for e in self._receipts.values() if project in (None, e["project"])]

    def commit(self, project: str) -> Entry:
        """Publish the commitment of the project's chain; made at the first request, the same for ever after."""
        texts.word(project, "project")
        with self._book.lock:
            if project not in self._chains:
                seed = secrets.token_bytes(32)
                c, at = link(seed, CHAIN_LENGTH), self._book.now()
                signature = self._book.sign("commitment-v1", project, c, at)
                entry: Entry = {
                    "project": project,
                    "commitment": c,
                    "at": at,
                    "signature": signature,
                    "seed": seed.hex(),
                }
                self._book.write("chain", entry)
            return self._shown_chain(project)

    def _shown_chain(self, project: str) -> Entry:
        entry = self._chains[project]
        shown = {name: entry[name] for name in ("project", "commitment", "at", "signature")}
        return {
            **shown,
            "by": self._book.name,
            "current": str(self._current(project)),
            "revealed": self._revealed.get(project, 0),
        }

    def commitments(self, project: str | None) -> list[Entry]:
        """The published commitments, and how far each chain is revealed."""
        with self._book.lock:
            return [self._shown_chain(name) for name in self._chains if project in (None, name)]

    def reveal(self, project: str, purpose: str) -> Entry:
        """One step further down the project's chain, for a draw whose receipt is signed; the same again on
        repetition.

        Raises Refused(404) without a chain, Refused(409) without a receipt that names the present commitment, or
        after eight draws.
        """
        place = (texts.word(project, "project"), texts.purpose(purpose))
        with self._book.lock:
            if place in self._reveals:
                return self._shown_reveal(self._reveals[place])
            current = self._current(project)
            if current is None:
                raise Refused(404, "no_commitment", "This witness has published no commitment for the project.")
            if place not in self._receipts:
                raise Refused(409, "no_receipt", "No receipt is signed for this project and purpose.")
            if current not in self._commitments[place]:
                raise Refused(409, "not_a_party", "The signed pool file does not name this witness's commitment.")
            before = self._revealed.get(project, 0)
            if before >= CHAIN_LENGTH:
                raise Refused(409, "chain_exhausted", "All eight links of the project's chain are revealed.")
            r = link(bytes.fromhex(str(self._chains[project]["seed"])), CHAIN_LENGTH - 1 - before)
            entry: Entry = {"project": project, "purpose": purpose, "reveal": r, "at": self._book.now()}
            self._book.write("reveal", {**entry, "commitment": current})
            return self._shown_reveal(self._reveals[place])

    def _shown_reveal(self, entry: Entry) -> Entry:
        shown = ("project", "purpose", "commitment", "reveal", "at")
        return {**{name: entry[name] for name in shown}, "by": self._book.name}

    def reveals(self, project: str | None) -> list[Entry]:
        """What was revealed, in order."""
        with self._book.lock:
            return [self._shown_reveal(e) for e in self._reveals.values() if project in (None, e["project"])]


class Heads:
    """One signed head per log and place; a log never goes back and never forks."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._heads: dict[str, dict[int, Entry]] = {}
        book.on("head", self._apply)

    def _apply(self, entry: Entry) -> None:
        self._heads.setdefault(str(entry["log"]), {})[int(entry["seq"])] = entry

    def sign(self, log: str, seq: int, head: str) -> Entry:
        """Sign that the log's entry `seq` (0 or more) has the hash `head`. Refused(409) for a fork or a step back."""
        texts.word(log, "log")
        texts.hash_hex(head, "head")
        if not 0 <= seq < 2**63:
            raise Refused(422, "invalid", "seq must be a whole number from 0.")
        with self._book.lock:
            signed = self._heads.get(log, {})
            if seq in signed:
                if signed[seq]["head"] != head:
                    raise Refused(409, "fork", "Another head was signed for this place of the log.")
                return self._shown(signed[seq])
            if signed and seq < max(signed):
                raise Refused(409, "step_back", "A later head of this log is signed already.")
            at = self._book.now()
            signature = self._book.sign("head-v1", log, seq, head, at)
            entry: Entry = {"log": log, "seq": seq, "head": head, "at": at, "signature": signature}
            self._book.write("head", entry)
            return self._shown(entry)

    def _shown(self, entry: Entry) -> Entry:
        shown = ("log", "seq", "head", "at", "signature")
        return {**{name: entry[name] for name in shown}, "by": self._book.name}

    def list(self, log: str | None) -> list[Entry]:
        """The signed heads, in the order of signing within each log."""
        with self._book.lock:
            return [
                self._shown(e) for name, heads in self._heads.items() if log in (None, name) for e in heads.values()
            ]
