"""Why who was selected was selected, in one sentence that needs no knowledge of the trade."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from supermarket.core.money import format_yuan
from supermarket.core.msgids import N_, Sentence
from supermarket.selection.models import Award, Rank, StageRun
from supermarket.web.project_page import ProjectPage


def _last(p: ProjectPage) -> StageRun | None:
    return p.runs[-1] if p.runs else None


def why_selected(p: ProjectPage) -> str:
    """One sentence about the award that stands; empty where there is none."""
    award = p.live_award
    rank = next((row for row in p.ranks if award is not None and row.position == award.position), None)
    stage = _last(p)
    if award is None or rank is None or stage is None:
        return ""
    if rank.position == 1:
        return _first(p, award, rank, stage)
    text: str = ngettext(
        "%(name)s was selected as number %(position)s of the order, because %(num)s agency before it dropped out.",
        "%(name)s was selected as number %(position)s of the order, because %(num)s agencies before it dropped out.",
        rank.position - 1,
        name=award.agency.name,
        position=rank.position,
    )
    return text


BY_STAGE: Mapping[tuple[str, object], str] = {
    ("price", "lowest"): N_("%(name)s was selected: its quote of %(price)s is the lowest of %(count)s that are valid."),
    ("price", "nearest_mean"): N_(
        "%(name)s was selected: of %(count)s valid quotes its %(price)s is the nearest to their mean."
    ),
    ("price", "second_lowest"): N_(
        "%(name)s was selected: of %(count)s valid quotes its %(price)s is the second lowest."
    ),
    ("price", "highest_discount"): N_("%(name)s was selected: it offers the highest discount of %(count)s."),
    ("auction", None): N_("%(name)s was selected: with %(price)s it made the lowest bid of %(count)s bidders."),
    ("score", None): N_("%(name)s was selected: with %(points)s points it has the best total of %(count)s."),
    ("draw", None): N_("%(name)s was selected: it was drawn first of %(count)s."),
}
CHOSEN = N_("%(name)s was selected: the owner named it and gave the reason in writing.")
NAMED = N_("%(name)s was selected: the owner named it directly.")


def _first(p: ProjectPage, award: Award, rank: Rank, stage: StageRun) -> str:
    score = rank.figures.get("score")
    params = {
        "name": award.agency.name,
        "count": len(p.ranks),
        "price": format_yuan(award.price),
        "points": score.get("total", "–") if isinstance(score, dict) else "–",
    }
    if stage.stage == "choose":
        return Sentence(CHOSEN if p.choice else NAMED, params).text(_)
    return Sentence(BY_STAGE[stage.stage, stage.parameters.get("rule")], params).text(_)
