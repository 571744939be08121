"""/matters/{code}/regions/{region}: a region's own entry over an inherited matter (onboarding.md, The matters register)."""

from flask_babel import gettext as _

from supermarket.api.routes import route
from supermarket.api.shapes import Moment, Shape, acting
from supermarket.core.errors import NotFound
from supermarket.core.msgids import N_
from supermarket.core.permissions import P, may
from supermarket.matters import operations
from supermarket.matters.forms import ReasonForm, RegionalForm
from supermarket.matters.models import MatterState, RegionalEntry, RegionalVersion
from supermarket.matters.queries import newest_regional, regional_entry, regional_versions
from supermarket.matters.regional import FIELDS
from supermarket.web.access import Access, present_actor

EDITS = Access(permissions=(P.MATTER_EDIT,))
PUBLISHES = Access(permissions=(P.MATTER_PUBLISH,))


class RegionalEntryShape(Shape):
    """Where a region's newest wording stands with its list office; an empty text is what the list above says."""

    code: str
    region: str
    state: MatterState
    version: int
    wording: int
    return_reason: str
    not_carried_out: bool
    not_carried_out_reason: str
    not_carried_out_basis: str
    department: str
    service_time: str
    approval_time: str
    fee_standard: str
    result_document: str
    note: str


class RegionalWordingItem(Shape):
    """One published wording of a region's entry."""

    number: int
    change_kind: str
    change_reason: str
    published_at: Moment
    carried_out: bool


class RegionalHistoryShape(Shape):
    """The published wordings of a region's entry, newest first."""

    code: str
    region: str
    versions: list[RegionalWordingItem]


def _shape(entry: RegionalEntry) -> RegionalEntryShape:
    newest = _newest(entry)
    plain: dict[str, object] = {
        name: getattr(newest, name) for name in ("not_carried_out_reason", "not_carried_out_basis", *FIELDS)
    }
    return RegionalEntryShape.model_validate(
        plain
        | {
            "code": entry.matter.code,
            "region": entry.region_code,
            "state": entry.state,
            "version": entry.version,
            "wording": newest.number,
            "return_reason": entry.return_reason,
            "not_carried_out": not newest.carried_out,
        }
    )


def _newest(entry: RegionalEntry) -> RegionalVersion:
    version = newest_regional(entry)
    if version is None:
        raise NotFound(_("This region has no entry of its own for the matter."))
    return version


def present_entry(code: str, region: str) -> dict[str, object]:
    """What stands, as the form has it; of a region without an entry, nothing. Raises NotFound for others' drafts."""
    entry = regional_entry(code, region)
    if entry is None:
        return {}
    if entry.published_version_id is None and not may(present_actor(), P.MATTER_EDIT, region=region):
        raise NotFound(_("This region has no entry of its own for the matter."))
    newest = _newest(entry)
    plain: dict[str, object] = {
        name: getattr(newest, name) for name in ("not_carried_out_reason", "not_carried_out_basis", *FIELDS)
    }
    return plain | {"not_carried_out": not newest.carried_out}


@route(
    "GET",
    "/matters/{code}/regions/{region}",
    N_("Published wordings of a region's entry"),
    gives=RegionalHistoryShape,
)
def show_regional(code: str, region: str) -> RegionalHistoryShape:
    """What a region has said over a matter of the lists above, newest first."""
    rows = regional_versions(code, region, public_only=True)
    if not rows:
        raise NotFound(_("This region has no entry of its own for the matter."))
    found = [
        RegionalWordingItem(
            number=row.number,
            change_kind=row.change_kind,
            change_reason=row.change_reason,
            published_at=row.published_at,
            carried_out=row.carried_out,
        )
        for row in rows
        if row.published_at is not None
    ]
    return RegionalHistoryShape(code=code, region=region, versions=found)


@route(
    "PATCH",
    "/matters/{code}/regions/{region}",
    N_("Word a region's entry"),
    access=EDITS,
    form=RegionalForm,
    changes=present_entry,
    needed=("version", "change_kind"),
    gives=RegionalEntryShape,
)
def word_regional(code: str, region: str, form: RegionalForm) -> RegionalEntryShape:
    """Begins the entry (version 0) or changes its draft; of a published one a new wording begins, with kind and reason."""
    row = operations.word_regional(
        code,
        region,
        form.command(),
        change_kind=form.change_kind.data,
        change_reason=form.change_reason.data or "",
        expected_version=form.version.data,
        **acting(),
    )
    return _shape(row)


@route(
    "POST",
    "/matters/{code}/regions/{region}/submit",
    N_("Hand a region's entry to its list office"),
    access=EDITS,
    gives=RegionalEntryShape,
)
def submit_regional(code: str, region: str) -> RegionalEntryShape:
    """The wording waits for publication."""
    return _shape(operations.submit_regional(code, region, **acting()))


@route(
    "POST",
    "/matters/{code}/regions/{region}/return",
    N_("Send a region's entry back"),
    access=PUBLISHES,
    form=ReasonForm,
    gives=RegionalEntryShape,
)
def return_regional(code: str, region: str, form: ReasonForm) -> RegionalEntryShape:
    """With the reason."""
    return _shape(operations.return_regional(code, region, form.reason.data, **acting()))


@route(
    "POST",
    "/matters/{code}/regions/{region}/publish",
    N_("Put a region's entry in force"),
    access=PUBLISHES,
    gives=RegionalEntryShape,
)
def publish_regional(code: str, region: str) -> RegionalEntryShape:
    """In the region and what lies below; projects published before keep their wording."""
    return _shape(operations.publish_regional(code, region, **acting()))
