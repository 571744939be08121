"""What binds a panel before anybody may know it: the id in the pool file, and the hash of a signed score sheet.

    expert-v1                        scores-v1
    <project code>                   <project code>
    <expert code>                    <the expert's id in the pool file>
    <name>                           <USCC> <points> <criterion>: <sentence>
    <employer>                       …
    <employer's USCC, or ->          <salt>
    <salt>

UTF-8, LF after every line; the id, and the sheet's hash, are SHA-256 in lower-case hex. The salt is 32 random bytes in
hex, kept until the announcement: without it nobody can try names or points, and with it nobody can swap them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True, order=True)
class SheetRow:
    """One score: agency, criterion by name, 0–100 points, a sentence."""

    agency_uscc: str
    criterion: str
    points: int
    sentence: str


def one_line(text: str) -> str:
    """A text without line ends and double spaces, as the bodies have it."""
    return " ".join(text.split())


def person_body(project: str, code: str, name: str, employer: str, employer_uscc: str | None, salt: str) -> str:
    """Who stands behind an id of a pool file."""
    lines = ("expert-v1", project, code, one_line(name), one_line(employer), employer_uscc or "-", salt)
    return "".join(f"{line}\n" for line in lines)


def sheet_body(project: str, pool_id: str, rows: Iterable[SheetRow], salt: str) -> str:
    """A whole score sheet, whatever the order of `rows`."""
    scores = (
        f"{row.agency_uscc} {row.points} {one_line(row.criterion)}: {one_line(row.sentence)}" for row in sorted(rows)
    )
    return "".join(f"{line}\n" for line in ("scores-v1", project, pool_id, *scores, salt))


def hash_of(body: str) -> str:
    """SHA-256 of a body, in lower-case hex."""
    return sha256(body.encode("utf-8")).hexdigest()


def salt_of(body: str) -> str:
    """The salt of a body of ours: its last line."""
    return body.rstrip("\n").rpartition("\n")[2]
