"""/matters: register 1 (onboarding.md, The matters register)."""

from datetime import date
from typing import Literal

from pydantic import Field

from supermarket.api.parameters import PageQuery, RegionCode, Words
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape
from supermarket.core.msgids import N_
from supermarket.matters import queries
from supermarket.matters.models import CommissionedBy, FeeKind, MatterVersion


class MattersQuery(PageQuery):
    """What a list of matters is narrowed to; `region` takes the lists in force there."""

    q: Words = ""
    region: RegionCode | None = None
    industry: str = Field("", pattern="^[a-z][a-z_-]{1,31}$", description="code of the industry authority")
    stage: str = Field("", pattern="^[a-z][a-z_-]{1,31}$", description="code of the stage")
    sort: Literal["code", "name", "newest"] = "code"


class MatterItem(Shape):
    """A matter in force, in short."""

    code: str
    name: str
    region: str
    version: int = Field(description="number of the wording in force")
    industry: str
    stage: str
    approval_item: str
    department: str
    commissioned_by: CommissionedBy
    fee_kind: FeeKind
    valid_from: date
    valid_until: date | None
    published_at: Moment


class MatterShape(MatterItem):
    """A matter in force, whole."""

    change_kind: str
    change_reason: str
    legal_basis: str
    other_basis: str
    fee_bearer: str
    fee_standard: str
    fee_reference: str
    requirement: dict[str, object] | None = Field(description="tree: kind, speciality, level; any_of, all_of")
    requirement_text: str
    personal_licences: list[dict[str, object]]
    service_time: str
    approval_time: str
    result_document: str
    agency_type: str
    note: str
    versions: list[int] = Field(description="numbers of every published wording, newest first")


def item_of(version: MatterVersion) -> MatterItem:
    """The short form of a wording in force."""
    return MatterItem.model_validate(_short(version))


def _short(version: MatterVersion) -> dict[str, object]:
    return {
        "code": version.matter.code,
        "name": version.name,
        "region": version.matter.region_code,
        "version": version.number,
        "industry": version.industry,
        "stage": version.stage,
        "approval_item": version.approval_item,
        "department": version.department,
        "commissioned_by": version.commissioned_by,
        "fee_kind": version.fee_kind,
        "valid_from": version.valid_from,
        "valid_until": version.valid_until,
        "published_at": version.published_at,
    }


def shape_of(version: MatterVersion) -> MatterShape:
    """The whole wording."""
    return MatterShape.model_validate(
        _short(version)
        | {
            "change_kind": version.change_kind,
            "change_reason": version.change_reason,
            "legal_basis": version.legal_basis,
            "other_basis": version.other_basis,
            "fee_bearer": version.fee_bearer,
            "fee_standard": version.fee_standard,
            "fee_reference": version.fee_reference,
            "requirement": version.requirement_tree,
            "requirement_text": version.requirement_text,
            "personal_licences": version.personal_licences,
            "service_time": version.service_time,
            "approval_time": version.approval_time,
            "result_document": version.result_document,
            "agency_type": version.agency_type,
            "note": version.note,
            "versions": [row.number for row in queries.versions(version.matter.code, public_only=True)],
        }
    )


@route("GET", "/matters", N_("Matters in force"), gives=MatterItem, many=True, query=MattersQuery)
def list_matters(query: MattersQuery) -> Listing[MatterItem]:
    """Published matters; `q` looks in name, approval item, department, agency type and code."""
    chosen = queries.MatterFilter(query.q, query.region or "", query.industry, query.stage, query.sort)
    page, _facets = queries.published(chosen, query.part())
    found = [row.published_version for row in page.items if row.published_version is not None]
    return Listing([item_of(version) for version in found], page.next)


@route("GET", "/matters/{code}", N_("A matter"), gives=MatterShape)
def show_matter(code: str) -> MatterShape:
    """The wording in force."""
    return shape_of(queries.published_version(code))
