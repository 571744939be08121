"""The starting list and the kinds of qualification, as the product carries them."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from supermarket.core.events import record
from supermarket.core.permissions import SYSTEM
from supermarket.core.working_days import local_date
from supermarket.data import catalogue, facts
from supermarket.extensions import db
from supermarket.matters import events
from supermarket.matters.commands import MatterDraft
from supermarket.matters.models import CommissionedBy, FeeKind, Matter, MatterState, QualificationKind
from supermarket.matters.operations.common import new_version


def load_catalogue(at: datetime, *, region_code: str = "510000") -> int:
    """Enter the kinds of qualification and the starting matters that are not there yet; gives how many matters are new.

    What a list office has changed meanwhile stays as it is.
    """
    kinds = load_kinds()
    known = set(db.session.scalars(sa.select(Matter.code)))
    fresh = [item for item in catalogue.matters() if item.code not in known]
    published = 0
    for item in fresh:
        publish_now = item.status is facts.MatterStatus.PUBLISHED
        enter_starting_matter(item, region_code=region_code, at=at)
        published += publish_now
    if fresh or kinds:
        data = {"kinds": kinds, "matters": len(fresh), "published": published}
        record(events.CATALOGUE_LOADED, "catalogue", actor=SYSTEM, at=at, data=data)
    return len(fresh)


def load_kinds() -> int:
    """Bring the kinds of qualification up to what the product carries; gives how many are new or changed."""
    rows = [
        {
            "code": kind.code,
            "of_person": kind.holder is facts.Holder.PERSON,
            "name": kind.name,
            "levels": list(kind.levels),
            "issuing_authority": kind.issuing_authority,
            "status": kind.status.value,
            "status_effective": kind.status_effective,
            "basis": kind.basis,
            "note": kind.note,
            "uncertain": kind.confidence == "uncertain",
        }
        for kind in catalogue.qualification_kinds()
    ]
    table = QualificationKind.__table__
    statement = insert(QualificationKind).values(rows)
    others = [column.name for column in table.columns if column.name != "code"]
    changed = statement.on_conflict_do_update(
        index_elements=["code"],
        set_={name: statement.excluded[name] for name in others},
        where=sa.or_(*(table.c[name].is_distinct_from(statement.excluded[name]) for name in others)),
    )
    return len(db.session.execute(changed.returning(table.c.code)).all())


def starting_draft(item: facts.Matter, valid_from: date) -> MatterDraft:
    """The wording of a matter of the starting list."""
    return MatterDraft(
        name=item.name,
        approval_item=item.approval_item,
        department=item.department,
        industry=item.industry,
        stage=item.stage,
        legal_basis=item.legal_basis,
        other_basis=item.other_basis,
        citation_check=item.citation_check,
        agency_type=item.agency_type,
        commissioned_by=CommissionedBy(item.commissioned_by.value),
        fee_bearer=item.fee_bearer.value,
        fee_kind=FeeKind(item.fee_kind.value),
        fee_standard=item.fee_text,
        fee_reference=item.fee_reference or "",
        requirement=item.requirement,
        requirement_text=item.qualification_text,
        requirement_source=item.requirement_source,
        licences=item.licences,
        service_time=item.service_time,
        approval_time=item.statutory_time,
        result_document=item.result_document,
        note=item.note,
        valid_from=valid_from,
    )


def enter_starting_matter(item: facts.Matter, *, region_code: str, at: datetime) -> Matter:
    """Enter one matter of the starting list, published where the list says so."""
    matter = Matter(code=item.code, region_code=region_code, state=MatterState.DRAFT)
    db.session.add(matter)
    db.session.flush()
    version = new_version(matter, starting_draft(item, local_date(at)), 1, "new", "")
    db.session.flush()
    if item.status is facts.MatterStatus.PUBLISHED:
        version.published_at = at
        db.session.flush()
        matter.published_version_id, matter.state = version.id, MatterState.PUBLISHED
        db.session.flush()
        db.session.expire(matter, ["published_version"])
    return matter
