"""Purchases in office: the review queue, approval and return, void, disqualification, suspension, draw numbers."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.errors import MarketError
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import Actor, P, may
from supermarket.projects import operations as projects
from supermarket.projects.forms import ReasonForm
from supermarket.projects.models import Project
from supermarket.projects.queries import ProjectFilter, project_for, search_projects, weak_links_for
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState
from supermarket.selection.bulletins import takes_numbers, typing_of
from supermarket.selection.corrections import takes_corrections
from supermarket.selection.forms import NumbersForm
from supermarket.selection.models import Draw
from supermarket.selection.operations import disqualify_award, enter_numbers
from supermarket.selection.publication import sources_for
from supermarket.selection.queries import draws_of, live_award
from supermarket.selection.states import AWARD, AwardAction
from supermarket.supervision.queries import findings_of_project
from supermarket.web import listing, presenting
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, refuse, tell
from supermarket.web.agency.forms import ConfirmForm
from supermarket.web.correcting import correction_page
from supermarket.web.eligibility_words import runs_of, weak_label
from supermarket.web.finding_words import code_label
from supermarket.web.officer.blueprint import PROJECTS, blueprint
from supermarket.web.project_page import read

Forms = Mapping[str, CommandForm]


def scope_of(actor: Actor, *permissions: P) -> str:
    """The region that an officer's lists begin with: the first grant's."""
    for permission in permissions:
        for grant in actor.grants_with(permission):
            return grant.region_code or ""
    return ""


def waiting_draws(project: Project) -> list[Draw]:
    """Draws of a project that wait for the numbers of a bulletin."""
    return [row for row in draws_of(project.id) if takes_numbers(row)]


def _acts(project: Project, actor: Actor, at: datetime) -> frozenset[str]:
    """What the reader can do with the project now; the operations ask again."""
    region, state = project.region_code, project.state
    found = set()
    if may(actor, P.PROJECT_REVIEW, region=region) and PROJECT.can(state, ProjectAction.APPROVE):
        found |= {"approve", "return"}
    if may(actor, P.PROJECT_VOID, region=region):
        award = live_award(project.id)
        if PROJECT.can(state, ProjectAction.VOID) and not project.draw_locked:
            found.add("void")
        if award is not None and AWARD.can(award.state, AwardAction.DISQUALIFY):
            found.add("disqualify")
    if may(actor, P.PROJECT_SUSPEND, region=region) and not project.draw_locked:
        found |= {name for name in ("suspend", "resume") if PROJECT.can(state, ProjectAction(name))}
    if may(actor, P.SELECTION_ENTER_NUMBERS, region=region, industry=project.matter_version.industry):
        found |= {"numbers"} if any(at >= row.draw_at for row in waiting_draws(project)) else set()
        found |= {"correct"} if any(takes_corrections(row) for row in draws_of(project.id)) else set()
    return frozenset(found)


def _page(code: str, answered: Forms | None = None) -> str:
    actor, at = present_actor(), now()
    shown = read(
        code,
        actor=actor,
        now=at,
        events=listing.clean(request.args.get("events", "")),
        public_only=False,
    )
    forms: dict[str, CommandForm] = {
        "approve": ConfirmForm(formdata=None, prefix="approve"),
        "numbers": NumbersForm(formdata=None, prefix="numbers"),
        **{
            name: ReasonForm(formdata=None, prefix=name)
            for name in ("return", "void", "disqualify", "suspend", "resume")
        },
        **(answered or {}),
    }
    return render_template(
        "officer/project.html",
        p=shown,
        acts=_acts(shown.project, actor, at),
        forms_of=forms,
        draws_waiting=[typing_of(row) for row in waiting_draws(shown.project)],
        findings=findings_of_project(code),
        code_label=code_label,
        weak_links=weak_links_for(shown.project, actor),
        weak_label=weak_label,
        # Who enrolled and who was put out is known to nobody before the announcement.
        checked=[(row, runs_of(row)) for row in shown.enrolments] if shown.announced else (),
        presenting=presenting,
        seen_by_public=shown.project.published_at is not None,
    )


@blueprint.get("/projects")
@needs(*PROJECTS)
def project_list() -> str:
    """Purchases of one's region, those in review first."""
    actor = present_actor()
    asked = listing.asked(("state",), ("newest", "deadline", "name"))
    chosen = asked["state"] or ("in_review" if actor.organisations_with(P.PROJECT_REVIEW) else "")
    state = ProjectState(chosen) if chosen in set(ProjectState) and chosen != "draft" else None
    region = scope_of(actor, *PROJECTS)
    seen = tuple(item for item in ProjectState if item is not ProjectState.DRAFT)
    found = search_projects(
        ProjectFilter(q=asked.q, states=(state,) if state else seen, region=region, only_public=False),
        sort=asked.sort,
        number=asked.page,
    )
    return render_template(
        "officer/projects.html",
        found=found,
        chosen=state,
        states=[(item, presenting.word("project", item)) for item in seen],
        address=listing.address,
        page_address=listing.page_address,
        asked=asked,
        presenting=presenting,
        shown=listing.shown_range(found.number, found.size, len(found.items), found.total),
    )


