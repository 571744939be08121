"""Entries of one kind in the order in which they came, and by their one filter: what the lists and the page show."""

from collections.abc import Callable, Sequence

from witness.journal import Entry


class Shelf:
    """`shown`: which fields of an entry are listed, beside its place (`epoch`, `n`) in the witness's log; `by`: the field
    that a reader may narrow by.
    """

    def __init__(self, shown: Sequence[str], by: str) -> None:
        self._shown, self.by = (*shown, "epoch", "n"), by
        self._all: list[Entry] = []
        self._of: dict[str, list[Entry]] = {}

    def put(self, entry: Entry) -> None:
        """One more."""
        self._all.append(entry)
        self._of.setdefault(str(entry[self.by]), []).append(entry)

    def change(self, entry: Entry, is_same: Callable[[Entry], bool]) -> None:
        """In the place of the one that it follows, or one more."""
        for shelf in (self._all, self._of.setdefault(str(entry[self.by]), [])):
            place = next((number for number, each in enumerate(shelf) if is_same(each)), None)
            if place is None:
                shelf.append(entry)
            else:
                shelf[place] = entry

    def page(self, narrowed: str | None, start: int, count: int) -> list[Entry]:
        """At most `count` entries from `start` (0) on, each with its listed fields."""
        found = self._all if narrowed is None else self._of.get(narrowed, [])
        return [self.show(entry) for entry in found[start : start + count]]

    def newest(self, narrowed: str | None, count: int) -> list[Entry]:
        """At most `count` of the newest, the newest first."""
        found = self._all if narrowed is None else self._of.get(narrowed, [])
        return [self.show(entry) for entry in reversed(found[-count:])]

    def count(self, narrowed: str | None = None) -> int:
        """How many there are."""
        return len(self._all if narrowed is None else self._of.get(narrowed, []))

    def show(self, entry: Entry) -> Entry:
        """The listed fields of an entry, without its name: the caller adds who signed."""
        return {name: entry[name] for name in self._shown}
