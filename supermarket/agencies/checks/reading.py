"""Reading a registry's answer before anything is built on it: what is wrong with it makes a finding `unknown`.

An answer is good if every row is about the body that was asked about, has every column that the check needs, and no
two rows with one key differ.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from supermarket.agencies.checks.base import Answers, Found, Question, unanswered, unusable
from supermarket.gateways.registries import Answered, Row

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DOTS = str.maketrans(dict.fromkeys("•・．‧∙", "·"))


@dataclass(frozen=True)
class Rows:
    """An answer that may be built on; `rows` without repetitions."""

    answer: Answered
    rows: tuple[Row, ...]


def read(
    code: str,
    question: Question,
    answers: Answers,
    *,
    columns: Sequence[str],
    key: Sequence[str] | None = None,
    subject: str = "",
) -> Rows | Found:
    """The rows about the body, or the finding `unknown` that says why there are none to build on.

    `columns`: what every row must have, empty or not. `key`: columns of which each value may stand in one row only; ()
    if there is one row at most; None for a list of whatever there is.
    """
    answer = answers.get(question)
    if not isinstance(answer, Answered) or (answer.registry, answer.question) != (question.registry, question.question):
        return unanswered(code, question, answer, subject)
    asked = dict(question.terms)["uscc"]
    rows: list[Row] = []
    for row in answer.rows:
        missing = next((column for column in ("uscc", *columns) if column not in row), None)
        if missing is not None:
            return unusable(code, answer, "column_missing", subject, missing)
        if row["uscc"] != asked:
            return unusable(code, answer, "other_code", subject)
        if row not in rows:
            rows.append(row)
    if key is not None:
        keys = [tuple(plain(row[column]) for column in key) for row in rows]
        if len(set(keys)) != len(keys):
            return unusable(code, answer, "contradicts", subject)
    return Rows(answer, tuple(rows))


def plain(text: str) -> str:
    """A text for comparing: without spaces, in one width and case, with one kind of dot in names."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_DOTS).casefold()


@dataclass(frozen=True)
class Day:
    """A day as a registry gives it; `on` None: without end. `good` is False where it cannot be read."""

    on: date | None
    good: bool = True

    def over(self, today: date) -> bool:
        """Whether the day is past; of an unreadable one that cannot be said, so no."""
        return self.good and self.on is not None and self.on < today


def day(text: str) -> Day:
    """2027-12-31 as a day, an empty text as none."""
    stripped = text.strip()
    if not stripped:
        return Day(None)
    if _DAY.fullmatch(stripped) is None:
        return Day(None, good=False)
    try:
        return Day(date.fromisoformat(stripped))
    except ValueError:
        return Day(None, good=False)


def word(row: Mapping[str, str], column: str, good: frozenset[str], bad: frozenset[str]) -> bool | None:
    """Whether a status word is one of the good or the bad ones; None for a word that is neither."""
    value = plain(row.get(column, ""))
    if value in good:
        return True
    return False if value in bad else None
