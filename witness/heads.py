"""Heads of logs, and the states of other witnesses: neither forks, neither goes back."""

from witness import texts
from witness.book import Book
from witness.errors import Refused
from witness.journal import Entry, Line
from witness.shelf import Shelf
from witness.state import State
from witness.tree_heads import TreeHeads

MOST = 2**63


class Heads:
    """One signed head per log and place; a log never goes back and never forks. Of chains: trees are `TreeHeads`."""

    def __init__(self, book: Book, trees: TreeHeads) -> None:
        self._book = book
        self._trees = trees
        self.shelf = Shelf(("log", "seq", "head", "at", "signature"), "log")
        self._heads: dict[str, dict[int, Entry]] = {}
        self._last: dict[str, int] = {}
        book.on("head", self._apply)

    def _apply(self, line: Line) -> None:
        log, seq = str(line.entry["log"]), int(line.entry["seq"])
        self._heads.setdefault(log, {})[seq] = line.entry
        self._last[log] = max(seq, self._last.get(log, 0))
        self.shelf.put(line.entry)

    def sign(self, log: str, seq: int, head: str) -> Entry:
        """Sign that the log's entry `seq` (0 or more) has the hash `head`. Refused(409) for a fork, a step back, or a log
        whose heads are those of a tree by now (`tree_wanted`).
        """
        texts.word(log, "log")
        texts.hash_hex(head, "head")
        if not 0 <= seq < MOST:
            raise Refused(422, "invalid", "seq must be a whole number from 0.")
        with self._book.lock:
            signed = self._heads.get(log, {})
            if seq in signed:
                if signed[seq]["head"] != head:
                    raise Refused(409, "fork", "Another head was signed for this place of the log.")
                return {**self.shelf.show(signed[seq]), "by": self._book.name}
            if signed and seq < self._last[log]:
                raise Refused(409, "step_back", "A later head of this log is signed already.")
            if self._trees.knows(log):
                raise Refused(
                    409, "tree_wanted", "Heads of this log are those of a tree by now: show size, root and proof."
                )
            self._book.need_up_to_date()
            at = self._book.now()
            signature = self._book.sign("head-v1", log, seq, head, at)
            line = self._book.write("head", {"log": log, "seq": seq, "head": head, "at": at, "signature": signature})
            return {**self.shelf.show(line.entry), "by": self._book.name}


class Peers:
    """States that other witnesses signed, kept and signed again (`peer-v1 / key / epoch / n / head / at`), so that none of
    them can go back unseen; and this witness's own, by which it learns that its home is an older state.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        theirs = ("peer", "peer_key", "peer_epoch", "peer_n", "peer_head", "peer_at", "peer_signature")
        self.shelf = Shelf((*theirs, "at", "signature"), "peer_key")
        self._states: dict[str, dict[tuple[int, int], Entry]] = {}
        book.on("peer", self._apply)

    def _apply(self, line: Line) -> None:
        entry = line.entry
        place = (int(entry["peer_epoch"]), int(entry["peer_n"]))
        self._states.setdefault(str(entry["peer_key"]), {})[place] = entry
        self.shelf.put(entry)

    def take(self, state: State) -> Entry:
        """Look at a state that is signed by its `key`. Raises Refused(422) for one that is not, Refused(409) for a fork or
        a step back; where it is this witness's own and it does not know it, nothing new is signed from then on.
        """
        texts.word(state.name, "name")
        for name in ("epoch", "n"):
            if not 1 <= getattr(state, name) < MOST:
                raise Refused(422, "invalid", f"{name} must be a whole number from 1.")
        if not state.holds():
            raise Refused(422, "false_signature", "This state is not signed by the key that it names.")
        with self._book.lock:
            return self._own(state) if state.key == self._book.public_key else self._peer(state)

    def _own(self, state: State) -> Entry:
        known = self._book.knows(state)
        if not known:
            self._book.fall_behind()
            raise Refused(
                409, "behind", "This witness has signed more than its home knows: it signs nothing new until it has it."
            )
        return {"n": self._book.n, "epoch": self._book.epoch}

    def _peer(self, state: State) -> Entry:
        known = self._states.get(state.key, {})
        place = (state.epoch, state.n)
        if place in known:
            if known[place]["peer_head"] != state.head:
                raise Refused(409, "fork", "Another state of that witness is known for this place.")
            return {**self.shelf.show(known[place]), "by": self._book.name}
        if known and place < max(known):
            raise Refused(409, "step_back", "A later state of that witness is known.")
        self._book.need_up_to_date()
        at = self._book.now()
        entry: Entry = {
            "peer": state.name,
            "peer_key": state.key,
            "peer_epoch": state.epoch,
            "peer_n": state.n,
            "peer_head": state.head,
            "peer_at": state.at,
            "peer_signature": state.signature,
            "at": at,
            "signature": self._book.sign("peer-v1", state.key, state.epoch, state.n, state.head, at),
        }
        line = self._book.write("peer", entry)
        return {**self.shelf.show(line.entry), "by": self._book.name}

    def all(self) -> list[Entry]:
        """The latest state of each other witness."""
        return [self.shelf.show(states[max(states)]) for states in self._states.values()]
