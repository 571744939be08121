"""Mail that a notice waits: a link, and nothing about persons or things."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from supermarket.accounts.models import Membership, User
from supermarket.core import clock
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.mail import Mail, MailError
from supermarket.notices.models import Notice

# What is older by the market's clock is not news: a queue that was down for days, or a demo's year of history.
NEWS = timedelta(days=3)
BATCH = 200
_log = structlog.get_logger(__name__)


def mail(notice_ids: Iterable[int]) -> int:
    """Mail the people of the organisations whose notices these are, once each; gives how many mails went out.

    A notice is marked once its mails are out: broken off between the two, the next run mails it again. An address that
    the mail server refuses does not keep the others from theirs.
    """
    sent = 0
    for (organisation_id, user_id), ids in _unmailed(notice_ids):
        sent += _tell_people(organisation_id, user_id, len(ids))
        _mark(ids)
    return sent


def pending() -> Sequence[int]:
    """Notices that wait for their mail, the oldest first: for the schedule, which asks again now and then."""
    with unit():
        return db.session.scalars(
            sa.select(Notice.id).where(Notice.mailed_at.is_(None)).order_by(Notice.id).limit(BATCH)
        ).all()


def _unmailed(notice_ids: Iterable[int]) -> list[tuple[tuple[int, int | None], list[int]]]:
    """The notices that are still news, by organisation and person; the others are marked at once."""
    found: dict[tuple[int, int | None], list[int]] = {}
    old = []
    with unit():
        news_since = clock.now() - NEWS
        rows = db.session.execute(
            sa.select(Notice.id, Notice.organisation_id, Notice.user_id, Notice.at)
            .where(Notice.id.in_(list(notice_ids)), Notice.mailed_at.is_(None))
            .order_by(Notice.id)
        ).all()
        for row in rows:
            if row.at < news_since:
                old.append(row.id)
            else:
                found.setdefault((row.organisation_id, row.user_id), []).append(row.id)
    if old:
        _mark(old)
    return list(found.items())


def _mark(ids: Sequence[int]) -> None:
    with unit():
        db.session.execute(sa.update(Notice).where(Notice.id.in_(ids)).values(mailed_at=clock.now()))


def _tell_people(organisation_id: int, user_id: int | None, count: int) -> int:
    with unit():
        people = db.session.execute(
            sa.select(User.email, User.locale)
            .join(Membership, Membership.user_id == User.id)
            .where(
                Membership.organisation_id == organisation_id,
                User.active,
                sa.true() if user_id is None else User.id == user_id,
            )
            .distinct()
            .order_by(User.email)
        ).all()
    sent = 0
    for address, locale in people:
        with force_locale(locale):
            subject = _("%(site)s: %(count)s new notices", site=current_app.config["SITE_NAME"], count=count)
            text = _(
                "New notices wait for your organisation. Sign in to read them:\n\n%(link)s\n",
                link=f"{str(current_app.config['SITE_URL']).rstrip('/')}/account/notices",
            )
        try:
            current().mail.send(Mail(to=address, subject=subject, text=text))
        except MailError as error:
            _log.warning("a notice was not mailed", organisation=organisation_id, code=error.code)
        else:
            sent += 1
    return sent
