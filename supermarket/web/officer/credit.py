"""Credit in office: entries and their reversal, the black and red lists."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.identifiers import is_uscc
from supermarket.core.paging import Slice
from supermarket.core.permissions import P
from supermarket.core.working_days import local_date
from supermarket.credit import operations as credit
from supermarket.credit.forms import CreditEntryForm, ListEntryForm, ReversalForm
from supermarket.credit.models import CreditEntry, Ledger, ListKind
from supermarket.credit.queries import credit_of, ledger, list_page, owner_credit_of
from supermarket.disclosure.queries import agency_names
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.reputation import ENTRY_STATES, event_labels
from supermarket.web.officer.blueprint import blueprint

LARGEST = 2**31 - 1


def _page(
    *, entry: CreditEntryForm | None = None, reversal: ReversalForm | None = None, reversing: int | None = None
) -> str:
    actor = present_actor()
    uscc = listing.clean(request.args.get("uscc", ""), 18).upper()
    known = uscc if is_uscc(uscc) else ""
    which = Ledger.OWNER if request.args.get("ledger") == "owner" else Ledger.AGENCY
    of = owner_credit_of if which is Ledger.OWNER else credit_of
    found = of(known, now()) if known else None
    return render_template(
        "officer/credit.html",
        entry=entry or CreditEntryForm(formdata=None, prefix="entry", uscc=known or None),
        reversal=reversal or ReversalForm(formdata=None, prefix="reversal"),
        reversing=reversing,
        uscc=uscc,
        known=known,
        which=which,
        name=agency_names([known]).get(known, "") if known else "",
        credit=found,
        entries=list(reversed(ledger(known, which))) if known else [],
        states={row.entry.reference: row.state.value for row in found.rows} if found else {},
        event_labels=event_labels(),
        state_labels=ENTRY_STATES,
        may_reverse=bool(actor.organisations_with(P.CREDIT_DECIDE_APPEAL)),
    )


@blueprint.get("/credit")
@needs(P.CREDIT_ENTER)
def credit_page() -> str:
    """A ledger (`?uscc=`), and the form for one more entry."""
    return _page()


@blueprint.post("/credit")
@needs(P.CREDIT_ENTER)
def enter() -> tuple[str, int] | Response:
    """Append an entry by the table."""
    form = CreditEntryForm(prefix="entry")

    def act() -> CreditEntry:
        command = form.command()
        return credit.enter(
            command.event,
            uscc=command.uscc,
            source=command.source,
            basis=command.basis,
            document_number=command.document_number,
            evidence=command.evidence,
            actor=present_actor(),
            at=now(),
        )

    done, status = attempt(form, act)
    if done is None:
        return _page(entry=form), status
    tell(_("Entered. The credit is computed anew; the entry is never edited, only reversed by another."))
    return redirect(url_for("office.credit_page", uscc=done.uscc), code=303)


@blueprint.post("/credit/<int:entry_id>/reverse")
@needs(P.CREDIT_DECIDE_APPEAL)
def reverse(entry_id: int) -> tuple[str, int] | Response:
    """End an entry by another one (upheld objection, repair)."""
    form = ReversalForm(prefix="reversal")
    done, status = attempt(
        form,
        lambda: credit.reverse(
            min(entry_id, 2**63 - 1),
            source=form.source.data,
            basis=form.basis.data,
            document_number=form.document_number.data,
            actor=present_actor(),
            at=now(),
        ),
    )
    if done is None:
        return _page(reversal=form, reversing=entry_id), status
    tell(_("Reversed from today on; both entries stay readable."))
    return redirect(url_for("office.credit_page", uscc=done.uscc, ledger=done.ledger.value), code=303)


def _lists_page(form: ListEntryForm | None = None) -> str:
    asked = listing.asked(("kind",), ("newest",))
    kind = ListKind.RED if asked["kind"] == "red" else ListKind.BLACK
    return render_template(
        "officer/lists.html",
        form=form or ListEntryForm(formdata=None, from_date=local_date(now()), kind=kind.value),
        kind=kind,
        found=list_page(kind, local_date(now()), Slice(number=asked.page), q=asked.q),
        address=listing.address,
        page_address=listing.page_address,
    )


@blueprint.get("/lists")
@needs(P.CREDIT_LIST)
def lists() -> str:
    """The black and the red list, and the form for one more decision."""
    return _lists_page()


@blueprint.post("/lists")
@needs(P.CREDIT_LIST)
def add_to_list() -> tuple[str, int] | Response:
    """Enter an authority's decision."""
    form = ListEntryForm()
    done, status = attempt(form, lambda: credit.list_add(form.command(), actor=present_actor(), at=now()))
    if done is None:
        return _lists_page(form), status
    if done.kind is ListKind.BLACK:
        tell(_("Listed: the party is out, province-wide, until the decision ends."))
    else:
        tell(_("Listed, and public with basis and end."))
    return redirect(url_for("office.lists", kind=done.kind.value), code=303)


@blueprint.post("/lists/<int:entry_id>/end")
@needs(P.CREDIT_LIST)
def end_listing(entry_id: int) -> Response:
    """End an entry before its time, by the authority's decision."""
    done = perform(lambda: credit.list_end(min(entry_id, LARGEST), actor=present_actor(), at=now()))
    tell(_("The listing has ended; an agency that was out may apply again."))
    return redirect(url_for("office.lists", kind=done.kind.value), code=303)
