"""ID tokens that the platform did not sign."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

from registries.identity import Platform
from tests.factories.identity import BentPlatform, Claims


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(claims: Claims) -> str:
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def by_hmac(key: bytes, **head: str) -> Callable[[Claims], str]:
    def write(claims: Claims) -> str:
        text = f"{part({'alg': 'HS256', 'typ': 'JWT', **head})}.{part(claims)}"
        mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    return write


def by_another_key(bent: BentPlatform, **head: str) -> Callable[[Claims], str]:
    other = Platform(bent.issuer, ())
    other._kid = head.get("kid", bent._kid)
    return other.signed


def tampered(bent: BentPlatform) -> Callable[[Claims], str]:
    def write(claims: Claims) -> str:
        head, _body, mark = Platform.signed(bent, claims).split(".")
        return f"{head}.{part(claims | {'sub': 'somebody-else'})}.{mark}"

    return write


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def stating(**more: object) -> Callable[[Claims], Claims]:
    return lambda claims: claims | more
