"""Check the record of a draw: one of ours, or a file that somebody hands in."""

from dataclasses import dataclass

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from supermarket.core.draw import Verification, verify_record
from supermarket.core.draw.record import MAX_BYTES
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.projects.queries import project_for
from supermarket.selection.queries import draw_record
from supermarket.web import listing
from supermarket.web.access import present_actor, public
from supermarket.web.public.blueprint import blueprint

NOT_CHECKED = {
    "receipt signature": _l("the signature on the receipt, because the witness did not give its key"),
    "drand signature": _l("the signature of the beacon drand"),
    "bulletin": _l("the bulletin of the lottery: compare the numbers with the printed one"),
}


class RecordForm(CommandForm):
    """A record to be checked."""

    record = FileField(_l("Record (JSON)"), validators=[FileRequired(_l("Choose the file."))])


@dataclass(frozen=True)
class Checked:
    """What came out, in words."""

    name: str
    found: Verification
    not_checked: list[str]


def _witness_keys() -> dict[str, bytes] | None:
    """The witness's published key by its name, None if it does not answer."""
    try:
        witness = current().witness
        return {witness.name(): bytes.fromhex(witness.verify_key())}
    except GatewayError:
        return None


def _checked(name: str, data: bytes) -> Checked:
    found = verify_record(data, _witness_keys())
    return Checked(name, found, [str(NOT_CHECKED.get(item, item)) for item in found.not_checked])


@blueprint.route("/verify", methods=["GET", "POST"])
@public
def verify() -> tuple[str, int]:
    """What can be verified and how; the answer for a record."""
    form = RecordForm()
    checked, status = None, 200
    code = listing.clean(request.args.get("code", ""), 32)
    purpose = listing.clean(request.args.get("purpose", "main"), 16)
    if request.method == "POST":
        status = 422
        if form.validate():
            with form.record.data.stream as upload:
                data = upload.read(MAX_BYTES + 1)
            checked, status = _checked(listing.clean(form.record.data.filename or ""), data), 200
    elif code:
        try:
            project_for(code, present_actor())
            checked = _checked(f"{code}-{purpose}.json", draw_record(code, purpose).to_json())
        except NotFound:
            status = 404
    page = render_template("public/verify.html", form=form, checked=checked, code=code, missing=status == 404)
    return page, status
