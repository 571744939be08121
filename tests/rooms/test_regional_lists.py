"""Lists of regions below: who may say what over an inherited matter, and what then holds where."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.matters.commands import RegionalDraft
from supermarket.matters.models import MatterState, RegionalEntry, RegionalVersion
from supermarket.matters.operations import (
    draft_matter,
    edit_matter,
    publish_matter,
    publish_regional,
    return_regional,
    submit_matter,
    submit_regional,
    word_regional,
)
from supermarket.matters.queries import effective_in, matter, regional_entry, regional_versions
from supermarket.matters.states import REGIONAL, MatterAction
from supermarket.projects import operations as projects
from supermarket.selection.publication import sources_for
from tests.factories.accounts import make_actor
from tests.factories.matters import CHENGDU, SOME_MATTER, WUHOU, make_draft, make_matter, make_regional
from tests.factories.policies import count, make_region
from tests.factories.projects import draft_command, make_open_project, make_owner_actor

NOT_HERE = {
    "carried_out": False,
    "not_carried_out_reason": "本市由审批部门自行办理",
    "not_carried_out_basis": "成办发〔2026〕1号",
}


def word(
    command: RegionalDraft, *, region: str = CHENGDU, actor: Actor = SYSTEM, at: datetime, **more: object
) -> RegionalEntry:
    """A wording for a region with the usual kind and reason."""
    given: dict[str, object] = {"change_kind": "wording", "change_reason": "本地规定", "expected_version": None} | more
    return word_regional(SOME_MATTER, region, command, actor=actor, at=at, **given)  # type: ignore[arg-type]  # tests name arguments of word_regional only


def test_a_region_words_submits_and_publishes_its_own_entry(session: Session, at: datetime) -> None:
    make_matter()
    make_region(WUHOU)
    office = make_actor(Role.EDITOR, region_code=CHENGDU)
    row = word(RegionalDraft(department="成都市住建局"), actor=office, at=at)
    assert effective_in(matter(SOME_MATTER), WUHOU).version_ids == []
    submit_regional(SOME_MATTER, CHENGDU, actor=office, at=at)
    return_regional(SOME_MATTER, CHENGDU, "部门名称不全", actor=office, at=at)
    assert (row.state, row.return_reason) == (MatterState.RETURNED, "部门名称不全")
    word(RegionalDraft(department="成都市住房和城乡建设局"), actor=office, at=at)
    submit_regional(SOME_MATTER, CHENGDU, actor=office, at=at)
    publish_regional(SOME_MATTER, CHENGDU, actor=office, at=at)
    said = effective_in(matter(SOME_MATTER), WUHOU)
    assert (said.values["department"].text, said.values["department"].region_code) == (
        "成都市住房和城乡建设局",
        CHENGDU,
    )
    assert said.values["result_document"].region_code == "510000"
    assert effective_in(matter(SOME_MATTER), "510700").values["department"].region_code == "510000"
    tags = session.scalars(sa.select(Event.tag).where(Event.tag.startswith("matter.regional")).order_by(Event.id)).all()
    assert [tag.removeprefix("matter.regional_") for tag in tags] == [
        "drafted", "submitted", "returned", "edited", "submitted", "published",
    ]  # fmt: skip


def test_the_county_comes_after_the_city_and_may_carry_out_what_the_city_does_not(
    session: Session, at: datetime
) -> None:
    make_regional(CHENGDU, department="市局", fee_standard="市价")
    make_regional(WUHOU, department="区局")
    said = effective_in(matter(SOME_MATTER), WUHOU)
    assert [said.values[name].text for name in ("department", "fee_standard")] == ["区局", "市价"]
    assert [wording.region_code for wording in said.wordings] == [CHENGDU, WUHOU]
    make_regional(CHENGDU, **NOT_HERE)  # type: ignore[arg-type]  # fields of RegionalDraft only
    refusal = effective_in(matter(SOME_MATTER), "510104").not_carried_out
    assert refusal is not None
    assert (refusal.region_code, refusal.reason) == (CHENGDU, "本市由审批部门自行办理")
    assert effective_in(matter(SOME_MATTER), WUHOU).not_carried_out is None


def test_a_change_is_a_new_version_with_its_reason_and_the_old_one_stays(session: Session, at: datetime) -> None:
    row = make_regional(CHENGDU)
    old = row.published_version
    assert old is not None
    with pytest.raises(InvalidInput) as refused:
        word(RegionalDraft(note="请先咨询"), change_reason=" ", change_kind="x", at=at)
    assert [error.field for error in refused.value.errors] == ["change_kind", "change_reason"]
    seen = row.version
    word(RegionalDraft(note="请先咨询"), expected_version=seen, at=at)
    with pytest.raises(Conflict):
        word(RegionalDraft(note="又改"), expected_version=seen, at=at)
    assert (row.state, row.published_version) == (MatterState.DRAFT, old)
    assert effective_in(matter(SOME_MATTER), CHENGDU).version_ids == [old.id]
    assert [item.number for item in regional_versions(SOME_MATTER, CHENGDU, public_only=False)] == [2, 1]
    assert [item.number for item in regional_versions(SOME_MATTER, CHENGDU, public_only=True)] == [1]
    with pytest.raises(sa.exc.IntegrityError, match="published wording is never changed"), session.begin_nested():
        session.execute(sa.update(RegionalVersion).where(RegionalVersion.id == old.id).values(note="x"))


def test_an_edit_of_a_draft_is_seen_by_who_comes_second(session: Session, at: datetime) -> None:
    row = make_regional(CHENGDU, publish=False)
    seen = row.version
    word(RegionalDraft(department="甲局"), expected_version=seen, at=at)
    with pytest.raises(Conflict):
        word(RegionalDraft(department="乙局"), expected_version=seen, at=at)
    draft = draft_matter(make_draft(), code="SC001", region_code="510000", actor=SYSTEM, at=at)
    seen = draft.version
    _reword("SC001", "改名一", seen, at)
    with pytest.raises(Conflict):
        _reword("SC001", "改名二", seen, at)


def _reword(code: str, name: str, seen: int, at: datetime) -> None:
    edit_matter(
        code,
        make_draft(name=name),
        change_kind="wording",
        change_reason="",
        expected_version=seen,
        actor=SYSTEM,
        at=at,
    )


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"carried_out": False}, ["not_carried_out_reason", "not_carried_out_basis"]),
        ({"carried_out": False, "not_carried_out_reason": "不办"}, ["not_carried_out_basis"]),
        ({}, ["carried_out"]),
        ({"approval_time": "21个工作日"}, ["approval_time"]),
        ({"note": "须具备甲级资质方可承接"}, ["note"]),
        ({"note": "仅限在本市注册资本500万元以上的机构"}, ["note"]),
    ],
)
def test_what_a_region_may_not_say_is_refused_at_its_field(
    session: Session, at: datetime, said: dict[str, object], fields: list[str]
) -> None:
    _with_times(at)
    with pytest.raises(InvalidInput) as refused:
        word_regional(
            "SC002", CHENGDU, RegionalDraft(**said), change_kind="new", change_reason="", expected_version=None,  # type: ignore[arg-type]  # fields of the dataclass
            actor=SYSTEM, at=at,
        )  # fmt: skip
    assert [error.field for error in refused.value.errors] == fields
    assert count(RegionalEntry) == count(RegionalVersion) == 0


def _with_times(at: datetime) -> None:
    make_matter()
    make_region(CHENGDU)
    draft_matter(make_draft(approval_time="20个工作日"), code="SC002", region_code="510000", actor=SYSTEM, at=at)
    submit_matter("SC002", actor=SYSTEM, at=at)
    publish_matter("SC002", actor=SYSTEM, at=at)


def test_a_shorter_time_is_welcome_and_asked_again_when_the_list_above_changes(session: Session, at: datetime) -> None:
    _with_times(at)
    word_regional(
        "SC002", CHENGDU, RegionalDraft(approval_time="十个工作日"), change_kind="new", change_reason="",
        expected_version=None, actor=SYSTEM, at=at,
    )  # fmt: skip
    submit_regional("SC002", CHENGDU, actor=SYSTEM, at=at)
    edit_matter(
        "SC002", make_draft(approval_time="5个工作日"), change_kind="fee", change_reason="压减时限", expected_version=None,
        actor=SYSTEM, at=at,
    )  # fmt: skip
    submit_matter("SC002", actor=SYSTEM, at=at)
    publish_matter("SC002", actor=SYSTEM, at=at)
    with pytest.raises(RuleBroken) as refused:
        publish_regional("SC002", CHENGDU, actor=SYSTEM, at=at)
    assert [finding.code for finding in refused.value.findings] == ["longer"]


def test_only_the_office_of_the_region_writes_there(session: Session, at: datetime) -> None:
    make_regional(CHENGDU, publish=False)
    acts: list[Callable[[Actor], object]] = [
        lambda actor: word(RegionalDraft(note="试"), actor=actor, at=at),
        lambda actor: submit_regional(SOME_MATTER, CHENGDU, actor=actor, at=at),
        lambda actor: return_regional(SOME_MATTER, CHENGDU, "理由", actor=actor, at=at),
        lambda actor: publish_regional(SOME_MATTER, CHENGDU, actor=actor, at=at),
    ]
    others = [make_actor(role) for role in Role if role is not Role.EDITOR]
    others += [make_actor(Role.EDITOR, region_code=WUHOU), make_actor(Role.EDITOR, region_code="510700")]
    for actor in others:
        for act in acts:
            with pytest.raises(Forbidden):
                act(actor)
    province = make_actor(Role.EDITOR, region_code="510000")
    assert submit_regional(SOME_MATTER, CHENGDU, actor=province, at=at).state is MatterState.SUBMITTED


@pytest.mark.parametrize("state", list(MatterState))
@pytest.mark.parametrize("action", list(MatterAction))
def test_every_state_and_action(session: Session, at: datetime, state: MatterState, action: MatterAction) -> None:
    row = make_regional(CHENGDU, publish=state is MatterState.PUBLISHED)
    if state in (MatterState.SUBMITTED, MatterState.RETURNED):
        submit_regional(SOME_MATTER, CHENGDU, actor=SYSTEM, at=at)
    if state is MatterState.RETURNED:
        return_regional(SOME_MATTER, CHENGDU, "理由", actor=SYSTEM, at=at)
    assert row.state is state
    acts: dict[MatterAction, Callable[[], object]] = {
        MatterAction.EDIT: lambda: word(RegionalDraft(note="试"), at=at),
        MatterAction.SUBMIT: lambda: submit_regional(SOME_MATTER, CHENGDU, actor=SYSTEM, at=at),
        MatterAction.PUBLISH: lambda: publish_regional(SOME_MATTER, CHENGDU, actor=SYSTEM, at=at),
        MatterAction.RETURN: lambda: return_regional(SOME_MATTER, CHENGDU, "理由", actor=SYSTEM, at=at),
    }
    if REGIONAL.can(state, action):
        acts[action]()
        assert row.state is REGIONAL.next(state, action)
    else:
        with pytest.raises(WrongState):
            acts[action]()
        assert row.state is state


def test_only_below_the_home_list_and_only_what_is_in_force(session: Session, at: datetime) -> None:
    make_matter()
    make_region("440100")
    for region in ("510000", "440100"):
        with pytest.raises(InvalidInput):
            word(RegionalDraft(note="试"), region=region, at=at)
    with pytest.raises(NotFound):
        word(RegionalDraft(note="试"), region="519999", at=at)
    with pytest.raises(NotFound):
        submit_regional(SOME_MATTER, CHENGDU, actor=SYSTEM, at=at)
    with pytest.raises(NotFound):
        effective_in(matter(SOME_MATTER), "440100")
    make_matter("ZJ035")
    make_region(CHENGDU)
    with pytest.raises(InvalidInput):
        word_regional(
            "ZJ035", CHENGDU, RegionalDraft(note="试"), change_kind="new", change_reason="", expected_version=None,
            actor=SYSTEM, at=at,
        )  # fmt: skip
    assert regional_entry("ZJ035", CHENGDU) is None


def test_an_owner_is_told_where_a_matter_is_not_carried_out_and_a_project_keeps_the_wordings(
    session: Session, at: datetime
) -> None:
    first = make_regional(CHENGDU, department="市局").published_version
    second = make_regional(WUHOU, department="区局").published_version
    assert first is not None
    assert second is not None
    project, _owner = make_open_project(at)
    assert (project.region_code, project.regional_version_ids) == (WUHOU, [first.id, second.id])
    owner, actor = make_owner_actor()
    draft = projects.draft(draft_command(owner), actor=actor, at=at)
    sources = sources_for(draft, at=at)
    make_regional(CHENGDU, **NOT_HERE)  # type: ignore[arg-type]  # fields of RegionalDraft only
    make_regional(WUHOU, **NOT_HERE)  # type: ignore[arg-type]  # fields of RegionalDraft only
    with pytest.raises(InvalidInput) as refused:
        projects.draft(draft_command(owner), actor=actor, at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("matter_code", "not_carried_out")]
    assert "本市由审批部门自行办理" in refused.value.errors[0].message
    with pytest.raises(RuleBroken) as late:
        projects.submit(draft.code, sources=sources, actor=actor, at=at)
    assert [finding.code for finding in late.value.findings] == ["not_carried_out"]
    assert project.regional_version_ids == [first.id, second.id]
