"""A whole selection on one page and in one file: who won and why, everybody's place with its reason, then everything else."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, render_template
from flask_babel import gettext as _

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.policies.queries import number
from supermarket.projects.models import Enrolment
from supermarket.projects.queries import enrolments_of, project_for
from supermarket.projects.states import EnrolmentState
from supermarket.selection.low_quotes import open_statements
from supermarket.selection.models import Award, Rank
from supermarket.selection.queries import announced, public_since
from supermarket.selection.record.contents import selection_record
from supermarket.web import presenting
from supermarket.web.access import present_actor, public
from supermarket.web.eligibility_words import runs_of
from supermarket.web.project_page import ProjectPage, read
from supermarket.web.public.blueprint import blueprint
from supermarket.web.selection_words import why_selected


@dataclass(frozen=True)
class Place:
    """One enrolment in the table of all: its place in the order, or why it has none."""

    enrolment: Enrolment
    rank: Rank | None
    award: Award | None
    why: str


def _figures(rank: Rank) -> str:
    """What the place rests on, in words."""
    parts = []
    for stage, values in rank.figures.items():
        if not isinstance(values, Mapping):
            continue
        if stage == "draw":
            parts.append(_("drawn at place %(place)s", place=values.get("rank")))
        elif stage == "score":
            parts.append(_("total %(total)s", total=values.get("total")))
        elif stage == "shortlist":
            parts.append(_("kept in the shortlist with %(points)s", points=values.get("ranked_as")))
        elif stage == "choose":
            parts.append(_("chosen by the owner: %(reason)s", reason=values.get("reason")))
        elif stage in ("price", "auction"):
            amount = values.get("quote", values.get("bid"))
            parts.append(_("%(rule)s, place %(place)s", rule=presenting.stage_label(stage), place=values.get("rank")))
            if "rate" in values:
                parts.append(_("%(rate)s %% discount", rate=values.get("rate")))
            if "mean" in values:
                parts.append(_("nearest to the mean counts"))
            if "tie" in values:
                parts.append(_("equal offers were drawn"))
            if amount is None:
                continue
    return "; ".join(parts)


def _places(p: ProjectPage, rows: list[Enrolment]) -> list[Place]:
    ranks = {rank.agency.uscc: rank for rank in p.ranks}
    awards = {award.agency.uscc: award for award in p.awards}
    found = []
    for row in rows:
        uscc = row.agency.uscc
        rank, award = ranks.get(uscc), awards.get(uscc)
        if rank is not None:
            why = _figures(rank)
            if award is not None and award.reason:
                why = _("%(figures)s; %(reason)s", figures=why, reason=award.reason) if why else award.reason
            elif uscc in p.passed_over:
                percent = number(p.project.policy, "succession_price_percent")
                reason = _("its quote is more than %(percent)s %% above the first winner's", percent=percent)
                why = _("%(figures)s; %(reason)s", figures=why, reason=reason)
        elif row.state is EnrolmentState.EXCLUDED:
            why = row.exclusion_reason or presenting.exclusion_label(row.exclusion_code)
        else:
            why = _("not among those whom the stages passed on")
        found.append(Place(row, rank, award, why))
    return sorted(
        found, key=lambda each: (each.rank is None, each.rank.position if each.rank else 0, each.enrolment.id)
    )


def _sentence(p: ProjectPage) -> str:
    """Who won and why, in one sentence."""
    award = p.live_award
    if not p.announced:
        return ""
    if award is None or award.state.value == "offered":
        return str(_("Nobody was selected: %(reason)s", reason=p.project.end_reason or _("the selection goes on")))
    return why_selected(p)


@blueprint.get("/projects/<code>/selection")
@public
def selection(code: str) -> str:
    """Everything about a selection; before the announcement what may be shown, and when the rest follows."""
    actor, at = present_actor(), now()
    project = project_for(code, actor)
    if project.published_at is None:
        raise NotFound(_("There is no such project."))
    page = read(code, actor=actor, now=at)
    rows = list(enrolments_of(project.id)) if announced(project) else []
    return render_template(
        "public/selection.html",
        p=page,
        sentence=_sentence(page),
        places=_places(page, rows),
        since=public_since(project),
        runs=[(row, runs_of(row)) for row in rows],
        statements=open_statements(project.id) if announced(project) else (),
    )


@blueprint.get("/projects/<code>/selection.json")
@public
def selection_json(code: str) -> Response:
    """The record of the whole selection, byte for byte (selection-v1)."""
    project = project_for(code, present_actor())
    if project.published_at is None:
        raise NotFound(_("There is no such project."))
    return Response(selection_record(project), mimetype="application/json")
