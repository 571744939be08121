"""Check a public record: a draw of ours, or any file that somebody hands in – it says itself what it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from supermarket.core.draw.record import MAX_BYTES
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.projects.models import Project
from supermarket.projects.queries import project_for
from supermarket.selection.queries import draw_record
from supermarket.selection.record.contents import selection_record
from supermarket.selection.record.verifying import Difference, Kind, verdict_on
from supermarket.web import listing
from supermarket.web.access import present_actor, public
from supermarket.web.public import quotes
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.programs import archive_hash
from supermarket.web.public.selection_words import auction_words, selection_words

NOT_CHECKED = {
    "receipt signature": _l("the signature on the receipt, because the witness did not give its key"),
    "drand signature": _l("the signature of the beacon drand"),
    "bulletin": _l("the bulletin of the lottery: compare the numbers with the printed one"),
}


def browser_words() -> dict[str, object]:
    """What the check in the reader's own browser says, by the codes of static/verify/draw.js."""
    return {
        "holds": _("The order follows from the pool and the value; nothing differs."),
        "differs": _("This record does not hold."),
        "not_checked": _("Not checked here:"),
        "all_checked": _("The witness's signature on the receipt was checked, too."),
        "working": _("Computing …"),
        "unknown_version": _(
            "This is no record that this page knows: its field “version” or “format” says another kind."
        ),
        "not_loaded": _("The record could not be loaded. Download it and drop it in."),
        "picks": _("Each pick, computed step by step"),
        "columns": [_("Place"), _("Tickets left"), _("Remainder"), _("Who")],
        "states": {"holds": _("✓ holds"), "differs": _("✗ differs"), "unknown": _("? not checked")},
        "steps": {
            "format": _("The record has exactly the fields of the rules."),
            "pool": _("The pool file is well-formed and in order; its SHA-256 is the pool hash."),
            "receipt": _("The witness signed this pool hash once, at this time."),
            "value": _("The value is one that the named source gives."),
            "key": _("The key is the SHA-256 of “draw-v2”, the pool hash and the value."),
            "order": _("The order follows from the key, pick by pick."),
            "times": _("The value came into being after the receipt, the draw after the value."),
        },
        "codes": {
            "twice": _("stands in it twice"),
            "object": _("an object is due here"),
            "unknown_field": _("unknown field"),
            "missing": _("the field is missing"),
            "text": _("a text is due here"),
            "form": _("it does not have the form of the rules"),
            "list": _("a list is due here"),
            "too_large": _("the file is too large"),
            "not_utf8": _("it is not UTF-8"),
            "not_json": _("it is not JSON"),
            "order": _("it does not stand in order"),
            "differs": _("computed here:"),
            "in_pool": _("is excluded and in the pool:"),
            "none": _("without a receipt there is no draw"),
            "no_key": _("no key is known of the witness"),
            "signature": _("the signature is not for this pool and time; witness:"),
            "null": _("nothing is drawn yet, or the record is not whole"),
            "lottery": _("this lottery draws other numbers"),
            "reveals": _("one revealed number for each party"),
            "reveal": _("what a party revealed does not hash to its commitment"),
            "no_parties": _("only a source of parties has parties that can refuse"),
            "too_many": _("a name twice, or more names than parties"),
            "one": _("two must type a bulletin's numbers"),
            "early": _("too early"),
        },
        "unchecked": {name: str(words) for name, words in NOT_CHECKED.items()},
        "selection": selection_words(),
        "auction": auction_words(),
        "quote": quotes.browser_words(),
        "quote_more": _("Put the kept file and the public book side by side on the page “Check a sealed quote”."),
        "unreadable": _("This file cannot be checked."),
        "none": _("– nothing of it here"),
    }


SELECTION = "selection"
"""In the place of a draw's purpose: the record of the whole selection."""


