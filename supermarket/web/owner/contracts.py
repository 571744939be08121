"""What an owner does on its contracts: sign, accept or return results, record payments, rate, urge.

Signing, urging and rating are the same for every side that may: their pages serve the agency and the offices too.
"""

from collections.abc import Mapping

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from supermarket.contracts import operations
from supermarket.contracts.forms import SignForm, UrgeForm
from supermarket.contracts.models import Contract, Party, UrgeAbout
from supermarket.contracts.operations import OWED_BY
from supermarket.contracts.permissions import party_of
from supermarket.contracts.queries import terms_of, visible_contract
from supermarket.contracts.states import ContractState
from supermarket.core.clock import now
from supermarket.core.errors import MarketError, NotFound
from supermarket.core.permissions import P
from supermarket.deliverables import operations as deliverables
from supermarket.deliverables.forms import ReturnForm
from supermarket.deliverables.queries import deliverable
from supermarket.deliverables.states import DeliverableState
from supermarket.disclosure.contracts import SORTS, ContractsWanted
from supermarket.disclosure.contracts import contracts as find_contracts
from supermarket.payments import operations as payments
from supermarket.payments.forms import VoucherForm
from supermarket.payments.operations import VOUCHER_LIMIT
from supermarket.payments.queries import TO_PAY, item
from supermarket.ratings import operations as ratings
from supermarket.ratings.forms import GiveForm
from supermarket.ratings.models import Rating
from supermarket.ratings.queries import is_mine, rows_of
from supermarket.ratings.score import Dimension
from supermarket.ratings.scoring import PARTS, known_of
from supermarket.ratings.states import RatingState
from supermarket.web import listing, presenting
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.drafting import Answer
from supermarket.web.owner.ours import own_organisation

SIGN = (P.CONTRACT_SIGN_AS_OWNER, P.CONTRACT_SIGN_AS_AGENCY)
RATE = (P.RATE_AS_OWNER, P.RATE_OWNER, P.RATE_AS_AUTHORITY, P.RATE_AS_OPERATOR)


@blueprint.get("/owner/contracts")
@needs(P.CONTRACT_SIGN_AS_OWNER)
def contracts() -> Answer:
    """My contracts, drafts among them."""
    owner = own_organisation(present_actor())
    wanted = listing.asked(("state", "mode"), tuple(SORTS))
    state = ContractState(wanted["state"]) if wanted["state"] in set(ContractState) else None
    chosen = ContractsWanted(q=wanted.q, state=state, mode=wanted["mode"], organisation_id=owner.id)
    found = find_contracts(chosen, sort=wanted.sort, number=wanted.page)
    return render_template(
        "owner/contracts.html",
        found=found,
        wanted=wanted,
        facets=[
            listing.facet(_("State"), "state", found.facets["state"], lambda name: presenting.word("contract", name)),
            listing.facet(_("Way of selection"), "mode", found.facets["mode"], presenting.mode_label),
        ],
        chips=listing.chips(
            wanted,
            {
                "state": (_("State"), lambda name: presenting.word("contract", name)),
                "mode": (_("Way of selection"), presenting.mode_label),
            },
        ),
    )


def _own(code: str) -> tuple[Contract, Party]:
    """The contract and the reader's side. Raises NotFound for everybody else."""
    contract = visible_contract(code, present_actor())
    return contract, party_of(contract, present_actor())


@blueprint.route("/contracts/<code>/sign", methods=["GET", "POST"])
@needs(*SIGN)
def sign(code: str) -> Answer:
    """Read it, consent to exactly these bytes, sign."""
    contract, party = _own(code)
    form = SignForm()
    status = 200
    if request.method == "POST":
        done, status = attempt(form, lambda: operations.sign(code, form.command(), actor=present_actor(), at=now()))
        if done is not None:
            if done.state is ContractState.IN_FORCE:
                tell(_("Signed by both sides: the contract is in force and public. The service begins."))
            else:
                tell(_("Signed. The contract comes into force when the other side has signed, too."))
            return redirect(url_for("public.contract", code=code))
        contract, party = _own(code)
    signed = {row.party: row for row in contract.signatures}
    page = render_template(
        "owner/sign.html",
        contract=contract,
        terms=terms_of(contract),
        party=party,
        signed=signed,
        form=form,
        consent=_("Your account agrees to the contract text with this SHA-256 as binding for your organisation."),
        open=contract.state in (ContractState.DRAFTED, ContractState.HALF_SIGNED) and party not in signed,
        at=now(),
    )
    return page, status


