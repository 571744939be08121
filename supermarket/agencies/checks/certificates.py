"""Checks of certificates: qualifications, practitioners, and whether they carry the services offered."""

from collections.abc import Iterator, Mapping

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    FiledQualification,
    Found,
    Question,
    by_uscc,
    failed,
    passed,
    unanswered,
)
from supermarket.agencies.checks.sources import QUALIFICATIONS, registry_of
from supermarket.agencies.rules import licences_missing, service_result
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Answered
from supermarket.matters.requirement_tree import HeldQualification
from supermarket.matters.rules import kinds_by_code


class QualificationCheck:
    """Every filed qualification is in its registry with that level, speciality and date; abolished kinds are refused."""

    code = "qualification"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The registry of each kind, once."""
        yield from dict.fromkeys(self._question(file, held) for held in file.held)

    @staticmethod
    def _question(file: AgencyFile, held: HeldQualification) -> Question:
        return by_uscc(registry_of(QUALIFICATIONS, held.kind), QUALIFICATIONS, file.uscc)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding for each certificate."""
        for filed in file.qualifications:
            yield self._one(file, filed, answers)

    def _one(self, file: AgencyFile, filed: FiledQualification, answers: Answers) -> Found:
        held, about = filed.held, filed.subject
        code, number = f"{self.code}:{held.kind}", held.number
        kind = kinds_by_code().get(held.kind)
        if kind is None or not kind.live:
            basis = "" if kind is None else kind.basis or kind.status_effective
            return failed(
                code, N_("This kind of qualification is no longer law (%(basis)s)."), subject=about, basis=basis
            )
        if not held.valid_on(file.on):
            return failed(code, N_("The certificate %(number)s has run out."), subject=about, number=number)
        question = self._question(file, held)
        answer = answers.get(question)
        if not isinstance(answer, Answered):
            return unanswered(code, question, answer, about)
        rows = [row for row in answer.rows if row.get("kind") == held.kind and row.get("number") == number]
        if not rows:
            return failed(
                code, N_("The registry has no certificate %(number)s of this agency."), answer, about, number=number
            )
        if not any(_agrees(held, row) for row in rows):
            text = N_("The registry has another level, speciality or date for the certificate %(number)s.")
            return failed(code, text, answer, about, number=number)
        return passed(code, N_("The certificate %(number)s is registered as filed."), answer, about, number=number)


def _agrees(held: HeldQualification, row: Mapping[str, str]) -> bool:
    until = "" if held.valid_until is None else held.valid_until.isoformat()
    filed = (held.level or "", held.speciality or "", until)
    return filed == (row.get("level", ""), row.get("speciality", ""), row.get("valid_until", ""))


class ServiceCheck:
    """The certificates and licences on file carry each service that is offered."""

    code = "service"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding for each service."""
        people = file.people
        for service in file.services:
            code = f"{self.code}:{service.matter_code}"
            lacks = list(service_result(service.tree, file.held, file.on).leaves())
            few = licences_missing(service.licences, people)
            kinds = kinds_by_code()
            if lacks:
                names = "、".join(dict.fromkeys(kinds[lack.leaf.kind].name for lack in lacks))
                text = N_("The service %(matter)s needs: %(names)s.")
                yield failed(code, text, subject=service.subject, matter=service.matter_code, names=names)
            for kind, needed, there in few:
                text = N_(
                    "The service %(matter)s needs %(needed)s people with the licence %(name)s; %(there)s are filed."
                )
                yield failed(
                    code,
                    text,
                    subject=service.subject,
                    matter=service.matter_code,
                    needed=str(needed),
                    there=str(there),
                    name=kinds[kind].name,
                )
            if not lacks and not few:
                yield passed(
                    code, N_("The service %(matter)s is covered."), subject=service.subject, matter=service.matter_code
                )
