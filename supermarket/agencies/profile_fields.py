"""The fields of a profile: which are public, which a registry can judge, how they are kept; and what a change is worth."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date

from supermarket.agencies.checks import CHECKS, AgencyFile, Answers, Found, Question, run_all
from supermarket.agencies.checks.sources import ENTERPRISES
from supermarket.agencies.commands import AgencyProfile
from supermarket.agencies.models import Agency, Outcome
from supermarket.gateways.registries import Answered

Kept = str | bool | None
FIELDS = tuple(item.name for item in fields(AgencyProfile) if item.name != "uscc")
# Everybody reads these, earlier values too; a person's name is not among them.
PUBLIC = frozenset(FIELDS) - {"legal_representative"}
_REGISTER = frozenset({"registration"})
# Which checks judge a field. What stands in no registry is the agency's own word and applies at once.
JUDGES: Mapping[str, frozenset[str]] = {
    "name": _REGISTER,
    "kind": _REGISTER,
    "established": _REGISTER,
    "business_scope": _REGISTER,
    "legal_representative": frozenset({"legal_representative"}),
    "is_branch": frozenset({"branch_authority"}),
    "head_office_uscc": frozenset({"branch_authority"}),
}
# What the enterprise register says of a body, under the names of the profile.
REGISTERED = ("name", "legal_representative", "business_scope")


def profile_of(row: Agency) -> AgencyProfile:
    """The profile as it stands."""
    return AgencyProfile(uscc=row.uscc, **{name: getattr(row, name) for name in FIELDS})


def fill(row: Agency, profile: AgencyProfile) -> None:
    """Write a profile into the register; the code stays."""
    for name in FIELDS:
        setattr(row, name, getattr(profile, name))


def kept(value: str | bool | date | None) -> Kept:
    """A value as it is stored: days as ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def restored(name: str, value: Kept) -> str | bool | date | None:
    """A stored value as the profile has it."""
    return date.fromisoformat(value) if name == "established" and isinstance(value, str) else value


def differing(before: AgencyProfile, after: AgencyProfile) -> tuple[str, ...]:
    """The fields that differ, in the order of the profile."""
    return tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))


def with_values(profile: AgencyProfile, values: Mapping[str, Kept]) -> AgencyProfile:
    """The profile with some fields as stored."""
    return replace(profile, **{name: restored(name, value) for name, value in values.items()})  # type: ignore[arg-type]  # each field has its own type


def judging(names: Mapping[str, object] | tuple[str, ...]) -> frozenset[str]:
    """The checks that judge these fields."""
    return frozenset(code for name in names for code in JUDGES.get(name, ()))


def questions_about(file: AgencyFile, names: Mapping[str, object]) -> tuple[Question, ...]:
    """What the judging checks want to know."""
    codes = judging(names)
    return tuple(
        dict.fromkeys(question for check in CHECKS if check.code in codes for question in check.questions(file))
    )


def judged(file: AgencyFile, values: Mapping[str, Kept], answers: Answers) -> tuple[Found, ...]:
    """What the judging checks find of the file with the changed values.

    What is not changed is taken as the register has it: whoever changes name and head one after the other is not
    refused the first for the second. Findings about single rows of the file are left to the checks of the whole file.
    """
    known = {item.name for item in fields(AgencyFile)}
    supposed: dict[str, Kept] = {}
    for question, answer in answers.items():
        if question.question == ENTERPRISES and isinstance(answer, Answered) and answer.rows:
            supposed.update({name: answer.rows[0][name] for name in REGISTERED if answer.rows[0].get(name)})
    wanted = supposed | {name: value for name, value in values.items() if name in known}
    codes = judging(values)
    found = run_all(replace(file, **wanted), answers)  # type: ignore[arg-type]  # the names are the file's own
    return tuple(item for item in found if item.code in codes and not item.subject)


def verdict(found: tuple[Found, ...], values: Mapping[str, Kept]) -> Outcome:
    """Any fail fails; any silence, or a check that found nothing, leaves it unknown; else it passes."""
    outcomes = {item.outcome for item in found}
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    if Outcome.UNKNOWN in outcomes or judging(values) - {item.code for item in found}:
        return Outcome.UNKNOWN
    return Outcome.PASS
