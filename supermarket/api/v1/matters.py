"""/matters: register 1 (onboarding.md, The matters register)."""

from datetime import date
from typing import Literal

from pydantic import Field

from supermarket.api.parameters import PageQuery, Query, RegionCode, Words
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape
from supermarket.core.msgids import N_
from supermarket.matters import queries
from supermarket.matters.models import CommissionedBy, FeeKind, MatterVersion
from supermarket.matters.regional import FIELDS, Effective


class MattersQuery(PageQuery):
    """What a list of matters is narrowed to; `region` takes the lists in force there."""

    q: Words = ""
    region: RegionCode | None = None
    industry: str = Field("", pattern="^[a-z][a-z_-]{1,31}$", description="code of the industry authority")
    stage: str = Field("", pattern="^[a-z][a-z_-]{1,31}$", description="code of the stage")
    sort: Literal["code", "name", "newest"] = "code"


class MatterQuery(Query):
    """Where the wording is asked for; without a region it is that of the matter's own list."""

    region: RegionCode | None = None


class NotCarriedOutShape(Shape):
    """Which region does not carry a matter out, why and on which basis."""

    region: str
    reason: str
    basis: str


class RegionalWordingShape(Shape):
    """A region's published wording that takes part."""

    region: str
    version: int


class MatterItem(Shape):
    """A matter in force, in short; with `region` asked for, as it holds there."""

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
    carried_out: bool | None = Field(description="whether it is carried out in the region asked for (none asked: null)")


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
    sources: dict[str, str] = Field(description="which region's list says each value that regions may word")
    regional_versions: list[RegionalWordingShape] = Field(description="regional wordings in force, from the top down")
    not_carried_out: NotCarriedOutShape | None


def item_of(version: MatterVersion, said: Effective | None = None) -> MatterItem:
    """The short form of a wording in force, as a region says it."""
    return MatterItem.model_validate(_short(version) | _said_short(version, said))


def _said_short(version: MatterVersion, said: Effective | None) -> dict[str, object]:
    return {
        "department": version.department if said is None else said.values["department"].text,
        "carried_out": None if said is None else said.not_carried_out is None,
    }


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


def shape_of(version: MatterVersion, said: Effective | None = None) -> MatterShape:
    """The whole wording, as a region says it."""
    home = version.matter.region_code
    texts = {name: getattr(version, name) for name in FIELDS}
    sources = dict.fromkeys(FIELDS, home)
    refusal = None
    if said is not None:
        texts = {name: value.text for name, value in said.values.items()}
        sources = {name: value.region_code for name, value in said.values.items()}
        if (no := said.not_carried_out) is not None:
            refusal = {"region": no.region_code, "reason": no.reason, "basis": no.basis}
    return MatterShape.model_validate(
        _short(version)
        | _said_short(version, said)
        | {
            "change_kind": version.change_kind,
            "change_reason": version.change_reason,
            "legal_basis": version.legal_basis,
            "other_basis": version.other_basis,
            "fee_bearer": version.fee_bearer,
            "fee_reference": version.fee_reference,
            "requirement": version.requirement_tree,
            "requirement_text": version.requirement_text,
            "personal_licences": version.personal_licences,
            "agency_type": version.agency_type,
            "versions": [row.number for row in queries.versions(version.matter.code, public_only=True)],
            "sources": sources,
            "regional_versions": [
                {"region": item.region_code, "version": item.number} for item in (said.wordings if said else ())
            ],
            "not_carried_out": refusal,
        }
        | texts
    )


@route("GET", "/matters", N_("Matters in force"), gives=MatterItem, many=True, query=MattersQuery)
def list_matters(query: MattersQuery) -> Listing[MatterItem]:
    """Published matters; `q` looks in name, approval item, department, agency type and code."""
    chosen = queries.MatterFilter(query.q, query.region or "", query.industry, query.stage, query.sort)
    page, _facets = queries.published(chosen, query.part())
    wordings = queries.wordings_in([row.id for row in page.items], query.region) if query.region else {}
    found = [
        item_of(
            version,
            queries.patched(version, row.region_code, wordings.get(row.id, ())) if query.region else None,
        )
        for row in page.items
        if (version := row.published_version) is not None
    ]
    return Listing(found, page.next)


@route("GET", "/matters/{code}", N_("A matter"), gives=MatterShape, query=MatterQuery)
def show_matter(code: str, query: MatterQuery) -> MatterShape:
    """The wording in force; with `region`, as the lists of that region and those above it say, and which says what."""
    version = queries.published_version(code)
    return shape_of(version, queries.effective_in(version.matter, query.region) if query.region else None)
