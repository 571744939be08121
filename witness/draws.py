"""Receipts for pool files, and the witness's half of draws by parties."""

import secrets
from hashlib import sha256

from witness import texts
from witness.book import Book
from witness.errors import Refused
from witness.journal import Entry, Line
from witness.shelf import Shelf

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
        self.receipts = Shelf(("project", "purpose", "pool_hash", "at", "signature"), "project")
        self.reveals = Shelf(("project", "purpose", "commitment", "reveal", "at"), "project")
        self._receipts: dict[tuple[str, str], Entry] = {}
        self._commitments: dict[tuple[str, str], tuple[str, ...]] = {}
        self._chains: dict[str, Entry] = {}
        self._seeds: dict[str, bytes] = {}
        self._reveals: dict[tuple[str, str], Entry] = {}
        self._shows: dict[str, str] = {}
        self._revealed: dict[str, int] = {}
        self._closed: dict[str, str] = {}
        book.on("receipt", self._apply_receipt)
        book.on("chain", self._apply_chain)
        book.on("reveal", self._apply_reveal)
        book.on("restored", self._apply_restored)

    def _apply_receipt(self, line: Line) -> None:
        place = (str(line.entry["project"]), str(line.entry["purpose"]))
        self._receipts[place] = line.entry
        self._commitments[place] = texts.commitments(str(line.entry["source"]))
        self.receipts.put(line.entry)

    def _apply_chain(self, line: Line) -> None:
        project = str(line.entry["project"])
        self._chains[project] = line.entry
        self._shows[project] = str(line.entry["commitment"])
        if "seed" in line.kept:
            self._seeds[project] = bytes.fromhex(line.kept["seed"])

    def _apply_reveal(self, line: Line) -> None:
        project = str(line.entry["project"])
        self._reveals[project, str(line.entry["purpose"])] = line.entry
        self._revealed[project] = self._revealed.get(project, 0) + 1
        self._shows[project] = str(line.entry["reveal"])
        self.reveals.put(line.entry)

    def _apply_restored(self, line: Line) -> None:
        # What was revealed in the time that is lost nobody can know for certain: a link that may be known
        # decides no further draw.
        if not line.entry["complete"]:
            self._closed |= dict.fromkeys(self._chains, str(line.entry["at"]))

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
                return self._signed(self.receipts.show(known))
            self._book.need_up_to_date()
            self._need_present(pool)
            at = self._book.now()
            signature = self._book.sign("receipt-v1", pool.project, pool.purpose, pool.hash, at)
            entry: Entry = {
                "project": pool.project,
                "purpose": pool.purpose,
                "pool_hash": pool.hash,
                "source": pool.source,
                "at": at,
                "signature": signature,
            }
            line = self._book.write("receipt", entry, {"pool_file": pool_file})
            return self._signed(self.receipts.show(line.entry))

    def _need_present(self, pool: texts.Pool) -> None:
        current = self._shows.get(pool.project)
        if not pool.commitments or current is None:
            return
        if current not in pool.commitments:
            raise Refused(409, "stale_commitment", "The pool file does not name this witness's commitment.")
        if any(
            other[0] == pool.project and other not in self._reveals and current in named
            for other, named in self._commitments.items()
        ):
            raise Refused(409, "unrevealed", "Another draw of this project is signed and not yet revealed.")

    def _signed(self, shown: Entry) -> Entry:
        return {**shown, "by": self._book.name}

    def commit(self, project: str) -> Entry:
        """Publish the commitment of the project's chain; made at the first request, the same for ever after."""
        texts.word(project, "project")
        with self._book.lock:
            if project not in self._chains:
                self._book.need_up_to_date()
                seed = secrets.token_bytes(32)
                c, at = link(seed, CHAIN_LENGTH), self._book.now()
                signature = self._book.sign("commitment-v1", project, c, at)
                entry: Entry = {"project": project, "commitment": c, "at": at, "signature": signature}
                self._book.write("chain", entry, {"seed": seed.hex()})
            return self._shown_chain(project)

    def _shown_chain(self, project: str) -> Entry:
        entry = self._chains[project]
        shown = {name: entry[name] for name in ("project", "commitment", "at", "signature", "epoch", "n")}
        more: Entry = {"current": self._shows[project], "revealed": self._revealed.get(project, 0)}
        return {**self._signed(shown), **more}

    def commitments(self, project: str | None, start: int, count: int) -> list[Entry]:
        """The published commitments, and how far each chain is revealed; the caller holds the lock."""
        found = list(self._chains) if project is None else [project] if project in self._chains else []
        return [self._shown_chain(name) for name in found[start : start + count]]

    def reveal(self, project: str, purpose: str) -> Entry:
        """One step further down the project's chain, for a draw whose receipt is signed; the same again on
        repetition.

        Raises Refused(404) without a chain, Refused(409) without a receipt that names the present commitment, after
        eight draws, or where the seed is lost or its link no longer sure.
        """
        place = (texts.word(project, "project"), texts.purpose(purpose))
        with self._book.lock:
            if place in self._reveals:
                return self._signed(self.reveals.show(self._reveals[place]))
            self._book.need_up_to_date()
            current = self._shows.get(project)
            if current is None:
                raise Refused(404, "no_commitment", "This witness has published no commitment for the project.")
            if place not in self._receipts:
                raise Refused(409, "no_receipt", "No receipt is signed for this project and purpose.")
            if current not in self._commitments[place]:
                raise Refused(409, "not_a_party", "The signed pool file does not name this witness's commitment.")
            before = self._revealed.get(project, 0)
            if before >= CHAIN_LENGTH:
                raise Refused(409, "chain_exhausted", "All eight links of the project's chain are revealed.")
            r = link(self._seed(project), CHAIN_LENGTH - 1 - before)
            entry: Entry = {"project": project, "purpose": purpose, "commitment": current, "reveal": r}
            line = self._book.write("reveal", {**entry, "at": self._book.now()})
            return self._signed(self.reveals.show(line.entry))

    def _seed(self, project: str) -> bytes:
        if project in self._closed:
            raise Refused(
                409,
                "chain_closed",
                f"This witness was put back from a backup at {self._closed[project]}; what it had revealed of this "
                "project's chain before is not certain, so the chain reveals no more.",
            )
        if project not in self._seeds:
            raise Refused(409, "secret_lost", "The secret of this project's chain was lost with this witness's disk.")
        return self._seeds[project]
