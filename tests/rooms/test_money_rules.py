"""What a purchase's money allows on the day: exact borders on both sides, documents, and alerts that refuse nothing."""

import io
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.accounts.models import Organisation
from supermarket.core.errors import Forbidden, InvalidInput, RuleBroken, WrongState
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.core.unit import unit
from supermarket.documents.models import Document
from supermarket.documents.queries import readable_by
from supermarket.projects import operations
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Funding, Project
from supermarket.projects.money_checks import alerts_of
from supermarket.projects.money_rules import Ground
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.publication import sources_for
from supermarket.supervision.models import Level
from supermarket.supervision.queries import findings_of_project
from tests.factories.agencies import make_agency, make_agency_actor
from tests.factories.contracts import PDF
from tests.factories.matters import make_matter
from tests.factories.policies import make_policy
from tests.factories.projects import draft_command, make_operator, make_owner_actor

YUAN = 100
LINE = 50_000 * YUAN
DAY = timedelta(days=1)


@pytest.fixture
def buyer(session: Session) -> tuple[Organisation, Actor]:
    """An owner and its person."""
    return make_owner_actor()


def drafted(buyer: tuple[Organisation, Actor], at: datetime, **changes: object) -> Project:
    owner, actor = buyer
    command = draft_command(owner, **({"funding": Funding.FISCAL} | changes))
    return operations.draft(command, actor=actor, at=at)


def published(buyer: tuple[Organisation, Actor], at: datetime, **changes: object) -> Project:
    """A fiscal purchase that the operator has approved."""
    project = drafted(buyer, at, **changes)
    operations.submit(project.code, sources=sources_for(project, at=at), actor=buyer[1], at=at)
    operations.approve(project.code, sources=sources_for(project, at=at), actor=make_operator(), at=at)
    return project_for(project.code, SYSTEM)


def codes(refused: pytest.ExceptionInfo[RuleBroken]) -> list[str]:
    return [finding.code for finding in refused.value.findings]


def signals(project: Project) -> list[tuple[str, Level, int | None]]:
    return [(row.code, row.level, row.organisation_id) for row in findings_of_project(project.code)]


# -- the small-amount line


