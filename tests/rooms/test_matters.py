"""Register 1: the starting list, versions, publication, lists and imports."""

import csv
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import Event
from supermarket.core.paging import Slice
from supermarket.core.permissions import SYSTEM, Role
from supermarket.core.tables import RowOutcome
from supermarket.data import catalogue
from supermarket.matters.commands import MatterDraft
from supermarket.matters.forms import MatterForm
from supermarket.matters.importing import import_rows
from supermarket.matters.models import CommissionedBy, Matter, MatterState, MatterVersion, QualificationKind
from supermarket.matters.operations import (
    draft_matter,
    edit_matter,
    load_catalogue,
    publish_matter,
    return_matter,
    starting_draft,
    submit_matter,
)
from supermarket.matters.queries import (
    MatterFilter,
    matter,
    names,
    office_list,
    published,
    published_version,
    published_versions,
    version,
    versions,
)
from supermarket.matters.requirement_tree import leaf
from supermarket.matters.states import MATTER, MatterAction
from supermarket.policies.operations import load_facts
from tests.factories.accounts import make_actor
from tests.factories.matters import make_draft, make_kinds, make_matter
from tests.factories.policies import count, make_industry, make_region
from tests.rooms.test_directory import statements

SURVEY = "ZJ051"


def prepare() -> None:
    make_region()
    make_industry("natural-resources")
    make_kinds()


def begin(at: datetime, **changes: object) -> Matter:
    """A draft of a list office's own."""
    prepare()
    return draft_matter(make_draft(SURVEY, **changes), code="SC001", region_code="510000", actor=SYSTEM, at=at)


def test_the_starting_list_has_138_matters_of_which_134_are_published(session: Session, at: datetime) -> None:
    load_facts(at)
    assert load_catalogue(at) == 138
    states = dict(session.execute(sa.select(Matter.state, sa.func.count()).group_by(Matter.state)).all())
    assert states == {MatterState.PUBLISHED: 134, MatterState.DRAFT: 4}
    drafts = session.scalars(sa.select(Matter.code).where(Matter.state == MatterState.DRAFT).order_by(Matter.code))
    assert list(drafts) == ["ZJ035", "ZJ060", "ZJ107", "ZJ137"]
    assert count(QualificationKind) == len(catalogue.qualification_kinds())
    assert (load_catalogue(at), count(MatterVersion)) == (0, 138)


def test_a_stored_version_says_what_the_list_says(session: Session) -> None:
    item = catalogue.matter(SURVEY)
    make_matter(SURVEY)
    stored = published_version(SURVEY)
    assert starting_draft(item, stored.valid_from).same_as(stored)
    assert stored.requirement_tree == {"kind": "Q021", "speciality": None, "level": None}


def test_a_wording_goes_from_draft_to_published_by_the_list_office(session: Session, at: datetime) -> None:
    prepare()
    office = make_actor(Role.EDITOR, region_code="510000")
    row = draft_matter(make_draft(SURVEY), code="SC001", region_code="510100", actor=office, at=at)
    with pytest.raises(NotFound):
        published_version("SC001")
    submit_matter("SC001", actor=office, at=at)
    return_matter("SC001", "依据条款有误", actor=office, at=at)
    assert (row.state, row.return_reason) == (MatterState.RETURNED, "依据条款有误")
    submit_matter("SC001", actor=office, at=at)
    publish_matter("SC001", actor=office, at=at)
    assert (row.state, published_version("SC001").number, row.return_reason) == (MatterState.PUBLISHED, 1, "")
    tags = session.scalars(sa.select(Event.tag).where(Event.subject_code == "SC001").order_by(Event.id)).all()
    assert tags == ["matter.drafted", "matter.submitted", "matter.returned", "matter.submitted", "matter.published"]


