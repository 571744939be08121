"""The directory of agencies and the page of one; identity numbers and related parties stay out of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Response, redirect, render_template, request
from flask_babel import gettext as _

from supermarket.agencies.held_back import head_office_bars
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.queries import agency_by_uscc, agency_file, branches_of, standing_changes
from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.events import timeline
from supermarket.core.identifiers import mask_name
from supermarket.core.paging import Slice
from supermarket.core.working_days import local_date
from supermarket.credit.directory import SORTS, DirectoryFilter, DirectoryRow, directory
from supermarket.credit.models import StarLevel
from supermarket.credit.points import CreditLevel
from supermarket.credit.queries import barring_lists, credit_of, ledger, star_level
from supermarket.matters.queries import names as matter_names
from supermarket.matters.queries import qualification_kinds
from supermarket.policies.queries import region_names
from supermarket.projects.queries import ProjectFilter, after
from supermarket.ratings.queries import lines, scores_of_agency
from supermarket.web import listing, presenting, timelines
from supermarket.web.access import present_actor, public
from supermarket.web.credit_words import entry_label
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer
from supermarket.web.standing_words import action_word

PAGE_SIZE = 20
# Recomputations that change nothing for a reader; they stay in the log and the feed of changes.
QUIET = frozenset({"credit.stars_computed"})


@dataclass(frozen=True)
class StarInput:
    """One contract in the calculation of the stars."""

    label: str
    value: str
    source: str


def _stars_label(level: str) -> str:
    return str(_("not yet rated") if level == "0" else _("%(level)s stars or more", level=level))


def _at_least(counts: Mapping[int, int]) -> dict[str, int]:
    """Counts by level held as counts of “so many or more”."""
    return {str(level): sum(count for held, count in counts.items() if held >= level) for level in (5, 4, 3, 2, 1)}


def _credit_at_least(counts: Mapping[str, int]) -> dict[str, int]:
    return {level: sum(count for held, count in counts.items() if held <= level) for level in ("A", "B", "C", "D")}


def _download(chosen: DirectoryFilter) -> Response:
    def rows() -> Iterator[DirectoryRow]:
        after_cursor, count = None, 0
        while count < listing.MOST_ROWS:
            page, _facets = directory(chosen, Slice(size=100, after=after_cursor))
            yield from page.items
            count, after_cursor = count + len(page.items), page.next
            if after_cursor is None:
                return

    head = [
        _("Unified social credit code"),
        _("Agency"),
        _("Region"),
        _("Stars"),
        _("Score"),
        _("Ratings"),
        _("Credit points"),
        _("Credit"),
        _("Matters offered"),
    ]
    lines_of = (
        (
            row.agency.uscc,
            row.agency.name,
            presenting.short_region(row.agency.region_code),
            row.stars,
            row.score,
            row.rating_count,
            row.credit_points,
            row.credit_level.value,
            " ".join(service.matter_code for service in row.services),
        )
        for row in rows()
    )
    return listing.download("agencies", head, lines_of)


@blueprint.get("/agencies")
@public
def agencies() -> Answer:
    """Active agencies with stars and credit."""
    wanted = listing.asked(("region", "min_stars", "credit", "matter"), SORTS)
    stars = wanted["min_stars"]
    region, credit = wanted["region"], wanted["credit"]
    chosen = DirectoryFilter(
        q=wanted.q,
        matter=wanted["matter"],
        region=region if region in region_names() else "",
        min_stars=int(stars) if stars in {"1", "2", "3", "4", "5"} else None,
        credit=credit if credit in set(CreditLevel) else "",
        sort=wanted.sort,
    )
    if listing.wanted_format():
        return _download(chosen)
    found, counts = directory(chosen, Slice(size=PAGE_SIZE, number=wanted.page))
    if not found.items and found.total and wanted.page > 1:
        return redirect(listing.page_address(found.pages))
    names = matter_names([service.matter_code for row in found.items for service in row.services[:3]] + [chosen.matter])
    labels: dict[str, tuple[str, listing.Say]] = {
        "region": (_("Region"), presenting.short_region),
        "min_stars": (_("Stars"), _stars_label),
        "credit": (_("Credit"), lambda level: str(_("%(level)s or better", level=level))),
        "matter": (_("Matter"), lambda code: names.get(code, code)),
    }
    facets = [
        listing.facet(
            labels["min_stars"][0], "min_stars", _at_least(counts.stars), _stars_label, order=("5", "4", "3", "2", "1")
        ),
        listing.facet(
            labels["credit"][0],
            "credit",
            _credit_at_least(counts.credit),
            labels["credit"][1],
            order=("A", "B", "C", "D"),
        ),
        listing.facet(labels["region"][0], "region", counts.cities, presenting.short_region, most=22),
    ]
    return render_template(
        "public/agencies.html",
        found=found,
        wanted=wanted,
        names=names,
        facets=facets,
        chips=listing.chips(wanted, labels),
    )


def _star_inputs(level: StarLevel | None) -> list[StarInput]:
    """The contracts behind S, as the explanation keeps them."""
    rows = level.explanation.get("rows") if level is not None else None
    if not isinstance(rows, list):
        return []
    return [
        StarInput(
            str(_("Score %(score)s, %(days)s days ago", score=row["score"], days=row["age_days"])),
            str(_("weight %(weight)s", weight=str(row["weight"])[:8])),
            str(_("Contract %(code)s", code=row["contract"])),
        )
        for row in rows
    ]


def seen_by_public(agency: Agency) -> bool:
    """Whether an agency has a public page: from its admission on, for good."""
    return agency.onboarding is Onboarding.ADMITTED or agency.standing is not Standing.APPLIED


@blueprint.get("/agencies/<uscc>")
@public
def agency(uscc: str) -> str:
    """The page of an agency."""
    row = agency_file(uscc)
    own = any(grant.organisation_id == row.organisation_id for grant in present_actor().grants)
    if not seen_by_public(row) and not own:
        raise NotFound(_("There is no such agency."))
    at = now()
    kinds = {kind.code: kind.name for kind in qualification_kinds()}
    level, credit = star_level(row.uscc), credit_of(row.uscc, at)
    scores = scores_of_agency(row.uscc, Slice(size=20))
    known = timeline(subject_kind="agency", subject_code=row.uscc, public_only=True, limit=300)
    events = [event for event in known if event.tag not in QUIET][:60]
    chosen = request.args.get("events", "")
    changes = standing_changes(row.id)
    head = agency_by_uscc(row.head_office_uscc) if row.is_branch and row.head_office_uscc else None
    return render_template(
        "public/agency.html",
        agency=row,
        own=own,
        today=local_date(at),
        services=[service for service in row.services if service.hidden_reason is None or own],
        people=[person for person in row.practitioners if person.released_at is None],
        mask_name=mask_name,
        names=matter_names(
            [service.matter_code for service in row.services]
            + [change.matter_code for change in changes if change.matter_code]
        ),
        kinds=kinds,
        level=level,
        star_inputs=_star_inputs(level),
        credit=credit,
        entries=list(reversed(ledger(row.uscc))),
        entry_label=entry_label,
        lists=barring_lists(row.uscc, local_date(at)),
        performance=lines(scores.items),
        performance_total=scores.total,
        changes=changes,
        action_word=action_word,
        head=head if head is not None and seen_by_public(head) else None,
        head_bars=head_office_bars(row),
        branches=[branch for branch in branches_of(row.uscc) if seen_by_public(branch)],
        won=after(ProjectFilter(winner_uscc=row.uscc), last_id=None, limit=10),
        timeline=timelines.entries(timelines.filtered(events, chosen)),
        filters=timelines.filters(events, chosen),
    )
