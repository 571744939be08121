"""Open purchases, what the rules say before one enrols, enrolling and taking it back."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies.models import Agency, Practitioner
from supermarket.agencies.queries import agency_file, practitioners
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.core.working_days import local_date
from supermarket.matters.queries import qualification_kinds
from supermarket.modes.table import StageName
from supermarket.projects import operations as projects
from supermarket.projects.eligibility import eligible
from supermarket.projects.eligibility_facts import Moment
from supermarket.projects.forms import EnrolForm
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations.enrolling import linked_now, run_rules
from supermarket.projects.queries import ProjectFilter, enrolled_projects, own_enrolment, search_projects
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import mode_of, seals_on_server
from supermarket.selection.forms import CostStatementForm, DeclineForm, QuoteForm, RateForm
from supermarket.selection.models import Award, CostStatement, Quote, QuoteHandIn
from supermarket.selection.panels.forms import ProposalForm
from supermarket.selection.panels.models import Proposal
from supermarket.selection.panels.proposing import wants_proposals
from supermarket.selection.panels.queries import own_proposals
from supermarket.selection.queries import low_quotes_of, own_hand_in, own_quotes
from supermarket.selection.series import awards_in
from supermarket.selection.states import LIVE_AWARDS
from supermarket.web import listing, presenting
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.forms import AcceptPageForm, ConfirmForm
from supermarket.web.agency.quote_forms import HandInPageForm, MissingPageForm
from supermarket.web.agency.sealing import seal_data, seal_words
from supermarket.web.eligibility_words import Run, rule_name, runs_of
from supermarket.web.project_page import ProjectPage, read
from supermarket.witnesses.log_queries import next_head_at, provable

MEND = {
    "offers_matter": "agency.services",
    "qualifications": "agency.qualifications",
    "qualifications_valid": "agency.qualifications",
    "practitioners": "agency.practitioners",
    "licences": "agency.practitioners",
}


@dataclass(frozen=True)
class Action:
    """What one can do about a finding."""

    label: str
    url: str


@dataclass(frozen=True)
class ShownRule:
    """One rule's finding as `record.findings` draws it."""

    outcome: str
    label: str
    sentence: str
    action: Action | None = None


@dataclass(frozen=True)
class Own:
    """What the agency itself has to do with a purchase, and what the rules say about it."""

    agency: Agency
    people: Sequence[Practitioner]
    enrolment: Enrolment | None
    enrolling: bool
    may_enrol: bool
    rules: Sequence[ShownRule]
    quoting: bool
    quotes: Sequence[Quote]
    provable: Set[str]
    next_head_at: datetime
    seal: Mapping[str, object] | None
    sealed_here: bool
    by_rate: bool
    hand_in: QuoteHandIn | None
    award: Award | None
    statement: CostStatement | None
    proposing: bool = False
    proposals: Sequence[Proposal] = ()
    linked: bool = False
    runs: Sequence[Run] = ()


@dataclass(frozen=True)
class Forms:
    """The forms of the page; the one that was answered keeps what was typed."""

    enrol: EnrolForm
    cancel: ConfirmForm
    quote: QuoteForm
    rate: RateForm
    decline: DeclineForm
    accept: AcceptPageForm
    statement: CostStatementForm
    proposal: ProposalForm
    body: HandInPageForm
    missing: MissingPageForm


