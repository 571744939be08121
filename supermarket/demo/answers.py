"""What people answer on the way of a selection in the demonstration: low quotes explained and judged, one chosen."""

from supermarket.core.permissions import SYSTEM, Actor
from supermarket.demo import words
from supermarket.demo.stage import Stage
from supermarket.projects.queries import enrolments_of, project_for
from supermarket.selection import operations as selection
from supermarket.selection.queries import low_quotes_of
from supermarket.selection.series import choice_in


def explain(stage: Stage, code: str) -> None:
    """Each agency that is asked explains its low quote."""
    asked = [item.quote.agency.uscc for item in low_quotes_of(_id(code)) if item.statement is None]
    for uscc in asked:
        stage.act(selection.give_cost_statement, code, text=words.COST_STATEMENT, actor=stage.crew.agencies[uscc])


def judge(stage: Stage, code: str, owner: Actor) -> None:
    """The owner rejects what it has not decided yet."""
    given = [item.quote.agency.uscc for item in low_quotes_of(_id(code)) if item.decided_at is None]
    for uscc in given:
        stage.act(
            selection.decide_cost_statement,
            code,
            agency_uscc=uscc,
            accept=False,
            reason=words.COST_REJECTED,
            actor=owner,
        )


def choose(stage: Stage, code: str, owner: Actor) -> None:
    """The owner takes the one of the small list with the most credit points. Raises LookupError without a list."""
    project = project_for(code, SYSTEM)
    asked = choice_in(project)
    if asked is None:
        raise LookupError(f"{code} has no small list")
    figures = {item.agency.uscc: item.figures for item in enrolments_of(project.id)}
    best = max(asked.members, key=lambda uscc: (int(str(figures[uscc]["credit_points"])), uscc))
    stage.act(selection.choose, code, agency_uscc=best, reason=words.CHOSEN, actor=owner)


def _id(code: str) -> int:
    return project_for(code, SYSTEM).id
