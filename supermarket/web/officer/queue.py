"""Everything in the registers that needs a human, on one list; checks for many at once, decisions one by one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency, CheckRun, CheckRunItem, RegistryAnswer, RunItemState, RunKind
from supermarket.agencies.operations.runs import counts_of
from supermarket.core.clock import now
from supermarket.core.errors import InvalidInput, NotFound
from supermarket.core.permissions import Actor, P, may, region_covers
from supermarket.extensions import db
from supermarket.policies.queries import office_region, region_name, region_names
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import perform, tell
from supermarket.web.checks import registry_label
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.sources import LABELS, PERMISSIONS, QueueItem, read_all, readable

PAGE_SIZE = 20
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
FILTERS = ("kind", "region", "registry", "overdue")
SORTS: Mapping[str, Callable[[QueueItem], object]] = {
    "due": lambda item: (item.due or LATEST, item.since or LATEST, item.code),
    "since": lambda item: (item.since or LATEST, item.code),
    "name": lambda item: (item.subject, item.code),
}
KIND_OF_RUN = {"unchecked": RunKind.START, "onboarding": RunKind.AGAIN}


@dataclass(frozen=True)
class Asking:
    """What the queue is narrowed to."""

    q: str = ""
    kind: str = ""
    region: str = ""
    registry: str = ""
    overdue: str = ""
    sort: str = "due"

    def fits(self, item: QueueItem, at: datetime) -> bool:
        """Whether an item belongs to what is asked."""
        words = self.q.split()
        return (
            (not self.kind or item.kind == self.kind)
            and (not self.region or region_covers(self.region, item.region))
            and (not self.registry or self.registry in item.registries)
            and (not self.overdue or is_overdue(item, at))
            and all(word in item.subject or word.upper() == item.code for word in words)
        )

    def text(self) -> str:
        """As the part of an address that a page carries along."""
        return urlencode(
            {name: value for name, value in vars(self).items() if value and (name, value) != ("sort", "due")}
        )


def asking_of(text: str) -> Asking:
    """What a page carried along; anything unknown counts as not asked."""
    known = {name: listing.clean(value) for name, value in parse_qsl(text) if name in Asking.__annotations__}
    return _safe(Asking(**known))


def _safe(wanted: Asking) -> Asking:
    return Asking(
        q=wanted.q,
        kind=wanted.kind if wanted.kind in LABELS else "",
        region=wanted.region if wanted.region in region_names() else "",
        registry=wanted.registry,
        overdue="yes" if wanted.overdue else "",
        sort=wanted.sort if wanted.sort in SORTS else "due",
    )


def is_overdue(item: QueueItem, at: datetime) -> bool:
    """Whether an item should have been decided by now."""
    return item.due is not None and item.due <= at


def items_for(actor: Actor, wanted: Asking, at: datetime) -> list[QueueItem]:
    """What waits for the actor and fits, in the order asked for."""
    found = [item for item in read_all(actor, wanted.kind) if wanted.fits(item, at)]
    return sorted(found, key=SORTS[wanted.sort])  # type: ignore[arg-type]  # each key gives tuples of one shape


def next_item(actor: Actor, wanted: Asking, at: datetime, done: str) -> QueueItem | None:
    """What to look at after `done` (a code) was decided."""
    return next((item for item in items_for(actor, wanted, at) if item.code != done), None)


def _place(region: str) -> str:
    """The city that a region lies in; the region itself where it is no part of one."""
    city = f"{region[:4]}00"
    return city if city in region_names() else region


def _facets(found: Sequence[QueueItem], wanted: Asking, at: datetime) -> list[listing.Facet]:
    def counts(name: str, of: Callable[[QueueItem], Sequence[str]]) -> dict[str, int]:
        loose = Asking(**{**vars(wanted), name: ""})
        return dict(Counter(value for item in found if loose.fits(item, at) for value in of(item)))

    facets = [
        listing.facet(_("Kind"), "kind", counts("kind", lambda item: [item.kind]), _kind_label, order=tuple(LABELS)),
        listing.facet(
            _("Due"), "overdue", counts("overdue", lambda item: ["yes"] if is_overdue(item, at) else []), _overdue_label
        ),
        listing.facet(
            _("Registry without a usable answer"),
            "registry",
            counts("registry", lambda item: item.registries),
            registry_label,
        ),
        listing.facet(
            _("Region"), "region", counts("region", lambda item: [_place(item.region)]), region_name, most=22
        ),
    ]
    return [facet for facet in facets if facet.options]


def _kind_label(kind: str) -> str:
    return str(LABELS.get(kind, kind))


def _overdue_label(_value: str) -> str:
    return str(_("Overdue"))


def answers_again(found: Sequence[QueueItem]) -> list[QueueItem]:
    """Forms all of whose silent registries have answered somebody since: one statement."""
    names = sorted({name for item in found for name in item.registries})
    if not names:
        return []
    last = {
        row[0]: row[1]
        for row in db.session.execute(
            sa.select(RegistryAnswer.registry_name, sa.func.max(RegistryAnswer.last_at))
            .where(RegistryAnswer.registry_name.in_(names))
            .group_by(RegistryAnswer.registry_name)
        )
    }
    return [
        item
        for item in found
        if item.kind == "onboarding"
        and item.registries
        and all(last.get(name, EARLIEST) > (item.since or LATEST) for name in item.registries)
    ]


def _download(found: Sequence[QueueItem]) -> Response:
    head = [_("Kind"), _("Name"), _("Code"), _("Region"), _("Why it waits"), _("Since"), _("Due")]

    def rows() -> Iterator[Sequence[listing.Cell]]:
        for item in found[: listing.MOST_ROWS]:
            yield (
                _kind_label(item.kind),
                item.subject,
                item.code,
                region_name(item.region),
                item.why,
                item.since,
                item.due,
            )

    return listing.download("queue", head, rows())


@blueprint.get("/queue")
@needs(*PERMISSIONS)
def queue() -> str | Response | Answer:
    """What waits for the reader's office, the first due first."""
    asked = listing.asked(FILTERS, tuple(SORTS))
    wanted = _safe(
        Asking(asked.q, asked["kind"], asked["region"], asked["registry"], asked["overdue"], sort=asked.sort)
    )
    actor, at = present_actor(), now()
    everything = read_all(actor)
    found = sorted((item for item in everything if wanted.fits(item, at)), key=SORTS[wanted.sort])  # type: ignore[arg-type]  # as above
    if listing.wanted_format():
        return _download(found)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    if asked.page > pages:
        return redirect(listing.page_address(pages))
    shown = found[(asked.page - 1) * PAGE_SIZE : asked.page * PAGE_SIZE]
    labels: dict[str, tuple[str, listing.Say]] = {
        "kind": (_("Kind"), _kind_label),
        "region": (_("Region"), region_name),
        "registry": (_("Registry without a usable answer"), registry_label),
        "overdue": (_("Due"), _overdue_label),
    }
    may_check = any(actor.grants_with(P.AGENCY_CHECK))
    return render_template(
        "officer/queue.html",
        items=shown,
        total=len(found),
        page_number=asked.page,
        pages=pages,
        size=PAGE_SIZE,
        wanted=wanted,
        asked=asked,
        facets=_facets(everything, wanted, at),
        chips=listing.chips(asked, labels),
        overdue=sum(is_overdue(item, at) for item in found),
        is_overdue=lambda item: is_overdue(item, at),
        kind_label=_kind_label,
        bulk=wanted.kind if may_check and wanted.kind in KIND_OF_RUN and found else "",
        again=len(answers_again(found)) if wanted.kind == "onboarding" else 0,
        unchecked=sum(item.kind == "unchecked" for item in everything) if may_check else 0,
        kinds=[source.kind for source in readable(actor)],
        runs=open_runs(actor),
    )


