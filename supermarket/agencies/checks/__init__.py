"""The automatic checks of onboarding.md: each a small class; all run together, nothing passes because data is missing."""

from supermarket.agencies.checks.base import AgencyCheck, AgencyFile, Answers, Found, Question
from supermarket.agencies.checks.body import (
    LegalRepresentativeCheck,
    PledgeCheck,
    RegistrationCheck,
    UsccCheck,
)
from supermarket.agencies.checks.branches import BranchAuthorityCheck
from supermarket.agencies.checks.certificates import QualificationCheck, ServiceCheck
from supermarket.agencies.checks.come_back import ComeBackCheck
from supermarket.agencies.checks.dishonesty import DishonestyCheck
from supermarket.agencies.checks.identity import NationalIdentityCheck
from supermarket.agencies.checks.practitioners import PractitionerCheck
from supermarket.agencies.checks.sources import ask

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
    NationalIdentityCheck(),
    ComeBackCheck(),
)

__all__ = ["CHECKS", "AgencyFile", "Answers", "Found", "Question", "ask", "run_all"]


def questions(file: AgencyFile) -> tuple[Question, ...]:
    """Everything that the checks want to know about an agency."""
    return tuple(dict.fromkeys(question for check in CHECKS for question in check.questions(file)))


def run_all(file: AgencyFile, answers: Answers) -> tuple[Found, ...]:
    """The findings of every check, in order."""
    return tuple(found for check in CHECKS for found in check.run(file, answers))
