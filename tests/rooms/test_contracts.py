"""Contracts: drafted from the award, signed by both to the very bytes, lapsed with the fault recorded, urged, completed."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind
from supermarket.contracts import operations
from supermarket.contracts.commands import Sign, Urging
from supermarket.contracts.models import Contract, Party, Signature, Urge, UrgeAbout
from supermarket.contracts.queries import (
    ContractFilter,
    contract,
    documents_of,
    find,
    owner_name,
    terms_of,
    urge_counts,
    visible_contract,
    waiting_signatures,
)
from supermarket.contracts.states import CONTRACT, ContractAction, ContractState
from supermarket.contracts.terms import WHOLE, payment_terms, split
from supermarket.contracts.wording import contract_data
from supermarket.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.paging import Slice
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Actor, Role
from supermarket.documents.queries import content
from supermarket.extensions import db
from supermarket.gateways.pdf import TypstPdf
from supermarket.projects.states import ProjectState
from supermarket.selection.states import AwardState
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.contracts import NOTICE_AT, make_contract, make_deal, make_running, sign
from tests.factories.policies import count
from tests.factories.reading import tags

DUE = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)  # the end of 16 March: ten working days after 2 March
URGE = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)  # 09:00, three working days before


@pytest.mark.usefixtures("session")
class TestDraft:
    def test_it_follows_from_the_award(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        assert row.code.startswith("C-2026-")
        assert (row.state, row.price, row.duration_days) == (ContractState.DRAFTED, 10_000_001, 30)
        assert (row.sign_due_at, row.sign_urge_at) == (DUE, URGE)
        terms = terms_of(row)
        assert [(item.number, item.name, item.due_days) for item in terms.deliverables] == [(1, "勘测报告", 20)]
        assert [(item.after_deliverable, item.amount) for item in terms.payments] == [(None, 3_000_000), (1, 7_000_001)]
        assert (terms.acceptance_days, terms.payment_days) == (10, 30)
        assert terms.notice_number == deal.award.notice_number
        assert tags(row.code) == ["contract.drafted"]

    def test_its_document_is_stored_under_its_hash(self) -> None:
        row = make_contract()
        assert row.document.name == f"{row.code}.pdf"
        assert not row.document.public
        assert hashlib.sha256(content(row.document).read()).hexdigest() == row.document.sha256

    def test_the_real_document_says_what_was_agreed(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        data = contract_data(
            code=row.code,
            project=deal.project,
            agency=deal.award.agency,
            price=row.price,
            duration_days=row.duration_days,
            terms=terms_of(row),
            dated=row.drafted_at,
            demo=False,
            signatures=[],
        )
        pages = PdfReader(io.BytesIO(TypstPdf().render("contract", data))).pages
        text = "".join("".join(page.extract_text() for page in pages).split())
        for part in (
            row.code,
            deal.project.owner.name,
            deal.award.agency.name,
            "随机抽取",
            "生效之日起20日内",
            "100,000.01",
            "30,000.00",
            "70,000.01",
            "人民币壹拾万元零壹分",
        ):
            assert part in text

    def test_one_award_has_one_contract(self) -> None:
        deal = make_deal()
        make_contract(deal)
        with pytest.raises(Conflict):
            make_contract(deal)
        assert count(Contract) == 1

    def test_without_a_notice_there_is_none(self) -> None:
        deal = make_deal()
        deal.award.state = AwardState.ANNOUNCED
        with pytest.raises(WrongState):
            make_contract(deal)
        with pytest.raises(NotFound):
            operations.draft_from_award(deal.award.id + 1, at=NOTICE_AT)
        assert count(Contract) == 0

    def test_codes_run_on(self) -> None:
        first, second = make_contract(), make_contract()
        assert int(second.code[-6:]) == int(first.code[-6:]) + 1


@given(st.integers(0, 10**14), st.lists(st.integers(0, 100), min_size=1, max_size=8))
def test_instalments_add_up_to_the_price(price: int, cuts: list[int]) -> None:
    marks = [0, *sorted(cuts), WHOLE]
    percents = [after - before for before, after in pairwise(marks)]
    parts = split(price, percents)
    assert sum(parts) == price
    for part, percent in zip(parts, percents, strict=True):
        assert abs(part * WHOLE - price * percent) < WHOLE


@given(st.integers(1, 10**12), st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True))
def test_payment_terms_are_positive_and_add_up(price: int, cuts: list[int]) -> None:
    marks = [0, *sorted(cuts), WHOLE]
    wanted: list[dict[str, str | int]] = [
        {"name": "款", "percent": after - before, "after_deliverable": 1} for before, after in pairwise(marks)
    ]
    terms = payment_terms(wanted, price, 1)
    assert sum(term.amount for term in terms) == price
    assert all(term.amount > 0 for term in terms)
    assert [term.number for term in terms] == list(range(1, len(terms) + 1))


def test_terms_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 100"):
        split(100, [50, 49])
    with pytest.raises(ValueError, match="add up to 100"):
        split(-1, [100])
    with pytest.raises(ValueError, match="does not have"):
        payment_terms([{"name": "款", "percent": 100, "after_deliverable": 2}], 100, 1)
    assert [(term.after_deliverable, term.amount) for term in payment_terms([], 100, 2)] == [(2, 100)]


@pytest.mark.usefixtures("session")
class TestSign:
    def test_both_signatures_bring_it_into_force(self) -> None:
        deal = make_deal()
        make_contract(deal)
        first = sign(deal, Party.AGENCY, at=NOTICE_AT)
        assert first.state is ContractState.HALF_SIGNED
        later = NOTICE_AT + timedelta(days=1)
        row = sign(deal, Party.OWNER, at=later)
        assert row.state is ContractState.IN_FORCE
        assert (row.in_force_at, row.public_at) == (later, later)
        assert row.public_due_at == datetime(2026, 3, 5, 16, 0, tzinfo=UTC)
        assert deal.project.state is ProjectState.IN_SERVICE
        assert deal.award.state is AwardState.CONTRACTED
        assert [(item.party, item.user_id, item.document_sha256) for item in row.signatures] == [
            (Party.AGENCY, deal.agency.user_id, row.document.sha256),
            (Party.OWNER, deal.owner.user_id, row.document.sha256),
        ]
        assert row.signed_document is not None
        assert row.signed_document.public
        assert row.signed_document.sha256 != row.document.sha256
        assert tags(row.code)[:4] == ["contract.drafted", "contract.signed", "contract.signed", "contract.in_force"]

    def test_a_natural_persons_contract_text_stays_with_the_sides(self) -> None:
        owner = make_organisation(OrganisationKind.OWNER, name="张三丰", is_natural_person=True)
        deal = make_running(make_deal(owner=owner))
        row = contract(deal.code)
        assert row.signed_document is not None
        assert not row.signed_document.public
        assert owner_name(row, ANONYMOUS) == "张**"
        assert owner_name(row, deal.agency) == "张三丰"
        assert documents_of(row, ANONYMOUS) == []
        assert documents_of(row, deal.agency) == [row.document, row.signed_document]
        assert find(ContractFilter(q="张三"), Slice(), actor=ANONYMOUS).total == 0
        assert find(ContractFilter(q="土地"), Slice(), actor=ANONYMOUS).total == 1

    def test_a_side_signs_once(self) -> None:
        deal = make_deal()
        make_contract(deal)
        sign(deal, Party.OWNER)
        with pytest.raises(Conflict) as refused:
            sign(deal, Party.OWNER)
        assert refused.value.code == "signed_already"
        assert count(Signature) == 1

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR, Role.OWNER, Role.AGENCY])
    def test_strangers_do_not_sign(self, role: Role) -> None:
        row = make_contract()
        with pytest.raises(Forbidden):
            operations.sign(row.code, Sign(row.document.sha256, True), actor=make_actor(role), at=NOTICE_AT)
        assert count(Signature) == 0

    @pytest.mark.parametrize("actor", [SYSTEM, ANONYMOUS])
    def test_only_a_person_signs(self, actor: Actor) -> None:
        row = make_contract()
        with pytest.raises(Forbidden):
            operations.sign(row.code, Sign(row.document.sha256, True), actor=actor, at=NOTICE_AT)
        assert count(Signature) == 0

    def test_nobody_signs_for_an_agency_without_an_account(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        deal.award.agency.organisation_id = None
        db.session.flush()
        with pytest.raises(Forbidden):
            operations.sign(row.code, Sign(row.document.sha256, True), actor=deal.agency, at=NOTICE_AT)
        assert count(Signature) == 0

    def test_another_document_is_refused(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        with pytest.raises(Conflict) as refused:
            operations.sign(row.code, Sign("0" * 64, True), actor=deal.owner, at=NOTICE_AT)
        assert refused.value.code == "stale_document"
        assert (count(Signature), row.state) == (0, ContractState.DRAFTED)

    def test_without_consent_nothing_is_signed(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        with pytest.raises(InvalidInput) as refused:
            operations.sign(row.code, Sign(row.document.sha256, False), actor=deal.owner, at=NOTICE_AT)
        assert [error.field for error in refused.value.errors] == ["consent"]
        assert count(Signature) == 0

    def test_at_the_due_moment_it_is_late(self) -> None:
        deal = make_deal()
        make_contract(deal)
        sign(deal, Party.OWNER, at=DUE - timedelta(microseconds=1))
        with pytest.raises(Conflict) as refused:
            sign(deal, Party.AGENCY, at=DUE)
        assert refused.value.code == "too_late"
        assert contract(deal.code).state is ContractState.HALF_SIGNED

    @pytest.mark.parametrize(
        "state", [item for item in ContractState if ContractAction.LAPSE not in CONTRACT.table[item]]
    )
    def test_only_a_draft_is_signed(self, state: ContractState) -> None:
        deal = make_deal()
        row = make_contract(deal)
        row.state, row.in_force_at = state, NOTICE_AT
        db.session.flush()
        with pytest.raises(WrongState) as refused:
            sign(deal, Party.OWNER)
        assert refused.value.state == state.value
        assert count(Signature) == 0

    def test_not_while_the_project_is_suspended(self) -> None:
        deal = make_deal()
        make_contract(deal)
        deal.project.state, deal.project.suspended_from = ProjectState.SUSPENDED, ProjectState.AWARDED
        db.session.flush()
        with pytest.raises(WrongState):
            sign(deal, Party.OWNER)
        assert count(Signature) == 0


@pytest.mark.usefixtures("session")
class TestUrge:
    def test_once_a_working_day(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        about = Urging(UrgeAbout.SIGNATURE)
        operations.urge(row.code, about, actor=deal.owner, at=NOTICE_AT)
        with pytest.raises(Conflict) as refused:
            operations.urge(row.code, about, actor=deal.owner, at=NOTICE_AT + timedelta(hours=5))
        assert refused.value.code == "urged_already"
        operations.urge(row.code, about, actor=deal.agency, at=NOTICE_AT)
        operations.urge(row.code, about, actor=deal.owner, at=NOTICE_AT + timedelta(days=1))
        assert urge_counts(row) == {Party.OWNER: 2, Party.AGENCY: 1}

    def test_days_off_count_with_the_next_working_day(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        saturday = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)
        operations.urge(row.code, Urging(UrgeAbout.SIGNATURE), actor=deal.owner, at=saturday)
        for days in (1, 2):
            with pytest.raises(Conflict):
                operations.urge(
                    row.code, Urging(UrgeAbout.SIGNATURE), actor=deal.owner, at=saturday + timedelta(days=days)
                )
        assert count(Urge) == 1

    def test_only_what_the_other_side_can_owe(self) -> None:
        deal = make_running()
        with pytest.raises(RuleBroken):
            operations.urge(deal.code, Urging(UrgeAbout.PAYMENT), actor=deal.owner, at=NOTICE_AT)
        with pytest.raises(RuleBroken):
            operations.urge(deal.code, Urging(UrgeAbout.DELIVERABLE), actor=deal.agency, at=NOTICE_AT)
        with pytest.raises(WrongState):
            operations.urge(deal.code, Urging(UrgeAbout.SIGNATURE), actor=deal.owner, at=NOTICE_AT)
        with pytest.raises(Forbidden):
            operations.urge(deal.code, Urging(UrgeAbout.PAYMENT), actor=make_actor(Role.OPERATOR), at=NOTICE_AT)
        assert count(Urge) == 0
        operations.urge(deal.code, Urging(UrgeAbout.PAYMENT), actor=deal.agency, at=NOTICE_AT)
        assert count(Urge) == 1

    def test_not_about_a_signature_that_is_there(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        sign(deal, Party.AGENCY)
        with pytest.raises(RuleBroken):
            operations.urge(row.code, Urging(UrgeAbout.SIGNATURE), actor=deal.owner, at=NOTICE_AT)
        with pytest.raises(WrongState):
            operations.urge(row.code, Urging(UrgeAbout.DELIVERABLE), actor=deal.owner, at=NOTICE_AT)


@pytest.mark.usefixtures("session")
class TestComplete:
    @pytest.mark.parametrize(
        "state", [item for item in ContractState if ContractAction.COMPLETE not in CONTRACT.table[item]]
    )
    def test_only_from_in_force(self, state: ContractState) -> None:
        deal = make_running()
        contract(deal.code).state = state
        db.session.flush()
        with pytest.raises(WrongState):
            operations.complete(deal.code, at=NOTICE_AT)
        assert contract(deal.code).completed_at is None


@pytest.mark.usefixtures("session")
class TestReads:
    def test_a_draft_is_for_its_sides_and_offices(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        chengdu = make_actor(Role.REGULATOR, region_code="510100")
        elsewhere = make_actor(Role.REGULATOR, region_code="510700")
        other_industry = make_actor(Role.REGULATOR, region_code="510100", industries=["housing-construction"])
        for actor in (deal.owner, deal.agency, chengdu, SYSTEM):
            assert visible_contract(row.code, actor) is row
            assert [item.code for item in find(ContractFilter(), Slice(), actor=actor).items] == [row.code]
        for actor in (ANONYMOUS, elsewhere, other_industry, make_actor(Role.OWNER), make_actor(Role.AGENCY)):
            with pytest.raises(NotFound):
                visible_contract(row.code, actor)
            assert find(ContractFilter(), Slice(), actor=actor).total == 0

    def test_lists_filter_and_page_in_few_statements(self, session: Session) -> None:
        deals = [make_running() for _number in range(3)]
        statements: list[str] = []

        def note(*args: object) -> None:
            statements.append(str(args[2]))

        session.expunge_all()
        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", note)
        first = find(ContractFilter(), Slice(size=2), actor=ANONYMOUS)
        assert [(item.project.name, item.owner.name != "") for item in first.items] == [("示范区土地勘测", True)] * 2
        assert len(statements) <= 3
        second = find(ContractFilter(), Slice(size=2, after=first.next), actor=ANONYMOUS)
        assert (first.total, len(second.items), second.next) == (3, 1, None)
        agency = deals[0].bodies[0]
        assert find(ContractFilter(agency_uscc=agency.uscc), Slice(), actor=ANONYMOUS).total == 1
        assert find(ContractFilter(party_id=agency.organisation_id), Slice(), actor=ANONYMOUS).total == 1
        assert find(ContractFilter(project_code=first.items[0].project.code), Slice(), actor=ANONYMOUS).total == 1
        assert find(ContractFilter(state=ContractState.LAPSED), Slice(), actor=ANONYMOUS).total == 0
        assert find(ContractFilter(q=agency.name), Slice(), actor=ANONYMOUS).total == 1
        assert find(ContractFilter(q="%"), Slice(), actor=ANONYMOUS).total == 0

    def test_what_waits_for_a_signature(self) -> None:
        deal = make_deal()
        row = make_contract(deal)
        for actor in (deal.owner, deal.agency):
            assert [(item.what, item.contract_code, item.due_at) for item in waiting_signatures(actor)] == [
                ("sign_contract", row.code, DUE)
            ]
        assert waiting_signatures(make_actor(Role.OWNER)) == []
        sign(deal, Party.OWNER)
        assert waiting_signatures(deal.owner) == []
        assert len(waiting_signatures(deal.agency)) == 1