@blueprint.route("/contracts/<code>/deliverables/<int:number>/decide", methods=["GET", "POST"])
@needs(P.DELIVERABLE_DECIDE)
def decide(code: str, number: int) -> Answer:
    """Accept a result, or send it back with reasons."""
    contract, _party = _own(code)
    form = ReturnForm()
    status = 200
    if request.method == "POST" and request.form.get("act") == "accept":
        try:
            perform(lambda: deliverables.accept(code, number, actor=present_actor(), at=now()))
        except MarketError as error:
            form.form_errors.append(error.message)
            status = error.status
        else:
            tell(_("Accepted. What is to be paid for it falls due now; you find it on your desk."))
            return redirect(url_for("public.contract", code=code))
    elif request.method == "POST":
        done, status = attempt(
            form,
            lambda: deliverables.return_(code, number, reasons=form.reasons.data, actor=present_actor(), at=now()),
        )
        if done is not None:
            tell(_("Sent back with your reasons. The agency is told and hands it in again."))
            return redirect(url_for("public.contract", code=code))
    row = deliverable(code, number)
    page = render_template(
        "owner/decide.html",
        contract=contract,
        row=row,
        form=form,
        open=row.state is DeliverableState.SUBMITTED,
        fiscal=contract.project.funding.value == "fiscal",
        at=now(),
    )
    return page, status


@blueprint.route("/contracts/<code>/payments/<int:number>/pay", methods=["GET", "POST"])
@needs(P.PAYMENT_RECORD)
def pay(code: str, number: int) -> Answer:
    """Record that an instalment was paid: reference, amount, voucher."""
    contract, _party = _own(code)
    row = item(code, number)
    form = VoucherForm()
    status = 200
    if request.method == "GET":
        form.amount.data = row.amount
    else:
        done, status = attempt(
            form,
            lambda: payments.submit_voucher(code, number, form.command(), actor=present_actor(), at=now()),
        )
        if done is not None:
            tell(_("Recorded. The agency confirms that the money has arrived, or says what is wrong."))
            return redirect(url_for("public.contract", code=code))
        row = item(code, number)
    page = render_template(
        "owner/pay.html",
        contract=contract,
        row=row,
        form=form,
        open=row.state in TO_PAY,
        most=VOUCHER_LIMIT,
        at=now(),
    )
    return page, status


@blueprint.route("/contracts/<code>/rating", methods=["GET", "POST"])
@needs(*RATE)
def rate(code: str) -> Answer:
    """Rate the other side, once; what the system knows is computed."""
    actor = present_actor()
    contract = visible_contract(code, actor)
    mine = [row for row in rows_of(contract) if is_mine(row, actor)]
    if not mine:
        raise NotFound(_("Your organisation was not asked to rate this contract."))
    row = next((each for each in mine if each.state is RatingState.OPEN), mine[0])
    computed = known_of(contract).points() if row.rater in PARTS else {}
    form = GiveForm()
    status = 200
    if request.method == "POST":
        done, status = attempt(form, lambda: ratings.give(code, form.command(), actor=actor, at=now()))
        if done is not None:
            tell(_("Thank you. All ratings become public together, when everybody has rated or the time is over."))
            return redirect(url_for("public.contract", code=code))
        contract = visible_contract(code, actor)
        row = next(each for each in rows_of(contract) if is_mine(each, actor))
    page = render_template(
        "owner/rate.html",
        contract=contract,
        row=row,
        form=form,
        computed=_points(computed),
        given=_given(row),
        dimensions=list(Dimension),
        at=now(),
    )
    return page, status


def _points(computed: Mapping[Dimension, int]) -> Mapping[str, int]:
    return {dimension.value: points for dimension, points in computed.items()}


def _given(row: Rating) -> bool:
    return row.state is not RatingState.OPEN


@blueprint.post("/contracts/<code>/urges")
@needs(*SIGN)
def urge(code: str) -> Response | BaseResponse:
    """Remind the other side of what it owes; once a working day."""
    contract, party = _own(code)
    form = UrgeForm()
    done, _status = attempt(form, lambda: operations.urge(code, form.command(), actor=present_actor(), at=now()))
    if done is not None:
        tell(_("The other side is reminded. You may urge again on the next working day."))
    else:
        owed = OWED_BY[party.other] & set(UrgeAbout)
        messages = [*form.form_errors, *(message for field in form for message in field.errors)]
        tell(" ".join(str(message) for message in messages) if owed else _("Nothing to urge."), "warning")
    return redirect(url_for("public.contract", code=contract.code))
