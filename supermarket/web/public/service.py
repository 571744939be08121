"""Pages about the market itself: numbers in force, open data, help, how the system is doing, versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask import current_app, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import distinct_on

from config import ROOT
from supermarket import __version__
from supermarket.agencies.registry_queries import registries_now
from supermarket.core.clock import now, real_now
from supermarket.core.working_days import local_date
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.policies.defaults import DEFAULTS
from supermarket.policies.models import JobSlot
from supermarket.policies.queries import calendar, children, policies_for, region_names
from supermarket.supervision import health
from supermarket.web import listing
from supermarket.web.access import public
from supermarket.web.account.platforms import platforms
from supermarket.web.checks import registry_label
from supermarket.web.policy_words import GROUPS, WORD, Number, pairs, shown
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer
from supermarket.web.witness_words import condition, witness_label
from supermarket.witnesses.queries import last_signed_head, witnesses_shown

SLOW_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class SpecialDay:
    """A day on which the week does not decide: a weekday off, or a weekend worked."""

    day: date
    working: bool


def _special_days(year: int) -> list[SpecialDay]:
    days = calendar()
    first = date(year, 1, 1)
    found = []
    for number in range(366):
        day = first + timedelta(days=number)
        if day.year == year and days.is_working(day) != (day.isoweekday() <= 5):
            found.append(SpecialDay(day, days.is_working(day)))
    return found


def _groups() -> Mapping[str, tuple[object, Mapping[str, Number]]]:
    """All numbers that there are, those without words of their own at the end."""
    known = {key for _label, numbers in GROUPS.values() for key in numbers}
    others = {key: Number(key, WORD) for key in DEFAULTS if key not in known}
    return {**GROUPS, "others": (_("Others"), others)} if others else GROUPS


@blueprint.get("/policies")
@public
def policies() -> Answer:
    """Numbers in force in a region, and the calendar of working days."""
    home = str(current_app.config["HOME_REGION"])
    region = listing.clean(request.args.get("region", ""), 6)
    region = region if region in region_names() else home
    at = now()
    values = policies_for(region, at)
    if listing.wanted_format():
        rows = [
            (str(label), str(number.label), key, shown(values[key], number.unit))
            for label, numbers in _groups().values()
            for key, number in numbers.items()
        ]
        return listing.download("policies", [_("Group"), _("Number"), _("Key"), _("Value")], rows)
    year = local_date(at).year
    return render_template(
        "public/policies.html",
        region=region,
        home=home,
        regions=children(home),
        groups=_groups(),
        values=values,
        defaults=DEFAULTS,
        shown=shown,
        shown_pairs=pairs,
        years=[(each, calendar().is_published(each), _special_days(each)) for each in (year, year + 1)],
    )


@blueprint.get("/open-data")
@public
def open_data() -> str:
    """What is open, and for programs."""
    return render_template("public/open_data.html")


@blueprint.get("/help")
@public
def help() -> str:
    """How the market works, for each who comes."""
    return render_template(
        "public/help.html",
        values=policies_for(str(current_app.config["HOME_REGION"]), now()),
        registries=[registry_label(name) for name in current().registries.names],
        platforms=platforms(),
    )


@dataclass(frozen=True)
class Part:
    """One thing that the site needs, and whether it answers."""

    name: str
    ok: bool
    note: str = ""


def _parts() -> list[Part]:
    """What /readyz says, in words, and the witness."""
    answers = health.parts()
    late = _("what is due may come late")
    parts = [
        Part(_("Database"), answers["database"], _("this page was read from it")),
        Part(_("Queue of jobs"), answers["queue"], "" if answers["queue"] else late),
        Part(_("Clockwork: what is due is done"), answers["worker"], "" if answers["worker"] else late),
        Part(_("Search"), answers["search"]),
        Part(
            _("Live auctions"),
            answers["live"],
            "" if answers["live"] else _("bids are taken; pages see them within three seconds instead of one"),
        ),
    ]
    try:
        parts.append(Part(_("Lead witness"), bool(current().witness.verify_key())))
    except GatewayError:
        parts.append(Part(_("Lead witness"), False, _("publications and draws wait for it")))
    return parts


@blueprint.get("/status")
@public
def status() -> str:
    """How the system is doing: what answers, the log's head as last signed, when each job last ran.

    How far the log has grown since is not told: before a deadline it would tell how many enrol and quote (ADR 36).
    """
    jobs = db.session.scalars(
        sa.select(JobSlot).ext(distinct_on(JobSlot.job)).order_by(JobSlot.job, JobSlot.started_at.desc())
    ).all()
    answered = registries_now()
    parts = _parts()
    return render_template(
        "public/status.html",
        parts=parts,
        whole=all(part.ok for part in parts),
        head=last_signed_head(),
        jobs=jobs,
        registries={name: answered.get(name) for name in current().registries.names},
        registry_label=registry_label,
        witnesses=[each for each in witnesses_shown() if each.configured],
        condition=lambda each: condition(each, now()),
        label=witness_label,
        real=real_now(),
        slow=SLOW_AFTER,
    )


@blueprint.get("/versions")
@public
def versions() -> str:
    """Which release this is and what changed."""
    path = ROOT / ("CHANGELOG.zh.md" if str(get_locale()).startswith("zh") else "CHANGELOG.md")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return render_template("public/versions.html", version=__version__, changes=_changes(text))


def _changes(text: str) -> list[tuple[str, list[str]]]:
    """The change log's releases with their lines."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("## "):
            found.append((line.removeprefix("## ").strip("[] "), []))
        elif found and line.lstrip().startswith(("- ", "* ")):
            found[-1][1].append(line.lstrip()[2:])
        elif found and found[-1][1] and line.startswith("  ") and line.strip():
            found[-1][1][-1] += f" {line.strip()}"
    return found
