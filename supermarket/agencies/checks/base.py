"""What every check shares: the agency's file as a value, questions to registries, findings (onboarding.md, The checks)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from supermarket.agencies.models import Outcome
from supermarket.core.msgids import N_
from supermarket.data.requirements import JSON
from supermarket.gateways.registries import Answer, Answered, Unknown
from supermarket.matters.requirement_tree import HeldQualification

NO_ANSWER = N_("The registry “%(registry)s” did not answer (%(reason)s); the check is repeated.")
# Why nothing is known, by the code of `Unknown`; other codes (http_503 …) have the sentence above.
WHY_UNKNOWN = {
    "timeout": N_("The registry “%(registry)s” did not answer in time; it is asked again."),
    "unreachable": N_("The registry “%(registry)s” cannot be reached; it is asked again."),
    "circuit_open": N_("The registry “%(registry)s” failed several times and rests for a minute; it is asked again."),
    "rate_limited": N_("The registry “%(registry)s” is being asked too much just now; it is asked again."),
    "not_loaded": N_("No list of the registry “%(registry)s” has been loaded yet; an operator loads it."),
    "stale": N_("The list of the registry “%(registry)s” is too old; an operator loads a newer one."),
    "not_configured": N_("No registry is set up that answers this; an operator looks."),
    "malformed": N_("The registry “%(registry)s” gave an answer that cannot be read; it is asked again."),
    "left_out": N_("The registry “%(registry)s” left this agency out of its answer; it is asked again."),
    "other_code": N_("The registry “%(registry)s” answered about another body; it is asked again."),
    "contradicts": N_("The registry “%(registry)s” contradicts itself: two entries differ. It is asked again."),
    "column_missing": N_("The registry “%(registry)s” did not say “%(what)s”; it is asked again."),
    "word_unknown": N_(
        "The registry “%(registry)s” uses a word that is not known here: “%(what)s”. An operator looks."
    ),
    "date_unreadable": N_("The registry “%(registry)s” gave a day that cannot be read: “%(what)s”. An operator looks."),
}


@dataclass(frozen=True)
class OfferedService:
    """A matter that the agency offers and what it demands."""

    matter_code: str
    tree: JSON
    licences: list[dict[str, object]]
    # What it is called and who does it, for reading the registered scope of business.
    name: str = ""
    agency_type: str = ""

    @property
    def subject(self) -> str:
        """How findings name it."""
        return f"service:{self.matter_code}"


@dataclass(frozen=True)
class FiledQualification:
    """A certificate on file; `verified`: a registry confirmed it and none has denied it since."""

    id: int
    held: HeldQualification
    verified: bool = False

    @property
    def subject(self) -> str:
        """How findings name it."""
        return f"qualification:{self.id}"


@dataclass(frozen=True)
class Licensed:
    """A practitioner without name: the licence, its number, until when it is registered with the agency."""

    kind: str
    number: str
    registered_until: date
    id: int = 0
    verified: bool = False
    # Whose it is, as a number: who holds several licences counts once.
    person: int = 0

    @property
    def subject(self) -> str:
        """How findings name it."""
        return f"licence:{self.id}"


@dataclass(frozen=True)
class StatedIdentity:
    """What the unified identity platform stated of the agency's account: its code, and whether it verified it."""

    uscc: str
    assured: bool


@dataclass(frozen=True)
class AgencyFile:
    """Everything that checks look at, on one local day."""

    on: date
    uscc: str
    name: str
    legal_representative: str
    business_scope: str
    is_branch: bool
    has_branch_authority: bool
    pledge_signed: bool
    services: tuple[OfferedService, ...]
    qualifications: tuple[FiledQualification, ...]
    practitioners: tuple[Licensed, ...]
    head_office_uscc: str | None = None
    # The code that the agency's account signed up with, where it has one.
    account_uscc: str | None = None
    # Codes of other agencies that name the same body (characters 9 to 17, GB 32100).
    same_body: tuple[str, ...] = ()
    # None: the account came with a password.
    identity: StatedIdentity | None = None
    # Of an applicant: it was noted that it is, or resembles, an agency that left within 36 months.
    comes_back: bool = False

    @property
    def held(self) -> tuple[HeldQualification, ...]:
        """The certificates as requirement trees see them, verified or not."""
        return tuple(filed.held for filed in self.qualifications)

    @property
    def counting(self) -> tuple[HeldQualification, ...]:
        """The certificates that count: those that a registry confirmed."""
        return tuple(filed.held for filed in self.qualifications if filed.verified)

    @property
    def people(self) -> tuple[frozenset[str], ...]:
        """Each person's kinds of licence whose registration has not run out, verified or not."""
        return self._people(verified_only=False)

    @property
    def counting_people(self) -> tuple[frozenset[str], ...]:
        """Each person's kinds of licence that count: those that a registry confirmed and that have not run out."""
        return self._people(verified_only=True)

    def _people(self, *, verified_only: bool) -> tuple[frozenset[str], ...]:
        kinds: dict[int, set[str]] = {}
        for licence in self.practitioners:
            if licence.registered_until >= self.on and (licence.verified or not verified_only):
                kinds.setdefault(licence.person, set()).add(licence.kind)
        return tuple(frozenset(held) for held in kinds.values())


