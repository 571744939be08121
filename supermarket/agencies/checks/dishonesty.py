"""Check of the lists of serious dishonesty – national, provincial, the market's own – and of penalties that bar."""

from collections.abc import Iterator
from datetime import date

from supermarket.agencies.checks.base import AgencyFile, Answers, Found, Question, by_uscc, failed, passed, unusable
from supermarket.agencies.checks.reading import day, plain, read
from supermarket.agencies.checks.sources import DISHONESTY, MARKET_LISTS, PENALTIES, registries_of
from supermarket.core.msgids import N_

YES = frozenset({"是", "1", "yes", "true"})
NO = frozenset({"否", "0", "no", "false"})


def lists(uscc: str, on: date) -> Iterator[Question]:
    """The lists of serious dishonesty: every configured one, and our own as of the day."""
    for name in registries_of(DISHONESTY) or ("",):
        yield by_uscc(name, DISHONESTY, uscc)
    yield Question(MARKET_LISTS, DISHONESTY, (("on", on.isoformat()), ("uscc", uscc)))


def listed(code: str, question: Question, answers: Answers, on: date, sentence: str) -> Found | None:
    """A finding where a list names the body or nothing can be said; None where the list does not name it.

    An entry whose day of removal (`until`, where the list has it) is past no longer counts.
    """
    reading = read(code, question, answers, columns=("document_number",))
    if isinstance(reading, Found):
        return reading
    days = [(row, day(row.get("until", ""))) for row in reading.rows]
    standing = [row["document_number"] for row, until in days if until.good and not until.over(on)]
    if standing:
        return failed(code, sentence, reading.answer, document="、".join(standing[:5]) or "-")
    unreadable = next((row["until"] for row, until in days if not until.good), None)
    return None if unreadable is None else unusable(code, reading.answer, "date_unreadable", what=unreadable)


class DishonestyCheck:
    """On no list of serious dishonesty, no unexpired penalty that bars; each source gives a finding of its own."""

    code = "dishonesty"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """Every list, and the published penalties."""
        yield from lists(file.uscc, file.on)
        yield from self._penalties(file)

    @staticmethod
    def _penalties(file: AgencyFile) -> Iterator[Question]:
        for name in registries_of(PENALTIES) or ("",):
            yield by_uscc(name, PENALTIES, file.uscc)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding for each source."""
        text = N_("The agency is on a list of serious dishonesty (%(document)s).")
        for question in lists(file.uscc, file.on):
            found = listed(self.code, question, answers, file.on, text)
            if found is not None:
                yield found
                continue
            reading = read(self.code, question, answers, columns=())
            answer = None if isinstance(reading, Found) else reading.answer
            yield passed(self.code, N_("The agency is on no list of serious dishonesty."), answer)
        for question in self._penalties(file):
            yield self._penalty(question, answers, file.on)

    def _penalty(self, question: Question, answers: Answers, on: date) -> Found:
        reading = read(self.code, question, answers, columns=("document_number", "bars", "until"))
        if isinstance(reading, Found):
            return reading
        barring, unreadable = list[str](), list[Found]()
        for row in reading.rows:
            bars, until = plain(row["bars"]), day(row["until"])
            if bars not in YES | NO:
                unreadable.append(unusable(self.code, reading.answer, "word_unknown", what=row["bars"]))
            elif bars in YES and not until.good:
                unreadable.append(unusable(self.code, reading.answer, "date_unreadable", what=row["until"]))
            elif bars in YES and not until.over(on):
                barring.append(row["document_number"])
        if barring:
            text = N_("A penalty that bars from business has not run out (%(document)s).")
            return failed(self.code, text, reading.answer, document="、".join(barring[:5]))
        if unreadable:
            return unreadable[0]
        return passed(self.code, N_("No penalty bars the agency from business."), reading.answer)
