"""Check of practitioners: licences exist and are registered with this agency."""

from collections.abc import Iterator

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    Found,
    Question,
    by_uscc,
    failed,
    not_applicable,
    passed,
    unanswered,
)
from supermarket.agencies.checks.sources import PRACTITIONERS, registry_of
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Answered


class PractitionerCheck:
    """Licences exist and are registered with this agency; that nobody works for two the register's unique key sees to."""

    code = "practitioners"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The register of practitioners, if there are any."""
        if file.practitioners:
            yield by_uscc(registry_of(PRACTITIONERS), PRACTITIONERS, file.uscc)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding, or one for each licence that is not as filed; people are named by their licence only."""
        if not file.practitioners:
            yield not_applicable(self.code, N_("No practitioners are filed."))
            return
        question = next(self.questions(file))
        answer = answers.get(question)
        if not isinstance(answer, Answered):
            yield unanswered(self.code, question, answer)
            return
        known = {
            (row.get("licence_kind", ""), row.get("licence_number", ""), row.get("registered_until", ""))
            for row in answer.rows
        }
        problems = list[Found]()
        for person in file.practitioners:
            if person.registered_until < file.on:
                text = N_("The registration of licence %(number)s has run out.")
                problems.append(failed(self.code, text, answer, number=person.number))
            elif (person.kind, person.number, person.registered_until.isoformat()) not in known:
                text = N_("The licence %(number)s is not registered with this agency as filed.")
                problems.append(failed(self.code, text, answer, number=person.number))
        yield from problems or (passed(self.code, N_("Every licence is registered with this agency."), answer),)
