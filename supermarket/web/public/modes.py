"""Ways of selection in public: the nine, what regions have made of their own, and the dry runs behind a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.permissions import P
from supermarket.disclosure.queries import agency_names
from supermarket.modes.models import ModeTrial, ModeVersion
from supermarket.modes.plain import Plan
from supermarket.modes.queries import region_mode, released_modes, sees_drafts, trial_for
from supermarket.modes.rows import mode_from_json
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.table import MODES, Mode, Terms
from supermarket.modes.trial import Outcome
from supermarket.modes.words import label_of
from supermarket.policies.queries import policies_for
from supermarket.web import listing
from supermarket.web.access import present_actor, public
from supermarket.web.plain_words import listed, plan_in_words
from supermarket.web.presenting import mode_label
from supermarket.web.public.blueprint import blueprint

OUTCOMES: Mapping[str, tuple[object, str]] = {
    Outcome.SAME: (_l("the same agency"), "ok"),
    Outcome.CHANGED: (_l("another agency"), "run"),
    Outcome.ON_LIST: (_l("on the owner's list"), "ok"),
    Outcome.OFF_LIST: (_l("not on the owner's list"), "run"),
    Outcome.FAILED: (_l("would have failed"), "warn"),
    Outcome.NOT_COMPARABLE: (_l("not comparable"), "neutral"),
}
REASONS: Mapping[str, object] = {
    "too_few": _l("too few valid enrolments"),
    "nobody_valid": _l("nobody valid is left"),
    "no_rates": _l("no discounts were offered then"),
    "no_quotes": _l("no quotes were asked for then"),
    "was_auction": _l("cannot be repeated under quotes: it was a live auction"),
    "not_told": _l("points of a panel are missing"),
    "does_not_run": _l("the stages do not run over it"),
}


@dataclass(frozen=True)
class CaseShown:
    """One past purchase of a dry run, ready to print; amounts in fen."""

    project: str
    mode: str
    pool: int
    winner: str | None
    told: str
    label: str
    tone: str
    price: int | None
    new_price: int | None


@blueprint.get("/modes")
@public
def modes() -> str:
    """Every way of selection that owners can choose, and where."""
    return render_template(
        "public/modes.html",
        nine=list(MODES.values()),
        own=[(row, mode_from_json(row.rules)) for row in released_modes()],
    )


@blueprint.get("/modes/<name>")
@public
def mode(name: str) -> str:
    """One way of selection with everything that it will do."""
    if name in MODES:
        return _mode_page(MODES[name], None, "")
    found = region_mode(name, present_actor())
    ever = [row for row in found.versions if row.released_at is not None]
    if not ever:
        raise NotFound(_("There is no such way of selection."))
    version = next((row for row in ever if row.retired_at is None), ever[-1])
    return _mode_page(mode_from_json(version.rules), version, found.region_code)


def _mode_page(row: Mode, version: ModeVersion | None, region: str) -> str:
    plan = Plan(row=row, terms=Terms(bounds=Bounds(ceiling=1)), numbers=policies_for(region, now()), fiscal=True)
    return render_template("public/mode.html", row=row, version=version, plan=plan_in_words(plan))


@blueprint.get("/modes/<name>/trials/<int:number>")
@public
def trial(name: str, number: int) -> str | Response:
    """A dry run with every purchase; public once its wording was released, before that its office's."""
    actor = present_actor()
    found = trial_for(name, min(number, 2**31 - 1), actor)
    names = agency_names(_usccs(found))
    cases = [_case(case, names) for case in found.cases]
    if listing.wanted_format():
        head = [
            _("Purchase"),
            _("Way of selection then"),
            _("In the pool"),
            _("Selected then"),
            _("First now"),
            _("Outcome"),
            _("Price then"),
            _("Price now"),
        ]
        lines = (
            (
                case.project,
                mode_label(case.mode),
                case.pool,
                names.get(case.winner or "", case.winner),
                case.told,
                case.label,
                listing.yuan(case.price),
                listing.yuan(case.new_price),
            )
            for case in cases
        )
        return listing.download(f"{name}-trial-{found.id}", head, lines)
    office = sees_drafts(found.version.mode, actor) and bool(actor.organisations_with(P.MODE_EDIT))
    row = mode_from_json(found.rules)
    trail = (
        [(_("My work"), "/home"), (label_of(row), url_for("office.mode", name=name))]
        if office
        else [(_("Ways of selection"), url_for("public.modes")), (label_of(row), url_for("public.mode", name=name))]
    )
    return render_template(
        "public/trial.html",
        trial=found,
        row=row,
        cases=cases,
        names=names,
        trail=trail,
        links=listing.download_links(),
    )


def _usccs(found: ModeTrial) -> set[str]:
    usccs: set[str] = set()
    for case in found.cases:
        usccs |= {str(case[name]) for name in ("winner", "first") if case.get(name)}
        usccs |= {str(uscc) for uscc in _several(case.get("listed"))}
    return usccs


def _several(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _fen(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _case(case: Mapping[str, object], names: Mapping[str, str]) -> CaseShown:
    label, tone = OUTCOMES[str(case["outcome"])]
    first = str(case["first"]) if case.get("first") else ""
    several = listed([names.get(str(uscc), str(uscc)) for uscc in _several(case.get("listed"))])
    reason = REASONS.get(str(case.get("reason")), case.get("reason") or "")
    return CaseShown(
        project=str(case["project"]),
        mode=str(case["mode"]),
        pool=_fen(case["pool"]) or 0,
        winner=str(case["winner"]) if case.get("winner") else None,
        told=names.get(first, first) or several or str(reason) or "–",
        label=str(label),
        tone=tone,
        price=_fen(case.get("price")),
        new_price=_fen(case.get("new_price")),
    )
