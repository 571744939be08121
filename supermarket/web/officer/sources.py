"""What needs a human in the registers: each kind is a source with its permission and its query; no table of its own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.agencies.change_queries import changes_waiting
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.practitioner_queries import moves_disputed
from supermarket.agencies.queries import agencies_by_uscc
from supermarket.agencies.scope_queries import services_unclear
from supermarket.agencies.verification import Silence, Waiting, onboarding_waiting, reverification_cases
from supermarket.core.clock import local_text
from supermarket.core.permissions import Actor, P, may
from supermarket.extensions import db
from supermarket.matters.models import MatterState
from supermarket.matters.queries import names, office_list
from supermarket.policies.queries import office_region
from supermarket.projects.exception_queries import exceptions_waiting
from supermarket.standing.decisions import Office
from supermarket.standing.queries import open_cases, waiting_rectifications
from supermarket.standing.states import RemovalState
from supermarket.web.checks import check_label, registry_label
from supermarket.web.officer.regions import in_charge, regions_of
from supermarket.web.officer.standing import filed_opinions

# More than an office can decide; the page says so where it is reached.
MOST = 2_000


@dataclass(frozen=True)
class QueueItem:
    """One thing that needs a human: about whom, why it waits, since when, until when (None: no limit), where to decide."""

    kind: str
    subject: str
    code: str
    why: str
    url: str
    region: str
    since: datetime | None = None
    due: datetime | None = None
    registries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One kind of thing that waits. `quiet`: stands on the desk elsewhere, or as one line that `count` gives."""

    kind: str
    label: object  # a lazy text: Flask-Babel ships no type for it
    permissions: tuple[P, ...]
    read: Callable[[Actor], Sequence[QueueItem]]
    count: Callable[[Actor], int] | None = None
    quiet: bool = False


def listed(words: Iterable[str]) -> str:
    """Several words in a row, as the reader's language separates them."""
    return str(_(", ")).join(words)


def silent_because(silent: Sequence[Silence]) -> str:
    """Which registries are silent or contradict themselves, since when, and what they were asked."""
    return " ".join(
        _(
            "“%(registry)s” gives no usable answer since %(since)s: %(checks)s.",
            registry=registry_label(item.registry),
            since=local_text(item.since),
            checks=listed(dict.fromkeys(check_label(code) for code in item.codes)),
        )
        for item in silent
    )


def _why(item: Waiting) -> str:
    parts = [listed(dict.fromkeys(map(check_label, item.to_look_at))), silent_because(item.silent)]
    return " ".join(part for part in parts if part) or str(_("Some finding is not known."))


def _onboarding(actor: Actor) -> Sequence[QueueItem]:
    return [
        QueueItem(
            kind="onboarding",
            subject=item.agency.name,
            code=item.agency.uscc,
            why=_why(item),
            url=url_for("office.agency", uscc=item.agency.uscc),
            region=item.agency.region_code,
            since=item.silent[0].since if item.silent else item.agency.applied_at,
            due=item.due_at,
            registries=tuple(each.registry for each in item.silent),
        )
        for item in onboarding_waiting(MOST)
        if may(actor, P.AGENCY_DECIDE, region=office_region(item.agency.region_code))
    ]