def test_a_direct_selection_reaches_up_to_the_line_and_not_a_fen_further(
    buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    named = make_agency().uscc
    assert drafted(buyer, at, mode="direct", named_agency_uscc=named, budget=LINE).state is ProjectState.DRAFT
    with pytest.raises(RuleBroken) as refused:
        drafted(buyer, at, mode="direct", named_agency_uscc=named, budget=LINE + 1)
    assert codes(refused) == ["direct_line"]
    social = drafted(buyer, at, mode="direct", named_agency_uscc=named, budget=LINE + 1, funding=Funding.SOCIAL)
    assert social.state is ProjectState.DRAFT


def test_the_line_of_the_region_holds_from_its_day_on(buyer: tuple[Organisation, Actor], at: datetime) -> None:
    make_policy("direct_small_amount_line", LINE - 1, region_code="510100", effective_from=date(2026, 3, 3))
    named = make_agency().uscc
    assert drafted(buyer, at, mode="direct", named_agency_uscc=named, budget=LINE).state is ProjectState.DRAFT
    with pytest.raises(RuleBroken) as refused:
        drafted(buyer, at + DAY, mode="direct", named_agency_uscc=named, budget=LINE)
    assert codes(refused) == ["direct_line"]


def test_a_line_that_falls_between_draft_and_publication_stops_it(
    buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    named = make_agency().uscc
    project = drafted(buyer, at, mode="direct", named_agency_uscc=named, budget=LINE)
    operations.submit(project.code, sources=sources_for(project, at=at), actor=buyer[1], at=at)
    make_policy("direct_small_amount_line", LINE - 1, region_code="510100", effective_from=date(2026, 3, 3))
    with pytest.raises(RuleBroken) as refused:
        operations.approve(project.code, sources=sources_for(project, at=at), actor=make_operator(), at=at + DAY)
    assert codes(refused) == ["direct_line"]
    assert project_for(project.code, SYSTEM).state is ProjectState.IN_REVIEW


# -- emergency and sole source, with the document itself


@pytest.mark.parametrize("ground", list(Ground))
def test_a_ground_needs_its_number_to_be_kept_and_its_document_to_be_handed_in(
    ground: Ground, buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    above: dict[str, object] = {
        "mode": "direct",
        "named_agency_uscc": make_agency().uscc,
        "budget": LINE + 1,
        "direct_ground": ground,
    }
    with pytest.raises(RuleBroken) as refused:
        drafted(buyer, at, **above)
    assert codes(refused) == ["direct_document"]
    project = drafted(buyer, at, **above, direct_document="川应急〔2026〕12号")
    with pytest.raises(RuleBroken) as refused:
        operations.submit(project.code, sources=sources_for(project, at=at), actor=buyer[1], at=at)
    assert codes(refused) == ["direct_file"]
    operations.file_ground(project.code, Attachment(io.BytesIO(PDF), "依据.pdf"), actor=buyer[1], at=at)
    operations.submit(project.code, sources=sources_for(project, at=at), actor=buyer[1], at=at)
    assert project_for(project.code, SYSTEM).state is ProjectState.IN_REVIEW


def test_the_document_is_its_owners_and_the_offices_and_goes_with_its_ground(
    buyer: tuple[Organisation, Actor], session: Session, at: datetime
) -> None:
    owner, actor = buyer
    command = draft_command(
        owner,
        funding=Funding.FISCAL,
        mode="direct",
        named_agency_uscc=make_agency().uscc,
        budget=LINE + 1,
        direct_ground=Ground.EMERGENCY,
        direct_document="川应急〔2026〕12号",
    )
    project = operations.draft(command, actor=actor, at=at)
    _other, stranger = make_owner_actor()
    with pytest.raises(Forbidden):
        operations.file_ground(project.code, Attachment(io.BytesIO(PDF), "依据.pdf"), actor=stranger, at=at)
    with pytest.raises(InvalidInput):
        operations.file_ground(project.code, Attachment(io.BytesIO(b"MZ"), "依据.exe"), actor=actor, at=at)
    operations.file_ground(project.code, Attachment(io.BytesIO(PDF), "依据.pdf"), actor=actor, at=at)
    document = session.get_one(Document, project_for(project.code, SYSTEM).direct_document_id)
    assert [readable_by(document, who) for who in (actor, make_operator(), stranger)] == [True, True, False]
    random = draft_command(owner, funding=Funding.FISCAL, budget=LINE + 1)
    changed = operations.edit(
        project.code, random, version=project_for(project.code, SYSTEM).version, actor=actor, at=at
    )
    assert changed.direct_document_id is None
    with pytest.raises(RuleBroken):
        operations.file_ground(project.code, Attachment(io.BytesIO(PDF), "依据.pdf"), actor=actor, at=at)


def test_a_document_comes_before_the_purchase_is_handed_in(buyer: tuple[Organisation, Actor], at: datetime) -> None:
    project = published(buyer, at)
    with pytest.raises(WrongState):
        operations.file_ground(project.code, Attachment(io.BytesIO(PDF), "依据.pdf"), actor=buyer[1], at=at)


# -- limits above which a purchase does not belong here


@pytest.mark.parametrize(
    ("budget", "rule"),
    [(100_000_000, None), (100_000_001, "tender_limit"), (400_000_001, "tender_limit")],
)
def test_above_a_limit_a_purchase_is_refused_with_the_rule_named(
    budget: int, rule: str | None, buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    if rule is None:
        assert drafted(buyer, at, budget=budget).state is ProjectState.DRAFT
        return
    with pytest.raises(RuleBroken) as refused:
        drafted(buyer, at, budget=budget)
    (finding,) = refused.value.findings
    assert (finding.code, finding.evidence["rule"]) == ("procurement_limit", rule)


def test_the_central_catalogue_is_named_where_it_comes_first(buyer: tuple[Organisation, Actor], at: datetime) -> None:
    make_policy("central_procurement_limit", 50_000_000)
    with pytest.raises(RuleBroken) as refused:
        drafted(buyer, at, budget=50_000_001)
    assert refused.value.findings[0].evidence["rule"] == "central_procurement_limit"


# -- alerts: they tell, they refuse nothing


def test_two_purchases_of_one_matter_over_the_line_are_signalled_to_the_supervisor(
    buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    first = published(buyer, at, budget=LINE // 2)
    assert signals(first) == []
    within = published(buyer, at + DAY, budget=LINE // 2)
    assert signals(within) == []  # exactly the line
    over = published(buyer, at + 2 * DAY, budget=1)
    assert signals(over) == [("splitting", Level.REMINDER, None)]
    (found,) = findings_of_project(over.code)
    assert found.evidence["projects"] == sorted([first.code, within.code, over.code])
    assert found.evidence["sum"] == LINE + 1


def test_one_purchase_alone_and_what_came_to_nothing_is_no_splitting(
    buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    whole = published(buyer, at, budget=10 * LINE)
    assert signals(whole) == []
    with unit():
        operations.withdraw(whole.code, reason="建设内容调整", actor=buyer[1], at=at + timedelta(hours=1))
    assert signals(published(buyer, at + DAY, budget=LINE)) == []
    make_matter("ZJ003")
    other_matter = published(buyer, at + DAY, budget=LINE, matter_code="ZJ003")
    assert signals(other_matter) == []
    assert signals(published(make_owner_actor(), at + DAY, budget=LINE)) == []


@pytest.mark.parametrize(("days", "counted"), [(364, True), (365, False)])
def test_the_window_is_of_365_days(days: int, counted: bool, buyer: tuple[Organisation, Actor], at: datetime) -> None:
    published(buyer, at, budget=LINE)
    late = published(buyer, at + days * DAY, budget=LINE)
    assert [code for code, _level, _office in signals(late)] == (["splitting"] if counted else [])


def test_owner_and_operator_read_the_warning_before_the_publication(
    buyer: tuple[Organisation, Actor], at: datetime
) -> None:
    published(buyer, at, budget=LINE)
    project = drafted(buyer, at + DAY, budget=LINE)
    (alert,) = alerts_of(project, at + DAY)
    assert (alert.code, alert.evidence["sum"]) == ("splitting", 2 * LINE)
    assert findings_of_project(project.code) == []  # a draft is nobody else's business
    social = drafted(buyer, at + DAY, budget=LINE, funding=Funding.SOCIAL)
    assert alerts_of(social, at + DAY) == ()


def test_the_third_direct_award_to_one_agency_is_signalled(buyer: tuple[Organisation, Actor], at: datetime) -> None:
    agency, other = make_agency(), make_agency()
    found = []
    for step, named in enumerate((agency, agency, other, agency)):
        when = at + step * 100 * DAY
        project = published(buyer, when, mode="direct", named_agency_uscc=named.uscc, budget=1_000 * YUAN)
        with unit():
            selection.accept_award(project.code, actor=make_agency_actor(named), at=when)
        found.append([code for code, _level, _office in signals(project)])
    assert found == [[], [], [], ["repeat_direct"]]
    fifth = drafted(buyer, at + 301 * DAY, mode="direct", named_agency_uscc=agency.uscc, budget=1_000 * YUAN)
    (alert,) = alerts_of(fifth, at + 301 * DAY)
    assert (alert.code, len(alert.evidence["projects"])) == ("repeat", 4)  # type: ignore[arg-type]  # a list of codes


def test_a_year_later_the_first_award_counts_no_more(
    buyer: tuple[Organisation, Actor], session: Session, at: datetime
) -> None:
    agency = make_agency()
    for days in (0, 100, 365):
        project = published(buyer, at + days * DAY, mode="direct", named_agency_uscc=agency.uscc, budget=1_000 * YUAN)
        with unit():
            selection.accept_award(project.code, actor=make_agency_actor(agency), at=at + days * DAY)
    assert signals(project) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Project)) == 3
