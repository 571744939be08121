"""The agency's contracts: signing, handing in results, confirming payments, rating the owner, urging, appealing."""

from collections.abc import Callable
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from supermarket.contracts import operations as contracts
from supermarket.contracts.forms import SignForm, UrgeForm
from supermarket.contracts.models import Contract, Party
from supermarket.contracts.queries import ContractFilter, find
from supermarket.contracts.states import ContractState
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm
from supermarket.core.paging import Slice
from supermarket.core.permissions import Actor, P
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.forms import SubmitForm
from supermarket.deliverables.queries import waiting_to_submit
from supermarket.payments import operations as payments
from supermarket.payments.forms import RefuseForm
from supermarket.payments.queries import waiting_to_confirm
from supermarket.ratings import operations as ratings
from supermarket.ratings.forms import RATER_LABELS, AppealForm, GiveForm
from supermarket.ratings.models import RaterKind
from supermarket.web import contract_page, listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.looks import word
from supermarket.web.work import by_due, work

HIGHEST_NUMBER = 2**31 - 1


def _shown(code: str, answered: dict[str, CommandForm] | None = None) -> str:
    at = now()
    page = contract_page.read(code, actor=present_actor(), events=listing.clean(request.args.get("events", "")))
    forms: dict[str, CommandForm] = {
        "sign": SignForm(formdata=None, prefix="sign", document_sha256=page.contract.document.sha256),
        "submit": SubmitForm(formdata=None, prefix="submit"),
        "refuse": RefuseForm(formdata=None, prefix="refuse"),
        "rate": GiveForm(formdata=None, prefix="rate"),
        "urge": contract_page.urge_form(Party.AGENCY, formdata=None, prefix="urge"),
        "appeal": _appeal_form(formdata=None),
        **(answered or {}),
    }
    return render_template(
        "agency/contract.html",
        c=page,
        forms_of=forms,
        party=Party.AGENCY,
        number=request.view_args.get("number") if request.view_args else None,
        may_rate=contract_page.may_rate(page, at),
        points=contract_page.points_fields(forms["rate"], page),
        dimensions=contract_page.DIMENSIONS,
        raters=contract_page.RATERS,
        may_appeal=any(view.appeal_until is not None and at < view.appeal_until for view in page.ratings),
    )


def _appeal_form(**kwargs: object) -> AppealForm:
    form = AppealForm(prefix="appeal", **kwargs)
    form.rater.choices = [SelectChoice(kind.value, RATER_LABELS[kind]) for kind in RaterKind if kind in RATER_LABELS]
    return form


def _act(
    code: str, name: str, form: CommandForm, act: Callable[[Actor, datetime], object], told: Callable[[], str]
) -> tuple[str, int] | Response:
    """Attempt one act of the page; a refusal shows the page with the form as it was typed."""
    actor, at = present_actor(), now()
    _done, status = attempt(form, lambda: act(actor, at))
    if status != 200:
        return _shown(code, {name: form}), status
    tell(told())
    return redirect(url_for("agency.contract", code=code), code=303)


@blueprint.get("/contracts")
@needs(P.CONTRACT_SIGN_AS_AGENCY)
def contracts_list() -> str:
    """The agency's contracts, newest first."""
    agency, actor = own_agency(), present_actor()
    asked = listing.asked(("state",), ("newest",))
    state = asked["state"]
    wanted = ContractFilter(
        state=ContractState(state) if state in set(ContractState) else None,
        party_id=agency.organisation_id,
        q=asked.q,
    )
    return render_template(
        "agency/contracts.html",
        found=find(wanted, Slice(number=asked.page), actor=actor),
        states=[(item, word("contract", item)) for item in ContractState],
        chosen=wanted.state,
        address=listing.address,
        page_address=listing.page_address,
    )


@blueprint.get("/deliverables")
@needs(P.DELIVERABLE_SUBMIT)
def results() -> str:
    """Results to hand in, and payments to confirm or refuse, the first due first."""
    own_agency()
    actor = present_actor()
    items = [
        work(
            item.what,
            item.name,
            url_for("agency.contract", code=item.contract_code),
            item.due_at,
            who=item.contract_code,
        )
        for item in (*waiting_to_submit(actor), *waiting_to_confirm(actor))
    ]
    return render_template("agency/results.html", works=by_due(items))


