"""Procurement notices, results, and the page of a purchase with its draws."""

from collections.abc import Iterator

import sqlalchemy as sa
from flask import Response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.permissions import Actor, P, Role, may
from supermarket.documents.queries import content, readable_document
from supermarket.extensions import db
from supermarket.policies.models import Industry
from supermarket.policies.queries import region_names
from supermarket.projects.models import Funding, Project
from supermarket.projects.queries import RESULT_STATES, ProjectFilter, after, project_for, search_projects
from supermarket.projects.states import PROJECT, PUBLIC_STATES, ProjectAction, ProjectState
from supermarket.selection.queries import draw_record, live_award, low_quotes_of
from supermarket.web import listing, presenting
from supermarket.web.access import present_actor, public
from supermarket.web.project_page import ProjectPage, read
from supermarket.web.public.blueprint import blueprint

Answer = str | BaseResponse | tuple[str, int]
PAGE_SIZE = 20
FACETS = ("state", "mode", "funding", "region", "matter", "industry", "winner")
STATES = tuple(state for state in ProjectState if state in PUBLIC_STATES)


def _filter(wanted: listing.Asked, only: tuple[ProjectState, ...]) -> ProjectFilter:
    state = wanted["state"]
    states = (ProjectState(state),) if state in {item.value for item in only} else ()
    region = wanted["region"]
    return ProjectFilter(
        q=wanted.q,
        states=states or (only if only != STATES else ()),
        mode=wanted["mode"],
        funding=wanted["funding"] if wanted["funding"] in set(Funding) else "",
        region=region if region in region_names() else "",
        matter=wanted["matter"],
        industry=wanted["industry"],
        winner_uscc=wanted["winner"],
    )


def _industry(code: str) -> str:
    row = db.session.get(Industry, code)
    return row.name if row is not None else code


def _labels() -> dict[str, tuple[str, listing.Say]]:
    return {
        "state": (_("State"), lambda name: presenting.word("project", name)),
        "mode": (_("Way of selection"), presenting.mode_label),
        "funding": (_("Money"), presenting.funding_label),
        "region": (_("Region"), presenting.short_region),
        "matter": (_("Matter"), str),
        "industry": (_("Industry"), _industry),
        "winner": (_("Selected agency"), str),
    }


def _list(template: str, only: tuple[ProjectState, ...], sorts: tuple[str, ...], name: str) -> Answer:
    wanted = listing.asked(FACETS, sorts)
    chosen = _filter(wanted, only)
    if listing.wanted_format():
        rows = listing.batches(lambda last: after(chosen, last_id=last, limit=500), lambda row: row.id)
        return _download(name, rows)
    found = search_projects(chosen, sort=wanted.sort, number=wanted.page, size=PAGE_SIZE)
    if not found.items and found.total and wanted.page > 1:
        return redirect(listing.page_address(found.pages))
    labels = _labels()
    states = {key: count for key, count in found.facets["state"].items() if key in {item.value for item in only}}
    facets = [
        listing.facet(*_head(labels, "state"), states, labels["state"][1], order=[s.value for s in only], most=15),
        listing.facet(*_head(labels, "mode"), found.facets["mode"], presenting.mode_label),
        listing.facet(*_head(labels, "funding"), found.facets["funding"], presenting.funding_label),
    ]
    if "region" in found.facets:
        facets.append(listing.facet(*_head(labels, "region"), found.facets["region"], presenting.short_region))
    return render_template(template, found=found, wanted=wanted, facets=facets, chips=listing.chips(wanted, labels))


def _head(labels: dict[str, tuple[str, listing.Say]], key: str) -> tuple[str, str]:
    return labels[key][0], key


def _download(name: str, rows: Iterator[Project]) -> Response:
    head = [
        _("Number"),
        _("Purchase"),
        _("State"),
        _("Owner"),
        _("Region"),
        _("Matter"),
        _("Way of selection"),
        _("Money"),
        _("Budget (yuan)"),
        _("Published"),
        _("Enrolment until"),
        _("Selected agency"),
        _("Award (yuan)"),
    ]
    lines = (
        (
            row.code,
            row.name,
            presenting.word("project", row.state),
            presenting.owner_name(row),
            presenting.short_region(row.region_code),
            row.matter_version.name,
            presenting.mode_label(row.mode),
            presenting.funding_label(row.funding),
            listing.yuan(row.budget),
            row.published_at,
            row.enrol_until,
            row.winner.name if row.winner else "",
            listing.yuan(row.award_price),
        )
        for row in rows
    )
    return listing.download(name, head, lines)


@blueprint.get("/projects")
@public
def projects() -> Answer:
    """Procurement notices."""
    return _list("public/projects.html", STATES, ("newest", "deadline", "budget", "name"), "projects")


@blueprint.get("/results")
@public
def results() -> Answer:
    """Who was selected, for how much."""
    return _list("public/results.html", RESULT_STATES, ("announced", "newest", "budget", "name"), "results")


def _is_officer(project: Project, actor: Actor) -> bool:
    return any(may(actor, permission, region=project.region_code) for permission in (P.PROJECT_REVIEW, P.SUPERVISE))


