"""What a thief of the database and of the operator's disk finds before the deadline: no quote. And a worker killed in the
middle of the opening. Everything is real: processes, the witness's own program, keys in a folder, commits.
"""

import base64
import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from supermarket.core.events import Event
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.models import Award, OpenedQuote, Quote, QuoteList
from supermarket.selection.quotes_body import parse_body, unpad_inner
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import sealed_by
from tests.workers.test_draw_killed import Market, market

__all__ = ["market"]
AMOUNTS = (81_234_567, 83_456_789, 87_654_321)
CEILING = 100_000_000
PACKED: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", gzip.decompress),
    (b"\x78\x9c", zlib.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ", lzma.decompress),
)


@dataclass
class Sale:
    """A purchase with sealed quotes and the bodies that their bidders kept."""

    code: str
    until: datetime
    select_at: datetime
    bodies: list[bytes] = field(default_factory=list)


def with_quotes(market: Market, at: datetime) -> Sale:
    """Three bidders have sealed and handed in, one of them twice."""
    with market.app.app_context():
        with unit():
            project, _owner = make_open_project(at, mode="bidding", budget=CEILING)
            bidders = make_enrolled(project, 3, at)
            assert project.enrol_until is not None and project.select_at is not None
            made = Sale(project.code, project.enrol_until, project.select_at)
        for place, amount in [(0, AMOUNTS[0] + 1_111_111), *enumerate(AMOUNTS)]:
            actor = bidders[place][1]
            kept = sealed_by(actor, made.code, amount)
            made.bodies.append(kept.body)
            with unit():
                selection.submit_quote(made.code, kept.sealed, actor=actor, at=at + timedelta(hours=1))
    return made


def dump() -> Iterator[tuple[str, bytes]]:
    """Every table of the database, as COPY writes it."""
    tables = db.session.execute(
        sa.text(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') "
            "AND tablename <> 'alembic_version'"
        )
    ).all()
    connection = db.session.connection().connection.driver_connection
    assert connection is not None
    for schema, table in tables:
        with connection.cursor().copy(f'COPY "{schema}"."{table}" TO STDOUT') as copy:
            yield f"{schema}.{table}", b"".join(bytes(part) for part in copy)
    db.session.rollback()


def disk(market: Market) -> Iterator[tuple[str, bytes]]:
    """Every file of the operator's machine: all of DATA, and nothing of the regulator's."""
    for path in sorted(market.folder.rglob("*")):
        if path.is_file() and market.folder / "witness" not in path.parents:
            yield str(path.relative_to(market.folder)), path.read_bytes()


def layers(data: bytes) -> Iterator[bytes]:
    """The bytes themselves, and what stands in them in hex, in base64 or packed, one within another."""
    waiting, seen = [(data, 0)], 0
    while waiting and seen < 20_000:
        found, depth = waiting.pop()
        seen += 1
        yield found
        if depth == 3:
            continue
        for run in re.findall(rb"(?:[0-9a-fA-F]{2}){16,}", found):
            waiting.append((bytes.fromhex(run.decode()), depth + 1))
        for run in re.findall(rb"[A-Za-z0-9+/_-]{24,}={0,2}", found):
            text = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
            text = text if len(text) % 4 != 1 else text[:-1]
            waiting.append((base64.b64decode(text + b"=" * (-len(text) % 4)), depth + 1))
        for magic, unpack in PACKED:
            for start in [each.start() for each in re.finditer(re.escape(magic), found)][:20]:
                try:
                    waiting.append((unpack(found[start:]), depth + 1))
                except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                    continue


def needles(bodies: list[bytes]) -> Mapping[bytes, str]:
    """What would give a quote away: the body or its amount, however it is written, or the salt that binds it."""
    wanted: dict[bytes, str] = {b"quote-v1": "a body"}
    for body in bodies:
        parsed = parse_body(body)
        yuan, rest = divmod(parsed.amount, 100)
        wanted |= {
            str(parsed.amount).encode(): "an amount in fen",
            f"{yuan}.{rest:02d}".encode(): "an amount in yuan",
            f"{yuan:,}.{rest:02d}".encode(): "an amount in yuan",
            parsed.salt.encode(): "a salt",
            bytes.fromhex(parsed.salt): "a salt",
        }
    return wanted


