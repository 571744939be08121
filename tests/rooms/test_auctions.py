"""The live auction through its operations: opened, bid in, refused, resumed after an outage, closed, ranked, announced."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.auctions.commands import PlaceBid
from supermarket.auctions.models import AuctionBidder, RefusedBid
from supermarket.auctions.operations import close_auction, keep_alive, open_auction, place_bid, schedule
from supermarket.auctions.queries import bidders_of, lines_of, own_part, view_of
from supermarket.auctions.refusals import BidRefused
from supermarket.auctions.states import AUCTION, AuctionAction, BidBy, EntryKind
from supermarket.core.errors import Forbidden, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import ANONYMOUS, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes.auction import Phase
from supermarket.modes.auction_chain import Link, alias_commitment, check_chain, parse_opening
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.stored import repeat
from supermarket.projects import operations as projects
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.models import StageRun
from supermarket.selection.queries import exclusions_of, live_award, ranks_of
from tests.factories.accounts import make_actor
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.auctions import (
    after,
    auction_of,
    bid,
    make_enrolled_live,
    make_running,
    make_scheduled,
    settle,
)
from tests.factories.projects import SICHUAN, make_open_project, make_operator

FIRST = PlaceBid(9_000_000)


def refusal(project: Project, actor: object, amount: int, at: datetime, **more: object) -> BidRefused:
    """The refusal of a bid that must be refused."""
    with pytest.raises(BidRefused) as caught:
        bid(project, actor, amount, at, **more)  # type: ignore[arg-type]  # handed through
    return caught.value


def kept(project: Project) -> list[tuple[str, int, int | None]]:
    """(code, amount, what would be accepted) of every refused bid, oldest first."""
    query = sa.select(RefusedBid).where(RefusedBid.auction_id == auction_of(project).id).order_by(RefusedBid.id)
    return [(row.code, row.amount, row.would_be_accepted) for row in db.session.scalars(query)]


def events_of(project: Project) -> list[str]:
    query = sa.select(Event.tag).where(Event.project_code == project.code, Event.tag.startswith("auction."))
    return list(db.session.scalars(query.order_by(Event.id)))


def test_a_live_purchase_from_the_freeze_to_the_award(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    row = auction_of(project)
    assert (row.state, row.starts_at, row.opened_at, row.ends_at) == (
        Phase.RUNNING, project.select_at, start, after(start, 600)
    )  # fmt: skip
    assert (project.state, project.quote_keys) == (ProjectState.SELECTING, None)
    (first, one), (second, two), (third, _three) = bidders
    for number, (actor, amount) in enumerate([(one, 10_000_000), (two, 9_950_000), (one, 9_000_000)]):
        bid(project, actor, amount, after(start, 10 + number))
    settle(after(start, 601))
    assert auction_of(project).state is Phase.RUNNING  # two seconds of grace for bids that wait for the lock
    settle(after(start, 602))
    row = auction_of(project)
    assert (row.state, row.bids, row.lowest, row.seq, row.ended_at) == (
        Phase.CLOSED, 3, 9_000_000, 4, after(start, 602)
    )  # fmt: skip
    session.refresh(project)
    assert (project.state, project.award_price) == (ProjectState.ANNOUNCED, 9_000_000)
    assert [(rank.agency.id, rank.price) for rank in ranks_of(project)] == [
        (first.id, 9_000_000), (second.id, 9_950_000)
    ]  # fmt: skip
    assert [(row.agency_id, row.exclusion_code) for row in exclusions_of(project)] == [(third.id, "no_bid")]
    run = session.scalars(sa.select(StageRun).where(StageRun.project_id == project.id)).one()
    assert run.stage == "auction"
    assert repeat(run.parameters, run.inputs) == run.outputs
    assert events_of(project) == ["auction.scheduled", "auction.opened", "auction.closed"]


def test_the_chain_holds_and_names_nobody_until_the_announcement(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    for number, (_agency, actor) in enumerate(bidders):
        bid(project, actor, 9_000_000 - number * 100_000, after(start, 500 + number))
    row = auction_of(project)
    lines = lines_of(row.id)
    assert [line.kind.value for line in lines] == ["opened", "bid", "bid", "bid"]
    assert all(line.agency_uscc is None and line.by is None for line in lines)
    assert not any(agency.uscc in line.body for line in lines for agency, _actor in bidders)
    settle(after(start, 700))
    lines = lines_of(row.id, named=True)
    assert check_chain([Link(line.seq, line.body, line.hash) for line in lines]) == []
    assert [line.agency_uscc for line in lines] == [None, *(agency.uscc for agency, _actor in bidders), None]
    code, _terms, commitments = parse_opening(lines[0].body)
    assert code == project.code
    for found in bidders_of(row.id):
        made = alias_commitment(project.code, found.alias, found.agency.uscc, found.salt)
        assert commitments[found.alias] == made == found.commitment
    assert auction_of(project).head == lines[-1].hash


def test_every_refusal_is_kept_with_its_reason_and_changes_nothing_else(session: Session, at: datetime) -> None:
    project, _owner, bidders = make_scheduled(at)
    (_a, one), (_b, two), _third = bidders
    early = refusal(project, one, 9_000_000, after(at, 60))
    assert (early.status, early.code, early.would_be_accepted) == (409, "not_open_yet", 10_000_000)
    assert project.select_at is not None
    start = project.select_at
    settle(start)
    with unit():
        outsider = make_agency_actor(make_agency(matters=(project.matter_code,)))
    assert refusal(project, outsider, 9_000_000, after(start, 1)).code == "not_in_pool"
    assert refusal(project, one, 10_000_001, after(start, 1)).code == "above_start"
    assert refusal(project, one, 0, after(start, 1)).code == "not_positive"
    bid(project, one, 9_000_000, after(start, 2), key="first")
    before = auction_of(project)
    stood = (before.seq, before.head, before.lowest, before.ends_at)
    found = [
        refusal(project, two, 8_950_001, after(start, 3)),
        refusal(project, one, 9_000_000, after(start, 3)),
        refusal(project, one, 9_000_000, after(start, 3), key="first"),
        refusal(project, two, 5_999_999, after(start, 3)),
        refusal(project, two, 8_000_000, after(start, 600)),
    ]
    assert [(item.status, item.code) for item in found] == [
        (409, "too_high"), (409, "doubled"), (409, "replayed"), (422, "below_line"), (409, "auction_over")
    ]  # fmt: skip
    assert found[0].details == {
        "would_be_accepted": {"amount": "89500.00", "currency": "CNY"},
        "lowest": {"amount": "90000.00", "currency": "CNY"},
        "seq": 1,
    }
    row = auction_of(project)
    assert (row.seq, row.head, row.lowest, row.ends_at) == stood
    assert kept(project) == [
        ("not_open_yet", 9_000_000, 10_000_000),
        ("not_in_pool", 9_000_000, None),
        ("above_start", 10_000_001, 10_000_000),
        ("not_positive", 0, 10_000_000),
        ("too_high", 8_950_001, 8_950_000),
        ("doubled", 9_000_000, 8_950_000),
        ("replayed", 9_000_000, 8_950_000),
        ("below_line", 5_999_999, 8_950_000),
        ("auction_over", 8_000_000, None),
    ]


def test_a_bid_before_there_is_a_pool_or_where_there_is_no_auction(session: Session, at: datetime) -> None:
    with unit():
        project, owner, bidders = make_enrolled_live(at)
        sealed, _owner = make_open_project(at, mode="bidding")
    with pytest.raises(BidRefused) as caught, unit():
        place_bid(project.code, FIRST, actor=bidders[0][1], at=at, real_at=at)
    assert (caught.value.status, caught.value.code, caught.value.seq) == (409, "not_open_yet", -1)
    with pytest.raises(Forbidden), unit():
        place_bid(project.code, FIRST, actor=owner, at=at, real_at=at)
    with pytest.raises(Forbidden), unit():
        place_bid(project.code, FIRST, actor=ANONYMOUS, at=at, real_at=at)
    with pytest.raises(NotFound), unit():
        place_bid("P-2026-999999", FIRST, actor=bidders[0][1], at=at, real_at=at)
    with pytest.raises(RuleBroken) as broken, unit():
        place_bid(sealed.code, FIRST, actor=bidders[0][1], at=at, real_at=at)
    assert broken.value.code == "no_auction"


def test_late_bids_move_the_end_and_nobody_can_snipe(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    amount = 9_900_000
    seconds = 599
    for number in range(6):
        bid(project, bidders[number % 2][1], amount, after(start, seconds))
        assert auction_of(project).ends_at == after(start, seconds + 120)
        amount, seconds = amount - 50_000, seconds + 119
    settle(after(start, 602))
    assert auction_of(project).state is Phase.RUNNING
    settle(after(start, seconds + 3))
    assert auction_of(project).state is Phase.CLOSED


def test_after_an_outage_the_auction_goes_on_with_a_full_extension_and_says_so(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    real = auction_of(project).beat_real_at
    assert real is not None
    bid(project, bidders[0][1], 9_000_000, after(start, 500), real_at=real)
    # Down from second 500 on; up again at 900, long after the planned end, with a bid as the first sign of life.
    accepted = bid(project, bidders[1][1], 8_900_000, after(start, 900), real_at=real + timedelta(seconds=400))
    row = auction_of(project)
    assert (row.state, row.stood, accepted.seq) == (Phase.RUNNING, timedelta(seconds=400), 3)
    assert row.ends_at == after(start, 1020)
    assert [line.kind.value for line in lines_of(row.id)] == ["opened", "bid", "resumed", "bid"]
    said = session.scalars(sa.select(Event).where(Event.tag == "auction.resumed")).one()
    assert (said.data["seconds"], said.data["seq"], said.public) == (400, 2, True)
    # Down again over the end; this time the closing comes first, and resumes instead.
    assert close_auction(row.id, at=after(start, 2000), real_at=real + timedelta(seconds=1500))
    assert auction_of(project).ends_at == after(start, 2120)
    assert not close_auction(row.id, at=after(start, 2119), real_at=real + timedelta(seconds=1619))
    assert close_auction(row.id, at=after(start, 2122), real_at=real + timedelta(seconds=1503))
    assert auction_of(project).state is Phase.CLOSED
    assert check_chain([Link(line.seq, line.body, line.hash) for line in lines_of(row.id)]) == []


def test_an_outage_is_a_gap_in_the_markets_and_in_the_machines_time(session: Session, at: datetime) -> None:
    project, _owner, _bidders, start = make_running(at)
    row = auction_of(project)
    real = row.beat_real_at
    assert real is not None
    # A demonstration's clock jumps; the machine has seen nothing.
    assert not keep_alive(row.id, at=after(start, 300), real_at=real + timedelta(seconds=1))
    # A play holds the market's clock while the machine works.
    assert not keep_alive(row.id, at=after(start, 300), real_at=real + timedelta(seconds=900))
    assert not keep_alive(row.id, at=after(start, 330), real_at=real + timedelta(seconds=930))
    assert auction_of(project).seq == 0
    assert keep_alive(row.id, at=after(start, 361), real_at=real + timedelta(seconds=961))
    row = auction_of(project)
    assert (row.seq, row.ends_at, row.stood) == (1, after(start, 600), timedelta(seconds=31))
    assert not keep_alive(row.id, at=after(start, 362), real_at=real + timedelta(seconds=962))


def test_a_suspended_project_stops_its_auction_and_a_resumed_one_goes_on(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    supervisor = make_actor(Role.SUPERVISOR, region_code=SICHUAN)
    bid(project, bidders[0][1], 9_000_000, after(start, 30))
    with unit():
        projects.suspend(project.code, reason="投诉核查", actor=supervisor, at=after(start, 60))
    assert auction_of(project).state is Phase.PAUSED
    paused = refusal(project, bidders[1][1], 8_900_000, after(start, 70))
    assert (paused.code, paused.would_be_accepted) == ("auction_paused", 8_950_000)
    settle(after(start, 700))
    assert auction_of(project).state is Phase.PAUSED
    with unit():
        projects.resume(project.code, reason="核查完毕", actor=supervisor, at=after(start, 3000))
    row = auction_of(project)
    assert (row.state, row.ends_at, row.stood) == (Phase.RUNNING, after(start, 3120), timedelta(seconds=2940))
    bid(project, bidders[1][1], 8_900_000, after(start, 3001))
    settle(after(start, 3130))
    assert auction_of(project).state is Phase.CLOSED
    assert [line.kind.value for line in lines_of(row.id)] == ["opened", "bid", "paused", "resumed", "bid", "closed"]


def test_an_auction_that_had_not_begun_is_announced_anew_when_its_project_goes_on(
    session: Session, at: datetime
) -> None:
    project, _owner, _bidders = make_scheduled(at)
    supervisor = make_actor(Role.SUPERVISOR, region_code=SICHUAN)
    before = auction_of(project).starts_at
    with unit():
        projects.suspend(project.code, reason="投诉核查", actor=supervisor, at=before - timedelta(minutes=5))
    with unit():
        projects.resume(project.code, reason="核查完毕", actor=supervisor, at=before + timedelta(minutes=30))
    assert auction_of(project).starts_at == before + timedelta(minutes=40)  # ten minutes' notice
    settle(before + timedelta(minutes=39))
    assert auction_of(project).state is Phase.SCHEDULED
    settle(before + timedelta(minutes=40))
    assert auction_of(project).state is Phase.RUNNING


def test_a_void_project_takes_its_auction_along(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    with unit():
        projects.void(project.code, reason="公告内容有误", actor=make_operator(), at=after(start, 60))
    row = auction_of(project)
    assert (row.state, row.ended_at) == (Phase.CANCELLED, after(start, 60))
    assert refusal(project, bidders[0][1], 9_000_000, after(start, 61)).code == "auction_over"
    settle(after(start, 700))
    assert auction_of(project).state is Phase.CANCELLED


def test_without_any_bid_the_project_fails(session: Session, at: datetime) -> None:
    project, _owner, _bidders, start = make_running(at)
    settle(after(start, 603))
    session.refresh(project)
    assert (auction_of(project).state, project.state) == (Phase.CLOSED, ProjectState.FAILED)
    assert events_of(project)[-1] == "auction.closed"


def test_in_a_later_stage_those_left_are_told_ten_minutes_before(session: Session, at: datetime) -> None:
    project, _owner, _bidders = make_enrolled_live(at, 4, mode="merit_bidding", keep=3, shortlist_by=ShortlistBy.CREDIT)
    assert project.enrol_until is not None
    settle(project.enrol_until)
    # Only a shortlist stands before it: the pool is known at the freeze, and the moment stands in the notice.
    row = auction_of(project)
    assert row.starts_at == project.select_at
    members = session.scalars(sa.select(AuctionBidder).where(AuctionBidder.auction_id == row.id)).all()
    assert len(members) >= 3
    assert schedule(project, [], starts_at=at, at=at).id == row.id
    drawn, _owner, _all = make_enrolled_live(at, 4, mode="random_bidding", draw_keep=3)
    assert drawn.enrol_until is not None and drawn.select_at is not None
    settle(drawn.enrol_until)
    settle(drawn.select_at)
    row = auction_of(drawn)
    assert (row.state, row.starts_at) == (Phase.SCHEDULED, drawn.select_at + timedelta(minutes=10))
    assert view_of(row, drawn.code, drawn.select_at).bidders == 3
    settle(row.starts_at)
    assert auction_of(drawn).state is Phase.RUNNING


def test_who_drops_out_is_followed_only_by_a_bid_at_most_five_percent_above(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at, 4)
    for number, amount in enumerate((9_500_000, 8_400_000, 8_200_000, 8_000_000)):
        bid(project, bidders[number][1], amount, after(start, 10 + number))
    settle(after(start, 602))
    with unit():
        selection.decline_award(project.code, reason="人员离职，无法履约", actor=bidders[3][1], at=after(start, 700))
    award = live_award(project.id)
    assert award is not None
    assert (award.agency_id, award.price) == (bidders[2][0].id, 8_200_000)
    for number in (2, 1):
        with unit():
            selection.decline_award(
                project.code, reason="人员离职，无法履约", actor=bidders[number][1], at=after(start, 800)
            )
    session.refresh(project)
    assert project.state is ProjectState.FAILED  # 9.5 is more than 5 % above 8.0


def test_what_a_bidder_sees_of_its_own_part(session: Session, at: datetime) -> None:
    project, _owner, bidders, start = make_running(at)
    bid(project, bidders[0][1], 9_000_000, after(start, 1), by=BidBy.PAGE_AGENT)
    refusal(project, bidders[1][1], 9_000_000, after(start, 2))
    own = own_part(auction_of(project), bidders[0][0].id, after(start, 3))
    other = own_part(auction_of(project), bidders[1][0].id, after(start, 3))
    assert own is not None and other is not None
    assert (own.leads, own.lowest, own.next_amount, list(own.refused)) == (True, 9_000_000, 8_950_000, [])
    assert (other.leads, other.lowest, [row.code for row in other.refused]) == (False, None, ["too_high"])
    assert own_part(auction_of(project), make_agency().id, after(start, 3)) is None


@pytest.mark.parametrize("state", list(Phase))
@pytest.mark.parametrize("action", list(AuctionAction))
def test_every_action_in_every_state(session: Session, state: Phase, action: AuctionAction) -> None:
    allowed = {
        (Phase.SCHEDULED, AuctionAction.OPEN): Phase.RUNNING,
        (Phase.SCHEDULED, AuctionAction.CANCEL): Phase.CANCELLED,
        (Phase.RUNNING, AuctionAction.BID): Phase.RUNNING,
        (Phase.RUNNING, AuctionAction.PAUSE): Phase.PAUSED,
        (Phase.RUNNING, AuctionAction.RESUME): Phase.RUNNING,
        (Phase.RUNNING, AuctionAction.CLOSE): Phase.CLOSED,
        (Phase.RUNNING, AuctionAction.CANCEL): Phase.CANCELLED,
        (Phase.PAUSED, AuctionAction.RESUME): Phase.RUNNING,
        (Phase.PAUSED, AuctionAction.CANCEL): Phase.CANCELLED,
    }
    if (state, action) in allowed:
        assert AUCTION.next(state, action) is allowed[(state, action)]
        return
    with pytest.raises(WrongState) as caught:
        AUCTION.next(state, action)
    assert caught.value.state == state.value
    assert caught.value.allowed == tuple(a.value for s, a in allowed if s is state)


def test_a_job_that_comes_twice_or_too_late_does_nothing(session: Session, at: datetime) -> None:
    project, _owner, _bidders, start = make_running(at)
    row = auction_of(project)
    machine = row.beat_real_at
    assert machine is not None
    assert not open_auction(row.id, at=after(start, 1), real_at=machine)
    assert not close_auction(row.id, at=after(start, 599), real_at=machine)
    settle(after(start, 602))
    assert not close_auction(row.id, at=after(start, 603), real_at=machine)
    assert not keep_alive(row.id, at=after(start, 603), real_at=machine)
    assert [line.kind for line in lines_of(row.id)] == [EntryKind.OPENED, EntryKind.CLOSED]