def test_a_change_makes_a_new_version_and_the_old_one_stays_in_force_until_then(session: Session, at: datetime) -> None:
    row = make_matter(SURVEY)
    old = published_version(SURVEY)
    new = make_draft(SURVEY, name="临时用地勘测定界")
    with pytest.raises(InvalidInput) as refused:
        edit_matter(SURVEY, new, change_kind="x", change_reason=" ", expected_version=None, actor=SYSTEM, at=at)
    assert [error.field for error in refused.value.errors] == ["change_kind", "change_reason"]
    seen = row.version
    edit_matter(
        SURVEY, new, change_kind="wording", change_reason="名称规范", expected_version=seen, actor=SYSTEM, at=at
    )
    assert (row.state, published_version(SURVEY).id) == (MatterState.DRAFT, old.id)
    with pytest.raises(Conflict):
        edit_matter(
            SURVEY, new, change_kind="wording", change_reason="再改", expected_version=seen, actor=SYSTEM, at=at
        )
    submit_matter(SURVEY, actor=SYSTEM, at=at)
    publish_matter(SURVEY, actor=SYSTEM, at=at)
    now = published_version(SURVEY)
    assert (now.number, now.name, now.change_reason) == (2, "临时用地勘测定界", "名称规范")
    assert version(SURVEY, 1).name == catalogue.matter(SURVEY).name
    assert [item.number for item in versions(SURVEY, public_only=True)] == [2, 1]


def test_without_a_legal_basis_nothing_is_published(session: Session, at: datetime) -> None:
    row = begin(at, legal_basis=" ", fee_bearer="", commissioned_by=CommissionedBy.APPLICANT)
    submit_matter("SC001", actor=SYSTEM, at=at)
    with pytest.raises(RuleBroken) as refused:
        publish_matter("SC001", actor=SYSTEM, at=at)
    assert [finding.code for finding in refused.value.findings] == ["not_lawful", "not_mandatory", "not_paid"]
    assert (row.state, row.published_version_id) == (MatterState.SUBMITTED, None)
    with pytest.raises(sa.exc.IntegrityError, match="published_has_legal_basis"), session.begin_nested():
        session.execute(sa.update(MatterVersion).values(published_at=at, legal_basis=""))


@pytest.mark.parametrize("role", [Role.OWNER, Role.AGENCY, Role.REGULATOR, Role.OPERATOR, Role.SUPERVISOR])
def test_only_list_offices_write_and_only_their_own_region(session: Session, at: datetime, role: Role) -> None:
    row = begin(at)
    other = make_actor(Role.EDITOR, region_code="510300")
    for actor in (make_actor(role), other):
        with pytest.raises(Forbidden):
            draft_matter(make_draft(SURVEY), code="SC002", region_code="510100", actor=actor, at=at)
        for act in (submit_matter, publish_matter):
            with pytest.raises(Forbidden):
                act("SC001", actor=actor, at=at)
        with pytest.raises(Forbidden):
            return_matter("SC001", "x", actor=actor, at=at)
        with pytest.raises(Forbidden):
            edit_matter(
                "SC001",
                make_draft(SURVEY),
                change_kind="wording",
                change_reason="x",
                expected_version=None,
                actor=actor,
                at=at,
            )
    assert (row.state, count(Matter), count(MatterVersion)) == (MatterState.DRAFT, 1, 1)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"industry": "x"}, ["industry"]),
        ({"stage": "x"}, ["stage"]),
        ({"valid_until": date(2025, 1, 1)}, ["valid_until"]),
        ({"requirement": leaf("Q001")}, ["requirement"]),
        ({"requirement": leaf("Q021", level="特级")}, ["requirement"]),
    ],
)
def test_a_wording_that_cannot_stand_is_refused_at_its_fields(
    session: Session, at: datetime, changes: dict[str, object], fields: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        begin(at, **changes)
    assert [error.field for error in refused.value.errors] == fields
    assert count(Matter) == 0


def test_codes_are_well_formed_and_taken_once(session: Session, at: datetime) -> None:
    begin(at)
    with pytest.raises(Conflict):
        draft_matter(make_draft(SURVEY), code="SC001", region_code="510000", actor=SYSTEM, at=at)
    with pytest.raises(InvalidInput) as refused:
        draft_matter(make_draft(SURVEY), code="sc-1", region_code="999999", actor=SYSTEM, at=at)
    assert [error.field for error in refused.value.errors] == ["code", "region"]


@pytest.mark.parametrize("state", list(MatterState))
@pytest.mark.parametrize("action", list(MatterAction))
def test_every_pair_of_state_and_action(session: Session, state: MatterState, action: MatterAction) -> None:
    if MATTER.can(state, action):
        assert MATTER.next(state, action) in MatterState
    else:
        with pytest.raises(WrongState):
            MATTER.next(state, action)


def test_lists_are_narrowed_counted_and_paged_in_two_statements(session: Session, at: datetime) -> None:
    load_facts(at)
    load_catalogue(at)
    session.expire_all()
    with statements(session) as seen:
        page, counts = published(MatterFilter(), Slice(size=100))
        assert [row.published_version.name for row in page.items if row.published_version]
    assert (len(seen), page.total, len(page.items), counts.total) == (2, 134, 100, 134)
    rest = published(MatterFilter(), Slice(size=100, after=page.next))[0]
    assert (len(rest.items), rest.next) == (34, None)
    chosen = MatterFilter(q="测绘", industry="natural-resources")
    found, counts = published(chosen, Slice())
    assert found.total == len(found.items) > 0
    assert all("测绘" in (item := published_version(row.code)).name + item.agency_type for row in found.items)
    assert counts.industries["natural-resources"] == found.total
    assert published(MatterFilter(region="440000"), Slice())[0].total == 0
    assert published(MatterFilter(region="510107"), Slice())[0].total == 134
    assert published(MatterFilter(sort="newest"), Slice(size=2))[0].next is not None
    with pytest.raises(InvalidInput):
        published(MatterFilter(sort="x"), Slice())
    assert set(names([SURVEY, "ZJ035"])) == set(published_versions([SURVEY, "ZJ035"])) == {SURVEY}
    assert len(office_list("510000", state=MatterState.DRAFT)) == 4


def write_table(path: Path, *rows: dict[str, str]) -> Path:
    heading = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, heading)
        writer.writeheader()
        writer.writerows(rows)
    return path


