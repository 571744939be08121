"""An owner's purchases: the list, handing in, ending, and what it decides on the way."""

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from supermarket.core.clock import now
from supermarket.core.errors import MarketError, NotFound
from supermarket.core.permissions import P
from supermarket.experts.queries import able_count
from supermarket.policies.queries import number, policies_for
from supermarket.projects import operations
from supermarket.projects.exception_queries import covered_keys, refusals_of
from supermarket.projects.models import Funding
from supermarket.projects.money_checks import money_of
from supermarket.projects.queries import SORTS, ProjectFilter, search_projects
from supermarket.projects.states import PROJECT, ProjectAction, ProjectState
from supermarket.projects.ways import terms_of
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import entries_of, lottery_of_draw, sales_close_from, takes_numbers
from supermarket.selection.forms import NumbersForm
from supermarket.selection.publication import sources_for
from supermarket.selection.queries import draws_of, low_quotes_of
from supermarket.web import listing, presenting
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, refuse, tell
from supermarket.web.correcting import correction_page
from supermarket.web.draw_words import lottery_label, refusal_sentence
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.drafting import Answer
from supermarket.web.owner.forms import AcceptFewForm, EndForm, LowQuoteForm, SubmitForm
from supermarket.web.owner.ours import own_organisation, own_project
from supermarket.web.project_page import read

PAGE_SIZE = 20


@blueprint.get("/owner/projects")
@needs(P.PROJECT_DRAFT)
def projects() -> Answer:
    """My purchases, drafts among them."""
    owner = own_organisation(present_actor())
    wanted = listing.asked(("state", "mode", "funding"), tuple(SORTS))
    states = (ProjectState(wanted["state"]),) if wanted["state"] in set(ProjectState) else ()
    funding = wanted["funding"] if wanted["funding"] in set(Funding) else ""
    chosen = ProjectFilter(
        q=wanted.q,
        states=states,
        mode=wanted["mode"],
        funding=funding,
        owner_id=owner.id,
        only_public=False,
    )
    found = search_projects(chosen, sort=wanted.sort, number=wanted.page, size=PAGE_SIZE)
    return render_template(
        "owner/projects.html",
        found=found,
        wanted=wanted,
        facets=[
            listing.facet(
                _("State"),
                "state",
                found.facets["state"],
                lambda name: presenting.word("project", name),
                order=[state.value for state in ProjectState],
                most=15,
            ),
            listing.facet(_("Way of selection"), "mode", found.facets["mode"], presenting.mode_label),
            listing.facet(_("Money"), "funding", found.facets["funding"], presenting.funding_label),
        ],
        chips=listing.chips(
            wanted,
            {
                "state": (_("State"), lambda name: presenting.word("project", name)),
                "mode": (_("Way of selection"), presenting.mode_label),
                "funding": (_("Money"), presenting.funding_label),
            },
        ),
    )


@blueprint.route("/projects/<code>/submit", methods=["GET", "POST"])
@needs(P.PROJECT_DRAFT)
def submit(code: str) -> Answer:
    """The last look, then hand it in: to the operator's review, or straight to the public."""
    actor, at = present_actor(), now()
    project = own_project(code)
    PROJECT.next(project.state, ProjectAction.SUBMIT)
    values = policies_for(project.region_code, at)
    reviewed = project.funding is Funding.FISCAL or bool(values["social_needs_review"])
    form = SubmitForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate() and not form.confirm.data:
            form.confirm.errors = [_("Tick this box to hand it in.")]
        elif form.validate():
            try:
                sources = sources_for(project, at=at)
                done = perform(lambda: operations.submit(code, sources=sources, actor=actor, at=at))
            except MarketError as error:
                refuse(form, error)
                status, project = error.status, own_project(code)
            else:
                return _handed_in(done.state, code, number(values, "review_project_days"))
    return (
        render_template(
            "owner/submit.html",
            p=read(code, actor=actor, now=at, public_only=False),
            form=form,
            uncovered=[each for each in refusals_of(project) if each.key not in covered_keys(project.id)],
            money=[finding.message for finding in money_of(project, at)],
            panel_size=terms_of(project).panel_size,
            able=able_count(project.matter_version.industry, project.matter_code),
            seats_factor=number(values, "panel_pool_factor"),
            reviewed=reviewed,
            review_days=number(values, "review_project_days"),
            enrolment_days=number(values, "enrolment_days"),
        ),
        status,
    )


def _handed_in(state: ProjectState, code: str, days: int) -> BaseResponse:
    if state is ProjectState.IN_REVIEW:
        tell(_("Handed in. The operator reviews it within %(days)s working days and you are told.", days=days))
    else:
        tell(_("Published. Enrolment is open; you are told when it ends."))
    return redirect(url_for("public.project", code=code))