def next_step(page: ProjectPage, actor: Actor) -> list[tuple[str, str, str]]:
    """(label, address, tone) of what this reader can do now, the one next step first."""
    project, code = page.project, page.project.code
    steps: list[tuple[str, str, str]] = []
    if actor.has_role(Role.AGENCY) and project.published_at is not None:
        label = _("Check whether we may enrol") if project.state is ProjectState.OPEN else _("Our part in it")
        steps.append((label, url_for("agency.project", code=code), "primary"))
    if may(actor, P.PROJECT_DRAFT, organisation_id=project.owner_id) and not actor.system:
        if project.state is ProjectState.DRAFT:
            steps.append((_("Last look and hand in"), url_for("owner.submit", code=code), "primary"))
            steps.append((_("Change the draft"), url_for("owner.edit", code=code), ""))
        if project.due_what == "reduced_acceptance":
            steps.append((_("Accept the small number"), url_for("owner.accept_reduced", code=code), "primary"))
        if project.state is ProjectState.SELECTING and any(
            row.statement is not None and row.decided_at is None for row in low_quotes_of(project.id)
        ):
            steps.append((_("Abnormally low quotes"), url_for("owner.low_quotes", code=code), "primary"))
        for shown in page.draws:
            if shown.takes_numbers and page.project.state is ProjectState.SELECTING:
                there = url_for("owner.numbers", code=code, purpose=shown.draw.purpose)
                steps.append((_("Type the numbers of the bulletin"), there, "primary"))
            if shown.takes_corrections:
                there = url_for("owner.correction", code=code, purpose=shown.draw.purpose)
                if shown.claim is not None:
                    steps.append((_("Answer the claim of a typing error"), there, "primary"))
                else:
                    steps.append((_("A number was mistyped"), there, ""))
        if project.due_what == "choice":
            steps.append((_("Choose from the small list"), url_for("owner.choose", code=code), "primary"))
        if page.unsigned in ("owner", "both") and page.contract is not None:
            steps.append((_("Sign the contract"), url_for("owner.sign", code=page.contract.code), "primary"))
        elif page.contract is not None and page.contract.public_at is not None:
            steps.append((_("To the contract"), url_for("public.contract", code=page.contract.code), "primary"))
        if PROJECT.can(project.state, ProjectAction.AMEND) and project.due_what == "freeze":
            steps.append((_("Amend the notice"), url_for("owner.amend", code=code), ""))
        if PROJECT.can(project.state, ProjectAction.WITHDRAW) and not project.draw_locked:
            steps.append((_("Withdraw"), url_for("owner.withdraw", code=code), "danger-quiet"))
    return steps


@blueprint.get("/projects/<code>")
@public
def project(code: str) -> str:
    """The page of a purchase."""
    actor, at = present_actor(), now()
    seen = project_for(code, actor)
    insider = may(actor, P.PROJECT_DRAFT, organisation_id=seen.owner_id) or _is_officer(seen, actor)
    page = read(code, actor=actor, now=at, events=request.args.get("events", ""), public_only=not insider)
    owns = may(actor, P.PROJECT_DRAFT, organisation_id=seen.owner_id)
    return render_template(
        "public/project.html",
        p=page,
        steps=next_step(page, actor),
        can_reissue=owns and PROJECT.can(seen.state, ProjectAction.REISSUE) and page.reissue is None,
        hide_private=not insider,
    )


@blueprint.get("/projects/<code>/draw.json", defaults={"purpose": "main"})
@blueprint.get("/projects/<code>/draws/<purpose>.json")
@public
def draw_json(code: str, purpose: str) -> Response:
    """The public record of a draw, byte for byte."""
    project_for(code, present_actor())
    return Response(draw_record(code, purpose).to_json(), mimetype="application/json")


@blueprint.get("/projects/<code>/draws/<purpose>/<int:number>.json")
@public
def earlier_draw_json(code: str, purpose: str, number: int) -> Response:
    """The record of a draw as it was computed before: 1 as first drawn, 2 as computed again …"""
    project_for(code, present_actor())
    return Response(draw_record(code, purpose, number).to_json(), mimetype="application/json")


@blueprint.get("/projects/<code>/award-notice.pdf")
@public
def award_notice(code: str) -> Response:
    """The award notice (中选通知书) of the live award."""
    row = project_for(code, present_actor())
    award = live_award(row.id)
    if award is None or award.notice_document_id is None:
        raise NotFound(_("There is no award notice (yet)."))
    document = readable_document(award.notice_document_id, present_actor())
    return send_file(content(document), mimetype=document.media_type, download_name=document.name)


def newest(states: tuple[ProjectState, ...], limit: int) -> list[Project]:
    """The newest public purchases in some states: one statement."""
    order = Project.announced_at if ProjectState.ANNOUNCED in states else Project.published_at
    query = (
        sa.select(Project)
        .where(Project.state.in_(states), Project.published_at.is_not(None))
        .options(sa.orm.joinedload(Project.winner), sa.orm.lazyload(Project.matter_version))
        .order_by(order.desc().nulls_last(), Project.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))
