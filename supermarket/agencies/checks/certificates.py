"""Checks of certificates: qualifications, and whether they and the licences carry the services offered."""

from collections.abc import Iterable, Iterator, Sequence

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    FiledQualification,
    Found,
    Licensed,
    OfferedService,
    Question,
    by_uscc,
    failed,
    found,
    passed,
    unusable,
)
from supermarket.agencies.checks.practitioners import PractitionerCheck
from supermarket.agencies.checks.reading import Rows, day, plain, read, word
from supermarket.agencies.checks.sources import QUALIFICATIONS, registry_of
from supermarket.agencies.models import Outcome
from supermarket.agencies.rules import licences_missing, service_result
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Row
from supermarket.matters.requirement_tree import HeldQualification
from supermarket.matters.rules import kinds_by_code

COLUMNS = ("kind", "number", "level", "speciality", "valid_until")
# A registry that gives no status lists live certificates only.
IN_FORCE = frozenset(plain(text) for text in ("", "有效", "正常", "在册", "valid"))
REVOKED = frozenset(
    plain(text)
    for text in ("注销", "已注销", "撤销", "撤回", "吊销", "暂扣", "失效", "过期", "无效", "revoked", "expired")
)


class QualificationCheck:
    """Every filed qualification is in its registry with that level, speciality and date; abolished kinds are refused."""

    code = "qualification"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The registry of each kind that is still law, once."""
        kinds = kinds_by_code()
        yield from dict.fromkeys(
            self._question(file, held) for held in file.held if held.kind in kinds and kinds[held.kind].live
        )

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
            text = N_("This kind of qualification is no longer law (%(basis)s). Take it out of the file.")
            return failed(code, text, subject=about, basis=basis)
        if not held.valid_on(file.on):
            return failed(code, N_("The certificate %(number)s has run out."), subject=about, number=number)
        question = self._question(file, held)
        reading = read(code, question, answers, columns=COLUMNS, key=("kind", "number", "speciality"), subject=about)
        if isinstance(reading, Found):
            return reading
        rows = [row for row in reading.rows if row["kind"] == held.kind and plain(row["number"]) == plain(number)]
        if not plain(number) or not rows:
            text = N_("The registry has no certificate %(number)s of this agency.")
            return failed(code, text, reading.answer, about, number=number)
        return self._registered(file, filed, code, reading, rows)

    def _registered(
        self, file: AgencyFile, filed: FiledQualification, code: str, reading: Rows, rows: list[Row]
    ) -> Found:
        held, about, answer, number = filed.held, filed.subject, reading.answer, filed.held.number
        mine = [row for row in rows if plain(row["speciality"]) == plain(held.speciality or "")]
        if not mine:
            text = N_("The registry has another speciality for the certificate %(number)s.")
            return failed(code, text, answer, about, number=number)
        row = mine[0]
        until, live = day(row["valid_until"]), word({"status": "", **row}, "status", IN_FORCE, REVOKED)
        if live is False:
            text = N_("By the registry the certificate %(number)s is no longer in force (%(status)s).")
            return failed(code, text, answer, about, number=number, status=row["status"][:100])
        if plain(row["level"]) != plain(held.level or ""):
            text = N_("The registry has another level for the certificate %(number)s.")
            return failed(code, text, answer, about, number=number)
        if live is None:
            return unusable(code, answer, "word_unknown", about, row["status"])
        if not until.good:
            return unusable(code, answer, "date_unreadable", about, row["valid_until"])
        if until.over(file.on):
            text = N_("By the registry the certificate %(number)s has run out.")
            return failed(code, text, answer, about, number=number)
        if until.on != held.valid_until:
            text = N_("The registry has another last day for the certificate %(number)s.")
            return failed(code, text, answer, about, number=number)
        return passed(code, N_("The certificate %(number)s is registered as filed."), answer, about, number=number)


class ServiceCheck:
    """The certificates and licences that stand carry each service that is offered.

    What its registry has just confirmed stands; where the registry is silent, what it confirmed before still does, and
    what it never confirmed leaves the service unknown.
    """

    code = "service"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None of its own: it reads what the checks of certificates and licences found."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding for each service, or one for each thing that it lacks."""
        outcomes = {
            one.subject: one.outcome
            for check in (QualificationCheck(), PractitionerCheck())
            for one in check.run(file, answers)
            if one.subject
        }

        def stands(subject: str, verified: bool) -> bool:
            outcome = outcomes.get(subject, Outcome.UNKNOWN)
            return outcome is Outcome.PASS or (outcome is Outcome.UNKNOWN and verified)

        def may_stand(subject: str) -> bool:
            return outcomes.get(subject, Outcome.UNKNOWN) in (Outcome.PASS, Outcome.UNKNOWN)

        good = tuple(one.held for one in file.qualifications if stands(one.subject, one.verified))
        hoped = tuple(one.held for one in file.qualifications if may_stand(one.subject))
        licences = _by_person(one for one in file.practitioners if stands(one.subject, one.verified))
        may_be = _by_person(one for one in file.practitioners if may_stand(one.subject))
        for service in file.services:
            if not list(self._lacks(service, file, good, licences)):
                text = N_("The service %(matter)s is covered.")
                yield passed(
                    f"{self.code}:{service.matter_code}", text, subject=service.subject, matter=service.matter_code
                )
                continue
            lacking = list(self._lacks(service, file, hoped, may_be))
            yield from lacking or (self._open(service),)

    def _open(self, service: OfferedService) -> Found:
        text = N_("The service %(matter)s waits for registries that have not confirmed its certificates and licences.")
        code = f"{self.code}:{service.matter_code}"
        return found(code, Outcome.UNKNOWN, text, None, service.subject, {"matter": service.matter_code})

    def _lacks(
        self,
        service: OfferedService,
        file: AgencyFile,
        held: tuple[HeldQualification, ...],
        people: Sequence[frozenset[str]],
    ) -> Iterator[Found]:
        code, kinds, matter = f"{self.code}:{service.matter_code}", kinds_by_code(), service.matter_code
        lacks = list(service_result(service.tree, held, file.on).leaves())
        if lacks:
            names = "、".join(dict.fromkeys(kinds[lack.leaf.kind].name for lack in lacks))
            text = N_("The service %(matter)s needs: %(names)s.")
            yield failed(code, text, subject=service.subject, matter=matter, names=names)
        for kind, needed, there in licences_missing(service.licences, people):
            text = N_("The service %(matter)s needs %(needed)s people with the licence %(name)s; %(there)s are filed.")
            yield failed(
                code,
                text,
                subject=service.subject,
                matter=matter,
                needed=str(needed),
                there=str(there),
                name=kinds[kind].name,
            )


def _by_person(licences: Iterable[Licensed]) -> tuple[frozenset[str], ...]:
    """Each person's kinds of licence: who holds several fills one seat all the same."""
    people: dict[int, set[str]] = {}
    for licence in licences:
        people.setdefault(licence.person, set()).add(licence.kind)
    return tuple(frozenset(kinds) for kinds in people.values())
