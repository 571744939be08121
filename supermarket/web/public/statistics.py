"""Statistics: figures by one dimension, with the table as a file, and a drawing where a shape says more."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.matters.queries import names as matter_names
from supermarket.policies.queries import region_names
from supermarket.statistics.queries import By, Line, lines, market, saving_rate
from supermarket.web import listing, presenting
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.matters import industry_names
from supermarket.web.public.projects import Answer

BY_LABELS: Mapping[By, object] = {
    By.MODE: _l("Way of selection"),
    By.REGION: _l("Region"),
    By.MONTH: _l("Month"),
    By.FUNDING: _l("Money"),
    By.INDUSTRY: _l("Industry"),
    By.MATTER: _l("Matter"),
}
# Where the rows behind a figure are: the argument of /projects that narrows to them.
ROWS = {By.MODE: "mode", By.REGION: "region", By.FUNDING: "funding", By.INDUSTRY: "industry", By.MATTER: "matter"}


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _say(by: By, found: list[Line]) -> listing.Say:
    match by:
        case By.MODE:
            return presenting.mode_label
        case By.REGION:
            return presenting.short_region
        case By.FUNDING:
            return presenting.funding_label
        case By.INDUSTRY:
            names = industry_names()
        case By.MATTER:
            names = matter_names([line.key for line in found])
        case By.MONTH:
            return str
    return lambda key: names.get(key, key)


def _percent(value: Decimal | None) -> str:
    return "–" if value is None else f"{value} %"


def _total(found: list[Line]) -> Line:
    return Line(
        key="",
        published=sum(line.published for line in found),
        awarded=sum(line.awarded for line in found),
        failed=sum(line.failed for line in found),
        completed=sum(line.completed for line in found),
        budget=sum(line.budget for line in found),
        awards=sum(line.awards for line in found),
        enrolments=None,
    )


@blueprint.get("/statistics")
@public
def statistics() -> Answer:
    """Purchases, awards, money, saving rate."""
    name = request.args.get("by", "")
    by = By(name) if name in set(By) else By.MODE
    since, until = _day("from"), _day("to")
    region = listing.clean(request.args.get("region", ""), 6)
    region = region if region in region_names() else ""
    found = list(lines(by, since=since, until=until, region=region))
    say = _say(by, found)
    if listing.wanted_format():
        return listing.download(
            f"statistics-{by.value}",
            [
                str(BY_LABELS[by]),
                _("Published"),
                _("Awarded"),
                _("Failed"),
                _("Completed"),
                _("Budget (yuan)"),
                _("Award (yuan)"),
                _("Saving rate in percent"),
                _("Mean enrolments"),
            ],
            (
                (
                    say(line.key),
                    line.published,
                    line.awarded,
                    line.failed,
                    line.completed,
                    listing.yuan(line.budget),
                    listing.yuan(line.awards),
                    line.saving,
                    line.enrolments,
                )
                for line in found
            ),
        )
    total = _total(found)
    return render_template(
        "public/statistics.html",
        market=market(),
        by=by.value,
        tabs=[(key.value, label, listing.address(by=key.value)) for key, label in BY_LABELS.items()],
        label=BY_LABELS[by],
        lines=found,
        say=say,
        percent=_percent,
        total=total,
        total_saving=saving_rate(total.budget, total.awards),
        rows_of=ROWS.get(by),
        since=since,
        until=until,
        region=region,
    )
