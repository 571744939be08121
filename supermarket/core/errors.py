"""What an operation may refuse with. Each carries a stable code, a sentence for the reader and the HTTP status of specs/api.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FieldError:
    """One thing to mend: which field, a stable code, a sentence (already in the reader's language)."""

    field: str
    code: str
    message: str


@dataclass(frozen=True)
class RuleFinding:
    """One rule that says no: a stable code, a sentence, and the evidence it looked at."""

    code: str
    message: str
    evidence: Mapping[str, object] = field(default_factory=dict)


class MarketError(Exception):
    """The base of all refusals; a refusal has changed nothing."""

    status = 400
    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code

    @property
    def details(self) -> Mapping[str, object]:
        """What a problem document says beside code and sentence."""
        return {}


class NotFound(MarketError):
    """There is no such thing, or the reader may not know of it."""

    status = 404
    code = "not_found"


class Forbidden(MarketError):
    """Who: the actor lacks the permission here."""

    status = 403
    code = "forbidden"


class WrongState(MarketError):
    """When: the state table has no such action in this state."""

    status = 409
    code = "wrong_state"

    def __init__(self, message: str, *, state: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.state = state
        self.allowed = tuple(allowed)


class Conflict(MarketError):
    """A duplicate, a stale version, or another who came first."""

    status = 409
    code = "conflict"


class RuleBroken(MarketError):
    """Whether: one or more rules say no; all of them are named at once (一次性告知)."""

    status = 422
    code = "rule_broken"

    def __init__(self, message: str, *, findings: Sequence[RuleFinding] = (), code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.findings = tuple(findings)


class InvalidInput(MarketError):
    """The input cannot be read; each field says what to do."""

    status = 422
    code = "invalid_input"

    def __init__(self, message: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