def table_row(code: str, **changes: str) -> dict[str, str]:
    row = {
        "code": code,
        "name": "临时用地测绘",
        "approval_item": "临时用地审批",
        "department": "自然资源和规划部门",
        "industry": "natural-resources",
        "stage": "land-and-approval",
        "legal_basis": "《土地管理法》第五十七条",
        "commissioned_by": "applicant",
        "fee_bearer": "applicant",
        "fee_kind": "market",
        "requirement": '{"kind": "Q021"}',
        "licences": "[]",
    }
    return row | changes


def test_a_table_comes_in_as_drafts_all_or_nothing(session: Session, at: datetime, tmp_path: Path) -> None:
    prepare()
    office = make_actor(Role.EDITOR, region_code="510000")
    bad = table_row("SC2", industry="x", fee_kind="free", requirement="{")
    path = write_table(tmp_path / "m.csv", table_row("SC001"), bad, table_row("SC001"))
    report = import_rows(path, region_code="510000", actor=office, at=at)
    assert (report.written, count(Matter)) == (False, 0)
    assert [(row.line, [error.field for error in row.errors]) for row in report.refused] == [
        (3, ["fee_kind", "requirement", "code"]),
        (4, ["code"]),
    ]
    kept = import_rows(path, region_code="510000", actor=office, at=at, keep_good=True)
    assert (kept.counts[RowOutcome.CREATED], matter("SC001").state) == (1, MatterState.DRAFT)
    path = write_table(tmp_path / "n.csv", table_row("SC001", name="改名"))
    assert import_rows(path, region_code="510000", actor=office, at=at).rows[0].outcome is RowOutcome.UPDATED
    assert import_rows(path, region_code="510000", actor=office, at=at).rows[0].outcome is RowOutcome.ALREADY_THERE
    with pytest.raises(Forbidden):
        import_rows(path, region_code="510000", actor=make_actor(Role.OPERATOR), at=at)


def test_the_form_gives_the_command_and_names_what_is_wrong(session: Session) -> None:
    fields = {
        "name": "临时用地测绘",
        "approval_item": "临时用地审批",
        "department": "自然资源部门",
        "industry": "natural-resources",
        "stage": "land-and-approval",
        "legal_basis": "《土地管理法》",
        "commissioned_by": "applicant",
        "fee_bearer": "applicant",
        "fee_kind": "market",
        "requirement": '{"kind": "Q021"}',
        "valid_from": "2026-01-01",
    }
    command = MatterForm.from_json(fields).command()
    assert isinstance(command, MatterDraft)
    assert (command.requirement, command.valid_from, command.valid_until) == (leaf("Q021"), date(2026, 1, 1), None)
    with pytest.raises(InvalidInput) as refused:
        MatterForm.from_json(fields | {"industry": "x", "requirement": "{}"}).command()
    assert [error.field for error in refused.value.errors] == ["industry", "requirement"]
    assert not MatterForm(formdata=MultiDict(), meta={"csrf": False}).validate()
