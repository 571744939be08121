"""The real platforms of unified identity: OpenID Connect, authorization code with PKCE, for accounts of legal persons.

OpenID Connect Core 1.0, RFC 6749, RFC 7636, RFC 8414, RFC 9207, RFC 9700. Authlib speaks the protocol and checks the ID
token; the network is our own, with limits.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from supermarket.core.identifiers import is_uscc
from supermarket.core.msgids import N_
from supermarket.gateways.errors import ConfigError
from supermarket.gateways.http_json import HttpFailed, Reply, call
from supermarket.gateways.identity import (
    ASSURED,
    ENDED,
    NO_LEGAL_PERSON,
    UNAVAILABLE,
    Attempt,
    Claims,
    Identities,
    IdentityError,
    LegalPerson,
    ProviderSettings,
    refused,
)

TIMEOUT_SECONDS: Final = 5.0
LEEWAY_SECONDS: Final = 60
KEEP_SECONDS: Final = 3600.0
KEYS_AGAIN_SECONDS: Final = 60.0
# Asymmetric only: with HS256 the client's secret, and with a confused library the public key, could sign.
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
KEY_TYPES: Final = ("RSA", "EC")
_LONGEST_TOKEN: Final = 16_384
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class _Platform:
    """What discovery says (RFC 8414)."""

    authorize: str
    token: str
    keys: str
    userinfo: str
    names_itself: bool
    auth_method: str


class _Answer:
    """A reply as Authlib reads it."""

    def __init__(self, reply: Reply) -> None:
        self.status_code, self._reply = reply.status, reply

    def json(self) -> dict[str, object]:
        return self._reply.json()

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise HttpFailed(f"http_{self.status_code}")


class _Auth(Protocol):
    def prepare(self, method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]: ...


class _Network:
    """The session that Authlib talks through: our own HTTP, without redirects, cookies or proxies."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: _Auth) -> _Answer:
        sent = {key: value for key, value in headers.items() if key != "Content-Type"}
        where, ready, body = auth.prepare("POST", url, sent, urlencode(data))
        return _Answer(call("POST", where, timeout=self._timeout, form=body, headers=ready))