def own_side(project: Project, agency: Agency, at: datetime) -> Own:
    """Run the rules read-only with everybody whose registration is in force, as if all of them were named."""
    people = practitioners(agency.id)
    today = local_date(at)
    enrolment = own_enrolment(project.id, agency.id)
    enrolling = (
        project.state is ProjectState.OPEN
        and project.due_what in ("freeze", None)
        and project.enrol_until is not None
        and at < project.enrol_until
    )
    shown: list[ShownRule] = []
    fine = False
    if enrolling and enrolment is None:
        current = [person for person in people if any(each.counts_on(today) for each in person.live_licences)]
        # Who only looks learns nothing of who is there: linked agencies are told once both are enrolled (adr 35).
        found = run_rules(project, agency, current, moment=Moment.ENROLMENT, at=at, pool_of=())
        fine = eligible(found)
        for item in found:
            mend = MEND.get(item.code) if not item.ok else None
            shown.append(
                ShownRule(
                    outcome="unknown" if item.warning else "pass" if item.ok else "fail",
                    label=rule_name(item.code),
                    sentence=item.sentence.text(_),
                    action=Action(_("Mend it in your file"), url_for(mend)) if mend else None,
                )
            )
    quoting = mode_of(project).needs_quotes
    quotes = own_quotes(project.id, agency.id) if quoting else ()
    award = next((row for row in awards_in(project) if row.agency_id == agency.id), None)
    asked = (
        next((row for row in low_quotes_of(project.id) if row.quote.agency_id == agency.id), None) if quoting else None
    )
    return Own(
        agency=agency,
        people=people,
        enrolment=enrolment,
        enrolling=enrolling,
        may_enrol=fine,
        rules=sorted(shown, key=lambda item: ("fail", "unknown", "pass").index(item.outcome)),
        quoting=quoting,
        quotes=quotes,
        provable=provable([row.commitment for row in quotes]),
        next_head_at=next_head_at(at),
        seal=seal_data(project, agency, quotes[0].seq + 1 if quotes else 1) if quoting and enrolling else None,
        sealed_here=quoting and seals_on_server(project),
        by_rate=mode_of(project).by_rate,
        hand_in=own_hand_in(project.id, agency.id) if quoting else None,
        award=award if award is not None and award.state in LIVE_AWARDS else None,
        statement=asked,
        proposing=wants_proposals(project),
        proposals=own_proposals(project.id, agency.id) if wants_proposals(project) else (),
        linked=enrolling and enrolment is not None and linked_now(project.id, agency),
        runs=runs_of(enrolment) if enrolment is not None else (),
    )


def forms(**answered: object) -> Forms:
    """Every form of the page, empty but for the answered one."""
    empty: dict[str, object] = {
        "enrol": EnrolForm(formdata=None, prefix="enrol"),
        "cancel": ConfirmForm(formdata=None, prefix="cancel"),
        "quote": QuoteForm(formdata=None, prefix="quote"),
        "rate": RateForm(formdata=None, prefix="rate"),
        "decline": DeclineForm(formdata=None, prefix="decline"),
        "accept": AcceptPageForm(formdata=None, prefix="accept"),
        "statement": CostStatementForm(formdata=None, prefix="statement"),
        "proposal": ProposalForm(formdata=None, prefix="proposal"),
        "body": HandInPageForm(formdata=None, prefix="body"),
        "missing": MissingPageForm(formdata=None, prefix="missing"),
    }
    return Forms(**(empty | answered))  # type: ignore[arg-type]  # keys are the fields, values their forms


def page(code: str, answered: Forms | None = None) -> str:
    """The purchase beside what the agency can do with it now."""
    agency = agency_file(own_agency().uscc)
    at = now()
    shown: ProjectPage = read(code, actor=present_actor(), now=at, events=listing.clean(request.args.get("events", "")))
    own = own_side(shown.project, agency, at)
    return render_template(
        "agency/project.html",
        p=shown,
        own=own,
        forms_of=answered or forms(),
        presenting=presenting,
        words=seal_words(),
        kind_names={row.code: row.name for row in qualification_kinds(of_person=True)},
        wants_days="lead_time" in shown.criteria,
        may_decline=own.award is not None and own.award.state.value in ("offered", "announced", "awarded"),
    )


