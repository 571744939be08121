"""What the bidder's page needs to seal in the browser: keys, bounds and addresses, and every sentence that it may say."""

from flask import url_for
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.draw import format_time
from supermarket.core.money import MESSAGES as MONEY
from supermarket.gateways import current
from supermarket.projects.models import Project
from supermarket.projects.ways import bounds_of, mode_of
from supermarket.selection.quote_book import KEY_FIELDS, witness_key


def seal_data(project: Project, agency: Agency, following: int) -> dict[str, object] | None:
    """For the script: the published keys, the number of the next quote, bounds in fen as text; None without keys."""
    if project.quote_keys is None or project.enrol_until is None:
        return None
    bounds = bounds_of(project)
    return {
        "project": project.code,
        "uscc": agency.uscc,
        "seq": following,
        "until": format_time(project.enrol_until.replace(microsecond=0)),
        "floor": str(bounds.floor),
        "ceiling": str(bounds.ceiling),
        "by_rate": mode_of(project).by_rate,
        "keys": {name: project.quote_keys.get(name) for name in KEY_FIELDS},
        "receipt_key": current().keys.verify_key(),
        "witness_key": witness_key(project.quote_keys),
        "post": url_for("agency.quote", code=project.code),
        "book": url_for("public.quotes_json", code=project.code),
    }


def seal_words() -> dict[str, object]:
    """Every sentence of static/js/quote.js; {name} stands for what it fills in."""
    return {
        "money": {code: _(message) for code, message in MONEY.items()},
        "bounds": _("Quote between {floor} and {ceiling}."),
        "rate": _("Give the discount in percent with at most two decimals, such as 12.50."),
        "ask": _("Seal quote no. {seq} and hand it in?"),
        "ask_first": _("You can replace it until the deadline; after that it binds you."),
        "ask_more": _("It replaces your earlier quote of this project; after the deadline it binds you."),
        "confirm": _("Seal and hand in"),
        "cancel": _("Cancel"),
        "sealing": _("Checking the keys and sealing …"),
        "sending": _("Handing in …"),
        "not_sealed": _("Nothing was sealed and nothing was sent."),
        "no_book": _("The public keys of this project could not be loaded. Look at your connection and try again."),
        "other_keys": _("The keys of this page are not the published ones. Do not quote; tell the supervisor."),
        "no_witness": _("The witness does not answer, so its key cannot be checked. Try again in a minute."),
        "unsigned_key": _("The witness has not signed the key of this page. Do not quote; tell the supervisor."),
        "other_witness": _(
            "The witness's key is another than the one this browser has seen before. Ask the regulator before you quote."
        ),
        "broken": _(
            "The connection broke. Your sealed quote is kept in this browser; send it again, or save the file."
        ),
        "status": _("The site answered with an error ({status})."),
        "bad_receipt": _("The receipt is not signed with the operator's published key. Save the file and try again."),
        "received": _("Quote no. {seq} was received at {time}"),
        "keep_now": _(
            "Save the file now and keep it: it holds the amount and the signed receipt. If a key should be missing "
            "after the deadline, it is what proves your quote."
        ),
        "save": _("Save the file"),
        "again": _("Done"),
        "waiting": _("Your sealed quote no. {seq} ({amount}) has no receipt yet"),
        "unconfirmed": _("It was sealed in this browser and not confirmed. Send it again, or throw it away."),
        "outdated": _("Another quote came in after it, so it can no longer be sent."),
        "resend": _("Send it again"),
        "discard": _("Throw it away"),
        "remove": _("Remove from this browser"),
        "remove_ask": _("Remove the kept copy from this browser? Keep the file: nobody else has the amount."),
        "insert": _("Insert kept quote no. {seq}"),
    }
