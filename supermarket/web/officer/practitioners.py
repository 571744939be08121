"""People in office: who works where with which licences, how much they carry, where they were; moves to decide."""

from collections.abc import Iterator, Sequence

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.locks import locks_of
from supermarket.agencies.models import MoveState, Practitioner, PractitionerMove
from supermarket.agencies.practitioner_forms import IdentitySearchForm, MoveDecisionForm
from supermarket.agencies.practitioner_queries import (
    OFFICES,
    move_for,
    moves_disputed,
    moves_of,
    practice_of,
    practitioner_for,
)
from supermarket.core.clock import now
from supermarket.core.paging import MOST, Slice
from supermarket.core.permissions import P, may
from supermarket.core.working_days import local_date
from supermarket.extensions import limiter
from supermarket.matters.queries import qualification_kinds
from supermarket.policies.queries import number, office_region, policies_for
from supermarket.projects.people import LOADS, SORTS, PeopleFilter, PersonRow, kinds_there, loads, people, projects_of
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.practitioner_words import LOADS as LOAD_WORDS
from supermarket.web.practitioner_words import MOVES, licence_look

LAST_ID = 2**31 - 1
SORT_LABELS = {
    "name": _l("Name"),
    "agency": _l("Agency"),
    "load": _l("Running contracts"),
    "newest": _l("Newest"),
}


def _kind_names() -> dict[str, str]:
    return {kind.code: kind.name for kind in qualification_kinds(of_person=True)}


def _most_load() -> int:
    """The limit of the reader's own region."""
    regions = [grant.region_code for permission in OFFICES for grant in present_actor().grants_with(permission)]
    return number(policies_for(next((code for code in regions if code), "510000"), now()), "practitioner_load")


@blueprint.get("/practitioners")
@needs(*OFFICES)
def practitioner_list() -> str | Response:
    """People by name or licence number, kind of licence, agency and load; as a file without identity numbers."""
    asked = listing.asked(("kind", "agency", "load"), SORTS)
    actor, names, most = present_actor(), _kind_names(), _most_load()
    chosen = PeopleFilter(
        q=asked.q,
        kind=asked["kind"],
        agency=asked["agency"],
        load=asked["load"] if asked["load"] in LOADS else "",
        most_load=most,
        sort=asked.sort,
    )
    if listing.wanted_format():
        head = (_("Name"), _("Agency"), _("Code"), _("Licences"), _("With the agency since"), _("Running contracts"))
        return listing.download("practitioners", head, _rows(chosen, names))
    found = people(chosen, Slice(number=asked.page), actor)
    counts = {code: count for code, count in kinds_there(actor).items() if code in names}
    return render_template(
        "officer/practitioners.html",
        found=found,
        asked=asked,
        facets=[
            listing.facet(_("Kind of licence"), "kind", counts, lambda code: names.get(code, code)),
            listing.Facet(
                _("Running contracts"),
                [
                    listing.Option(
                        str(LOAD_WORDS[name]),
                        None,
                        listing.address(load=None if chosen.load == name else name),
                        chosen.load == name,
                    )
                    for name in LOADS
                ],
            ),
        ],
        chips=listing.chips(
            asked,
            {
                "kind": (_("Kind of licence"), lambda code: names.get(code, code)),
                "agency": (_("Agency"), str),
                "load": (_("Running contracts"), lambda name: str(LOAD_WORDS.get(name, name))),
            },
        ),
        sortings=listing.sortings(asked, {name: str(label) for name, label in SORT_LABELS.items()}),
        downloads=listing.download_links(),
        shown=listing.shown_range(found.number, found.size, len(found.items), found.total),
        page_address=listing.page_address,
        kind_names=names,
        most_load=most,
        today=local_date(now()),
        licence_look=licence_look,
        disputed=_disputed(),
        search=IdentitySearchForm(formdata=None),
    )