@blueprint.get("/projects")
@needs(P.ENROL)
def projects_open() -> str:
    """Purchases that are open for enrolment: for the matters that the agency offers, or all of them."""
    agency = agency_file(own_agency().uscc)
    asked = listing.asked(("scope", "mode", "funding"), ("deadline", "newest", "budget"))
    own_matters = tuple(service.matter_code for service in agency.services)
    everything = asked["scope"] == "all" or not own_matters
    modes = dict(presenting.mode_choices())
    wanted = ProjectFilter(
        q=asked.q,
        states=(ProjectState.OPEN,),
        matters=() if everything else own_matters,
        mode=asked["mode"] if asked["mode"] in modes else "",
        funding=asked["funding"] if asked["funding"] in ("fiscal", "social") else "",
    )
    found = search_projects(wanted, sort=asked.sort, number=asked.page)
    return render_template(
        "agency/projects.html",
        found=found,
        everything=everything,
        own_matters=own_matters,
        enrolled=enrolled_projects(agency.id, [row.id for row in found.items]),
        facets=[
            listing.facet(_("Way of selection"), "mode", found.facets.get("mode", {}), presenting.mode_label),
            listing.facet(_("Money"), "funding", found.facets.get("funding", {}), presenting.funding_label),
        ],
        chips=listing.chips(
            asked,
            {
                "scope": (_("Matters"), lambda value: _("all") if value == "all" else value),
                "mode": (_("Way of selection"), presenting.mode_label),
                "funding": (_("Money"), presenting.funding_label),
            },
        ),
        sorts=listing.sortings(asked, {"deadline": _("Deadline"), "newest": _("Newest"), "budget": _("Budget")}),
        shown=listing.shown_range(found.number, found.size, len(found.items), found.total),
        page_address=listing.page_address,
        mine_url=listing.address(scope=None),
        all_url=listing.address(scope="all"),
        presenting=presenting,
    )


@blueprint.get("/projects/<code>")
@needs(P.ENROL)
def project(code: str) -> str:
    """One purchase: what the rules say about us, and what we can do."""
    return page(code)


@blueprint.post("/projects/<code>/enrol")
@needs(P.ENROL)
def enrol(code: str) -> tuple[str, int] | Response:
    """Enrol; every reason against it is told at once."""
    form = EnrolForm(prefix="enrol")
    done, status = attempt(form, lambda: projects.enrol(code, form.command(), actor=present_actor(), at=now()))
    if done is None:
        return page(code, forms(enrol=form)), status
    if mode_of(done.project).needs_quotes:
        tell(
            _("You are enrolled. Next, hand in your sealed quote: without one the enrolment is invalid at the freeze.")
        )
    elif mode_of(done.project).uses(StageName.AUCTION):
        tell(_("You are enrolled. The quotes are given in a live auction: be there at the moment of the selection."))
    else:
        tell(_("You are enrolled. Nobody is told until enrolment ends; the result comes by itself."))
    return redirect(url_for("agency.project", code=code), code=303)


@blueprint.post("/projects/<code>/cancel")
@needs(P.ENROL)
def cancel(code: str) -> tuple[str, int] | Response:
    """Take the enrolment back while enrolment is open."""
    form = ConfirmForm(prefix="cancel")
    done, status = attempt(form, lambda: projects.cancel_enrolment(code, actor=present_actor(), at=now()))
    if done is None:
        return page(code, forms(cancel=form)), status
    tell(_("Your enrolment is taken back. You may enrol again until enrolment ends."))
    return redirect(url_for("agency.project", code=code), code=303)


@blueprint.get("/enrolments")
@needs(P.ENROL)
def enrolments() -> str:
    """Purchases in which the agency is or was enrolled, newest first."""
    agency = own_agency()
    asked = listing.asked((), ("newest",))
    found = search_projects(ProjectFilter(q=asked.q, enrolled_agency_id=agency.id), sort="newest", number=asked.page)
    states = enrolled_projects(agency.id, [row.id for row in found.items])
    return render_template(
        "agency/enrolments.html",
        found=found,
        states=states,
        agency=agency,
        won=[row.id for row in found.items if row.winner_id == agency.id],
        page_address=listing.page_address,
        presenting=presenting,
        out=EnrolmentState.EXCLUDED,
    )
