"""Accepted bids per second of one auction beside bare single-row commits, and when its watchers hear of them, in one run."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import make_url

from benchmarks.crowd import BEGAN, OWNERS, fill, scratch_database
from benchmarks.watching import Seen, watch
from config import ROOT
from launch.processes import free_port
from launch.servers import Servers
from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency
from supermarket.auctions.commands import PlaceBid
from supermarket.auctions.models import AuctionEntry
from supermarket.auctions.operations import open_auction, place_bid, schedule
from supermarket.auctions.refusals import BidRefused
from supermarket.core.clock import real_now
from supermarket.core.permissions import Actor, Grant, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState

BIDDERS, CEILING = 50, 10_000_000_000
# A step of one fen and ten hours: the auction does not end while it is measured.
POLICY = {"auction_step_permille": 0, "low_of_ceiling_percent": 0, "auction_seconds": 36_000}
Make = Callable[[Mapping[str, object]], Flask]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Rate:
    """So many in so many seconds; how long each took, in seconds."""

    label: str
    seconds: float
    each: list[float]

    @property
    def per_second(self) -> float:
        """All together."""
        return len(self.each) / self.seconds

    def line(self) -> str:
        """A row of the table."""
        return f"{self.label:<38}{self.per_second:>10.0f}{statistics.median(self.each) * 1000:>12.2f}"


def run(servers: Servers, make: Make, *, seconds: float, watchers: int, say: Say) -> bool:
    """Measure and print; False where not every watcher heard of every bid, or not within a second (19 of 20)."""
    with scratch_database(servers) as (url, owner_url), tempfile.TemporaryDirectory() as folder:
        app = make(_settings(url, owner_url, servers.redis_url, folder))
        fill(app, agencies=BIDDERS, projects=1)
        with app.app_context():
            actors, code = _bidders(), _auction()
            db.session.remove()
        say(f"{'':<38}{'per second':>10}{'median ms':>12}")
        for threads in (1, 4):
            bare = _together(f"bare single-row commits, {threads} at once", threads, seconds, _committer(owner_url))
            bids = _together(f"accepted bids, {threads} at once", threads, seconds, _placer(app, code, actors))
            say(bare.line())
            say(bids.line())
            say(f"{'  of bare':<38}{bids.per_second / bare.per_second:>10.3f}")
        kept = _watched(app, servers, url, code, actors, watchers, folder, say)
        with app.app_context():
            db.engine.dispose()
    return kept


def _settings(url: str, owner_url: str, redis: str, folder: str) -> dict[str, object]:
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "MIGRATION_DATABASE_URI": owner_url,
        "REDIS_URL": redis,
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_ENABLED": False,
        "DATA": folder,
        "GATEWAYS": "fake",
        "SECRET_KEY": "bench",
        "DEMO": False,
    }


def _bidders() -> list[Actor]:
    """Somebody of each agency."""
    actors = []
    with unit() as session:
        for agency in session.scalars(sa.select(Agency).order_by(Agency.id)).all():
            body = Organisation(
                id=OWNERS + agency.id,
                kind=OrganisationKind.AGENCY,
                name=agency.name,
                region_code=agency.region_code,
                created_at=BEGAN,
            )
            session.add(body)
            session.flush()
            session.execute(sa.update(Agency).where(Agency.id == agency.id).values(organisation_id=body.id))
            actors.append(Actor(None, (Grant(Role.AGENCY, body.id),)))
    return actors


def _auction() -> str:
    """The crowd's one project, in selection, with an auction that runs."""
    now = real_now()
    with unit() as session:
        project = session.scalars(sa.select(Project)).one()
        project.state, project.mode, project.terms = ProjectState.SELECTING, "bidding", {"live": True}
        project.budget = project.ceiling = CEILING
        project.policy = project.policy | POLICY
        code = project.code
        usccs = session.scalars(sa.select(Agency.uscc)).all()
        auction_id = schedule(project, usccs, starts_at=now, at=now).id
        open_auction(auction_id, at=now, real_at=now)
    return code


