"""Everything that an officer needs to decide on an agency, read for one page: the file, findings, what is missing, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supermarket.agencies.change_queries import open_changes
from supermarket.agencies.models import (
    Agency,
    AgencyNote,
    ChangeState,
    Check,
    Outcome,
    Reverification,
    ReverificationState,
    Service,
)
from supermarket.agencies.operations.files import file_of
from supermarket.agencies.queries import last_checks
from supermarket.agencies.rules import service_result
from supermarket.agencies.scope_queries import unclear_matters
from supermarket.core.clock import now
from supermarket.core.events import Event
from supermarket.disclosure.queries import organisation_names
from supermarket.extensions import db
from supermarket.matters.queries import names
from supermarket.web.checks import Group, grouped, hidden_label, kind_names, missing_words
from supermarket.web.profile_words import ShownChange, shown_change

DECIDED = ("agency.admitted", "agency.refused")


@dataclass(frozen=True)
class Filed:
    """One filed thing with what was found about it; `facts` are (label, value) pairs ready to print."""

    title: str
    group: Group | None
    counts: bool
    row: object


@dataclass(frozen=True)
class Offered:
    """A service with what was found about it, why it is hidden, and what its matter asks for that is missing."""

    row: Service
    name: str
    group: Group | None
    hidden: str
    missing: Sequence[str]
    unclear: bool = False


@dataclass(frozen=True)
class OfficeFile:
    """The agency's file as an office reads it."""

    body: Group | None
    services: Sequence[Offered]
    qualifications: Sequence[Filed]
    people: Sequence[Filed]
    others: Sequence[Group]
    failing: int
    unknown: int
    case: Reverification | None
    changes: Sequence[ShownChange]
    notes: Sequence[AgencyNote]
    matter_names: Mapping[str, str]

    @property
    def to_decide(self) -> str:
        """The anchor of the first change or scope that waits for the office; empty where none does."""
        anchors = [f"change-{item.number}" for item in self.changes]
        anchors += [f"scope-{item.row.matter_code}" for item in self.services if item.unclear]
        return anchors[0] if anchors else ""


def office_file(row: Agency) -> OfficeFile:
    """Read it; `row` comes with its file. About ten statements, however much is filed."""
    matter_names = names([service.matter_code for service in row.services])
    checks = last_checks(row.id)
    groups = {group.subject: group for group in grouped(checks, row, matter_names)}
    file = file_of(row.uscc, now())
    offered = {service.matter_code: service for service in file.services}
    kinds = kind_names()
    unclear = unclear_matters(row.id)

    def missing(code: str) -> list[str]:
        known = offered.get(code)
        if known is None:
            return []
        return list(map(missing_words, service_result(known.tree, file.counting, file.on).leaves()))

    services = [
        Offered(
            row=service,
            name=matter_names.get(service.matter_code, service.matter_code),
            group=groups.get(f"service:{service.matter_code}"),
            hidden=hidden_label(service.hidden_reason),
            missing=missing(service.matter_code),
            unclear=service.matter_code in unclear,
        )
        for service in row.services
    ]
    qualifications = [
        Filed(
            title=kinds.get(filed.kind_code, filed.kind_code),
            group=groups.get(f"qualification:{filed.id}"),
            counts=filed.verified_at is not None,
            row=filed,
        )
        for filed in row.qualifications
    ]
    people = [
        Filed(
            title=f"{person.name} · {kinds.get(licence.kind_code, licence.kind_code)}",
            group=groups.get(f"licence:{licence.id}"),
            counts=licence.verified_at is not None,
            row=licence,
        )
        for person in row.practitioners
        if person.released_at is None
        for licence in person.live_licences
    ]
    shown = {"", *(f"service:{service.matter_code}" for service in row.services)}
    shown |= {f"qualification:{filed.id}" for filed in row.qualifications}
    shown |= {f"licence:{item.row.id}" for item in people if hasattr(item.row, "id")}
    return OfficeFile(
        body=groups.get(""),
        services=services,
        qualifications=qualifications,
        people=people,
        others=[group for subject, group in groups.items() if subject not in shown],
        failing=_count(checks, Outcome.FAIL),
        unknown=_count(checks, Outcome.UNKNOWN),
        case=db.session.scalar(
            sa.select(Reverification).where(
                Reverification.agency_id == row.id, Reverification.state == ReverificationState.OPEN
            )
        ),
        changes=[shown_change(change) for change in open_changes(row.id) if change.state is ChangeState.WAITING],
        notes=db.session.scalars(
            sa.select(AgencyNote).where(AgencyNote.agency_id == row.id).order_by(AgencyNote.id.desc()).limit(50)
        ).all(),
        matter_names=matter_names,
    )


def _count(checks: Sequence[Check], outcome: Outcome) -> int:
    return sum(row.outcome is outcome for row in checks)


@dataclass(frozen=True)
class Decided:
    """Who decided on a form last: the office, not the person."""

    admitted: bool
    office: str
    event: Event


def decided_by(uscc: str) -> Decided | None:
    """The last decision on an agency's form, None where there was none."""
    event = db.session.scalar(
        sa.select(Event)
        .where(Event.agency_uscc == uscc, Event.subject_kind == "agency", Event.tag.in_(DECIDED))
        .order_by(Event.id.desc())
        .limit(1)
    )
    if event is None:
        return None
    number = event.actor_organisation_id
    office = "" if number is None else organisation_names([number]).get(number, "")
    return Decided(event.tag == DECIDED[0], office, event)
