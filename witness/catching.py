"""The mark that a home is an older state of its witness: while it lies there, nothing new is signed."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from witness.errors import CannotStart
from witness.journal import sync_folder, write_whole

NAME = "catching-up.json"


@dataclass(frozen=True)
class Mark:
    """What this home knew when it was put back, or was found to be behind: so many entries, the last at that time.

    `whole`: it was put back from a second copy that was written along with each entry, so that nothing should lack.
    """

    n: int
    at: str
    whole: bool = False


def read(home: Path) -> Mark | None:
    """The mark of a home, None where there is none. Raises CannotStart for one that cannot be read."""
    try:
        found = json.loads((home / NAME).read_text("ascii"))
        return Mark(int(found["n"]), str(found["at"]), bool(found["whole"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise CannotStart(
            f"{home / NAME} cannot be read. Put back the backup again: witness restore.",
            f"{home / NAME} 无法读取。请重新用备份恢复：witness restore。",
        ) from None


def begin(home: Path, n: int, at: str, *, whole: bool = False) -> Mark:
    """Set the mark."""
    mark = Mark(n, at, whole)
    write_whole(home / NAME, json.dumps(asdict(mark)).encode() + b"\n")
    return mark


def end(home: Path) -> None:
    """Take the mark away: what was signed since is known again."""
    (home / NAME).unlink(missing_ok=True)
    sync_folder(home)
