"""What an owner does after the award, and its desk."""

import io
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import User
from supermarket.contracts.models import Contract, Party, Urge
from supermarket.contracts.states import ContractState
from supermarket.core.clock import now
from supermarket.core.permissions import Actor, Role
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.states import DeliverableState
from supermarket.extensions import db
from supermarket.payments.models import PaymentItem
from supermarket.payments.states import PaymentState
from supermarket.projects import operations
from supermarket.projects.models import Project
from supermarket.ratings.models import RaterKind, Rating
from supermarket.ratings.states import RatingState
from supermarket.web.owner import desk
from tests.factories.accounts import make_user
from tests.factories.contracts import PDF, accept, make_completed, make_contract, make_deal, make_running, sign, submit
from tests.factories.pages import copy_projects, counted_statements, enter_as
from tests.factories.projects import draft_command, make_owner_actor


def person(actor: Actor) -> User:
    return db.session.get_one(User, actor.user_id)


def other_client(client: FlaskClient, role: Role | None) -> FlaskClient:
    """Somebody else: of another organisation, or nobody."""
    someone = client.application.test_client()
    if role is not None:
        user = make_user(role)
        db.session.commit()
        enter_as(someone, user)
    return someone


def test_contract_is_signed_for_exactly_these_bytes(client: FlaskClient, session: Session) -> None:
    deal = make_deal(at=now())
    contract = make_contract(deal, at=now())
    code, digest, user = contract.code, contract.document.sha256, person(deal.owner)
    session.commit()
    enter_as(client, user)
    page = client.get(f"/contracts/{code}/sign").text
    assert digest in page
    assert client.post(f"/contracts/{code}/sign", data={"document_sha256": digest}).status_code == 422
    other = client.post(f"/contracts/{code}/sign", data={"document_sha256": "0" * 64, "consent": "y"})
    assert other.status_code == 409
    assert client.post(f"/contracts/{code}/sign", data={"document_sha256": digest, "consent": "y"}).status_code == 302
    twice = client.post(f"/contracts/{code}/sign", data={"document_sha256": digest, "consent": "y"})
    assert twice.status_code == 409
    assert session.scalar(sa.select(Contract.state)) is ContractState.HALF_SIGNED
    assert other_client(client, Role.OWNER).get(f"/contracts/{code}/sign").status_code == 404


def test_second_signature_brings_it_into_force(client: FlaskClient, session: Session) -> None:
    deal = make_deal(at=now())
    contract = make_contract(deal, at=now())
    sign(deal, Party.AGENCY, at=now())
    code, digest, user = contract.code, contract.document.sha256, person(deal.owner)
    session.commit()
    enter_as(client, user)
    client.post(f"/contracts/{code}/sign", data={"document_sha256": digest, "consent": "y"})
    assert session.scalar(sa.select(Contract.state)) is ContractState.IN_FORCE
    assert other_client(client, None).get(f"/contracts/{code}").status_code == 200


def test_result_is_sent_back_with_reasons_then_accepted(client: FlaskClient, session: Session) -> None:
    deal = make_running(make_deal(at=now()), at=now())
    submit(deal, at=now())
    code, user = deal.code, person(deal.owner)
    session.commit()
    enter_as(client, user)
    url = f"/contracts/{code}/deliverables/1/decide"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"reasons": " "}).status_code == 422
    assert client.post(url, data={"reasons": "坐标系不对"}).status_code == 302
    assert session.scalar(sa.select(Deliverable.state)) is DeliverableState.RETURNED
    assert client.post(url, data={"act": "accept"}).status_code == 409
    submit(deal, at=now())
    session.commit()
    assert client.post(url, data={"act": "accept"}).status_code == 302
    assert session.scalar(sa.select(Deliverable.state)) is DeliverableState.ACCEPTED
    assert client.get(f"/contracts/{code}/deliverables/1/1").status_code == 200
    assert other_client(client, Role.OWNER).get(f"/contracts/{code}/deliverables/1/1").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reference": "回单1", "amount": "3.5万"}, 422),
        ({"reference": "", "amount": "100"}, 422),
        ({"reference": "回单1", "amount": "0"}, 422),
        ({"reference": "回单1", "amount": "30000.00"}, 302),
    ],
)
def test_payment_is_recorded(client: FlaskClient, session: Session, fields: dict[str, str], status: int) -> None:
    deal = make_running(make_deal(at=now()), at=now())
    code, user = deal.code, person(deal.owner)
    session.commit()
    enter_as(client, user)
    file = (io.BytesIO(PDF), "回单.pdf")
    answer = client.post(f"/contracts/{code}/payments/1/pay", data=fields | {"file": file})
    assert answer.status_code == status
    state = session.scalar(sa.select(PaymentItem.state).where(PaymentItem.number == 1))
    assert state is (PaymentState.PENDING if status == 302 else PaymentState.DUE)