def _rows(chosen: PeopleFilter, names: dict[str, str]) -> Iterator[Sequence[listing.Cell]]:
    """Every page of the list, up to the most rows of a download."""
    part, actor = Slice(size=MOST), present_actor()
    for _page in range(listing.MOST_ROWS // MOST):
        page = people(chosen, part, actor)
        yield from (_cells(row, names) for row in page.items)
        if page.next is None:
            return
        part = Slice(size=MOST, after=page.next)


def _cells(row: PersonRow, names: dict[str, str]) -> Sequence[listing.Cell]:
    person = row.person
    licences = "；".join(
        f"{names.get(item.kind_code, item.kind_code)} {item.number} {item.registered_until.isoformat()}"
        for item in person.live_licences
    )
    return person.name, person.agency.name, person.agency.uscc, licences, person.since, row.load


def _disputed() -> list[PractitionerMove]:
    actor = present_actor()
    return [
        row
        for row in moves_disputed()
        if may(actor, P.AGENCY_DECIDE, region=office_region(row.practitioner.agency.region_code))
    ]


def _who() -> str:
    return f"identity:{current_user.get_id()}"


@blueprint.post("/practitioners/search")
@needs(*OFFICES)
@limiter.limit("20 per hour", key_func=_who)
def practitioner_search() -> tuple[str, int] | str:
    """Find a person by identity number: sent in the body, kept nowhere; that somebody searched is recorded."""
    form = IdentitySearchForm()
    found, status = attempt(
        form,
        lambda: agencies.find_by_identity(form.identity_number.data, actor=present_actor(), at=now()),
    )
    # The number does not go back to the browser.
    form.identity_number.data = ""
    page = render_template(
        "officer/practitioner_search.html", form=form, found=found, kind_names=_kind_names(), today=local_date(now())
    )
    return page if status == 200 else (page, status)


@blueprint.get("/practitioners/<int:practitioner_id>")
@needs(*OFFICES)
def practitioner(practitioner_id: int) -> str:
    """A person: licences, load, projects, where they worked from when until when, moves."""
    person = practitioner_for(min(practitioner_id, LAST_ID), present_actor())
    history = practice_of(person.identity_hash)
    ids = [row.id for row in history]
    most = number(policies_for(person.agency.region_code, now()), "practitioner_load")
    return render_template(
        "officer/practitioner.html",
        person=person,
        history=history,
        kind_names=_kind_names(),
        today=local_date(now()),
        licence_look=licence_look,
        load=sum(loads(ids).values()),
        most_load=most,
        projects=projects_of(ids),
        locks=locks_of([person.id]).get(person.id, ()),
        moves=moves_of(person.identity_hash),
        move_looks=MOVES,
    )


# -- moves


def _move_page(move_id: int, form: MoveDecisionForm | None = None) -> str:
    row = move_for(min(move_id, LAST_ID), present_actor())
    person: Practitioner = row.practitioner
    return render_template(
        "officer/practitioner_move.html",
        move=row,
        person=person,
        form=form or MoveDecisionForm(formdata=None),
        locks=locks_of([person.id]).get(person.id, ()) if row.ended_at is None else (),
        kind_names=_kind_names(),
        look=MOVES[row.state],
        may_decide=row.state is MoveState.DISPUTED
        and may(present_actor(), P.AGENCY_DECIDE, region=person.agency.region_code),
    )


@blueprint.get("/practitioner-moves/<int:move_id>")
@needs(*OFFICES)
def practitioner_move(move_id: int) -> str:
    """A request to move a person, with both sides."""
    return _move_page(move_id)


@blueprint.post("/practitioner-moves/<int:move_id>")
@needs(P.AGENCY_DECIDE)
def decide_move(move_id: int) -> tuple[str, int] | Response:
    """Grant or deny a disputed move."""
    form = MoveDecisionForm()
    done, status = attempt(
        form,
        lambda: agencies.decide_move(
            min(move_id, LAST_ID),
            grant=form.decision.data == "grant",
            reason=form.reason.data,
            actor=present_actor(),
            at=now(),
        ),
    )
    if done is None:
        return _move_page(move_id, form), status
    tell(_("Decided. Both agencies are told, with your reason."))
    return redirect(url_for("office.practitioner_move", move_id=move_id), code=303)