@blueprint.post("/queue/checks")
@needs(P.AGENCY_CHECK)
def start_checks() -> Answer | tuple[str, int]:
    """Have checks run behind the page: of those ticked, of all that the filter shows, or of all whose registry answers again."""
    actor, at = present_actor(), now()
    wanted = asking_of(request.form.get("filters", ""))
    kind = KIND_OF_RUN.get(wanted.kind)
    if kind is None:
        raise InvalidInput(_("Choose imported agencies or onboarding that waits."))
    ticked = {listing.clean(code) for code in request.form.getlist("uscc")}
    found = items_for(actor, wanted, at)
    match request.form.get("which", ""):
        case "all":
            codes = [item.code for item in found]
        case "again":
            codes = [item.code for item in answers_again(found)]
        case _:
            # Not narrowed to the filter: whom the reader may not check, the operation refuses as a whole.
            codes = sorted(ticked)
    back = url_for("office.queue") + f"?{wanted.text()}"
    if not codes:
        tell(_("Nothing was chosen: tick the agencies, or take all that the list shows."), "warning")
        return redirect(back, code=303)
    run = perform(lambda: agencies.start_run(kind, codes, actor=actor, at=at))
    tell(_("Started. This page shows how far it is; you can leave it."))
    return redirect(url_for("office.check_run", number=run.id), code=303)


def open_runs(actor: Actor) -> Sequence[CheckRun]:
    """Runs of the reader's offices that go on, or ended last, newest first."""
    offices = actor.organisations_with(P.AGENCY_CHECK)
    query = sa.select(CheckRun).where(CheckRun.organisation_id.in_(offices)).order_by(CheckRun.id.desc()).limit(3)
    return db.session.scalars(query).all()


@blueprint.get("/queue/runs/<int:number>")
@needs(P.AGENCY_CHECK)
def check_run(number: int) -> str:
    """How far a run of checks is, and what could not be checked."""
    run = db.session.get(CheckRun, number) if number < 2**31 else None
    actor = present_actor()
    if run is None or run.organisation_id not in actor.organisations_with(P.AGENCY_CHECK):
        raise NotFound(_("There is no such run of checks."))
    counts = counts_of(run.id)
    rest = db.session.scalars(
        sa.select(CheckRunItem)
        .where(CheckRunItem.run_id == run.id, CheckRunItem.state.in_([RunItemState.FAILED, RunItemState.PASSED_OVER]))
        .options(sa.orm.joinedload(CheckRunItem.agency))
        .order_by(CheckRunItem.agency_id)
        .limit(100)
    ).all()
    return render_template(
        "officer/check_run.html",
        run=run,
        counts={state.value: counts.get(state, 0) for state in RunItemState},
        ready=run.total - counts.get(RunItemState.WAITING, 0),
        outcomes=_outcomes(run.id),
        rest=[item for item in rest if may(actor, P.AGENCY_CHECK, region=office_region(item.agency.region_code))],
    )


def _outcomes(run_id: int) -> dict[str, int]:
    """What became of those whose checks of this run are done, as they stand now: one statement."""
    rows = db.session.execute(
        sa.select(Agency.onboarding, sa.func.count())
        .join(CheckRunItem, CheckRunItem.agency_id == Agency.id)
        .where(CheckRunItem.run_id == run_id, CheckRunItem.state == RunItemState.DONE)
        .group_by(Agency.onboarding)
    ).all()
    return {state.value: number for state, number in rows}