def test_voucher_that_is_not_what_it_says_is_refused_at_the_file(client: FlaskClient, session: Session) -> None:
    deal = make_running(make_deal(at=now()), at=now())
    code, user = deal.code, person(deal.owner)
    session.commit()
    enter_as(client, user)
    data = {"reference": "回单1", "amount": "30000.00", "file": (io.BytesIO(b"MZ\x00\x01"), "回单.pdf")}
    answer = client.post(f"/contracts/{code}/payments/1/pay", data=data)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert "回单1" in answer.text


def test_rating_shows_what_is_computed_and_is_given_once(client: FlaskClient, session: Session) -> None:
    deal = make_completed(make_deal(at=now()), at=now())
    code, user = deal.code, person(deal.owner)
    session.commit()
    enter_as(client, user)
    page = client.get(f"/contracts/{code}/rating").text
    assert 'name="timeliness"' not in page
    assert 'name="attitude"' in page
    assert client.post(f"/contracts/{code}/rating", data={"quality": "6"}).status_code == 422
    points = {"quality": "4", "compliance": "5", "attitude": "3", "comment": "认真"}
    assert client.post(f"/contracts/{code}/rating", data=points).status_code == 302
    assert client.post(f"/contracts/{code}/rating", data=points).status_code == 409
    given = session.scalar(sa.select(Rating.state).where(Rating.rater == RaterKind.OWNER))
    assert given is RatingState.GIVEN
    assert other_client(client, Role.OWNER).get(f"/contracts/{code}/rating").status_code == 404


def test_urging_is_once_a_working_day(client: FlaskClient, session: Session) -> None:
    deal = make_running(make_deal(at=now()), at=now())
    code, user = deal.code, person(deal.owner)
    session.commit()
    enter_as(client, user)
    for _time in range(2):
        assert client.post(f"/contracts/{code}/urges", data={"about": "deliverable"}).status_code == 302
    assert client.post(f"/contracts/{code}/urges", data={"about": "payment"}).status_code == 302
    assert session.scalar(sa.select(sa.func.count()).select_from(Urge)) == 1


def make_busy_owner(at: datetime) -> Actor:
    """An owner with one thing of every kind that can wait."""
    body, actor = make_owner_actor()
    operations.draft(draft_command(body), actor=actor, at=at)
    make_contract(make_deal(owner=body, at=at), at=at)
    running = make_running(make_deal(owner=body, at=at), at=at)
    submit(running, at=at)
    accepted = make_running(make_deal(owner=body, at=at), at=at)
    submit(accepted, at=at)
    accept(accepted, at=at)
    make_completed(make_deal(owner=body, at=at), at=at)
    return actor


def test_count_in_the_side_column_is_that_of_the_desk(client: FlaskClient, session: Session) -> None:
    actor = make_busy_owner(now())
    session.commit()
    kinds = {item.what for item in desk.waiting(actor)}
    assert kinds == {"finish_draft", "sign_contract", "decide_deliverable", "record_payment", "give_rating"}
    assert desk.waiting_count(actor) == len(desk.waiting(actor))
    dues = [item.due_at for item in desk.waiting(actor) if item.due_at is not None]
    assert dues == sorted(dues)


def statements_of(client: FlaskClient, url: str) -> int:
    """How many statements a page takes for somebody whom nothing has been read for yet."""
    db.session.expunge_all()
    with counted_statements() as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_desk_and_lists_take_the_same_few_statements(client: FlaskClient, session: Session) -> None:
    actor = make_busy_owner(now())
    project = session.scalars(sa.select(Project).where(Project.published_at.is_not(None)).limit(1)).one()
    user = person(actor)
    session.commit()
    enter_as(client, user)
    urls = ("/home", "/owner/projects", "/owner/contracts", "/projects")
    few = {}
    for url in urls:
        few[url] = statements_of(client, url)
    copy_projects(session.merge(project), 310)
    for url in urls:
        assert statements_of(client, url) == few[url], url
    assert max(few[url] for url in urls if url != "/home") <= 8
