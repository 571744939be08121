"""Who is told of what, reading, and mail that names nothing but a link."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.events import TAGS, record
from supermarket.core.permissions import SYSTEM, Actor, Role
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.mail import MemoryMailer
from supermarket.gateways.queue import MemoryQueue
from supermarket.notices.mailing import mail, pending
from supermarket.notices.models import Notice
from supermarket.notices.operations import mark_all_read, mark_read
from supermarket.notices.queries import notices_of, unread_count
from supermarket.notices.recipients import TOLD
from supermarket.projects import operations as projects
from supermarket.supervision.demo_clock import set_clock
from tests.factories.accounts import make_actor, make_user
from tests.factories.projects import make_enrolled, make_open_project


def outbox() -> MemoryMailer:
    """The fake post."""
    mailer = current().mail
    assert isinstance(mailer, MemoryMailer)
    mailer.outbox.clear()
    mailer.refuse = False
    return mailer


def queue() -> MemoryQueue:
    """The fake queue, emptied."""
    found = current().queue
    assert isinstance(found, MemoryQueue)
    found.calls.clear()
    return found


def told(session: Session, tag: str) -> list[int]:
    """The organisations that were told of the last event of a tag."""
    rows = session.scalars(sa.select(Notice).order_by(Notice.id)).unique().all()
    return sorted(row.organisation_id for row in rows if row.event.tag == tag)


def make_notice(reader: Actor, at: datetime) -> Notice:
    """A notice of an event of its own."""
    event = record(TAGS["account.registered"], "1", actor=SYSTEM, at=at)
    row = Notice(organisation_id=reader.organisation_id, event_id=event.id, at=at)
    db.session.add(row)
    db.session.commit()
    return row


def test_every_tag_of_the_table_is_declared() -> None:
    assert set(TOLD) <= set(TAGS)


def test_everybody_in_a_project_is_told_of_its_end_but_not_who_ended_it(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    made = make_enrolled(project, 2, at)
    projects.withdraw(project.code, reason="预算取消，不再采购", actor=owner, at=at)
    assert told(session, "project.withdrawn") == sorted(agency.organisation_id or 0 for agency, _actor in made)
    assert owner.organisation_id not in told(session, "project.withdrawn")


def test_reading(session: Session, at: datetime) -> None:
    project, owner = make_open_project(at)
    (_first, reader), (_second, other) = make_enrolled(project, 2, at)
    before = unread_count(reader)
    projects.withdraw(project.code, reason="预算取消，不再采购", actor=owner, at=at)
    assert unread_count(reader) == before + 1
    newest = notices_of(reader, unread_only=True)[0]
    assert newest.event.tag == "project.withdrawn"
    with pytest.raises(NotFound):
        mark_read(newest.id, actor=other, at=at)
    mark_read(newest.id, actor=reader, at=at)
    mark_read(newest.id, actor=reader, at=at + timedelta(days=1))
    assert newest.read_at == at
    assert unread_count(reader) == before
    assert mark_all_read(actor=other, at=at) == before + 1
    assert unread_count(other) == 0


def test_mail_is_enqueued_after_the_commit_and_names_nothing(session: Session, at: datetime) -> None:
    set_clock(max(now(), at))
    moment = now()
    calls, post = queue(), outbox()
    with unit():
        project, owner = make_open_project(moment)
        agency, _actor = make_enrolled(project, 1, moment)[0]
        person = make_user(Role.AGENCY, session.get_one(type(project.owner), agency.organisation_id))
        projects.withdraw(project.code, reason="预算取消，不再采购", actor=owner, at=moment)
        assert [job for job, *_ in calls.calls] == []
        name, code = agency.name, project.code
    assert {job for job, *_ in calls.calls} == {"mail_notices"}
    calls.run()
    mails = post.to(person.email)
    assert mails
    for sent in mails:
        assert name not in sent.text + sent.subject
        assert code not in sent.text + sent.subject
        assert f"{current_app.config['SITE_URL']}/account/notices" in sent.text


def test_a_notice_is_mailed_once(session: Session, at: datetime) -> None:
    set_clock(max(now(), at))
    person = make_actor(Role.AGENCY)
    moment = now()
    row = make_notice(person, moment)
    old = make_notice(person, moment - timedelta(days=4))
    post = outbox()
    ids = [row.id, old.id]
    assert set(ids) <= set(pending())
    assert mail(ids) == 1
    assert mail(ids) == 0
    assert len(post.outbox) == 1  # what is four days old is no news
    assert not set(ids) & set(pending())


def test_an_address_that_is_refused_does_not_come_again(session: Session, at: datetime) -> None:
    set_clock(max(now(), at))
    person = make_actor(Role.AGENCY)
    row = make_notice(person, now())
    outbox().refuse = True
    assert mail([row.id]) == 0
    assert row.id not in pending()
