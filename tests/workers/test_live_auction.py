"""The auction in earnest: two web processes, the live process, many bidders and watchers, and processes that are killed."""

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from config import ROOT
from supermarket.accounts.models import User
from supermarket.accounts.operations import issue_token
from supermarket.auctions.models import Auction, AuctionEntry, RefusedBid
from supermarket.auctions.queries import lines_of
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes.auction import Phase, Refusal
from supermarket.modes.auction_chain import Link, check_chain, read_time
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Award, Rank, StageRun
from supermarket.supervision.demo_clock import set_clock
from tests.factories.auctions import auction_of, bid, make_enrolled_live, settle
from tests.factories.live_site import Caller, Watcher, live_server, web_server
from tests.factories.policies import make_policy
from tests.threads import committing_app
from workers.jobs import auctions as auctions_job
from workers.keeper import Keeper

BIDDERS, EACH, WATCHERS = 50, 10, 20
Result = TypeVar("Result")


@pytest.fixture
def market(redis_address: str, worker_id: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real."""
    with committing_app(f"{worker_id}_live", redis_address, tmp_path) as made:
        yield made


def start_auction(app: Flask, at: datetime, count: int) -> tuple[str, datetime, list[str], list[tuple[int, Actor]]]:
    """A running auction at the market's present moment: code, beginning, the bidders' tokens, the bidders."""
    with app.app_context():
        with unit():
            make_policy("auction_step_permille", 1)
            # Starting processes takes its time here; outages have tests of their own.
            make_policy("auction_outage_seconds", 3600)
            project, _owner, bidders = make_enrolled_live(at, count)
            code = project.code
            tokens = [
                issue_token(db.session.get_one(User, actor.user_id), name="test", actor=SYSTEM, at=at)
                for _agency, actor in bidders
            ]
            known = [(agency.id, actor) for agency, actor in bidders]
        for moment in ("enrol_until", "select_at"):
            due = getattr(present(code), moment)
            set_clock(due)
            settle(due)
        start = present(code).select_at
        assert start is not None
        db.session.remove()
    return code, start, tokens, known


def present(code: str) -> Project:
    with unit() as session:
        return session.scalars(sa.select(Project).where(Project.code == code)).one()


def many_bids(ports: list[int], tokens: list[str], code: str) -> list[tuple[int, dict[str, object]]]:
    """Each bidder in a thread of its own, in turn through both servers: what would be accepted, or a little less."""
    answers: list[tuple[int, dict[str, object]]] = []
    barrier = threading.Barrier(len(tokens))

    def run(place: int, token: str) -> None:
        rng = random.Random(place)
        callers = [Caller(port, token) for port in ports]
        amount = 10_000_000
        barrier.wait(60)
        for number in range(EACH):
            fen = amount - 10_000 * rng.randint(0, 1)
            body = {"amount": {"amount": f"{fen // 100}.{fen % 100:02d}", "currency": "CNY"}}
            status, news = callers[(place + number) % len(callers)].ask("POST", f"/projects/{code}/bids", body)
            answers.append((status, news))
            told = news.get("would_be_accepted") or news.get("amount")
            assert isinstance(told, dict), news
            amount = round(float(told["amount"]) * 100)

    threads = [threading.Thread(target=run, args=item) for item in enumerate(tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return answers


async def watch_meanwhile(watchers: list[Watcher], port: int, code: str, bidding: threading.Thread, app: Flask) -> None:
    """All watchers; every fifth hangs up after each few messages and comes back with its last seq."""

    async def one(place: int, watcher: Watcher) -> None:
        while True:
            await watcher.watch(port, code, lines=3 if place % 5 == 0 else None)

    tasks = [asyncio.create_task(one(place, watcher)) for place, watcher in enumerate(watchers)]
    while not all(watcher.seqs for watcher in watchers):
        await asyncio.sleep(0.05)
    bidding.start()
    while bidding.is_alive():
        await asyncio.sleep(0.1)
    with app.app_context():
        last = db.session.scalar(sa.select(sa.func.max(AuctionEntry.seq)))
        db.session.remove()
    until = time.monotonic() + 5
    while time.monotonic() < until and not all(watcher.seqs[-1] == last for watcher in watchers):
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_500_bids_of_50_bidders_through_two_web_processes(market: Flask, at: datetime) -> None:
    code, _start, tokens, _bidders = start_auction(market, at, BIDDERS)
    with web_server(market) as one, web_server(market) as other, live_server(market, one) as (live, _process):
        answers: list[tuple[int, dict[str, object]]] = []
        bidding = threading.Thread(target=lambda: answers.extend(many_bids([one, other], tokens, code)))
        watchers = [Watcher() for _place in range(WATCHERS)]
        apart(watch_meanwhile(watchers, live, code, bidding, market))
    assert len(answers) == BIDDERS * EACH
    accepted = [news for status, news in answers if status == 201]
    refused = [news for status, news in answers if status != 201]
    with market.app_context():
        auction = db.session.scalars(sa.select(Auction)).one()
        lines = lines_of(auction.id)
        kept = Counter(db.session.scalars(sa.select(RefusedBid.code)))
        db.session.remove()
    bids = [line for line in lines if line.amount is not None]
    # None lost, none invented: what was answered is what stands in the chain.
    assert sorted((news["seq"], news["amount"]["amount"]) for news in accepted) == [  # type: ignore[index]  # JSON
        (line.seq, f"{(line.amount or 0) // 100}.{(line.amount or 0) % 100:02d}") for line in bids
    ]
    # Whoever is refused was told the amount that another then bid: each round of each bidder brings one bid or more.
    assert len(bids) >= EACH
    for before, after in pairwise(bids):
        assert after.amount <= before.amount - after.step and after.at >= before.at  # type: ignore[operator]  # bids have both
    assert all(line.step == 10_000 for line in bids)
    assert check_chain([Link(line.seq, line.body, line.hash) for line in lines]) == []
    # Every refusal has its reason, its sentence and what would be accepted, and is kept.
    codes = {code.value for code in Refusal}
    assert all(news["code"] in codes and news["title"] and "would_be_accepted" in news for news in refused)
    assert kept == Counter(str(news["code"]) for news in refused)
    # Everybody saw everything, once and in order, also who hung up in between.
    for watcher in watchers:
        assert watcher.seqs == list(range(len(lines)))
    assert all(watcher.connections > 3 for watcher in watchers[::5])


def test_the_stream_says_where_the_auction_stands_and_what_it_does_not_know(market: Flask, at: datetime) -> None:
    code, start, _tokens, bidders = start_auction(market, at, 3)
    with web_server(market) as site, live_server(market, site) as (live, process):
        watcher = Watcher()
        apart(within(watcher.watch(live, code, lines=1), 20))
        assert (watcher.seqs, watcher.states[0]["phase"], watcher.states[0]["next"]) == ([0], "running", 10_000_000)
        assert watcher.entries[0]["kind"] == "opened"
        with market.app_context():
            for number in range(3):
                bid(present(code), bidders[number][1], 9_000_000 - number * 10_000, start + timedelta(seconds=2))
        apart(within(watcher.watch(live, code, lines=1), 20))
        assert watcher.seqs == [0, 1, 2, 3]
        assert read_time(str(watcher.entries[3]["at"])) == start + timedelta(seconds=2)
        assert not any(key in watcher.entries[3] for key in ("agency", "user", "uscc"))
        for path, status in ((f"/live/auctions/{code}9", 404), ("/live/auctions/..", 404), ("/live/healthz", 200)):
            assert answer(live, path) == status
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The page goes on by asking the site.
        assert answer(site, f"/projects/{code}/auction/bids?after=2") == 200


async def within(work: Coroutine[object, object, None], seconds: float) -> None:
    """Wait for it so long and no longer."""
    await asyncio.wait_for(work, seconds)


def apart(work: Coroutine[object, object, Result]) -> Result:
    """Run it in a thread of its own: a browser test of the same process may have a loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


def answer(port: int, path: str) -> int:
    found = apart(_answer(port, path))
    return int(found.split()[1])


async def _answer(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: live\r\nConnection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    return line


CLOSING = """
import sys
from tests.conftest import settings
from pathlib import Path
from supermarket.app import create_app
from workers.jobs import auctions
app = create_app(settings(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
with app.app_context():
    auctions.run()
"""


def test_killed_in_the_middle_of_closing_the_next_run_gives_the_one_result(
    market: Flask, at: datetime, tmp_path: Path
) -> None:
    code, start, _tokens, bidders = start_auction(market, at, 3)
    with market.app_context():
        for number in range(3):
            bid(present(code), bidders[number][1], 9_000_000 - number * 10_000, start + timedelta(seconds=2))
        set_clock(start + timedelta(seconds=605))
        url = str(market.config["SQLALCHEMY_DATABASE_URI"])
        plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        program = tmp_path / "closing.py"
        program.write_text(CLOSING, encoding="utf-8")
        with psycopg.connect(plain) as holder:
            # The closing has written its entry, the stage run and the order when it comes to the award.
            holder.execute("LOCK TABLE trade.awards IN EXCLUSIVE MODE")
            command = [sys.executable, str(program), url, str(market.config["REDIS_URL"]), str(tmp_path)]
            worker = subprocess.Popen(command, cwd=ROOT, env=environment())
            wait_for_waiter(plain)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            holder.rollback()
        with unit():
            row = auction_of(present(code))
            assert (row.state, row.seq) == (Phase.RUNNING, 3)
        auctions_job.run()
        auctions_job.run()
        with unit() as session:
            project = present(code)
            kinds = session.scalars(sa.select(AuctionEntry.kind).order_by(AuctionEntry.seq)).all()
            assert [kind.value for kind in kinds] == ["opened", "bid", "bid", "bid", "closed"]
            assert [rank.price for rank in session.scalars(sa.select(Rank).order_by(Rank.position))] == [
                8_980_000, 8_990_000, 9_000_000
            ]  # fmt: skip
            assert session.scalar(sa.select(sa.func.count()).select_from(Award)) == 1
            assert session.scalar(sa.select(sa.func.count()).select_from(StageRun)) == 1
            assert (project.state, project.winner_id) == (ProjectState.ANNOUNCED, bidders[2][0])


def environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def wait_for_waiter(url: str) -> None:
    """Until somebody waits for a lock on the awards."""
    with psycopg.connect(url, autocommit=True) as looker:
        until = time.monotonic() + 60
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'trade.awards'::regclass"
        while looker.execute(query).fetchone() == (0,):
            assert time.monotonic() < until, "the closing never came to the award"
            time.sleep(0.05)


def test_the_keeper_feels_the_auctions_and_hands_over_what_is_due(market: Flask, at: datetime) -> None:
    code, start, _tokens, _bidders = start_auction(market, at, 3)
    said = [True]
    keeper = Keeper(market, lambda: said[-1])
    with market.app_context():
        before = auction_of(present(code)).beat_real_at
        db.session.remove()
    assert before is not None
    assert not keeper.round()
    with market.app_context():
        felt = auction_of(present(code)).beat_real_at
        db.session.remove()
    assert felt is not None and felt > before
    # The site is down: nobody can bid, so nothing is felt.
    said.append(False)
    keeper.round()
    with market.app_context():
        assert auction_of(present(code)).beat_real_at == felt
        set_clock(start + timedelta(seconds=605))
        db.session.remove()
    said.append(True)
    assert keeper.round()
    assert [call[0] for call in market.extensions["gateways"].queue.calls][-1] == "auctions"
    with market.app_context():
        auctions_job.run()
        assert auction_of(present(code)).state is Phase.CLOSED


def test_a_site_that_never_answered_the_keeper_says_nothing_about_outages(market: Flask, at: datetime) -> None:
    code, _start, _tokens, _bidders = start_auction(market, at, 3)
    with market.app_context():
        before = auction_of(present(code)).beat_real_at
        db.session.remove()
    assert before is not None
    Keeper(market, lambda: False).round()
    with market.app_context():
        felt = auction_of(present(code)).beat_real_at
    assert felt is not None and felt > before
