"""What falls due: each room lists its kinds, the supervisor's tick finds and acts. Due moments are stored, never guessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

Found = Sequence[tuple[datetime, int]]


@dataclass(frozen=True)
class DueKind:
    """One kind of due thing.

    `find(at, limit)` gives (due moment, id) of what is due at `at`, oldest first. `prepare(id, at)`, if any, runs outside
    of a transaction and may ask the outside world. `act(id, at, prepared)` locks the row, looks whether it is still due
    and does it, or gives False; it never commits, and a second call changes nothing.
    """

    name: str
    find: Callable[[datetime, int], Found]
    act: Callable[[int, datetime, object], bool]
    prepare: Callable[[int, datetime], object] | None = None
