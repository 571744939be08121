"""A stand-in for the unified identity platform (统一身份认证): OpenID Connect for the demonstration and for tests.

It says on its own page what it is. Whoever opens it may be any of its legal persons: never let it answer for a real
market. Discovery, key set, authorize page, token endpoint; authorization code with PKCE (RFC 7636), ES256.

`Platform.handle` knows nothing of sockets, so that another program can mount it; `python -m registries.identity` serves
it alone.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import html
import json
import secrets
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CLIENT = "supermarket"
CODE_SECONDS = 60
TOKEN_SECONDS = 300
MAX_BODY = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "p.note{border:2px solid #b45309;padding:.75rem}li{margin:.75rem 0}"
    "button{font:inherit;padding:.6rem 1rem;width:100%;text-align:left}small{display:block}"
)


@dataclass(frozen=True)
class Person:
    """A legal person's account: what the platform states of the organisation and of who acts for it."""

    sub: str
    org_name: str
    uscc: str
    legal_representative: str
    name: str
    assurance_level: str = "high"


@dataclass(frozen=True)
class Answer:
    """What to send back."""

    status: int
    body: bytes
    kind: str = "application/json"
    location: str = ""


@dataclass(frozen=True)
class _Code:
    person: Person
    client: str
    redirect: str
    nonce: str
    challenge: str
    until: float


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _json(status: int, value: object) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def _page(status: int, title: str, content: str) -> Answer:
    text = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    )
    return Answer(status, text.encode(), "text/html; charset=utf-8")


