"""The feed of public events."""

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.disclosure.queries import NOTICE_KINDS, subject_names
from supermarket.disclosure.queries import notices as find_notices
from supermarket.web import listing, timelines
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint

KIND_LABELS = {
    "procurement": _l("Procurement notices"),
    "change": _l("Changes"),
    "result": _l("Results"),
    "ended": _l("Failed or ended"),
    "contract": _l("Contracts"),
    "agency": _l("Agencies"),
    "policy": _l("Lists and numbers"),
}


@blueprint.get("/notices")
@public
def notices() -> str:
    """What happened in public, newest first."""
    kind = request.args.get("kind", "")
    before = request.args.get("before", "")
    last = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
    found = find_notices(kind, before=last, limit=30)
    tabs = [(_("All"), listing.address(kind=None, before=None), kind not in NOTICE_KINDS)]
    tabs += [(str(label), listing.address(kind=key, before=None), kind == key) for key, label in KIND_LABELS.items()]
    return render_template(
        "public/notices.html",
        entries=timelines.entries(found.items),
        names=subject_names(found.items),
        events=found.items,
        tabs=tabs,
        next_url=listing.address(before=found.next_id) if found.next_id else None,
        first_url=listing.address(before=None) if last else None,
    )