def _together(label: str, threads: int, seconds: float, make: Callable[[], Callable[[], bool]]) -> Rate:
    """So many at once for so long; only what counted (True) is counted."""
    each: list[float] = []
    barrier = threading.Barrier(threads + 1)
    stop = threading.Event()

    def work() -> None:
        act = make()
        barrier.wait()
        while not stop.is_set():
            began = time.perf_counter()
            if act():
                each.append(time.perf_counter() - began)

    workers = [threading.Thread(target=work) for _each in range(threads)]
    for worker in workers:
        worker.start()
    barrier.wait()
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    taken = time.perf_counter() - began
    for worker in workers:
        worker.join()
    return Rate(label, taken, each)


def _committer(owner_url: str) -> Callable[[], Callable[[], bool]]:
    """Insert one row and commit, as bare as the driver allows, in the same database."""
    owner = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(owner, autocommit=True) as link:
        link.execute("CREATE TABLE IF NOT EXISTS platform.bench_rows (id bigserial PRIMARY KEY, said text NOT NULL)")

    def make() -> Callable[[], bool]:
        link = psycopg.connect(owner)

        def act() -> bool:
            link.execute("INSERT INTO platform.bench_rows (said) VALUES (%s)", ["a row"])
            link.commit()
            return True

        return act

    return make


def _placer(app: Flask, code: str, actors: list[Actor]) -> Callable[[], Callable[[], bool]]:
    """Bid what would be accepted; where another came first, what would be accepted now."""
    known = {"most": CEILING}

    def make() -> Callable[[], bool]:
        actor = actors[threading.get_ident() % len(actors)]

        def act() -> bool:
            with app.app_context():
                try:
                    now = real_now()
                    with unit():
                        made = place_bid(code, PlaceBid(known["most"]), actor=actor, at=now, real_at=now)
                except BidRefused as refused:
                    known["most"] = refused.would_be_accepted or 1
                    return False
                known["most"] = made.amount - made.step
                return True

        return act

    return make


def _watched(
    app: Flask, servers: Servers, url: str, code: str, actors: list[Actor], watchers: int, folder: str, say: Say
) -> bool:
    """The live process with so many watchers, while two hundred bids are placed, at most twenty a second."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", "workers", "live", "--port", str(port)],
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "REDIS_URL": servers.redis_url, "DATA": folder, "DEMO": "0"}
        | {"WITNESS_URL": "http://127.0.0.1:9", "REGISTRIES_URL": "http://127.0.0.1:9"},
    )
    try:
        _wait_for(port)
        with app.app_context():
            first = db.session.scalar(sa.select(sa.func.max(AuctionEntry.seq))) or 0
            db.session.remove()
        # As pages do: they have what was there when they came.
        seen = [Seen(last=first) for _each in range(watchers)]
        enough = threading.Event()
        watching = threading.Thread(target=lambda: asyncio.run(watch(seen, port, code, enough)))
        watching.start()
        time.sleep(3)
        act = _placer(app, code, actors)()
        for _each in range(200):
            act()
            time.sleep(0.05)
        time.sleep(2)
        enough.set()
        watching.join()
    finally:
        process.terminate()
        process.wait()
    with app.app_context():
        rows = db.session.execute(sa.select(AuctionEntry.seq, AuctionEntry.at).where(AuctionEntry.seq > first)).all()
        db.session.remove()
    delays = sorted(one.came[seq] - at.timestamp() for one in seen for seq, at in rows if seq in one.came)
    lost = sum(1 for one in seen for seq, _at in rows if seq not in one.came)
    middle, most = delays[len(delays) // 2], delays[len(delays) * 95 // 100]
    say(f"{watchers} watchers of {len(rows)} bids: heard after {middle * 1000:.0f} ms (median), "
        f"{most * 1000:.0f} ms (19 of 20), {delays[-1] * 1000:.0f} ms (last); {lost} not heard")  # fmt: skip
    return lost == 0 and most < timedelta(seconds=1).total_seconds()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            _reader_of(port)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the live process does not answer")


def _reader_of(port: int) -> None:
    async def ask() -> None:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    asyncio.run(ask())