class Platform:
    """The platform: its address, its legal persons, one client; keys and codes live as long as the process.

    `secret` empty: a public client, PKCE alone. `redirects`: where it may send people; none: any address of this machine.
    """

    def __init__(
        self, issuer: str, people: Sequence[Person], *, secret: str = "", redirects: Sequence[str] = ()
    ) -> None:
        self.issuer, self.people = issuer.rstrip("/"), tuple(people)
        self._secret, self._redirects = secret, tuple(redirects)
        self._prefix = urlsplit(self.issuer).path
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._kid = secrets.token_hex(8)
        self._codes: dict[str, _Code] = {}
        self._lock = threading.Lock()

    def handle(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Answer a request; `target` is path and query as they came."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        match method, parts.path.removeprefix(self._prefix):
            case "GET", "/.well-known/openid-configuration":
                return _json(200, self._discovery())
            case "GET", "/jwks.json":
                return _json(200, {"keys": [self._public_key()]})
            case "GET", "/authorize":
                return self._authorize(query)
            case "POST", "/token":
                form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
                return self._token(form, {key.lower(): value for key, value in (headers or {}).items()})
        return _json(404, {"error": "not_found"})

    def _discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks.json",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": ["openid", "profile"],
        }

    def _public_key(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": self._kid,
            "x": _b64(numbers.x.to_bytes(32, "big")),
            "y": _b64(numbers.y.to_bytes(32, "big")),
        }

    def _authorize(self, query: Mapping[str, str]) -> Answer:
        """The page where a demo legal person is chosen; with `as` the choice is made, and the browser goes back."""
        redirect = query.get("redirect_uri", "")
        if query.get("client_id") != CLIENT or not self._may_return_to(redirect):
            # RFC 6749, 4.1.2.1: never back to an address that is not known.
            return _page(400, "请求有误 · Wrong request", "<p>client_id 或 redirect_uri 不正确。</p>")
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return self._back(redirect, query, error="invalid_request")
        if not query.get("code_challenge") or "openid" not in query.get("scope", "").split():
            return self._back(redirect, query, error="invalid_request")
        chosen = query.get("as", "")
        if chosen == "nobody":
            return self._back(redirect, query, error="access_denied")
        if chosen.isascii() and chosen.isdecimal() and int(chosen) < len(self.people):
            code = secrets.token_urlsafe(24)
            with self._lock:
                self._codes = {key: item for key, item in self._codes.items() if item.until > time.time()}
                self._codes[code] = _Code(
                    self.people[int(chosen)],
                    CLIENT,
                    redirect,
                    query.get("nonce", ""),
                    query["code_challenge"],
                    time.time() + CODE_SECONDS,
                )
            return self._back(redirect, query, code=code)
        return self._choice(query)

    def _may_return_to(self, redirect: str) -> bool:
        if self._redirects:
            return redirect in self._redirects
        try:
            parts = urlsplit(redirect)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK and not parts.fragment

    def _back(self, redirect: str, query: Mapping[str, str], **said: str) -> Answer:
        answer = {**said, "state": query.get("state", ""), "iss": self.issuer}
        joint = "&" if urlsplit(redirect).query else "?"
        return Answer(302, b"", "text/plain", f"{redirect}{joint}{urlencode(answer)}")

    def _choice(self, query: Mapping[str, str]) -> Answer:
        kept = "".join(
            f'<input type="hidden" name="{html.escape(key)}" value="{html.escape(value)}">'
            for key, value in query.items()
            if key != "as"
        )
        rows = "".join(
            f'<li><button name="as" value="{number}">{html.escape(person.org_name)}'
            f"<small>{html.escape(person.uscc)} · {html.escape(person.name)}</small></button></li>"
            for number, person in enumerate(self.people)
        )
        return _page(
            200,
            "统一身份认证（演示替身）",
            '<p class="note"><strong>这不是真实的统一身份认证平台。</strong>它是演示用的替身：不核验任何人，'
            "下列单位均为虚构。<br>"
            "<strong>This is not the real platform.</strong> It stands in for it in the demonstration: it verifies "
            "nobody, and the organisations are invented.</p>"
            "<p>请选择以哪个法人身份登录 · Sign in as which legal person?</p>"
            f'<form method="get" action="{html.escape(self._prefix)}/authorize">{kept}<ul>{rows}</ul>'
            '<p><button name="as" value="nobody">取消 · Cancel</button></p></form>',
        )

    def _token(self, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        if not self._client_is_right(form, headers):
            return _json(401, {"error": "invalid_client"})
        if form.get("grant_type") != "authorization_code":
            return _json(400, {"error": "unsupported_grant_type"})
        with self._lock:
            held = self._codes.pop(form.get("code", ""), None)  # good once, whatever comes of it
        verifier = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            held is None
            or held.until < time.time()
            or held.redirect != form.get("redirect_uri")
            or not hmac.compare_digest(held.challenge, verifier)
        ):
            return _json(400, {"error": "invalid_grant"})
        access = secrets.token_urlsafe(24)
        return _json(
            200,
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "id_token": self.signed(self._claims(held, access)),
            },
        )

    def _client_is_right(self, form: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _space, basic = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client, _colon, secret = (unquote(base64.b64decode(basic).decode())).partition(":")
            except ValueError:
                return False
        return client == CLIENT and hmac.compare_digest(secret.encode(), self._secret.encode())

    def _claims(self, held: _Code, access: str) -> dict[str, object]:
        at = int(time.time())
        half = hashlib.sha256(access.encode("ascii")).digest()[:16]
        return {
            **asdict(held.person),
            "iss": self.issuer,
            "aud": held.client,
            "iat": at,
            "exp": at + TOKEN_SECONDS,
            "nonce": held.nonce,
            "at_hash": _b64(half),
        }

    def signed(self, claims: Mapping[str, object]) -> str:
        """A token of this platform (RFC 7515, ES256)."""
        head = {"alg": "ES256", "typ": "JWT", "kid": self._kid}
        text = ".".join(_b64(json.dumps(part, ensure_ascii=False).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.sign(text.encode("ascii"), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def people_of(path: Path) -> list[Person]:
    """The legal persons of a JSON file: a list of {sub, org_name, uscc, legal_representative, name}."""
    return [Person(**item) for item in json.loads(path.read_text(encoding="utf-8"))]


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server: Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdecimal() else MAX_BODY + 1
        if size > MAX_BODY:
            self.send_error(413)
            return
        self._answer(self.rfile.read(size))

    def _answer(self, body: bytes) -> None:
        answer = self.server.platform.handle(self.command, self.path, body, dict(self.headers))
        self.send_response(answer.status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: an address here carries codes."""


class Server(ThreadingHTTPServer):
    """This platform alone on a port of this machine; the caller runs and closes it."""

    daemon_threads = True

    def __init__(self, people: Sequence[Person], *, port: int = 0, secret: str = "") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.platform = Platform(f"http://127.0.0.1:{self.server_port}", people, secret=secret)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="registries.identity", description="A stand-in for unified identity.")
    parser.add_argument("--port", type=int, required=True, help="TCP port of 127.0.0.1; 0 takes a free one")
    parser.add_argument("--people", type=Path, required=True, help="JSON file of the legal persons to choose from")
    parser.add_argument("--secret-file", type=Path, help="the client's secret; without it PKCE alone")
    given = parser.parse_args()
    secret = given.secret_file.read_text("ascii").strip() if given.secret_file else ""
    running = Server(people_of(given.people), port=given.port, secret=secret)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this handler has interrupted, so another thread must say it.
        threading.Thread(target=running.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"unified identity (stand-in) listens on {running.platform.issuer}", flush=True)
    running.serve_forever(poll_interval=0.1)
    running.server_close()


if __name__ == "__main__":
    main()
