"""The list of matters (中介服务事项) and the page of one."""

from collections.abc import Mapping, Sequence

from flask import Response, current_app, redirect, render_template, url_for
from flask_babel import gettext as _

from supermarket.agencies.queries import offering, offering_counts
from supermarket.core.errors import NotFound
from supermarket.core.paging import Slice
from supermarket.core.permissions import region_covers
from supermarket.credit.queries import star_levels
from supermarket.matters.models import CommissionedBy, Matter, MatterState
from supermarket.matters.queries import (
    MatterFilter,
    effective_in,
    patched,
    published,
    regional_regions,
    regional_versions,
    versions,
    wordings_in,
)
from supermarket.matters.queries import matter as find_matter
from supermarket.matters.regional import Effective, lies_below
from supermarket.matters.rules import change_kind_name
from supermarket.policies.queries import ancestors, industries, region_name, region_names
from supermarket.projects.queries import ProjectFilter, after
from supermarket.web import listing, presenting
from supermarket.web.access import public
from supermarket.web.matter_words import COMMISSIONED_LABELS, FEE_LABELS, compare, field_label, licences_sentence
from supermarket.web.project_page import requirement_sentence
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer

PAGE_SIZE = 20


def industry_names() -> Mapping[str, str]:
    """Industries by code: one statement."""
    return {row.code: row.name for row in industries()}


def _effective(rows: Sequence[Matter], region: str) -> Mapping[str, Effective]:
    """What each matter says in the region that is asked for, by code (none asked: nothing); one statement."""
    wordings = wordings_in([row.id for row in rows], region) if region else {}
    return {
        row.code: patched(row.published_version, row.region_code, wordings.get(row.id, ()))
        for row in rows
        if region and row.published_version is not None
    }


def _regions(home: str) -> list[tuple[str, str]]:
    """The regions below a list's own, by code, each set in by its depth."""
    names = region_names()
    below = sorted(code for code in names if lies_below(code, home))
    return [(code, "\u3000" * (len(ancestors(code)) - 2) + names[code][0]) for code in below]


def _download(chosen: MatterFilter) -> Response:
    def read(last: int | None) -> list[tuple[int, Matter]]:
        number = (last or 0) + 1
        rows, _facets = published(chosen, Slice(size=100, number=number))
        said.update(_effective(rows.items, chosen.region))
        return [(number, row) for row in rows.items]

    names = industry_names()
    head = [
        _("Code"),
        _("Matter"),
        _("Approval"),
        _("Department"),
        _("Industry"),
        _("Stage"),
        _("Legal basis"),
        _("Commissioned by"),
        _("Fee"),
        _("Fee standard"),
        _("Carried out here"),
    ]
    said: dict[str, Effective] = {}
    yes, no = _("yes"), _("no")
    lines = (
        (
            row.code,
            version.name,
            version.approval_item,
            said[row.code].values["department"].text if row.code in said else version.department,
            names.get(version.industry, version.industry),
            version.stage,
            version.legal_basis,
            str(COMMISSIONED_LABELS[version.commissioned_by]),
            str(FEE_LABELS[version.fee_kind]),
            said[row.code].values["fee_standard"].text if row.code in said else version.fee_standard,
            "" if row.code not in said else no if said[row.code].not_carried_out else yes,
        )
        for _number, row in listing.batches(read, lambda pair: pair[0])
        if (version := row.published_version) is not None
    )
    return listing.download("matters", head, lines)


@blueprint.get("/matters")
@public
def matters() -> Answer:
    """Which approvals need an intermediary service, by which law."""
    wanted = listing.asked(("industry", "stage", "region"), ("code", "name", "newest"))
    region = wanted["region"] if wanted["region"] in region_names() else ""
    chosen = MatterFilter(
        q=wanted.q, region=region, industry=wanted["industry"], stage=wanted["stage"], sort=wanted.sort
    )
    if listing.wanted_format():
        return _download(chosen)
    rows, facets = published(chosen, Slice(size=PAGE_SIZE, number=wanted.page))
    if not rows.items and rows.total and wanted.page > 1:
        return redirect(listing.page_address(rows.pages))
    names = industry_names()
    labels: dict[str, tuple[str, listing.Say]] = {
        "industry": (_("Industry"), lambda code: names.get(code, code)),
        "stage": (_("Stage"), presenting.stage_of_approval),
        "region": (_("Region"), presenting.short_region),
    }
    return render_template(
        "public/matters.html",
        found=rows,
        wanted=wanted,
        industry_names=names,
        region=region,
        regions=_regions(str(current_app.config["HOME_REGION"])),
        effective=_effective(rows.items, region),
        offered=offering_counts([row.code for row in rows.items]),
        facets=[
            listing.facet(labels["stage"][0], "stage", facets.stages, labels["stage"][1]),
            listing.facet(labels["industry"][0], "industry", facets.industries, labels["industry"][1], most=20),
        ],
        chips=listing.chips(wanted, labels),
    )


@blueprint.get("/matters/<code>")
@public
def matter(code: str) -> str:
    """The page of a matter: law, qualification, fee, what holds in a region, who offers it, how its wording changed."""
    row = find_matter(code)
    version = row.published_version
    if version is None:
        raise NotFound(_("There is no such matter."))
    wanted = listing.asked(("region",), ("code",))["region"]
    region = wanted if wanted in region_names() and region_covers(row.region_code, wanted) else ""
    services = offering(code)
    stars = star_levels([service.agency.uscc for service in services[:50]])
    return render_template(
        "public/matter.html",
        matter=row,
        version=version,
        requirement=requirement_sentence(version.requirement_tree),
        licences=licences_sentence(version.personal_licences),
        commissioned=COMMISSIONED_LABELS[version.commissioned_by],
        alone=version.commissioned_by is CommissionedBy.APPLICANT_MAY_DO_IT_ALONE,
        fee=FEE_LABELS[version.fee_kind],
        industry=industry_names().get(version.industry, version.industry),
        region=region,
        effective=effective_in(row, region or row.region_code),
        regions=regional_regions(row.id),
        choices=_regions(row.region_code),
        regional_history=regional_versions(code, region, public_only=True) if region else (),
        services=services,
        stars=stars,
        versions=versions(code, public_only=True),
        change_kind_name=change_kind_name,
        field_label=field_label,
        projects=after(ProjectFilter(matter=code), last_id=None, limit=5),
        changing=row.state is not MatterState.PUBLISHED,
    )


@blueprint.get("/matters/<code>/compare")
@public
def compare_matter(code: str) -> str:
    """What two public versions differ in: of the matter, or (with ?region=) of a region's entry over it."""
    row = find_matter(code)
    if row.published_version is None:
        raise NotFound(_("There is no such matter."))
    wanted = listing.asked(("from", "to", "region"), ("code",))
    region = wanted["region"] if wanted["region"] in region_names() else ""
    history = regional_versions(code, region, public_only=True) if region else versions(code, public_only=True)
    return render_template(
        "public/matter_comparison.html",
        made=compare(history, wanted["from"], wanted["to"]),
        history=history,
        matter=row,
        lead=_("Entry of %(region)s", region=region_name(region)) if region else row.published_version.name,
        back=url_for("public.matter", code=code, region=region or None),
        change_kind_name=change_kind_name,
        field_label=field_label,
    )