@dataclass(frozen=True)
class Question:
    """Which list of which registry is asked, and what for."""

    registry: str
    question: str
    terms: tuple[tuple[str, str], ...]


Answers = Mapping[Question, Answer]


@dataclass(frozen=True)
class Found:
    """A check's finding: a msgid with its parameters, and the registry's own reference."""

    code: str
    outcome: Outcome
    sentence: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    registry: str = ""
    reference: str = ""
    answered_at: datetime | None = None
    # SHA-256 of the answer as it came, under which it is kept.
    evidence: str = ""
    # Only of what is unknown: whether asking again soon may bring an answer, or a human has to look.
    again: bool = True
    # The filed row that it is about, as "qualification:7", "licence:12" or "service:ZJ001"; "" for the body itself.
    subject: str = ""


class AgencyCheck(Protocol):
    """One check: small, pure, never passing because data is missing."""

    code: str

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """What it wants to know from registries."""

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """What it finds."""


def by_uscc(registry: str, question: str, uscc: str) -> Question:
    """The usual question: the rows of one agency."""
    return Question(registry, question, (("uscc", uscc),))


def passed(code: str, sentence: str, answer: Answered | None = None, subject: str = "", **parameters: str) -> Found:
    """A check that is passed."""
    return found(code, Outcome.PASS, sentence, answer, subject, parameters)


def failed(code: str, sentence: str, answer: Answered | None = None, subject: str = "", **parameters: str) -> Found:
    """A check that is not passed; the sentence says what to mend."""
    return found(code, Outcome.FAIL, sentence, answer, subject, parameters)


def found(
    code: str, outcome: Outcome, sentence: str, answer: Answered | None, subject: str, parameters: Mapping[str, str]
) -> Found:
    """A finding with what the registry's answer is known by."""
    if answer is None:
        return Found(code, outcome, sentence, parameters, subject=subject)
    return Found(
        code=code,
        outcome=outcome,
        sentence=sentence,
        parameters=parameters,
        registry=answer.registry,
        reference=answer.reference[:200],
        answered_at=answer.at,
        evidence=answer.sha256,
        subject=subject,
    )


def not_applicable(code: str, sentence: str) -> Found:
    """A check that has nothing to look at."""
    return Found(code, Outcome.NOT_APPLICABLE, sentence)


def unanswered(code: str, question: Question, answer: Answer | None, subject: str = "") -> Found:
    """A registry that did not answer: never a pass."""
    reason = "not_asked" if answer is None or isinstance(answer, Answered) else answer.reason
    if not question.registry:
        reason = "not_configured"
    parameters = {"registry": question.registry, "reason": reason}
    sentence = WHY_UNKNOWN.get(reason, NO_ANSWER)
    at = answer.at if isinstance(answer, Unknown) else None
    return Found(code, Outcome.UNKNOWN, sentence, parameters, question.registry, answered_at=at, subject=subject)


def unusable(code: str, answer: Answered, reason: str, subject: str = "", what: str = "") -> Found:
    """An answer that must not be built on, by a code of `WHY_UNKNOWN`: never a pass either."""
    parameters = {"registry": answer.registry, "reason": reason, "what": what[:100]}
    return found(code, Outcome.UNKNOWN, WHY_UNKNOWN[reason], answer, subject, parameters)


def unclear(code: str, sentence: str, answer: Answered | None = None, subject: str = "", **parameters: str) -> Found:
    """Something that only a human can tell; asking again will not help."""
    return replace(found(code, Outcome.UNKNOWN, sentence, answer, subject, parameters), again=False)