class OpenIdProvider:
    """A real platform."""

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._timeout, self._clock, self._ticks = settings, timeout, clock, ticks
        self._lock = threading.Lock()
        self._platform: tuple[float, _Platform] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def label(self) -> str:
        return self._settings.label

    def start(self, redirect_uri: str) -> tuple[str, Attempt]:
        attempt = Attempt(self.name, *(secrets.token_urlsafe(32) for _ in range(3)))
        client = self._client(redirect_uri, self._found())
        url, _state = client.create_authorization_url(
            self._found().authorize, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
        )
        return str(url), attempt

    def finish(self, attempt: Attempt, answer: Mapping[str, str], redirect_uri: str) -> LegalPerson:
        platform = self._found()
        self._look_at(attempt, answer, platform)
        tokens = self._exchange(attempt, answer["code"], redirect_uri, platform)
        claims = self._verified(tokens, attempt, platform)
        return self._legal_person(self._with_userinfo(claims, tokens, platform), attempt)

    def _look_at(self, attempt: Attempt, answer: Mapping[str, str], platform: _Platform) -> None:
        """RFC 9700, 2.1 and 4.4: whose answer it is, and to which question, before anything else is read."""
        if attempt.provider != self.name:
            raise refused("other_provider")
        if platform.names_itself and "iss" not in answer:
            raise refused("iss_missing")
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise refused("iss_other")
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise refused("state")
        if answer.get("error") == "access_denied":
            raise IdentityError("identity_ended", ENDED, "access_denied")
        code = answer.get("code", "")
        if "error" in answer or not code or len(code) > 2048 or not code.isprintable():
            raise refused("no_code")

    def _found(self) -> _Platform:
        with self._lock:
            if self._platform is not None and self._ticks() - self._platform[0] < KEEP_SECONDS:
                return self._platform[1]
        found = self._discover()
        with self._lock:
            self._platform = (self._ticks(), found)
        return found

    def _discover(self) -> _Platform:
        said = self._get(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        # RFC 8414, 3.3: a document of another issuer must not be used.
        if said.get("issuer") != self._settings.issuer:
            raise refused("discovery_issuer")
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        preferred = ("client_secret_basic", "client_secret_post") if self._settings.client_secret else ("none",)
        known = [item for item in preferred if isinstance(methods, list) and item in methods]
        return _Platform(
            authorize=_address(said, "authorization_endpoint"),
            token=_address(said, "token_endpoint"),
            keys=_address(said, "jwks_uri"),
            userinfo=_address(said, "userinfo_endpoint") if "userinfo_endpoint" in said else "",
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
            auth_method=known[0] if known else preferred[0],
        )

    def _get(self, url: str, token: str = "") -> dict[str, object]:
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            reply = call("GET", url, timeout=self._timeout, headers=headers)
            if reply.status != 200:
                raise HttpFailed(f"http_{reply.status}")
            return reply.json()
        except HttpFailed as error:
            raise IdentityError("identity_unavailable", UNAVAILABLE, str(error)) from error

    def _client(self, redirect_uri: str, platform: _Platform) -> OAuth2Client:
        return OAuth2Client(
            _Network(self._timeout),
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret or None,
            token_endpoint_auth_method=platform.auth_method,
            scope=self._settings.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _exchange(self, attempt: Attempt, code: str, redirect_uri: str, platform: _Platform) -> Mapping[str, object]:
        client = self._client(redirect_uri, platform)
        try:
            tokens = client.fetch_token(
                platform.token, grant_type="authorization_code", code=code, code_verifier=attempt.verifier
            )
        except HttpFailed as error:
            raise IdentityError("identity_unavailable", UNAVAILABLE, str(error)) from error
        except (AuthlibBaseError, ValueError, TypeError) as error:
            raise refused("exchange") from error
        return cast("Mapping[str, object]", tokens)

    def _verified(self, tokens: Mapping[str, object], attempt: Attempt, platform: _Platform) -> dict[str, object]:
        """The claims of the ID token. Signature, then issuer, audience, time, nonce (OpenID Connect Core, 3.1.3.7)."""
        text = tokens.get("id_token")
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_TOKEN:
            raise refused("no_id_token")
        try:
            decoded = self._decoded(text, platform)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": attempt.nonce},
                },
                params={
                    "client_id": self._settings.client_id,
                    "nonce": attempt.nonce,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise refused(type(error).__name__) from error
        return dict(claims)

    def _decoded(self, text: str, platform: _Platform) -> jwt.Token:
        try:
            return jwt.decode(text, self._key_set(platform, fresh=False), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            # The platform may have changed its keys since; whoever sends strange key ids makes us look once a minute.
            return jwt.decode(text, self._key_set(platform, fresh=True), algorithms=ALGORITHMS)

    def _key_set(self, platform: _Platform, *, fresh: bool) -> KeySet:
        with self._lock:
            known = self._keys
        if known is not None and self._ticks() - known[0] < (KEYS_AGAIN_SECONDS if fresh else KEEP_SECONDS):
            return known[1]
        keys = self._get(platform.keys).get("keys")
        usable = [
            item
            for item in (keys if isinstance(keys, list) else [])
            if isinstance(item, dict) and item.get("kty") in KEY_TYPES and item.get("use", "sig") == "sig"
        ]
        found = KeySet.import_key_set(cast("KeySetSerialization", {"keys": usable}))
        with self._lock:
            self._keys = (self._ticks(), found)
        return found

    def _with_userinfo(
        self, claims: dict[str, object], tokens: Mapping[str, object], platform: _Platform
    ) -> Mapping[str, object]:
        """Many platforms state the organisation only at the user-info endpoint; it must be the same subject's."""
        token = tokens.get("access_token")
        if self._settings.claims.uscc in claims or not platform.userinfo or not isinstance(token, str):
            return claims
        said = self._get(platform.userinfo, token)
        if said.get("sub") != claims["sub"]:
            raise refused("userinfo_subject")
        return {**said, **claims}

    def _legal_person(self, claims: Mapping[str, object], attempt: Attempt) -> LegalPerson:
        names, subject = self._settings.claims, claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise refused("subject")
        uscc, organisation = _text(claims, names.uscc, 18), _text(claims, names.organisation, 200)
        if not is_uscc(uscc) or len(organisation) < 2:
            raise IdentityError("identity_not_legal_person", NO_LEGAL_PERSON, "no_organisation")
        assurance = _text(claims, names.assurance, 32)
        return LegalPerson(
            provider=self.name,
            subject=subject,
            organisation_name=organisation,
            uscc=uscc,
            legal_representative=_text(claims, names.legal_representative, 64),
            person_name=_text(claims, names.person, 64),
            assurance=assurance,
            assured=assurance in self._settings.assured,
            nonce=attempt.nonce,
        )


def _text(claims: Mapping[str, object], name: str, most: int) -> str:
    """A claim as one line of text; anything else counts as not stated."""
    value = claims.get(name)
    text = " ".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if len(text) <= most and text.isprintable() else ""


def _address(said: Mapping[str, object], name: str) -> str:
    """An endpoint: https, or this machine. Raises IdentityError."""
    value = said.get(name)
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
    except ValueError as error:
        raise refused(f"discovery_{name}") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise refused(f"discovery_{name}")
    return str(value)


def providers(entries: Iterable[Mapping[str, str]]) -> Identities:
    """The platforms that a configuration names, each {name, label, issuer, client_id, client_secret, scope, …}.

    Raises ConfigError: an issuer must be https, or on this machine.
    """
    return Identities([OpenIdProvider(_settings(entry)) for entry in entries])


def _settings(entry: Mapping[str, str]) -> ProviderSettings:
    issuer = entry["issuer"]
    if _unsafe(issuer):
        raise ConfigError(
            "config_value", N_("The setting %(name)s cannot be “%(value)s”."), name="IDENTITY_ISSUER", value=issuer
        )
    if not entry.get("client_id"):
        raise ConfigError("config_missing", N_("The setting %(name)s is missing."), name="IDENTITY_CLIENT_ID")
    named = {key.removeprefix("claim_"): value for key, value in entry.items() if key.startswith("claim_") and value}
    assured = frozenset(part.strip() for part in entry.get("assured", "").split(",") if part.strip())
    return ProviderSettings(
        name=entry.get("name") or "national",
        issuer=issuer,
        client_id=entry["client_id"],
        label=entry.get("label", ""),
        client_secret=entry.get("client_secret", ""),
        scope=entry.get("scope") or "openid profile",
        claims=Claims(**named),
        assured=assured or ASSURED,
    )


def _unsafe(issuer: str) -> bool:
    try:
        _address({"issuer": issuer}, "issuer")
    except IdentityError:
        return True
    return False
