"""Contracts: the public list, the page of one, its files for those who may read them."""

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from supermarket.contracts.forms import URGE_LABELS
from supermarket.contracts.models import Contract, Party, UrgeAbout
from supermarket.contracts.operations import OWED_BY
from supermarket.contracts.permissions import is_side, party_of, sees_all
from supermarket.contracts.queries import UNSIGNED, documents_of, terms_of, urge_counts, visible_contract
from supermarket.contracts.rules import unsigned
from supermarket.contracts.states import ContractState
from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.events import timeline
from supermarket.core.permissions import Actor
from supermarket.deliverables.models import Deliverable
from supermarket.deliverables.queries import deliverables_of, submission_document
from supermarket.deliverables.states import DeliverableState
from supermarket.disclosure.contracts import SORTS, ContractsWanted, after
from supermarket.disclosure.contracts import contracts as find_contracts
from supermarket.documents.models import Document
from supermarket.documents.queries import content
from supermarket.payments.models import PaymentItem
from supermarket.payments.queries import TO_PAY, balance, items_of, voucher_document
from supermarket.policies.queries import region_names
from supermarket.ratings.queries import ratings_of, score
from supermarket.ratings.states import RatingState
from supermarket.web import listing, presenting, timelines
from supermarket.web.access import present_actor, public, signed_in
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer

# States that a public contract can be in.
STATES = (ContractState.IN_FORCE, ContractState.COMPLETED, ContractState.SUSPENDED, ContractState.TERMINATED)
IN_PAGE = frozenset({"application/pdf"})  # shown by the browser; everything else is handed out as a file


@dataclass(frozen=True)
class NextStep:
    """What the reader's side can do now."""

    label: str
    url: str
    tone: str = ""


@blueprint.get("/contracts")
@public
def contracts() -> Answer:
    """Contracts in force and ended."""
    wanted = listing.asked(("state", "mode", "region"), tuple(SORTS))
    state = ContractState(wanted["state"]) if wanted["state"] in {item.value for item in STATES} else None
    region = wanted["region"] if wanted["region"] in region_names() else ""
    chosen = ContractsWanted(q=wanted.q, state=state, mode=wanted["mode"], region=region)
    if listing.wanted_format():
        return _download(chosen)
    found = find_contracts(chosen, sort=wanted.sort, number=wanted.page)
    if not found.items and found.total and wanted.page > 1:
        return redirect(listing.page_address(found.pages))
    say_state = {"state": (_("State"), lambda name: presenting.word("contract", name))}
    labels: dict[str, tuple[str, listing.Say]] = {
        **say_state,
        "mode": (_("Way of selection"), presenting.mode_label),
        "region": (_("Region"), presenting.short_region),
    }
    facets = [listing.facet(labels[key][0], key, found.facets[key], labels[key][1]) for key in ("state", "mode")]
    return render_template(
        "public/contracts.html", found=found, wanted=wanted, facets=facets, chips=listing.chips(wanted, labels)
    )


def _download(chosen: ContractsWanted) -> Response:
    head = [_("Number"), _("Purchase"), _("State"), _("Owner"), _("Agency"), _("Price (yuan)"), _("In force since")]
    rows = (
        (
            row.code,
            row.project.name,
            presenting.word("contract", row.state),
            presenting.organisation_name(row.owner),
            row.agency.name,
            listing.yuan(row.price),
            row.in_force_at,
        )
        for row in listing.batches(lambda last: after(chosen, last), lambda row: row.id)
    )
    return listing.download("contracts", head, rows)


def _sign_steps(row: Contract, side: Party) -> list[NextStep]:
    if row.state in UNSIGNED and side in unsigned(row):
        return [NextStep(_("Read and sign"), url_for("owner.sign", code=row.code), "primary")]
    return []


