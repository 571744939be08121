"""What people ask of the experts room, as frozen values; the forms make them."""

from dataclasses import dataclass
from datetime import date

from supermarket.experts.states import InterestKind


@dataclass(frozen=True)
class ExpertProfile:
    """For whom an expert works, where, and what they can judge; `matters` empty: all of the industries."""

    title: str
    employer: str
    employer_uscc: str | None
    region_code: str
    industries: tuple[str, ...]
    matters: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewExpert:
    """A person whom the operator enters."""

    name: str
    email: str
    profile: ExpertProfile


@dataclass(frozen=True)
class Interest:
    """A body that the expert must not judge; `ended_on`: until when, None while it holds."""

    kind: InterestKind
    uscc: str
    body_name: str
    ended_on: date | None = None
