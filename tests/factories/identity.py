"""A unified identity platform for tests: the stand-in on a port, which can be told to answer wrongly."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

from registries.identity import CLIENT, Answer, Person, Platform, Server
from supermarket.core.identifiers import make_uscc
from supermarket.gateways.identity import LegalPerson, ProviderSettings
from supermarket.gateways.identity_openid import OpenIdProvider

CALLBACK = "http://127.0.0.1:8000/sign-in/unified/national/callback"
AGENCY = Person("sub-agency", "成都统一咨询有限公司", make_uscc("91510107", 90_001), "赵法人", "钱经办")
OWNER = Person("sub-owner", "成都统一置业有限公司", make_uscc("91510107", 90_002), "孙法人", "李经办")
Claims = dict[str, object]


class BentPlatform(Platform):
    """The stand-in, which a test may have state, sign or answer otherwise."""

    bend: Callable[[Claims], Claims] | None = None
    write: Callable[[Claims], str] | None = None
    answers: Mapping[str, Answer] = {}

    def handle(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        other = self.answers.get(urlsplit(target).path)
        return other or super().handle(method, target, body, headers)

    def signed(self, claims: Mapping[str, object]) -> str:
        stated = self.bend(dict(claims)) if self.bend else dict(claims)
        return self.write(stated) if self.write else super().signed(stated)


@contextmanager
def platform(*people: Person, secret: str = "") -> Iterator[BentPlatform]:
    """The platform on a port of its own."""
    running = Server(people or (AGENCY, OWNER), secret=secret)
    bent = BentPlatform(running.platform.issuer, running.platform.people, secret=secret)
    running.platform = bent
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield bent
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def provider_of(
    bent: Platform,
    *,
    name: str = "national",
    secret: str = "",
    clock: Callable[[], float] | None = None,
    ticks: Callable[[], float] | None = None,
) -> OpenIdProvider:
    """The gateway towards it."""
    settings = ProviderSettings(name, bent.issuer, CLIENT, client_secret=secret)
    given = {key: value for key, value in (("clock", clock), ("ticks", ticks)) if value is not None}
    return OpenIdProvider(settings, timeout=2, **given)


def choose(bent: Platform, url: str, who: int | str = 0) -> dict[str, str]:
    """What the browser brings back once somebody has chosen on the platform's page."""
    return query_of(bent.handle("GET", f"{url}&as={who}").location)


def query_of(address: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def make_legal_person(person: Person = AGENCY, *, nonce: str = "nonce-1", assured: bool = True) -> LegalPerson:
    """The person as the gateway gives it."""
    return LegalPerson(
        provider="national",
        subject=person.sub,
        organisation_name=person.org_name,
        uscc=person.uscc,
        legal_representative=person.legal_representative,
        person_name=person.name,
        assurance="high" if assured else "",
        assured=assured,
        nonce=nonce,
    )
