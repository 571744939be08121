"""A region's own way of selection: drafted, tried on past purchases, released by a second person, chosen, retired."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.modes import operations
from supermarket.modes.combining import StageWanted
from supermarket.modes.models import ModeTrial, ModeVersion, RegionMode
from supermarket.modes.queries import mode_named, offered_in, region_mode, trial_for
from supermarket.modes.states import MODE, ModeAction, ModeState
from supermarket.modes.table import MODES, StageName
from supermarket.modes.trial import Outcome, try_out
from supermarket.projects import operations as projects
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection.deadlines import DUE
from supermarket.selection.operations import try_mode
from supermarket.selection.past import past_cases
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_actor
from tests.factories.auctions import after, bid, make_running
from tests.factories.auctions import settle as settle_all
from tests.factories.modes import CHENGDU, make_mode_office, make_released_mode, mode_wording
from tests.factories.policies import CHENGDU_WUHOU
from tests.factories.projects import draft_command, make_enrolled, make_open_project, make_owner_actor
from tests.factories.quotes import make_quote
from tests.threads import at_once, committing_app

WHY = "试运行结果良好，适合本市"


def settle(at: datetime) -> None:
    """Everything of the selection that is due at `at`."""
    again = True
    while again:
        again = False
        for kind in DUE:
            for _due, number in kind.find(at, 100):
                prepared = kind.prepare(number, at) if kind.prepare else None
                with unit():
                    again = kind.act(number, at, prepared) or again


def play(mode: str, at: datetime, **changes: object) -> str:
    """A purchase with five enrolments (and quotes, where they are asked for), played up to its selection."""
    with unit():
        project, _owner = make_open_project(at, mode=mode, **changes)
        code, quoted = project.code, project.quote_keys is not None
        for step, (_agency, actor) in enumerate(make_enrolled(project, 5, at)):
            if quoted:
                make_quote(code, 8_000_000 + 100_000 * step, actor=actor, at=at)
    for name in ("enrol_until", "select_at"):
        moment = getattr(project_for(code, SYSTEM), name)
        assert isinstance(moment, datetime)
        settle(moment)
    return code


def drafted(at: datetime) -> tuple[str, Actor, Actor]:
    """A draft of Chengdu's: its name, who worded it, a colleague."""
    with unit():
        first, second = make_mode_office()
        name = operations.draft_mode(mode_wording(), actor=first, at=at).mode.name
    return name, first, second


def present(name: str) -> ModeVersion:
    return region_mode(name, SYSTEM).versions[-1]


def test_a_mode_is_tried_released_by_a_colleague_and_chosen(session: Session, at: datetime) -> None:
    past = play("bidding", at)
    name, first, second = drafted(at)
    assert name == "m510100_1"
    assert name not in {row.name for row in offered_in(CHENGDU_WUHOU)}
    with unit():
        trial = try_mode(name, actor=first, at=at)
    assert [case["project"] for case in trial.cases] == [past]
    assert present(name).state is ModeState.TRIED
    with unit():
        released = operations.release_mode(name, reason=WHY, revision=present(name).revision, actor=second, at=at)
    assert (released.state, released.released_by, released.trial_id) == (ModeState.RELEASED, second.user_id, trial.id)
    assert [row.name for row in offered_in(CHENGDU_WUHOU)] == [*MODES, name]
    assert name not in {row.name for row in offered_in("510600")}  # another city
    code = play(name, at)
    project = project_for(code, SYSTEM)
    assert project.state is ProjectState.ANNOUNCED
    assert [stage["stage"] for stage in project.stages] == ["shortlist", "draw", "price"]
    assert project.mode_rules == released.rules


def test_a_draft_of_an_owner_elsewhere_does_not_find_it(session: Session, at: datetime) -> None:
    name = make_released_mode(at).mode.name
    owner, actor = make_owner_actor()
    with pytest.raises(InvalidInput) as refused:
        projects.draft(draft_command(owner, mode=name, region_code="510600"), actor=actor, at=at)
    assert "mode" in {item.field for item in refused.value.errors}


def test_who_has_worded_it_cannot_release_it_and_nobody_releases_what_was_not_tried(
    session: Session, at: datetime
) -> None:
    name, first, second = drafted(at)
    revision = present(name).revision
    with pytest.raises(WrongState):
        operations.release_mode(name, reason=WHY, revision=revision, actor=second, at=at)
    with unit():
        try_mode(name, actor=first, at=at)
    revision = present(name).revision
    for actor in (first, SYSTEM):
        with pytest.raises(Forbidden):
            operations.release_mode(name, reason=WHY, revision=revision, actor=actor, at=at)
    with unit():  # a change by the colleague makes the dry run void, and makes the colleague one who has worded it
        operations.edit_mode(name, mode_wording(label="Other name"), revision=revision, actor=second, at=at)
    assert (present(name).state, present(name).trial_id) == (ModeState.DRAFT, None)
    with unit():
        try_mode(name, actor=first, at=at)
    for actor in (first, second):
        with pytest.raises(Forbidden):
            operations.release_mode(name, reason=WHY, revision=present(name).revision, actor=actor, at=at)
    third = make_actor(Role.OPERATOR, region_code="510000")
    with pytest.raises(InvalidInput):
        operations.release_mode(name, reason=" ", revision=present(name).revision, actor=third, at=at)
    with pytest.raises(Conflict):
        operations.release_mode(name, reason=WHY, revision=present(name).revision - 1, actor=third, at=at)
    with unit():
        operations.release_mode(name, reason=WHY, revision=present(name).revision, actor=third, at=at)
    assert present(name).state is ModeState.RELEASED


