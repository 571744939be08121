"""Check of practitioners: each licence exists, is registered with this agency and with no other, and is insured here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    Found,
    Licensed,
    Question,
    by_uscc,
    failed,
    found,
    not_applicable,
    passed,
    unanswered,
)
from supermarket.agencies.checks.sources import PRACTITIONERS, registry_of
from supermarket.agencies.models import Outcome
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Answered
from supermarket.matters.rules import kinds_by_code

# Social insurance is paid in arrears; more than two months back is too old.
MOST_MONTHS_BACK = 2
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
Row = Mapping[str, str]


class PractitionerCheck:
    """One finding for each licence, which is named by its number; people are not named."""

    code = "practitioners"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The register of practitioners, if there are any."""
        if file.practitioners:
            yield by_uscc(registry_of(PRACTITIONERS), PRACTITIONERS, file.uscc)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """The finding of each licence, with the filed row as its subject."""
        if not file.practitioners:
            yield not_applicable(self.code, N_("No practitioners are filed."))
            return
        question = next(self.questions(file))
        answer = answers.get(question)
        for licence in file.practitioners:
            if not isinstance(answer, Answered):
                yield unanswered(self.code, question, answer, licence.subject)
            else:
                yield self._one(file, licence, answer)

    def _one(self, file: AgencyFile, licence: Licensed, answer: Answered) -> Found:
        """The registry's rows of this licence beside what is filed."""
        about, number = licence.subject, licence.number
        kind = kinds_by_code().get(licence.kind)
        if kind is None or not kind.live:
            text = N_("The licence %(number)s is of a kind that is no longer law.")
            return failed(self.code, text, answer, about, number=number)
        if licence.registered_until < file.on:
            text = N_("The registration of licence %(number)s has run out.")
            return failed(self.code, text, answer, about, number=number)
        rows = [row for row in answer.rows if _is_of(row, licence)]
        if any(_registered_with(row, file.uscc) != file.uscc for row in rows):
            text = N_("By the registry the licence %(number)s is registered with another body.")
            return failed(self.code, text, answer, about, number=number)
        dates = {row.get("registered_until", "") for row in rows}
        if len(dates) > 1:
            return self._contradicts(answer, licence)
        if not all(map(_is_day, dates)):
            return self._unreadable(answer, licence)
        if licence.registered_until.isoformat() not in dates:
            text = N_("The licence %(number)s is not registered with this agency as filed.")
            return failed(self.code, text, answer, about, number=number)
        return self._insured(file, licence, rows, answer)

    def _insured(self, file: AgencyFile, licence: Licensed, rows: Sequence[Row], answer: Answered) -> Found:
        """Social insurance where the registry has its month: paid by this agency, not too long ago."""
        about, number = licence.subject, licence.number
        told = {
            (row.get("insured_month", ""), row.get("insured_by", ""))
            for row in rows
            if "insured_month" in row or "insured_by" in row
        }
        if not told:
            text = N_("The licence %(number)s is registered with this agency; the registry does not know of insurance.")
            return passed(self.code, text, answer, about, number=number)
        if len(told) > 1:
            return self._contradicts(answer, licence)
        month, payer = next(iter(told))
        if not month and not payer:
            text = N_("The registry knows of no social insurance of the holder of licence %(number)s.")
            return failed(self.code, text, answer, about, number=number)
        if payer and payer != file.uscc:
            text = N_("Another body pays the social insurance of the holder of licence %(number)s.")
            return failed(self.code, text, answer, about, number=number)
        back = _months_back(month, file.on)
        if back is None or back < 0 or not payer:
            return self._unreadable(answer, licence)
        if back > MOST_MONTHS_BACK:
            text = N_("Social insurance for the holder of licence %(number)s was last paid for %(month)s.")
            return failed(self.code, text, answer, about, number=number, month=month)
        text = N_("The licence %(number)s is registered with this agency, which paid insurance for %(month)s.")
        return passed(self.code, text, answer, about, number=number, month=month)

    def _contradicts(self, answer: Answered, licence: Licensed) -> Found:
        """Two rows of one licence that say different things decide nothing."""
        text = N_("The registry contradicts itself about the licence %(number)s; it is asked again.")
        return found(self.code, Outcome.UNKNOWN, text, answer, licence.subject, {"number": licence.number})

    def _unreadable(self, answer: Answered, licence: Licensed) -> Found:
        """A day or month that is none decides nothing."""
        text = N_("What the registry says of the licence %(number)s cannot be read; it is asked again.")
        return found(self.code, Outcome.UNKNOWN, text, answer, licence.subject, {"number": licence.number})


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_of(row: Row, licence: Licensed) -> bool:
    return (row.get("licence_kind", ""), row.get("licence_number", "")) == (licence.kind, licence.number)


def _registered_with(row: Row, asked: str) -> str:
    """The body's code that a row names; a row without one answers for the code that was asked about."""
    return row.get("registered_with") or row.get("uscc") or asked


def _months_back(text: str, on: date) -> int | None:
    month = _MONTH.fullmatch(text)
    if month is None:
        return None
    return (on.year - int(month[1])) * 12 + on.month - int(month[2])
