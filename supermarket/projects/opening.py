"""The witness learns until when quotes stay sealed: at the publication, and again whenever enrolment ends later.

It is told right after the commit; if it does not answer then, the supervisor's tick asks again until it has confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import JSONB

from supermarket.core.unit import after_commit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.witness import QuoteKey
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState

_log = structlog.get_logger(__name__)


def tell_later(project: Project, *, at: datetime) -> None:
    """Once this is committed, tell the witness the end of enrolment, where it does not know it yet."""
    code, opens_at = project.code, project.enrol_until
    if project.quote_keys is None or opens_at is None or project.witness_opens_at == opens_at:
        return

    def tell() -> None:
        try:
            _tell(code, opens_at, at)
        except GatewayError as error:
            _log.warning("the witness does not know the later opening yet", project=code, code=error.code)

    after_commit(tell)


def _tell(code: str, opens_at: datetime, at: datetime) -> QuoteKey:
    return current().witness.quote_key(code, opens_at.replace(microsecond=0), at=at.replace(microsecond=0))


@dataclass(frozen=True)
class Told:
    """The end of enrolment that the witness has confirmed, and its signed word for it."""

    enrol_until: datetime
    key: QuoteKey


def _untold() -> sa.ColumnElement[bool]:
    """The witness has not confirmed the end of enrolment, or its signature was not kept (before release 0.4)."""
    return sa.or_(
        Project.witness_opens_at.is_distinct_from(Project.enrol_until), ~Project.quote_keys.has_key("signature")
    )


def untold(at: datetime, limit: int) -> Sequence[tuple[datetime, int]]:
    """Open projects with sealed quotes whose end of enrolment the witness has not confirmed."""
    query = (
        sa.select(Project.published_at, Project.id)
        .where(
            Project.state == ProjectState.OPEN,
            Project.quote_keys.is_not(None),
            _untold(),
            Project.enrol_until > at,
        )
        .order_by(Project.published_at, Project.id)
        .limit(limit)
    )
    return [(since, number) for since, number in db.session.execute(query) if since is not None]


def prepare_telling(project_id: int, at: datetime) -> Told | None:
    """Ask the witness, outside of any transaction: what it has confirmed. Raises WitnessError."""
    row = db.session.execute(sa.select(Project.code, Project.enrol_until).where(Project.id == project_id)).first()
    db.session.rollback()  # nothing is held while the outside is asked
    if row is None or row.enrol_until is None:
        return None
    return Told(row.enrol_until, _tell(row.code, row.enrol_until, at))


def note_told(project_id: int, at: datetime, prepared: object) -> bool:
    """Keep what the witness confirmed, if that is still the end of enrolment. No change of the project: no new version."""
    if not isinstance(prepared, Told):
        return False
    kept = sa.cast(Project.quote_keys, JSONB).op("||")(sa.cast(prepared.key.content(), JSONB))
    noted = db.session.execute(
        sa.update(Project)
        .where(
            Project.id == project_id,
            Project.enrol_until == prepared.enrol_until,
            Project.quote_keys["witness"].astext == prepared.key.public_key,
            _untold(),
        )
        .values(witness_opens_at=prepared.enrol_until, quote_keys=kept)
        .returning(Project.id)
        .execution_options(synchronize_session=False)
    ).first()
    return noted is not None
