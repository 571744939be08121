"""/matters, for list offices: draft, change, submit, return, publish (onboarding.md, The matters register)."""

import orjson
from flask_babel import gettext as _

from supermarket.api.routes import route
from supermarket.api.shapes import Shape, acting
from supermarket.api.v1.matters import MatterShape, shape_of
from supermarket.core.errors import FieldError, InvalidInput, NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P, may
from supermarket.matters import operations
from supermarket.matters.forms import EditMatterForm, MatterForm, NewMatterForm, ReasonForm
from supermarket.matters.models import Matter, MatterState, MatterVersion
from supermarket.matters.queries import matter, versions
from supermarket.web.access import Access, present_actor

EDITS = Access(permissions=(P.MATTER_EDIT,))
PUBLISHES = Access(permissions=(P.MATTER_PUBLISH,))


class MatterDraftShape(Shape):
    """Where a matter's newest wording stands with its list office."""

    code: str
    region: str
    state: MatterState
    version: int
    wording: int
    name: str
    return_reason: str


def _draft(row: Matter) -> MatterDraftShape:
    newest = _newest(row)
    return MatterDraftShape(
        code=row.code,
        region=row.region_code,
        state=row.state,
        version=row.version,
        wording=newest.number,
        name=newest.name,
        return_reason=row.return_reason,
    )


def _newest(row: Matter) -> MatterVersion:
    return versions(row.code, public_only=False)[0]


def _office(code: str) -> Matter:
    """The matter for its list office. Raises NotFound: nobody else knows of a draft."""
    row = matter(code)
    if row.published_version_id is None and not may(present_actor(), P.MATTER_EDIT, region=row.region_code):
        raise NotFound(_("There is no such matter."))
    return row


def _plain(form: MatterForm) -> None:
    """JSON inside of a text may hold escapes that no column keeps. Raises InvalidInput at the field."""
    errors = []
    for name in ("requirement", "licences"):
        text = form[name].data or "null"
        try:
            held = orjson.dumps(orjson.loads(text))
        except orjson.JSONDecodeError:
            held = b"\\u0000"
        if b"\\u0000" in held:
            errors.append(
                FieldError(name, "malformed", _("This is not well-formed; the API's description has the form."))
            )
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)


@route(
    "POST",
    "/matters",
    N_("Draft a matter"),
    access=EDITS,
    form=NewMatterForm,
    gives=MatterDraftShape,
    status=201,
    location="/matters/{code}",
)
def draft_matter(form: NewMatterForm) -> MatterDraftShape:
    """In a region's list; it is in force once published."""
    _plain(form)
    command = form.command()
    return _draft(operations.draft_matter(command, code=form.code.data, region_code=form.region.data, **acting()))


def present_wording(code: str) -> dict[str, object]:
    """What stands, as the form has it. Raises NotFound."""
    row = _newest(_office(code))
    plain = {
        name: getattr(row, name)
        for name in (
            "name", "approval_item", "department", "industry", "stage", "legal_basis", "other_basis", "agency_type",
            "fee_bearer", "fee_standard", "fee_reference", "requirement_text", "service_time", "approval_time",
            "result_document", "note",
        )
    }  # fmt: skip
    return plain | {
        "commissioned_by": row.commissioned_by.value,
        "fee_kind": row.fee_kind.value,
        "requirement": orjson.dumps(row.requirement_tree).decode(),
        "licences": orjson.dumps(row.personal_licences).decode(),
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
    }


@route(
    "PATCH",
    "/matters/{code}",
    N_("Change a matter"),
    access=EDITS,
    form=EditMatterForm,
    changes=present_wording,
    needed=("version", "change_kind"),
    gives=MatterDraftShape,
)
def change_matter(code: str, form: EditMatterForm) -> MatterDraftShape:
    """Only the fields that are named change; of a published matter a new wording begins, with kind and reason."""
    _plain(form)
    row = operations.edit_matter(
        code,
        form.command(),
        change_kind=form.change_kind.data,
        change_reason=form.change_reason.data or "",
        expected_version=form.version.data,
        **acting(),
    )
    return _draft(row)


@route("POST", "/matters/{code}/submit", N_("Hand a matter to the list office"), access=EDITS, gives=MatterDraftShape)
def submit_matter(code: str) -> MatterDraftShape:
    """The wording waits for publication."""
    _office(code)
    return _draft(operations.submit_matter(code, **acting()))


@route(
    "POST",
    "/matters/{code}/return",
    N_("Send a matter back"),
    access=PUBLISHES,
    form=ReasonForm,
    gives=MatterDraftShape,
)
def return_matter(code: str, form: ReasonForm) -> MatterDraftShape:
    """With the reason."""
    _office(code)
    return _draft(operations.return_matter(code, form.reason.data, **acting()))


@route("POST", "/matters/{code}/publish", N_("Put a matter in force"), access=PUBLISHES, gives=MatterShape)
def publish_matter(code: str) -> MatterShape:
    """If it passes the four tests: 依法性, 强制性, 前置性, 有偿性."""
    _office(code)
    row = operations.publish_matter(code, **acting())
    return shape_of(_newest(row))
