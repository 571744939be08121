"""The list of matters (中介服务事项) and the page of one."""

from collections.abc import Mapping

from flask import Response, redirect, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.agencies.queries import offering, offering_counts
from supermarket.core.errors import NotFound
from supermarket.core.paging import Slice
from supermarket.credit.queries import star_levels
from supermarket.matters.models import CommissionedBy, FeeKind, Matter, MatterState
from supermarket.matters.queries import MatterFilter, published, versions
from supermarket.matters.queries import matter as find_matter
from supermarket.matters.rules import change_kind_name
from supermarket.policies.queries import industries, region_names
from supermarket.projects.queries import ProjectFilter, after
from supermarket.web import listing, presenting
from supermarket.web.access import public
from supermarket.web.project_page import requirement_sentence
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer

PAGE_SIZE = 20
COMMISSIONED_LABELS: Mapping[CommissionedBy, object] = {
    CommissionedBy.APPLICANT_MAY_DO_IT_ALONE: _l("The applicant, who may also do it alone"),
    CommissionedBy.APPLICANT: _l("The applicant"),
    CommissionedBy.AUTHORITY: _l("The authority"),
}
FEE_LABELS: Mapping[FeeKind, object] = {
    FeeKind.GOVERNMENT_PRICE: _l("Price set by the government"),
    FeeKind.GUIDED: _l("Guided price"),
    FeeKind.MARKET: _l("Market price"),
}


def industry_names() -> Mapping[str, str]:
    """Industries by code: one statement."""
    return {row.code: row.name for row in industries()}


def _download(chosen: MatterFilter) -> Response:
    def read(last: int | None) -> list[tuple[int, Matter]]:
        number = (last or 0) + 1
        rows, _facets = published(chosen, Slice(size=100, number=number))
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
    ]
    lines = (
        (
            row.code,
            version.name,
            version.approval_item,
            version.department,
            names.get(version.industry, version.industry),
            version.stage,
            version.legal_basis,
            str(COMMISSIONED_LABELS[version.commissioned_by]),
            str(FEE_LABELS[version.fee_kind]),
            version.fee_standard,
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
    """The page of a matter: law, qualification, fee, who offers it, how its wording changed."""
    row = find_matter(code)
    version = row.published_version
    if version is None:
        raise NotFound(_("There is no such matter."))
    services = offering(code)
    stars = star_levels([service.agency.uscc for service in services[:50]])
    return render_template(
        "public/matter.html",
        matter=row,
        version=version,
        requirement=requirement_sentence(version.requirement_tree),
        commissioned=COMMISSIONED_LABELS[version.commissioned_by],
        fee=FEE_LABELS[version.fee_kind],
        industry=industry_names().get(version.industry, version.industry),
        services=services,
        stars=stars,
        versions=versions(code, public_only=True),
        change_kind_name=change_kind_name,
        projects=after(ProjectFilter(matter=code), last_id=None, limit=5),
        changing=row.state is not MatterState.PUBLISHED,
    )
