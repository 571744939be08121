"""Heads of logs that are Merkle trees: each is proved to be the one before, grown on, before it is signed.

`head-v2 / log / size / root / at`. The entry keeps the proof (`from`, the size signed before, and `proof`, hashes with
spaces between), so that whoever reads this witness's log sees for himself that no head rewrote the past.
"""

from collections.abc import Sequence

from witness import texts
from witness.book import Book
from witness.errors import Refused
from witness.journal import Entry, Line
from witness.shelf import Shelf
from witness.trees import extends

MOST = 2**62
LONGEST_PROOF = 63


class TreeHeads:
    """One signed root per log and size; a log never forks, goes back, or goes on from another past."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.shelf = Shelf(("log", "size", "root", "from", "proof", "at", "signature"), "log")
        self._heads: dict[str, dict[int, Entry]] = {}
        self._last: dict[str, Entry] = {}
        self._chained: dict[str, int] = {}
        book.on("tree_head", self._apply)
        book.on("head", self._apply_chained)

    def _apply(self, line: Line) -> None:
        log = str(line.entry["log"])
        self._heads.setdefault(log, {})[int(line.entry["size"])] = line.entry
        self._last[log] = line.entry
        self.shelf.put(line.entry)

    def _apply_chained(self, line: Line) -> None:
        log = str(line.entry["log"])
        self._chained[log] = max(int(line.entry["seq"]), self._chained.get(log, 0))

    def knows(self, log: str) -> bool:
        """Whether a tree's head of this log is signed: then heads of a chain alone are not signed any more."""
        return log in self._last

    def last(self, log: str) -> Entry:
        """The head of a log that was signed last, from which the next one must lead on; `size` 0 where there is none."""
        texts.word(log, "log")
        with self._book.lock:
            found = self._last.get(log)
            return {"log": log, "size": 0} if found is None else self._shown(found)

    def _shown(self, entry: Entry) -> Entry:
        return {**self.shelf.show(entry), "by": self._book.name}

    def sign(self, log: str, size: int, root: str, start: int, proof: Sequence[str]) -> Entry:
        """Sign that the log's tree of `size` leaves has this root, once the proof leads there from the head signed last.

        `start`: that one's size, 0 (and no proof) for the first head of a log. Raises Refused(409): `fork`, `step_back`,
        `other_start`, `not_an_extension`; Refused(422) for what is no head.
        """
        texts.word(log, "log")
        texts.hash_hex(root, "root")
        if not (1 <= size < MOST and 0 <= start < MOST):
            raise Refused(422, "invalid", "size must be a whole number from 1, from one from 0.")
        if len(proof) > LONGEST_PROOF:
            raise Refused(422, "invalid", f"A proof has at most {LONGEST_PROOF} hashes.")
        for each in proof:
            texts.hash_hex(each, "proof")
        with self._book.lock:
            known = self._heads.get(log, {}).get(size)
            if known is not None:
                if known["root"] != root:
                    raise Refused(409, "fork", "Another root was signed for this size of the log.")
                return self._shown(known)
            last = self._last.get(log)
            before = int(last["size"]) if last is not None else 0
            if size < max(before, self._chained.get(log, 0)):
                raise Refused(409, "step_back", "A later head of this log is signed already.")
            # What an older state takes for the head signed last may not be it.
            self._book.need_up_to_date()
            if start != before:
                raise Refused(409, "other_start", f"This head must lead on from size {before}, which was signed last.")
            if last is None and proof:
                raise Refused(422, "invalid", "The first head of a log has no proof.")
            if last is not None and not extends(before, str(last["root"]), size, root, proof):
                raise Refused(
                    409, "not_an_extension", f"This is not the log whose head of size {before} was signed, grown on."
                )
            at = self._book.now()
            entry: Entry = {
                "log": log,
                "size": size,
                "root": root,
                "from": before,
                "proof": " ".join(proof),
                "at": at,
                "signature": self._book.sign("head-v2", log, size, root, at),
            }
            return self._shown(self._book.write("tree_head", entry).entry)
