"""Notices that one's organisations were sent: read, and marked as read."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.notices.operations import mark_all_read
from supermarket.notices.queries import notices_of, unread_count
from supermarket.web import listing, timelines
from supermarket.web.access import present_actor, signed_in
from supermarket.web.account.blueprint import blueprint
from supermarket.web.acting import perform, tell

PAGE = 30


@blueprint.get("/account/messages")
@signed_in
def messages() -> str:
    """Notices, newest first."""
    actor, before = present_actor(), request.args.get("before", "")
    rows = notices_of(
        actor,
        before_id=int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None,
        limit=PAGE + 1,
    )
    shown = rows[:PAGE]
    entries = timelines.entries([row.event for row in shown])
    return render_template(
        "account/messages.html",
        rows=list(zip(shown, entries, strict=True)),
        unread=unread_count(actor),
        next_url=listing.address(before=str(shown[-1].id)) if len(rows) > PAGE else None,
        first_url=url_for("account.messages") if before else None,
    )


@blueprint.post("/account/messages/read")
@signed_in
def read_messages() -> Response:
    """Everything is read."""
    number = perform(lambda: mark_all_read(actor=present_actor(), at=now()))
    tell(_("%(number)s messages are marked as read.", number=number))
    return redirect(url_for("account.messages"), code=303)
