"""Unified identity (统一身份认证): who the platform says is here, as the house sees it.

The real platforms speak OpenID Connect (identity_openid.py). What cannot be verified is refused as a whole: nobody is
half signed in.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol
from urllib.parse import urlencode

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError

ASSURED: Final = frozenset({"high"})

UNAVAILABLE: Final = N_(
    "The unified identity platform does not answer. Try again in a few minutes, or sign in with your password."
)
REFUSED: Final = N_(
    "The answer of the unified identity platform could not be verified. Nothing was changed; please start again."
)
ENDED: Final = N_("The sign-in was ended at the unified identity platform. Nothing was changed.")
NO_LEGAL_PERSON: Final = N_(
    "This is not an organisation's account at the unified identity platform. Sign in there with your organisation's."
)


class IdentityError(GatewayError):
    """No identity came of it: `identity_unavailable`, `identity_refused`, `identity_ended`, `identity_not_legal_person`.

    `why` is for the log: a word of ours, nothing that came from outside.
    """

    def __init__(self, code: str, msgid: str, why: str) -> None:
        super().__init__(code, msgid)
        self.why = why


def refused(why: str) -> IdentityError:
    return IdentityError("identity_refused", REFUSED, why)


@dataclass(frozen=True, slots=True)
class Claims:
    """Under which names a platform states what we need; platforms differ."""

    organisation: str = "org_name"
    uscc: str = "uscc"
    legal_representative: str = "legal_representative"
    person: str = "name"
    assurance: str = "assurance_level"


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One platform. `assured`: its words for an organisation whose licence and head it has verified."""

    name: str
    issuer: str
    client_id: str
    label: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = "openid profile"
    claims: Claims = Claims()
    assured: frozenset[str] = ASSURED


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One sign-in under way, kept in the browser's session: it answers to this browser alone, once."""

    provider: str
    state: str
    nonce: str
    verifier: str

    def stored(self) -> dict[str, str]:
        """For the session."""
        return asdict(self)


@dataclass(frozen=True, slots=True, repr=False)
class LegalPerson:
    """Who the platform says is here: an organisation, and the person who acts for it. Never for a log."""

    provider: str
    subject: str
    organisation_name: str
    uscc: str
    legal_representative: str
    person_name: str
    assurance: str
    assured: bool
    nonce: str

    def stored(self) -> str:
        """As text, to be encrypted."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> LegalPerson:
        """What `stored` wrote."""
        return cls(**json.loads(text))


class IdentityProvider(Protocol):
    """One platform, as the house sees it."""

    @property
    def name(self) -> str:
        """The configured name; part of the callback's address, so that no platform answers for another."""

    @property
    def label(self) -> str:
        """What people call it; may be empty."""

    def start(self, redirect_uri: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what to remember meanwhile. Raises IdentityError."""

    def finish(self, attempt: Attempt, answer: Mapping[str, str], redirect_uri: str) -> LegalPerson:
        """Who came back with `answer` (the callback's query). Raises IdentityError; then nobody did."""


class MemoryIdentity:
    """The fake: `tell(code, person)` makes a code good once; a code that nobody told is refused."""

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self._people: dict[str, LegalPerson] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def label(self) -> str:
        return ""

    def tell(self, code: str, person: LegalPerson) -> None:
        """Whoever comes back with `code` is `person`."""
        self._people[code] = person

    def start(self, redirect_uri: str) -> tuple[str, Attempt]:
        attempt = Attempt(self._name, *(secrets.token_urlsafe(32) for _ in range(3)))
        query = urlencode({"state": attempt.state, "redirect_uri": redirect_uri})
        return f"https://identity.invalid/authorize?{query}", attempt

    def finish(self, attempt: Attempt, answer: Mapping[str, str], redirect_uri: str) -> LegalPerson:
        if attempt.provider != self._name or answer.get("state") != attempt.state:
            raise refused("state")
        person = self._people.pop(answer.get("code", ""), None)
        if person is None:
            raise refused("no_code")
        return LegalPerson(**{**asdict(person), "nonce": attempt.nonce})


class Identities:
    """The platforms by name, in the order of the configuration; none where none is configured."""

    def __init__(self, providers: Iterable[IdentityProvider] = ()) -> None:
        self._by_name = {provider.name: provider for provider in providers}

    @property
    def names(self) -> tuple[str, ...]:
        """What is configured."""
        return tuple(self._by_name)

    def get(self, name: str) -> IdentityProvider | None:
        """The platform of a name, or None."""
        return self._by_name.get(name)

    def add(self, provider: IdentityProvider) -> None:
        """Put one in; one of the same name gives way."""
        self._by_name[provider.name] = provider