def _owner_steps(row: Contract, results: list[Deliverable], instalments: list[PaymentItem]) -> list[NextStep]:
    steps = [
        NextStep(_("Accept or return: %(name)s", name=item.name), _decide(row, item), "primary")
        for item in results
        if item.state is DeliverableState.SUBMITTED
    ]
    steps += [
        NextStep(
            _("Record the payment: %(name)s", name=item.name),
            url_for("owner.pay", code=row.code, number=item.number),
            "" if steps else "primary",
        )
        for item in instalments
        if item.state in TO_PAY
    ]
    return steps


def _decide(row: Contract, item: Deliverable) -> str:
    return url_for("owner.decide", code=row.code, number=item.number)


def _owed(row: Contract, side: Party) -> list[tuple[str, object]]:
    """What the other side can be urged about now."""
    names: set[UrgeAbout] = set()
    if row.state in UNSIGNED and side.other in unsigned(row):
        names = {UrgeAbout.SIGNATURE}
    elif row.state is ContractState.IN_FORCE:
        names = set(OWED_BY[side.other]) - {UrgeAbout.SIGNATURE}
    return [(name.value, URGE_LABELS[name]) for name in UrgeAbout if name in names]


@blueprint.get("/contracts/<code>")
@public
def contract(code: str) -> str:
    """The page of a contract: what is public for everybody, everything for its sides and offices."""
    actor, at = present_actor(), now()
    row = visible_contract(code, actor)
    inside, side = sees_all(row, actor), _side(row, actor)
    results, instalments = list(deliverables_of(row)), list(items_of(row))
    ratings = ratings_of(row, actor)
    steps = _sign_steps(row, side) if side is not None else []
    if side is Party.OWNER:
        steps += _owner_steps(row, results, instalments)
    if any(item.mine and item.state is RatingState.OPEN for item in ratings):
        steps.append(NextStep(_("Rate the service"), url_for("owner.rate", code=row.code), "primary"))
    events = timeline(subject_kind="contract", subject_code=row.code, public_only=not inside)
    chosen = request.args.get("events", "")
    return render_template(
        "public/contract.html",
        contract=row,
        inside=inside,
        side=side,
        steps=steps,
        terms=terms_of(row),
        results=results,
        instalments=instalments,
        balance=balance(row),
        ratings=ratings,
        score=score(row),
        documents=documents_of(row, actor),
        owed=_owed(row, side) if side is not None else [],
        urges=urge_counts(row) if inside else {},
        due=presenting.due("sign", row.sign_due_at, at) if row.state in UNSIGNED else None,
        timeline=timelines.entries(timelines.filtered(events, chosen)),
        filters=timelines.filters(events, chosen),
    )


def _side(row: Contract, actor: Actor) -> Party | None:
    return party_of(row, actor) if is_side(row, actor) else None


def handed_out(document: Document) -> Response:
    """A stored file: PDFs are shown, everything else is saved."""
    return send_file(
        content(document),
        mimetype=document.media_type,
        download_name=document.name,
        as_attachment=document.media_type not in IN_PAGE,
    )


@blueprint.get("/contracts/<code>/text.pdf")
@public
def contract_text(code: str) -> Response:
    """The contract's text: the signed copy once there is one."""
    row = visible_contract(code, present_actor())
    readable = documents_of(row, present_actor())
    if not readable:
        raise NotFound(_("There is no such file."))
    return handed_out(readable[-1])


@blueprint.get("/contracts/<code>/deliverables/<int:number>/<int:submission>")
@signed_in
def submission_file(code: str, number: int, submission: int) -> Response:
    """A result as it was handed in, for both sides and the offices."""
    row = visible_contract(code, present_actor())
    return handed_out(submission_document(row, number, submission, present_actor()))


@blueprint.get("/contracts/<code>/vouchers/<int:voucher>")
@signed_in
def voucher_file(code: str, voucher: int) -> Response:
    """A voucher, for both sides and the offices."""
    row = visible_contract(code, present_actor())
    return handed_out(voucher_document(row, voucher, present_actor()))