@blueprint.route("/projects/<code>/withdraw", methods=["GET", "POST"])
@needs(P.PROJECT_WITHDRAW)
def withdraw(code: str) -> Answer:
    """Give the purchase up, publicly."""
    project = own_project(code)
    PROJECT.next(project.state, ProjectAction.WITHDRAW)
    form = EndForm()
    status = 200
    if request.method == "POST":
        if form.validate() and not form.confirm.data:
            form.confirm.errors = [_("Tick this box to go on.")]
            status = 422
        else:
            done, status = attempt(
                form,
                lambda: operations.withdraw(code, reason=form.reason.data, actor=present_actor(), at=now()),
            )
            if done is not None:
                tell(_("Withdrawn. Everybody who enrolled is told; you may reissue it as a new purchase."))
                return redirect(url_for("public.project", code=code))
            project = own_project(code)
    costs = project.state in (ProjectState.ANNOUNCED, ProjectState.AWARDED)
    return render_template("owner/withdraw.html", project=project, form=form, costs=costs), status


@blueprint.post("/projects/<code>/reissue")
@needs(P.PROJECT_DRAFT)
def reissue(code: str) -> Response | BaseResponse:
    """A new draft from an ended purchase."""
    project = own_project(code)
    made = perform(lambda: operations.reissue(project.code, actor=present_actor(), at=now()))
    tell(_("This is the new draft, with everything from the old one. Change what failed and hand it in."))
    return redirect(url_for("owner.edit", code=made.code))


@blueprint.route("/projects/<code>/accept-reduced", methods=["GET", "POST"])
@needs(P.CHOOSE)
def accept_reduced(code: str) -> Answer:
    """Accept in writing that only one enrolment is valid."""
    project = own_project(code)
    form = AcceptFewForm()
    status = 200
    if request.method == "POST":
        if form.validate() and not form.confirm.data:
            form.confirm.errors = [_("Tick this box to go on.")]
            status = 422
        else:
            done, status = attempt(
                form,
                lambda: operations.accept_reduced(code, reason=form.reason.data, actor=present_actor(), at=now()),
            )
            if done is not None:
                tell(_("Accepted. The pool is fixed now and the selection follows at its time."))
                return redirect(url_for("public.project", code=code))
            project = own_project(code)
    waits = project.due_what == "reduced_acceptance"
    page = render_template("owner/accept_reduced.html", project=project, form=form, waits=waits, at=now())
    return page, status


@blueprint.route("/projects/<code>/low-quotes", methods=["GET", "POST"])
@needs(P.CHOOSE)
def low_quotes(code: str) -> Answer:
    """Decide on abnormally low quotes after reading the cost statements."""
    project = own_project(code)
    form = LowQuoteForm()
    status, uscc = 200, listing.clean(request.form.get("agency", ""), 18)
    if request.method == "POST":
        done, status = attempt(
            form,
            lambda: selection.decide_cost_statement(
                code,
                agency_uscc=uscc,
                accept=form.decision.data == "accept",
                reason=form.reason.data,
                actor=present_actor(),
                at=now(),
            ),
        )
        if done is not None:
            tell(_("Decided. The ranking follows once every low quote is decided."))
            return redirect(url_for("owner.low_quotes", code=code))
        project = own_project(code)
    rows = low_quotes_of(project.id)
    page = render_template("owner/low_quotes.html", project=project, rows=rows, form=form, answering=uscc, at=now())
    return page, status


@blueprint.route("/projects/<code>/draws/<purpose>/correction", methods=["GET", "POST"])
@needs(P.SELECTION_ENTER_NUMBERS)
def correction(code: str, purpose: str) -> Answer:
    """Claim that both sides mistyped the bulletin, or answer such a claim."""
    return correction_page(code, purpose, back=url_for("public.project", code=code))


@blueprint.route("/projects/<code>/draws/<purpose>/numbers", methods=["GET", "POST"])
@needs(P.SELECTION_ENTER_NUMBERS)
def numbers(code: str, purpose: str) -> Answer:
    """Type the numbers of the lottery's bulletin; the authority types them too, and both must be equal."""
    page = read(code, actor=present_actor(), now=now())
    draw = next((row for row in draws_of(page.project.id) if row.purpose == purpose), None)
    lottery = None if draw is None else lottery_of_draw(draw)
    if draw is None or lottery is None:
        raise NotFound(_("There is no such draw (yet)."))
    form = NumbersForm()
    status = 200
    if request.method == "POST":
        done, status = attempt(
            form,
            lambda: selection.enter_numbers(code, form.bulletin(), purpose=purpose, actor=present_actor(), at=now()),
        )
        if status == 200 or done is not None:
            tell(_("Entered. The draw is computed when both entries are there and equal."))
            return redirect(url_for("public.project", code=code) + "#draw")
    return render_template(
        "owner/numbers.html",
        p=page,
        draw=draw,
        form=form,
        lottery=lottery_label(lottery.lottery),
        refusal=refusal_sentence(draw),
        waits=takes_numbers(draw) and now() >= draw.draw_at,
        closes_from=sales_close_from(draw) if draw.receipt is not None else None,
        own=entries_of(draw.id).get("owner"),
    ), status
