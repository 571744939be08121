"""The way through the unified identity as a browser goes it."""

from urllib.parse import urlencode

from flask.testing import FlaskClient

from supermarket.accounts.models import Identity, Organisation, User
from supermarket.agencies.models import Agency
from supermarket.core.events import Event
from tests.factories.identity import BentPlatform, choose
from tests.factories.policies import CHENGDU_WUHOU, count

START, BACK = "/sign-in/unified/national", "/sign-in/unified/national/callback"


def go(client: FlaskClient, bent: BentPlatform, who: int | str = 0, *, to: str = "", **changed: str):  # type: ignore[no-untyped-def]  # the test client's response
    """To the platform and back; the answer to the callback."""
    out = client.get(START + (f"?next={to}" if to else ""))
    assert out.status_code == 303 and out.location.startswith(f"{bent.issuer}/authorize?")
    return client.get(f"{BACK}?{urlencode(choose(bent, out.location, who) | changed)}")


def first(client: FlaskClient, **changed: str):  # type: ignore[no-untyped-def]  # the test client's response
    data = {
        "kind": "agency",
        "province": "510000",
        "city": "510100",
        "county": CHENGDU_WUHOU,
        "email": "Identified@example.test",
        "pledge": "y",
    } | changed
    return client.post("/sign-in/unified/first", data={key: value for key, value in data.items() if value})


def written() -> tuple[int, ...]:
    """How many rows there are of what a sign-in may make."""
    return count(User), count(Organisation), count(Identity), count(Agency), count(Event)


def english(client: FlaskClient) -> FlaskClient:
    client.get("/language/en")
    return client
