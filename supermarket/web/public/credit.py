"""Red and black lists, and a look into anybody's ledger by its code."""

from flask import render_template, request
from flask_babel import gettext as _

from supermarket.accounts.queries import organisation_by_uscc
from supermarket.agencies.queries import agency_by_uscc
from supermarket.core.clock import now
from supermarket.core.identifiers import IdentifierError, parse_uscc
from supermarket.core.paging import Slice
from supermarket.core.working_days import local_date
from supermarket.credit.models import Ledger, ListKind
from supermarket.credit.queries import credit_of, ledger, list_page, owner_credit_of
from supermarket.web import listing
from supermarket.web.access import public
from supermarket.web.credit_words import entry_label
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer

PAGE_SIZE = 20


def _ledger_of(text: str) -> dict[str, object]:
    """The ledger that somebody asks for, or why there is none."""
    try:
        code = parse_uscc(text).value
    except IdentifierError as error:
        return {"ledger_error": _(error.message)}
    agency, owner, at = agency_by_uscc(code), organisation_by_uscc(code), now()
    if agency is not None:
        return {
            "ledger_name": agency.name,
            "ledger_uscc": code,
            "ledger_url": True,
            "ledger_credit": credit_of(code, at),
            "ledger_entries": list(reversed(ledger(code))),
        }
    if owner is not None and not owner.is_natural_person:
        return {
            "ledger_name": owner.name,
            "ledger_uscc": code,
            "ledger_credit": owner_credit_of(code, at),
            "ledger_entries": list(reversed(ledger(code, Ledger.OWNER))),
        }
    return {"ledger_error": _("Nobody in this market has the code %(code)s.", code=code)}


@blueprint.get("/credit")
@public
def credit() -> Answer:
    """The lists in force today and the search for a ledger."""
    wanted = listing.asked(("list",), ("newest",))
    kind = ListKind.RED if wanted["list"] == "red" else ListKind.BLACK
    day = local_date(now())
    if listing.wanted_format():
        return _download(kind)
    found = list_page(kind, day, Slice(size=PAGE_SIZE, number=wanted.page), q=wanted.q)
    asked = listing.clean(request.args.get("uscc", ""), 40)
    return render_template(
        "public/credit.html",
        kind=kind.value,
        found=found,
        wanted=wanted,
        asked=asked,
        entry_label=entry_label,
        **(_ledger_of(asked) if asked else {}),
    )


def _download(kind: ListKind) -> Answer:
    head = [
        _("Name"),
        _("Unified social credit code"),
        _("Authority"),
        _("Basis"),
        _("Document"),
        _("From"),
        _("Until"),
    ]
    day = local_date(now())
    found = list_page(kind, day, Slice(size=100))
    rows = list(found.items)
    while found.next is not None and len(rows) < listing.MOST_ROWS:
        found = list_page(kind, day, Slice(size=100, after=found.next))
        rows += found.items
    return listing.download(
        f"{kind.value}-list",
        head,
        (
            (row.name, row.uscc, row.authority, row.basis, row.document_number, row.from_date, row.until_date)
            for row in rows
        ),
    )