def searched(sources: Iterator[tuple[str, bytes]], bodies: list[bytes]) -> list[str]:
    """Where something of a quote was found."""
    wanted = needles(bodies)
    return sorted(
        {
            f"{name}: {what}"
            for name, data in sources
            for layer in layers(data)
            for needle, what in wanted.items()
            if needle in layer
        }
    )


def keys_in(sources: list[tuple[str, bytes]]) -> set[bytes]:
    """Whatever could be a secret key of 32 bytes: whole files, and every run of 64 hex digits anywhere."""
    found: set[bytes] = set()
    for _name, data in sources:
        if len(data) == 32:
            found.add(data)
        found |= {bytes.fromhex(run.decode()) for run in re.findall(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", data)}
    return found


def opens(box: bytes, keys: set[bytes]) -> bytes | None:
    """What is in the box, if one of the keys opens it."""
    for key in keys:
        try:
            return SealedBox(PrivateKey(key)).decrypt(box)
        except CryptoError:
            continue
    return None


def test_the_search_itself_finds_what_is_there() -> None:
    body = b"quote-v1\nP-1\n91510100MA61T2XX00\n2\n81234567\n" + b"ab" * 32 + b"\n"
    for name, hidden in {
        "plain": body,
        "hex": body.hex().encode(),
        "base64": base64.b64encode(body),
        "gzip in base64": base64.b64encode(gzip.compress(body)),
        "zlib in hex": zlib.compress(body).hex().encode(),
        "bz2": bz2.compress(body),
        "xz": lzma.compress(body),
        "yuan": b"812,345.67",
        "salt": bytes.fromhex("ab" * 32),
    }.items():
        assert searched(iter([(name, b"xx " + hidden)]), [body]), name


def test_database_and_disk_of_the_operator_yield_no_quote_before_the_deadline(market: Market, at: datetime) -> None:
    made = with_quotes(market, at)
    with market.app.app_context():
        stolen = [*dump(), *disk(market)]
        boxes = [row.ciphertext for row in db.session.scalars(sa.select(Quote).order_by(Quote.id))]
        db.session.rollback()
    names = {name for name, _data in stolen}
    assert {"trade.quotes", "platform.events", "trade.projects"} <= names
    assert f"keys/projects/{made.code}/quotes" in names, "the operator's own half is among what was stolen"
    assert searched(iter(stolen), made.bodies) == []
    assert len({len(box) for box in boxes}) == 1, "nor does the length tell how many digits an amount has"
    keys = keys_in(stolen)
    assert len(keys) > 3
    for box in boxes:
        inner = opens(box, keys)
        assert inner is not None, "the operator's half opens with the operator's key"
        inner = unpad_inner(inner, made.code)
        assert opens(inner, keys) is None, "and what is inside with none of them"
    # Afterwards the same search finds them all: it does look into the right places.
    market.tick(made.until)
    market.tick(made.until + timedelta(minutes=10))
    with market.app.app_context():
        found = searched(dump(), made.bodies[1:])
    assert "trade.opened_quotes: an amount in fen" in found and "trade.opened_quotes: a salt" in found


@pytest.mark.parametrize("stop", ["store_opened", "finish_opening"])
def test_killed_in_the_middle_of_the_opening_the_one_result_comes_that_would_have_come(
    market: Market, at: datetime, stop: str
) -> None:
    made = with_quotes(market, at)
    market.tick(made.until)
    opens_at = made.until + timedelta(minutes=10)
    market.kill(opens_at, ("opening", stop))
    with market.app.app_context():
        assert db.session.scalars(sa.select(OpenedQuote)).all() == []
        assert db.session.scalars(sa.select(QuoteList)).one().opened_at is None
    market.tick(opens_at + timedelta(seconds=10))
    market.tick(opens_at + timedelta(seconds=20))
    market.tick(made.select_at)
    with market.app.app_context():
        amounts = [row.amount for row in db.session.scalars(sa.select(OpenedQuote))]
        assert sorted(amount or 0 for amount in amounts) == sorted(AMOUNTS)
        tags = db.session.scalars(sa.select(Event.tag).where(Event.project_code == made.code)).all()
        once = ("quotes.listed", "quotes.countersigned", "quotes.opened", "project.announced")
        assert [tags.count(tag) for tag in once] == [1, 1, 1, 1]
        project = db.session.scalars(sa.select(Project).where(Project.code == made.code)).one()
        (award,) = db.session.scalars(sa.select(Award)).all()
        assert (project.state, award.price) == (ProjectState.ANNOUNCED, AMOUNTS[0])
