"""The automatic checks of onboarding.md: each a small class; all run together, nothing passes because data is missing."""

from collections.abc import Iterable
from datetime import datetime

from supermarket.agencies.checks.base import AgencyCheck, AgencyFile, Answers, Found, Question
from supermarket.agencies.checks.body import (
    BranchAuthorityCheck,
    LegalRepresentativeCheck,
    PledgeCheck,
    RegistrationCheck,
    UsccCheck,
)
from supermarket.agencies.checks.certificates import QualificationCheck, ServiceCheck
from supermarket.agencies.checks.dishonesty import DishonestyCheck
from supermarket.agencies.checks.practitioners import PractitionerCheck
from supermarket.agencies.checks.sources import registry

CHECKS: tuple[AgencyCheck, ...] = (
    UsccCheck(),
    RegistrationCheck(),
    LegalRepresentativeCheck(),
    DishonestyCheck(),
    QualificationCheck(),
    PractitionerCheck(),
    ServiceCheck(),
    BranchAuthorityCheck(),
    PledgeCheck(),
)

__all__ = ["CHECKS", "AgencyFile", "Answers", "Found", "Question", "ask", "run_all"]


def ask(questions: Iterable[Question], at: datetime) -> Answers:
    """Ask the registries, each question once. Outside of a transaction where a registry is far away."""
    return {
        question: registry(question.registry, at).ask(question.question, dict(question.terms))
        for question in dict.fromkeys(questions)
    }


def questions(file: AgencyFile) -> tuple[Question, ...]:
    """Everything that the checks want to know about an agency."""
    return tuple(dict.fromkeys(question for check in CHECKS for question in check.questions(file)))


def run_all(file: AgencyFile, answers: Answers) -> tuple[Found, ...]:
    """The findings of every check, in order."""
    return tuple(found for check in CHECKS for found in check.run(file, answers))
