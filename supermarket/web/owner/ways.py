"""The part of the owner's form about the way of selection: what each asks for, and what it will do with this purchase."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from supermarket.accounts.models import Organisation
from supermarket.agencies.queries import agency_by_uscc
from supermarket.core.errors import NotFound
from supermarket.modes.limits import Range, draw_keep_range, fewest, keep_range, kept_terms, shortlisted
from supermarket.modes.merit_criteria import Criterion, CriterionKind
from supermarket.modes.plain import Plan
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import LIVE_OFFERED, Mode, Seal, StageName, Terms
from supermarket.modes.words import label_of, sentence_of
from supermarket.policies.defaults import PolicyValue
from supermarket.policies.queries import number, policies_for, region_names
from supermarket.projects.commands import ProjectDraft
from supermarket.projects.forms import LATEST
from supermarket.projects.models import Funding
from supermarket.projects.operations.publishing import times_planned
from supermarket.projects.plans import needs_review
from supermarket.web.owner.forms import PurchaseForm, unasked
from supermarket.web.plain_words import Said, listed, plan_in_words

RangeOf = Callable[[Mode], Range | None]


@dataclass(frozen=True)
class Part:
    """One part of the form that only some ways of selection need: their names, in words too, and a help text."""

    modes: Sequence[str]
    names: str
    help: str = ""


def only_asked(form: PurchaseForm, command: ProjectDraft) -> ProjectDraft:
    """The command without what the chosen way of selection does not ask for."""
    empty: Mapping[str, object] = {
        "agency": {"named_agency_uscc": None},
        "direct_ground": {"direct_ground": None},
        "direct_document": {"direct_document": ""},
        "shortlist_by": {"shortlist_by": None},
        "keep": {"keep": None},
        "draw_keep": {"draw_keep": None},
        "criteria": {"criteria": ()},
        "live": {"live": False},
        "floor": {"floor": None},
        "seal": {"seal": Seal.CLIENT},
    }
    for name in unasked(form):
        values = empty.get(name)
        if isinstance(values, Mapping):
            command = replace(command, **values)
    return command


def parts_of(form: PurchaseForm, owner: Organisation, at: datetime) -> Mapping[str, Part]:
    """The parts of the form by name, each with the ways of selection that need it."""
    numbers = policies_for(_region(form, owner), at)
    keep = form.keep.data if isinstance(form.keep.data, int) else None

    def part(wanted: Sequence[Mode], help_: str = "") -> Part:
        return Part([row.name for row in wanted], listed([label_of(row) for row in wanted]), help_)

    ways = form.ways
    keeping = [row for row in ways if row.asks(StageName.SHORTLIST, "keep")]
    leaving = [row for row in ways if row.asks_draw_keep]
    return {
        "direct": part([row for row in ways if not row.has_enrolment]),
        "shortlist_by": part([row for row in ways if row.asks(StageName.SHORTLIST, "by")]),
        "keep": part(keeping, _range_help(form.way, keeping, lambda row: keep_range(row, numbers))),
        "draw_keep": part(
            leaving,
            _range_help(form.way, leaving, lambda row: draw_keep_range(row, numbers, shortlisted(row, keep))),
        ),
        "criteria": part([row for row in ways if row.uses(StageName.SCORE)]),
        "live": part([row for row in ways if LIVE_OFFERED and row.can_be_live]),
        "floor": part([row for row in ways if row.needs_quotes or row.can_be_live]),
        "seal": part([row for row in ways if row.needs_quotes]),
    }


def cards_of(form: PurchaseForm, owner: Organisation, at: datetime) -> Mapping[str, Mapping[str, object]]:
    """Each way of selection as a card: name, sentence, how many it needs, what decides the price."""
    numbers = policies_for(_region(form, owner), at)
    return {
        row.name: {
            "title": label_of(row),
            "text": sentence_of(row),
            "tag": _("the region's own") if row.own else "",
            "points": [_needs(row, numbers), _("sealed quotes") if row.needs_quotes else _("the price is the ceiling")],
        }
        for row in form.ways
    }


def _needs(row: Mode, numbers: Mapping[str, PolicyValue]) -> str:
    if not row.has_enrolment:
        days = ngettext("%(num)s working day", "%(num)s working days", number(numbers, "direct_acceptance_days"))
        return str(_("the agency answers within %(days)s", days=days))
    enough = fewest(row, numbers, extended=False)
    return str(ngettext("at least %(num)s valid enrolment", "at least %(num)s valid enrolments", enough))


def _range_help(chosen: Mode | None, ways: Sequence[Mode], range_of: RangeOf) -> str:
    """Between what and what; of the one that is chosen, else of all that ask for it together."""
    asked = [chosen] if chosen in ways and chosen is not None else ways
    ranges = [found for row in asked if (found := range_of(row)) is not None]
    if not ranges:
        return ""
    return str(
        _(
            "Between %(least)s and %(most)s. Empty: %(usual)s.",
            least=min(item.least for item in ranges),
            most=max(item.most for item in ranges),
            usual=ranges[0].usual,
        )
    )


def plan_from(form: PurchaseForm, owner: Organisation, at: datetime) -> list[Said]:
    """What will happen with what stands in the form, as far as it can be read; empty while no way is chosen."""
    row = form.way
    if row is None:
        return []
    region = _region(form, owner)
    numbers = policies_for(region, at)
    fiscal = form.funding.data != Funding.SOCIAL.value
    ceiling = _whole(form.ceiling.data) or _whole(form.budget.data)
    enrol_until, select_at = None, None
    if row.has_enrolment:
        until, selection = (_soon(field.data) for field in (form.enrol_until, form.select_at))
        enrol_until, select_at = times_planned(region, until, selection, at)
    return plan_in_words(
        Plan(
            row=row.live() if form.live.data and LIVE_OFFERED and row.can_be_live else row,
            terms=_terms(form, row, numbers, ceiling),
            numbers=numbers,
            fiscal=fiscal,
            ceiling=ceiling,
            floor=_whole(form.floor.data),
            enrol_until=enrol_until,
            select_at=select_at,
            reviewed=needs_review(Funding.FISCAL if fiscal else Funding.SOCIAL, numbers),
            agency=_agency_name(form),
        )
    )


def _terms(form: PurchaseForm, row: Mode, numbers: Mapping[str, PolicyValue], ceiling: int | None) -> Terms:
    by = form.shortlist_by.data
    said = Terms(
        bounds=Bounds(ceiling=ceiling or 1),
        criteria=tuple(
            Criterion(CriterionKind(line["criterion"]), Decimal(line["weight"]), line["name"] or "")
            for line in form.criteria.data
            if line["criterion"] in set(CriterionKind) and isinstance(line["weight"], int) and line["weight"] > 0
        ),
        shortlist_by=ShortlistBy(by) if by in set(ShortlistBy) else ShortlistBy.CREDIT,
        keep=_within(form.keep.data, keep_range(row, numbers)),
    )
    leaves = draw_keep_range(row, numbers, shortlisted(row, kept_terms(row, said, numbers).keep))
    return kept_terms(row, replace(said, draw_keep=_within(form.draw_keep.data, leaves)), numbers)


def _within(value: object, allowed: Range | None) -> int | None:
    return value if isinstance(value, int) and allowed is not None and allowed.holds(value) else None


def _soon(value: object) -> datetime | None:
    return value if isinstance(value, datetime) and value < LATEST else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _region(form: PurchaseForm, owner: Organisation) -> str:
    wanted = str(form.region.data or "")
    return wanted if wanted in region_names() else owner.region_code


def _agency_name(form: PurchaseForm) -> str:
    if form.agency.errors or not form.agency.data:
        return ""
    try:
        found = agency_by_uscc(form.agency.data)
    except NotFound:
        return ""
    return found.name if found is not None else ""
