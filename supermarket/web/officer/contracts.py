"""Contracts in office: rating as authority or operator, outcomes of deliverables, appeals on ratings."""

from collections.abc import Callable, Mapping

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from supermarket.contracts.queries import ContractFilter, find
from supermarket.contracts.states import ContractState
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm
from supermarket.core.paging import Slice
from supermarket.core.permissions import P, may
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.forms import OUTCOME_LABELS, OutcomeForm
from supermarket.ratings import operations as ratings
from supermarket.ratings.forms import RATER_LABELS, DecideAppealForm, GiveForm
from supermarket.ratings.models import RaterKind
from supermarket.ratings.queries import others, rows_of, waiting_appeals, waiting_to_rate
from supermarket.ratings.states import RatingState
from supermarket.web import contract_page, listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.looks import word
from supermarket.web.officer.blueprint import CONTRACTS, blueprint
from supermarket.web.work import by_due, work


@blueprint.get("/contracts")
@needs(*CONTRACTS)
def contract_list() -> str:
    """Contracts of one's region and industries, newest first."""
    asked = listing.asked(("state",), ("newest",))
    state = asked["state"]
    wanted = ContractFilter(state=ContractState(state) if state in set(ContractState) else None, q=asked.q)
    return render_template(
        "officer/contracts.html",
        found=find(wanted, Slice(number=asked.page), actor=present_actor()),
        asked=asked,
        chosen=wanted.state,
        states=[(item, word("contract", item)) for item in ContractState],
        address=listing.address,
        page_address=listing.page_address,
    )


@blueprint.get("/ratings")
@needs(P.RATE_AS_AUTHORITY, P.RATE_AS_OPERATOR, P.CREDIT_DECIDE_APPEAL)
def rating_list() -> str:
    """Ratings to give and appeals to decide, the first due first."""
    actor = present_actor()
    items = [
        *(
            work(item.what, item.name, _url(item.contract_code, "#rate"), item.due_at, who=item.contract_code)
            for item in waiting_to_rate(actor)
        ),
        *(
            work(item.what, item.name, _url(item.contract_code, "#appeals"), item.due_at, who=item.contract_code)
            for item in waiting_appeals(actor)
        ),
    ]
    return render_template("officer/ratings.html", works=by_due(items))


def _url(code: str, anchor: str) -> str:
    return url_for("office.contract", code=code) + anchor


def _appeal_form(**kwargs: object) -> DecideAppealForm:
    form = DecideAppealForm(prefix="appeal", **kwargs)
    form.rater.choices = [SelectChoice(kind.value, RATER_LABELS[kind]) for kind in RaterKind if kind in RATER_LABELS]
    return form


def _outcome_form(**kwargs: object) -> OutcomeForm:
    form = OutcomeForm(prefix="outcome", **kwargs)
    form.outcome.choices = [SelectChoice(item.value, label) for item, label in OUTCOME_LABELS.items()]
    return form


def _page(code: str, answered: Mapping[str, CommandForm] | None = None) -> str:
    actor, at = present_actor(), now()
    page = contract_page.read(code, actor=actor, events=listing.clean(request.args.get("events", "")))
    project = page.contract.project
    forms: dict[str, CommandForm] = {
        "rate": GiveForm(formdata=None, prefix="rate"),
        "outcome": _outcome_form(formdata=None),
        "appeal": _appeal_form(formdata=None),
        **(answered or {}),
    }
    return render_template(
        "officer/contract.html",
        c=page,
        forms_of=forms,
        number=(request.view_args or {}).get("number"),
        may_rate=contract_page.may_rate(page, at),
        may_record=may(
            actor,
            P.DELIVERABLE_RECORD_OUTCOME,
            region=project.region_code,
            industry=project.matter_version.industry,
        ),
        appeals=[
            row
            for row in rows_of(page.contract)
            if row.state is RatingState.APPEALED
            and row.given_by != actor.user_id
            and may(others(actor, row.organisation_id), P.CREDIT_DECIDE_APPEAL, region=project.region_code)
        ],
        points=contract_page.points_fields(forms["rate"], page),
        appeal_points=contract_page.points_fields(forms["appeal"], page),
        dimensions=contract_page.DIMENSIONS,
        raters=contract_page.RATERS,
    )


@blueprint.get("/contracts/<code>")
@needs(*CONTRACTS)
def contract(code: str) -> str:
    """One contract as its offices see it."""
    return _page(code)


def _act(code: str, name: str, form: CommandForm, act: Callable[[], object], told: str) -> tuple[str, int] | Response:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(code, {name: form}), status
    tell(told)
    return redirect(url_for("office.contract", code=code), code=303)


@blueprint.post("/contracts/<code>/rating")
@needs(P.RATE_AS_AUTHORITY, P.RATE_AS_OPERATOR)
def rate(code: str) -> tuple[str, int] | Response:
    """Rate the agency for one's office."""
    form = GiveForm(prefix="rate")
    return _act(
        code,
        "rate",
        form,
        lambda: ratings.give(code, form.command(), actor=present_actor(), at=now()),
        _("Given. It is published together with the others, or when the time is over."),
    )


@blueprint.post("/contracts/<code>/deliverables/<int:number>/outcome")
@needs(P.DELIVERABLE_RECORD_OUTCOME)
def record_outcome(code: str, number: int) -> tuple[str, int] | Response:
    """Record what became of a result at the approving authority."""
    form = _outcome_form()
    return _act(
        code,
        "outcome",
        form,
        lambda: deliverables.record_outcome(
            code, min(number, 2**31 - 1), form.command(), actor=present_actor(), at=now()
        ),
        _("Recorded. It replaces what raters would click for quality."),
    )


@blueprint.post("/contracts/<code>/appeal")
@needs(P.CREDIT_DECIDE_APPEAL)
def decide_appeal(code: str) -> tuple[str, int] | Response:
    """Uphold a rating, or replace its points."""
    form = _appeal_form()
    return _act(
        code,
        "appeal",
        form,
        lambda: ratings.decide_appeal(code, form.rated_by(), form.command(), actor=present_actor(), at=now()),
        _("Decided. The score of the contract and the stars follow."),
    )