def test_a_new_version_takes_the_place_and_purchases_keep_theirs(session: Session, at: datetime) -> None:
    first_version = make_released_mode(at)
    name, rules = first_version.mode.name, dict(first_version.rules)
    published, _owner = make_open_project(at, mode=name)
    first, second = make_mode_office()
    with unit():
        operations.begin_version(name, actor=first, at=at)
    with pytest.raises(WrongState):
        operations.begin_version(name, actor=first, at=at)
    changed = mode_wording(stages=(StageWanted(StageName.DRAW),))
    with unit():
        operations.edit_mode(name, changed, revision=present(name).revision, actor=first, at=at)
        try_mode(name, actor=first, at=at)
    assert mode_named(name).needs_quotes  # the released one stands until the new one is released
    with unit():
        operations.release_mode(name, reason=WHY, revision=present(name).revision, actor=second, at=at)
    assert not mode_named(name).needs_quotes
    assert [row.state for row in region_mode(name, SYSTEM).versions] == [ModeState.RETIRED, ModeState.RELEASED]
    assert project_for(published.code, SYSTEM).mode_rules == rules
    with unit():
        operations.retire_mode(name, 2, reason="不再需要", actor=second, at=at)
    assert name not in {row.name for row in offered_in(CHENGDU)}
    assert mode_named(name).label == "Stars, draw, quotes"  # its words stay for the lists


def test_a_draft_with_a_retired_mode_cannot_be_published(session: Session, at: datetime) -> None:
    name = make_released_mode(at).mode.name
    owner, actor = make_owner_actor()
    project = projects.draft(draft_command(owner, mode=name), actor=actor, at=at)
    operations.retire_mode(name, 1, reason="不再需要", actor=make_mode_office()[0], at=at)
    with pytest.raises(RuleBroken) as refused:
        projects.submit(project.code, sources=sources_for(project, at=at), actor=actor, at=at)
    assert [item.code for item in refused.value.findings] == ["mode_unknown"]
    assert project_for(project.code, actor).state is ProjectState.DRAFT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"region_code": "999999"}, "region"),
        ({"label": " "}, "label"),
        ({"label_zh": "随机抽取"}, "label_zh"),
        ({"label": "random DRAW"}, "label"),
        ({"stages": ()}, "stages"),
        ({"stages": (StageWanted(StageName.CHOOSE),)}, "stages.0"),
        ({"stages": (StageWanted(StageName.SHORTLIST, keep=2), StageWanted(StageName.DRAW))}, "stages.0"),
        ({"fewest_valid": 1, "fewest_after_extension": 1}, "fewest_valid"),
        ({"fewest_after_extension": 4}, "fewest_after_extension"),
    ],
)
def test_a_wrong_wording_is_refused_at_its_field(
    changes: dict[str, object], field: str, session: Session, at: datetime
) -> None:
    first, _second = make_mode_office()
    if "region_code" in changes:
        first = make_actor(Role.OPERATOR, region_code=None)
    with pytest.raises(InvalidInput) as refused:
        operations.draft_mode(mode_wording(**changes), actor=first, at=at)
    assert field in {item.field for item in refused.value.errors}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(RegionMode)) == 0


def test_two_modes_do_not_read_alike(session: Session, at: datetime) -> None:
    make_released_mode(at)
    with pytest.raises(InvalidInput) as refused:
        operations.draft_mode(mode_wording(), actor=make_mode_office()[0], at=at)
    assert {item.code for item in refused.value.errors} == {"taken"}


def test_only_the_office_in_charge_words_tries_and_releases(session: Session, at: datetime) -> None:
    name, _first, _second = drafted(at)
    version = present(name)
    elsewhere = make_actor(Role.OPERATOR, region_code="510600")
    regulator = make_actor(Role.REGULATOR, region_code="510000")
    for actor in (elsewhere, regulator, ANONYMOUS):
        for act in (
            lambda who: operations.draft_mode(mode_wording(label="New", label_zh="新"), actor=who, at=at),
            lambda who: operations.edit_mode(name, mode_wording(), revision=version.revision, actor=who, at=at),
            lambda who: operations.begin_version(name, actor=who, at=at),
            lambda who: try_mode(name, actor=who, at=at),
            lambda who: operations.release_mode(name, reason=WHY, revision=version.revision, actor=who, at=at),
            lambda who: operations.retire_mode(name, 1, reason=WHY, actor=who, at=at),
        ):
            with pytest.raises(Forbidden):
                act(actor)
    assert present(name).state is ModeState.DRAFT
    with pytest.raises(NotFound):
        region_mode(name, ANONYMOUS)
    assert region_mode(name, regulator).name == name  # the supervision looks on
    with pytest.raises(NotFound):
        operations.begin_version("m000000_9", actor=SYSTEM, at=at)