class RecordForm(CommandForm):
    """A record to be checked."""

    record = FileField(
        _l("A selection, a draw, a live auction, or your own sealed quote (JSON)"),
        validators=[FileRequired(_l("Choose the file."))],
    )


@dataclass(frozen=True)
class Checked:
    """What came out, in words: `readable` whether it is a record of a kind that can be checked at all."""

    name: str
    readable: bool
    ok: bool
    holds: str
    differences: list[str]
    not_checked: list[str]


def _witness_keys() -> dict[str, bytes] | None:
    """The published keys of the witnesses by their names, None if the lead does not answer."""
    keys: dict[str, bytes] = {}
    for witness in current().witnesses:
        try:
            keys[witness.name()] = bytes.fromhex(witness.verify_key())
        except GatewayError:
            if not keys:
                return None
    return keys


def _witnesses_shown() -> list[tuple[str, str]]:
    """Names and keys of the witnesses as this site knows them, for the reader to compare with the witnesses' own pages."""
    return [(name, key.hex()) for name, key in (_witness_keys() or {}).items()]


def _checked(name: str, data: bytes) -> Checked:
    found = verdict_on(data, witness_keys=_witness_keys())
    words = _words_of(found.kind)
    codes, unchecked = _part(words, "codes"), _part(words, "unchecked")
    return Checked(
        name=name,
        readable=found.kind is not None,
        ok=found.exit_code == 0,
        holds=str(words["holds"]),
        differences=[_difference(each, codes) for each in found.differs],
        not_checked=[str(unchecked.get(item, NOT_CHECKED.get(item, item))) for item in found.not_checked],
    )


def _own_record(project: Project, purpose: str) -> bytes:
    """A record of ours: of the whole selection, or of a draw. Raises NotFound."""
    if purpose != SELECTION:
        return draw_record(project.code, purpose).to_json()
    if project.published_at is None:
        raise NotFound(_("There is no such project."))
    return selection_record(project)


def _part(words: Mapping[str, object], name: str) -> Mapping[str, str]:
    found = words.get(name, {})
    return found if isinstance(found, dict) else {}


def _words_of(kind: Kind | None) -> Mapping[str, object]:
    """What is said of a file of this kind."""
    selection = selection_words()
    if kind is Kind.AUCTION:
        return selection | auction_words()
    if kind is Kind.KEPT:
        words = quotes.browser_words()
        return {"holds": words["holds"], "codes": words["steps"], "unchecked": words["steps"]}
    if kind is Kind.DRAW:
        return {"holds": _("The order follows from the pool and the value; nothing differs.")}
    return selection


def _difference(each: Difference, codes: Mapping[str, str]) -> str:
    said = codes.get(each.code) or codes.get(each.where)
    return f"{said} {each.about}".strip() if said else f"{each.where}: {each.code} {each.about}".strip()


@blueprint.route("/verify", methods=["GET", "POST"])
@public
def verify() -> tuple[str, int]:
    """What can be verified and how; the answer for a record."""
    form = RecordForm()
    checked, status = None, 200
    code = listing.clean(request.args.get("code", ""), 32)
    record = ""
    purpose = listing.clean(request.args.get("purpose", "main"), 16)
    if request.method == "POST":
        status = 422
        if form.validate():
            with form.record.data.stream as upload:
                data = upload.read(MAX_BYTES + 1)
            checked, status = _checked(listing.clean(form.record.data.filename or ""), data), 200
    elif code:
        try:
            project = project_for(code, present_actor())
            checked = _checked(f"{code}-{purpose}.json", _own_record(project, purpose))
            if purpose == SELECTION:
                record = url_for("public.selection_json", code=code)
            else:
                record = url_for("public.draw_json", code=code, purpose=purpose)
        except NotFound:
            status = 404
    page = render_template(
        "public/verify.html",
        form=form,
        checked=checked,
        code=code,
        missing=status == 404,
        words=browser_words(),
        record=record,
        witnesses=_witnesses_shown(),
        programs_sha256=archive_hash(),
    )
    return page, status