def _imported(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.and_(
        Agency.standing == Standing.APPLIED,
        Agency.onboarding == Onboarding.DRAFT,
        Agency.organisation_id.is_(None),
        in_charge(Agency.region_code, actor, P.AGENCY_CHECK),
    )


def imported_unchecked(actor: Actor, limit: int = MOST * 5) -> Sequence[QueueItem]:
    """Entries that a file brought in and whose checks nobody has started, the oldest first."""
    rows = db.session.execute(
        sa.select(Agency.name, Agency.uscc, Agency.region_code, Agency.applied_at)
        .where(_imported(actor))
        .order_by(Agency.applied_at, Agency.id)
        .limit(limit)
    ).all()
    return [
        QueueItem(
            kind="unchecked",
            subject=row.name,
            code=row.uscc,
            why=_("Imported; nobody has started its checks."),
            url=url_for("office.agency", uscc=row.uscc),
            region=row.region_code,
            since=row.applied_at,
        )
        for row in rows
    ]


def imported_unchecked_count(actor: Actor) -> int:
    """How many there are of them."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(Agency).where(_imported(actor))) or 0


def _reverification(actor: Actor) -> Sequence[QueueItem]:
    return [
        QueueItem(
            kind="reverification",
            subject=case.agency.name,
            code=case.agency.uscc,
            why=_(
                "No longer passed: %(checks)s. All its services are hidden.",
                checks=listed(check_label(code) for code in case.codes),
            ),
            url=url_for("office.agency", uscc=case.agency.uscc) + "#case",
            region=case.agency.region_code,
            since=case.opened_at,
            due=case.due_at,
        )
        for case in reverification_cases(limit=MOST)
        if may(actor, P.AGENCY_DECIDE, region=office_region(case.agency.region_code))
    ]


def _changes(actor: Actor) -> Sequence[QueueItem]:
    found = []
    for row in changes_waiting(MOST):
        if not may(actor, P.AGENCY_DECIDE, region=office_region(row.agency.region_code)):
            continue
        unknown = [item for item in row.findings if item.get("outcome") == "unknown"]
        registries = tuple(dict.fromkeys(str(item.get("registry", "")) for item in unknown))
        found.append(
            QueueItem(
                kind="profile_change",
                subject=row.agency.name,
                code=row.agency.uscc,
                why=_(
                    "Change %(number)s of the profile waits for: %(registries)s.",
                    number=row.number,
                    registries=listed(registry_label(name) for name in registries if name) or "–",
                ),
                url=url_for("office.agency", uscc=row.agency.uscc) + f"#change-{row.number}",
                region=row.agency.region_code,
                since=row.proposed_at,
                due=row.decision_due_at,
                registries=tuple(name for name in registries if name),
            )
        )
    return found


def _scopes(actor: Actor) -> Sequence[QueueItem]:
    """Services of which no check can tell whether the registered scope covers them; three statements, one for names."""
    rows = [
        item
        for item in services_unclear(MOST)
        if may(actor, P.AGENCY_DECIDE, region=office_region(item.agency.region_code))
    ]
    known = names(sorted({item.matter_code for item in rows}))
    return [
        QueueItem(
            kind="scope",
            subject=item.agency.name,
            code=item.agency.uscc,
            why=_(
                "Whether the registered scope covers “%(service)s” has to be read; it is hidden until then.",
                service=known.get(item.matter_code, item.matter_code),
            ),
            url=url_for("office.agency", uscc=item.agency.uscc) + f"#scope-{item.matter_code}",
            region=item.agency.region_code,
            since=item.finding.first_at,
            due=item.due_at,
        )
        for item in rows
    ]


def _matters(actor: Actor) -> Sequence[QueueItem]:
    rows = [
        row
        for region in regions_of(actor, P.MATTER_PUBLISH)
        for row in office_list(region, state=MatterState.SUBMITTED, limit=MOST)
    ]
    return [
        QueueItem(
            kind="matter",
            subject=version.name,
            code=matter.code,
            why=_("Submitted to be published."),
            url=url_for("office.matter", code=matter.code),
            region=matter.region_code,
        )
        for matter, version in rows
    ]


def _standing(actor: Actor) -> Sequence[QueueItem]:
    """Rectifications, opinions and removal cases that the reader's office answers; three statements and two for names."""
    authority = any(actor.grants_with(P.STANDING_APPROVE_AS_AUTHORITY))
    operator = any(actor.grants_with(P.STANDING_APPROVE_AS_OPERATOR))
    found: list[tuple[str, str, datetime | None, datetime | None]] = []
    if authority:
        text = _("A rectification was handed in: accept or refuse it.")
        found += [(row.agency_uscc, text, row.submitted_at, None) for row in waiting_rectifications(actor)]
    if operator:
        text = _("An authority's opinion that it be demoted: accept or refuse it.")
        found += [(row.agency_uscc, text, row.filed_at, None) for row in filed_opinions()]
    offices = {office for office, there in ((Office.AUTHORITY, authority), (Office.OPERATOR, operator)) if there}
    text = _("A removal case waits for your office's answer.")
    found += [
        (case.agency_uscc, text, case.opened_at, case.decision_due_at)
        for case in open_cases()
        if case.state is RemovalState.DECIDING and offices - {row.office for row in case.approvals}
    ]
    rows = agencies_by_uscc({uscc for uscc, *_rest in found})
    return [
        QueueItem(
            kind="standing",
            subject=rows[uscc].name,
            code=uscc,
            why=why,
            url=url_for("office.agency_standing", uscc=uscc),
            region=rows[uscc].region_code,
            since=since,
            due=due,
        )
        for uscc, why, since, due in found
        if uscc in rows and any(may(actor, item, region=office_region(rows[uscc].region_code)) for item in STANDING)
    ]


def _moves(actor: Actor) -> Sequence[QueueItem]:
    return [
        QueueItem(
            kind="move",
            subject=_(
                "%(person)s: from %(before)s to %(after)s",
                person=row.name,
                before=before.name,
                after=row.to_agency.name,
            ),
            code=before.uscc,
            why=_("The agency refuses to release the person: %(reason)s", reason=row.refusal)
            if row.refusal
            else _("The agency has not answered in time."),
            url=url_for("office.practitioner_move", move_id=row.id),
            region=before.region_code,
            since=row.disputed_at,
            due=row.decision_due_at,
        )
        for region in regions_of(actor, P.AGENCY_DECIDE)
        for row in moves_disputed(region, MOST)
        for before in (row.practitioner.agency,)
    ]


def _exceptions(actor: Actor) -> Sequence[QueueItem]:
    return [
        QueueItem(
            kind="exception",
            subject=row.project.name,
            code=row.project.code,
            why=_("An owner asks for a requirement beyond the matter's own."),
            url=url_for("office.exception", number=row.id),
            region=row.project.region_code,
            since=row.asked_at,
            due=row.due_at,
        )
        for region in regions_of(actor, P.REQUIREMENT_EXCEPT)
        for row in exceptions_waiting(region, MOST)
    ]


STANDING = (P.STANDING_APPROVE_AS_AUTHORITY, P.STANDING_APPROVE_AS_OPERATOR)
SOURCES: tuple[Source, ...] = (
    Source("onboarding", _l("Onboarding that waits"), (P.AGENCY_DECIDE,), _onboarding),
    Source("reverification", _l("No longer verified"), (P.AGENCY_DECIDE,), _reverification),
    Source("profile_change", _l("Changes of profile"), (P.AGENCY_DECIDE,), _changes),
    Source("scope", _l("Scope of business to be read"), (P.AGENCY_DECIDE,), _scopes),
    Source("move", _l("Moves in dispute"), (P.AGENCY_DECIDE,), _moves),
    Source("exception", _l("Requirement exceptions"), (P.REQUIREMENT_EXCEPT,), _exceptions),
    Source("standing", _l("Demotion and removal"), STANDING, _standing, quiet=True),
    Source("matter", _l("Matters submitted"), (P.MATTER_PUBLISH,), _matters, quiet=True),
    Source(
        "unchecked",
        _l("Imported, unchecked"),
        (P.AGENCY_CHECK,),
        imported_unchecked,
        imported_unchecked_count,
        quiet=True,
    ),
)
LABELS = {source.kind: source.label for source in SOURCES}
PERMISSIONS = tuple(dict.fromkeys(permission for source in SOURCES for permission in source.permissions))


def readable(actor: Actor) -> Sequence[Source]:
    """The sources for which an actor holds the permission."""
    return [source for source in SOURCES if any(any(actor.grants_with(item)) for item in source.permissions)]


def read_all(actor: Actor, kind: str = "") -> list[QueueItem]:
    """Everything that waits for an actor, or one kind of it."""
    return [item for source in readable(actor) if kind in ("", source.kind) for item in source.read(actor)]


def loud(actor: Actor) -> list[QueueItem]:
    """What stands on the desk one by one."""
    return [item for source in readable(actor) if not source.quiet for item in source.read(actor)]


def quiet_count(actor: Actor) -> int:
    """How much of the quiet kinds waits."""
    return sum(source.count(actor) for source in readable(actor) if source.quiet and source.count is not None)
