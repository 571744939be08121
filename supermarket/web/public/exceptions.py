"""The public list of exceptions to the rules on requirements."""

from collections.abc import Iterable

from flask import Response, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from supermarket.policies.queries import region_names
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import SORTS, ExceptionFilter, after, search_exceptions
from supermarket.projects.requirements import Barred
from supermarket.web import listing, presenting, rule_words
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint

PAGE_SIZE = 20


def _labels() -> dict[str, tuple[str, listing.Say]]:
    return {"region": (_("Region"), presenting.short_region), "rule": (_("Rule"), rule_words.rule_label)}


@blueprint.get("/exceptions")
@public
def exceptions() -> str | BaseResponse:
    """What owners may demand against a rule, why, by which law, and who allowed it."""
    wanted = listing.asked(("region", "rule"), tuple(SORTS))
    chosen = ExceptionFilter(
        q=wanted.q,
        region=wanted["region"] if wanted["region"] in region_names() else "",
        rule=wanted["rule"] if wanted["rule"] in set(Barred) else "",
    )
    if listing.wanted_format():
        return _download(listing.batches(lambda last: after(chosen, last_id=last, limit=500), lambda row: row.id))
    found = search_exceptions(chosen, sort=wanted.sort, number=wanted.page, size=PAGE_SIZE)
    if not found.items and found.total and wanted.page > 1:
        return redirect(listing.page_address(found.pages))
    labels = _labels()
    return render_template(
        "public/exceptions.html",
        found=found,
        wanted=wanted,
        facets=[
            listing.facet(labels[key][0], key, found.facets[key], labels[key][1], most=15) for key in ("rule", "region")
        ],
        chips=listing.chips(wanted, labels),
        sorts={"newest": _("Newest"), "oldest": _("Oldest"), "project": _("Purchase")},
        rules=rule_words,
    )


def _download(rows: Iterable[RequirementException]) -> Response:
    head = [
        _("Number"),
        _("Purchase"),
        _("Owner"),
        _("Region"),
        _("Rule"),
        _("What may be demanded"),
        _("Reason"),
        _("Legal basis"),
        _("Granted by"),
        _("Why it was granted"),
        _("Granted"),
        _("Public since"),
    ]
    lines = (
        (
            row.project.code,
            row.project.name,
            presenting.owner_name(row.project),
            presenting.short_region(row.project.region_code),
            rule_words.rule_label(row.rule),
            row.text,
            row.reason,
            row.legal_basis,
            row.decided_by_organisation.name if row.decided_by_organisation else "",
            row.decision_reason,
            row.decided_at,
            row.in_force_at,
        )
        for row in rows
    )
    return listing.download("exceptions", head, lines)