@blueprint.get("/contracts/<code>")
@needs(P.CONTRACT_SIGN_AS_AGENCY)
def contract(code: str) -> str:
    """One contract with everything that the agency can do in it now."""
    own_agency()
    return _shown(code)


@blueprint.post("/contracts/<code>/sign")
@needs(P.CONTRACT_SIGN_AS_AGENCY)
def sign(code: str) -> tuple[str, int] | Response:
    """Sign exactly the text whose fingerprint the form carries."""
    form = SignForm(prefix="sign")

    def act(actor: Actor, at: datetime) -> Contract:
        return contracts.sign(code, form.command(), actor=actor, at=at)

    return _act(code, "sign", form, act, lambda: _("Signed. Once both sides have signed, the contract is in force."))


@blueprint.post("/contracts/<code>/deliverables/<int:number>")
@needs(P.DELIVERABLE_SUBMIT)
def submit_result(code: str, number: int) -> tuple[str, int] | Response:
    """Hand in a result."""
    form = SubmitForm(prefix="submit")

    def act(actor: Actor, at: datetime) -> object:
        return deliverables.submit(code, min(number, HIGHEST_NUMBER), form.command(), actor=actor, at=at)

    return _act(
        code, "submit", form, act, lambda: _("Handed in. The owner accepts or returns it within 10 working days.")
    )


@blueprint.post("/contracts/<code>/payments/<int:number>/confirm")
@needs(P.PAYMENT_CONFIRM)
def confirm_payment(code: str, number: int) -> Response:
    """The money is there."""
    wanted = min(number, HIGHEST_NUMBER)
    perform(lambda: payments.confirm(code, wanted, actor=present_actor(), at=now()))
    tell(_("Confirmed. The instalment counts as paid."))
    return redirect(url_for("agency.contract", code=code), code=303)


@blueprint.post("/contracts/<code>/payments/<int:number>/refuse")
@needs(P.PAYMENT_CONFIRM)
def refuse_payment(code: str, number: int) -> tuple[str, int] | Response:
    """The money is not there."""
    form = RefuseForm(prefix="refuse")

    def act(actor: Actor, at: datetime) -> object:
        return payments.refuse(code, min(number, HIGHEST_NUMBER), reason=form.reason.data, actor=actor, at=at)

    return _act(code, "refuse", form, act, lambda: _("The voucher is refused; the owner hands in another one."))


@blueprint.post("/contracts/<code>/rating")
@needs(P.RATE_OWNER)
def rate(code: str) -> tuple[str, int] | Response:
    """Rate the owner; it does not enter anybody's score."""
    form = GiveForm(prefix="rate")

    def act(actor: Actor, at: datetime) -> object:
        return ratings.give(code, form.command(), actor=actor, at=at)

    return _act(
        code, "rate", form, act, lambda: _("Given. It is published together with the others, or when the time is over.")
    )


@blueprint.post("/contracts/<code>/appeal")
@needs(P.CREDIT_APPEAL)
def appeal(code: str) -> tuple[str, int] | Response:
    """Object to a published rating."""
    form = _appeal_form()

    def act(actor: Actor, at: datetime) -> object:
        return ratings.appeal(code, form.rated_by(), reason=form.reason.data, actor=actor, at=at)

    return _act(
        code, "appeal", form, act, lambda: _("Filed. Somebody other than the rater decides within 10 working days.")
    )


@blueprint.post("/contracts/<code>/urge")
@needs(P.CONTRACT_SIGN_AS_AGENCY)
def urge(code: str) -> tuple[str, int] | Response:
    """Remind the owner of what it owes, once a working day."""
    form: UrgeForm = contract_page.urge_form(Party.AGENCY, prefix="urge")

    def act(actor: Actor, at: datetime) -> object:
        return contracts.urge(code, form.command(), actor=actor, at=at)

    return _act(code, "urge", form, act, lambda: _("The owner is reminded; this is counted and on record."))