def test_a_dry_run_is_public_once_its_wording_was_released(session: Session, at: datetime) -> None:
    play("bidding", at)
    name, first, second = drafted(at)
    early = try_mode(name, actor=first, at=at)
    with pytest.raises(NotFound):
        trial_for(name, early.id, ANONYMOUS)
    late = try_mode(name, actor=first, at=at + timedelta(hours=1))
    operations.release_mode(name, reason=WHY, revision=present(name).revision, actor=second, at=at)
    assert trial_for(name, late.id, ANONYMOUS).summary["cases"] == 1
    with pytest.raises(NotFound):
        trial_for(name, early.id, ANONYMOUS)
    assert trial_for(name, early.id, second).id == early.id


def test_the_dry_run_reads_what_every_past_mode_has_stored(session: Session, at: datetime) -> None:
    for mode, changes in (
        ("random", {}),
        ("bidding", {}),
        ("merit", {"criteria": (("price", 60), ("credit", 40))}),
        ("merit_bidding", {}),
    ):
        play(mode, at, **changes)
    first, _second = make_mode_office()
    by_points = mode_wording(stages=(StageWanted(StageName.SCORE),), fewest_after_extension=2)
    version = operations.draft_mode(by_points, actor=first, at=at)
    trial = try_mode(version.mode.name, actor=first, at=at)
    outcomes = {str(case["mode"]): case["outcome"] for case in trial.cases}
    assert outcomes["random"] == "not_comparable"
    assert outcomes["merit"] == "same"
    assert outcomes["bidding"] == "same"  # price 50, and everything else equal
    by_chance = mode_wording(label="Chance", label_zh="纯抽取", stages=(StageWanted(StageName.DRAW),))
    drawn = operations.draft_mode(by_chance, actor=first, at=at)
    again = try_mode(drawn.mode.name, actor=first, at=at)
    assert [(case["outcome"], case["stand_in"]) for case in again.cases if case["mode"] == "random"] == [
        ("same", False)
    ]
    assert session.scalar(sa.select(sa.func.count()).select_from(ModeTrial)) == 2


@pytest.mark.parametrize("state", list(ModeState))
@pytest.mark.parametrize("action", list(ModeAction))
def test_every_state_and_action(state: ModeState, action: ModeAction) -> None:
    expected = {
        ModeState.DRAFT: {ModeAction.EDIT, ModeAction.TRY_OUT, ModeAction.RETIRE},
        ModeState.TRIED: {ModeAction.EDIT, ModeAction.TRY_OUT, ModeAction.RELEASE, ModeAction.RETIRE},
        ModeState.RELEASED: {ModeAction.RETIRE},
        ModeState.RETIRED: set(),
    }
    assert MODE.can(state, action) is (action in expected[state])


def test_two_releases_at_once_are_one(worker_id: str, redis_address: str, tmp_path: Path, at: datetime) -> None:
    with committing_app(f"{worker_id}_modes", redis_address, tmp_path) as app:
        with app.app_context():
            name, first, second = drafted(at)
            with unit():
                third = make_actor(Role.OPERATOR, region_code="510000")
                try_mode(name, actor=first, at=at)
            revision = present(name).revision
            db.session.remove()

        def act(who: Actor) -> object:
            return operations.release_mode(name, reason=WHY, revision=revision, actor=who, at=at)

        assert sorted(at_once(app, [lambda: act(second), lambda: act(third)])) == ["409 wrong_state", "done"]


def test_a_past_live_auction_is_told_as_one(session: Session, at: datetime) -> None:
    """Bids answer each other: under sealed quotes nobody can say what they would have been, and the run says so."""
    project, _owner, bidders, start = make_running(at)
    for place, (_agency, actor) in enumerate(bidders):
        bid(project, actor, 9_500_000 - place * 100_000, after(start, 1 + place))
    settle_all(after(start, 700))
    assert project_for(project.code, SYSTEM).announced_at is not None
    (case,) = past_cases("510000")
    assert (case.quoted, case.auctioned) == (False, True)
    (priced,) = try_out(MODES["bidding"], [case])
    assert (priced.outcome, priced.reason) == (Outcome.NOT_COMPARABLE, "was_auction")
    (drawn,) = try_out(MODES["random"], [case])
    assert (drawn.reason, drawn.pool) == ("", 3), "what asks for no quotes can be repeated"