@blueprint.get("/projects/<code>")
@needs(*PROJECTS)
def project(code: str) -> str:
    """One purchase with what the office can do."""
    return _page(code)


def _act(code: str, name: str, form: CommandForm, act: Callable[[], object], told: str) -> tuple[str, int] | Response:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(code, {name: form}), status
    tell(told)
    return redirect(url_for("office.project", code=code), code=303)


@blueprint.post("/projects/<code>/approve")
@needs(P.PROJECT_REVIEW)
def approve(code: str) -> tuple[str, int] | Response:
    """Publish: the draw's source and the quote keys are fetched before the transaction begins."""
    form = ConfirmForm(prefix="approve")
    actor, at = present_actor(), now()
    found = project_for(code, actor)
    if not form.validate_on_submit():
        return _page(code, {"approve": form}), 422
    try:
        sources = sources_for(found, at=at)
    except MarketError as error:
        refuse(form, error)
        return _page(code, {"approve": form}), error.status
    return _act(
        code,
        "approve",
        form,
        lambda: projects.approve(code, sources=sources, actor=actor, at=at),
        _("Published. Enrolment is open; the pool freezes and the selection runs by themselves."),
    )


@blueprint.post("/projects/<code>/return")
@needs(P.PROJECT_REVIEW)
def return_(code: str) -> tuple[str, int] | Response:
    """Send it back with reasons."""
    form = ReasonForm(prefix="return")
    actor = present_actor()
    project_for(code, actor)
    _done, status = attempt(
        form, lambda: projects.return_to_owner(code, reason=form.reason.data, actor=actor, at=now())
    )
    if status != 200:
        return _page(code, {"return": form}), status
    # A draft is its owner's again: the office sees it no more, so the list is where to go on.
    tell(_("Returned. The owner sees the reasons, mends the draft and submits it again."))
    return redirect(url_for("office.project_list"), code=303)


@blueprint.post("/projects/<code>/void")
@needs(P.PROJECT_VOID)
def void(code: str) -> tuple[str, int] | Response:
    """Declare it void, publicly."""
    form = ReasonForm(prefix="void")
    return _act(
        code,
        "void",
        form,
        lambda: projects.void(code, reason=form.reason.data, actor=present_actor(), at=now()),
        _("The purchase is void; the reason is public. The owner may publish it anew."),
    )


@blueprint.post("/projects/<code>/disqualify")
@needs(P.PROJECT_VOID)
def disqualify(code: str) -> tuple[str, int] | Response:
    """Put the winner out after an upheld objection; the next in the stored order follows."""
    form = ReasonForm(prefix="disqualify")
    return _act(
        code,
        "disqualify",
        form,
        lambda: disqualify_award(code, reason=form.reason.data, actor=present_actor(), at=now()),
        _("The winner is out; the next in the stored order is announced, or the project fails."),
    )


@blueprint.post("/projects/<code>/suspend")
@needs(P.PROJECT_SUSPEND)
def suspend(code: str) -> tuple[str, int] | Response:
    """Stop the clocks."""
    form = ReasonForm(prefix="suspend")
    return _act(
        code,
        "suspend",
        form,
        lambda: projects.suspend(code, reason=form.reason.data, actor=present_actor(), at=now()),
        _("Suspended. Every limit stands still until you let it go on."),
    )


@blueprint.post("/projects/<code>/resume")
@needs(P.PROJECT_SUSPEND)
def resume(code: str) -> tuple[str, int] | Response:
    """Let it go on where it was."""
    form = ReasonForm(prefix="resume")
    return _act(
        code,
        "resume",
        form,
        lambda: projects.resume(code, reason=form.reason.data, actor=present_actor(), at=now()),
        _("It goes on where it was; every limit is later by the working days that it stood still."),
    )


@blueprint.route("/projects/<code>/draws/<purpose>/correction", methods=["GET", "POST"])
@needs(P.SELECTION_ENTER_NUMBERS)
def correction(code: str, purpose: str) -> tuple[str, int] | Response:
    """Claim that both sides mistyped the bulletin, or answer such a claim."""
    return correction_page(code, purpose, back=url_for("office.project", code=code))


@blueprint.post("/projects/<code>/draws/<purpose>")
@needs(P.SELECTION_ENTER_NUMBERS)
def numbers(code: str, purpose: str) -> tuple[str, int] | Response:
    """Type the numbers of the bulletin; the owner does the same for itself."""
    form = NumbersForm(prefix="numbers")
    return _act(
        code,
        "numbers",
        form,
        lambda: enter_numbers(code, form.bulletin(), purpose=purpose, actor=present_actor(), at=now()),
        _("Entered. When both entries are equal, the draw is computed and published at once."),
    )
