"""/changes: everything public that changed, sealed and in commit order, for other platforms.

Neither place nor hash of the log is told: gaps between public events would tell within minutes how many enrol and quote
(ADR 36). What the log holds as a whole is told by its hourly head.
"""

import sqlalchemy as sa
from pydantic import Field

from supermarket.api.cursors import hidden, place_of
from supermarket.api.parameters import PageQuery, UsccText
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape
from supermarket.core.events import Event, SealedEvent, Value
from supermarket.core.msgids import N_
from supermarket.core.paging import decode_cursor, encode_cursor
from supermarket.extensions import db


class ChangesQuery(PageQuery):
    """What the changes are narrowed to."""

    subject: str = Field("", pattern=r"^[a-z_]{1,32}$", description="project, agency, contract, matter …")
    project: str | None = Field(None, pattern=r"^P-[0-9]{4}-[0-9]{6,12}$", description="code of a project")
    agency: UsccText | None = None


class ChangeShape(Shape):
    """One public event; references only, no personal data."""

    id: str = Field(description="names the change; the same whenever it is read")
    tag: str
    subject: str
    code: str
    project: str | None
    agency: str | None
    at: Moment
    data: dict[str, Value]


def _shape(sealed: SealedEvent, event: Event) -> ChangeShape:
    return ChangeShape(
        id=hidden(sealed.seq),
        tag=event.tag,
        subject=event.subject_kind,
        code=event.subject_code,
        project=event.project_code,
        agency=event.agency_uscc,
        at=event.at,
        data=event.data,
    )


@route("GET", "/changes", N_("What changed"), gives=ChangeShape, many=True, query=ChangesQuery)
def list_changes(query: ChangesQuery) -> Listing[ChangeShape]:
    """Oldest first. `next` is never null once there was anything: keep it, and ask again later for what came after."""
    wanted = sa.select(SealedEvent, Event).join(Event, Event.id == SealedEvent.event_id).where(Event.public)
    after = None if query.after is None else _place(query.after)
    if after is not None:
        wanted = wanted.where(SealedEvent.seq > after)
    if query.subject:
        wanted = wanted.where(Event.subject_kind == query.subject)
    if query.project is not None:
        wanted = wanted.where(Event.project_code == query.project)
    if query.agency is not None:
        wanted = wanted.where(Event.agency_uscc == query.agency)
    rows = db.session.execute(wanted.order_by(SealedEvent.seq).limit(query.size)).all()
    last = rows[-1][0].seq if rows else after
    return Listing(
        [_shape(sealed, event) for sealed, event in rows], None if last is None else encode_cursor([hidden(last)])
    )


def _place(cursor: str) -> int:
    (value,) = decode_cursor(cursor, (str,))
    return place_of(str(value))
