"""The frozen pool as candidates of the stages, and what has come in since the freeze."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from supermarket.auctions.queries import auction_fact
from supermarket.core.draw import PartiesSource, PublishedSource, next_commitments, parse_source
from supermarket.core.working_days import local_date
from supermarket.credit.points import add_months
from supermarket.credit.queries import credit_of, performances, star_level
from supermarket.extensions import db
from supermarket.modes.discount import rate_of
from supermarket.modes.stages import Candidate, CreditLevel, DrawFact, Facts, LowDecision
from supermarket.modes.stages import Choice as Chosen
from supermarket.modes.stored import candidate_from_json, candidate_to_json
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState
from supermarket.projects.ways import mode_of
from supermarket.selection.computed import computed
from supermarket.selection.models import CostStatement, Draw, OpenedQuote, Quote
from supermarket.selection.panels.facts import panel_facts
from supermarket.selection.parties import lottery_of
from supermarket.selection.series import choice_in
from supermarket.selection.states import DrawState


def freeze_candidate(row: Enrolment, at: datetime) -> dict[str, object]:
    """The agency's figures at the freeze: stars and credit count as they stand now (selection.md §2)."""
    uscc = row.agency.uscc
    credit, stars = credit_of(uscc, at), star_level(uscc)
    earned = stars is not None and stars.held_level is not None
    return candidate_to_json(
        Candidate(
            uscc=uscc,
            credit_points=credit.points,
            credit_level=CreditLevel(credit.level.value),
            star_score=stars.score if stars is not None and stars.score is not None else Decimal(75),
            star_level=stars.held_level if stars is not None else None,
            newcomer=not earned,
            offered_days=row.offered_days,
            experience=_experience(uscc, row.project.matter_code, at),
        )
    )


def _experience(uscc: str, matter_code: str, at: datetime) -> int:
    """Accepted contracts for the same matter in the last three years (selection.md §6)."""
    since = add_months(local_date(at), -36)
    return sum(
        1
        for row in performances(uscc, until=at)
        if row.matter_code == matter_code and since < local_date(row.accepted_at) <= local_date(at)
    )


def candidates_of(project: Project) -> tuple[Candidate, ...]:
    """The pool: live enrolments as frozen, each with its opened quote."""
    rows = db.session.scalars(
        sa.select(Enrolment).where(Enrolment.project_id == project.id, Enrolment.state == EnrolmentState.LIVE)
    ).all()
    quotes, by_rate = valid_quotes(project.id), mode_of(project).by_rate
    found = []
    for row in rows:
        quote = quotes.get(row.agency.uscc)
        rate = rate_of(quote, project.ceiling) if by_rate and quote is not None else None
        found.append(replace(candidate_from_json(row.figures), quote=quote, rate=rate))
    return tuple(found)


def valid_quotes(project_id: int) -> dict[str, int]:
    """USCC → fen of every quote that counts."""
    rows = db.session.execute(
        sa.select(Quote, OpenedQuote.amount)
        .join(OpenedQuote, OpenedQuote.quote_id == Quote.id)
        .where(Quote.project_id == project_id, OpenedQuote.invalid_code.is_(None))
    )
    return {quote.agency.uscc: amount for quote, amount in rows if amount is not None}


def prices_of(project: Project) -> dict[str, int]:
    """USCC → fen: what each of the pool asks, from the announcement on the price of an award."""
    fact = auction_fact(project.id)
    if fact is None:
        return valid_quotes(project.id)
    # Accepted bids only decrease: the last one of each is its lowest.
    return {bid.uscc: bid.amount for bid in fact.bids}


def facts_of_selection(project: Project) -> Facts:
    """What has come in since the freeze: draws, decisions on low quotes, the owner's choice, a closed auction or panel."""
    draws = db.session.scalars(sa.select(Draw).where(Draw.project_id == project.id)).all()
    statements = db.session.scalars(
        sa.select(CostStatement)
        .join(Quote)
        .where(Quote.project_id == project.id, CostStatement.decided_at.is_not(None))
    ).all()
    choice = choice_in(project)
    return Facts(
        project=project.code,
        draws={
            row.purpose: DrawFact(
                pool_file=row.pool_file.encode("ascii"),
                receipted=row.state is not DrawState.RECEIPT_PENDING,
                value=None if (known := computed(row)) is None else known.value,
                refused=bool(row.refused),
            )
            for row in draws
        },
        choice=None if choice is None or choice.agency is None else Chosen(choice.agency.uscc, choice.reason),
        low_decisions={row.quote.agency.uscc: _decision(row) for row in statements},
        auction=auction_fact(project.id),
        panel=panel_facts(project.id),
    )


def _decision(row: CostStatement) -> LowDecision:
    if row.statement is None:
        return LowDecision.ABSENT
    return LowDecision.ACCEPTED if row.accepted else LowDecision.REJECTED


def source_of_next_draw(project: Project) -> str:
    """The source line of the project's next draw: with `parties`, the r's revealed last are the new c's (§3).

    Where a party once did not reveal, the lottery that took its place decides the project's further draws, too: a witness
    that has not shown its link signs no other pool over it (docs/adr/0034).
    """
    if project.draw_source is None:
        raise ValueError(f"{project.code} has no draw source")
    source = parse_source(project.draw_source)
    if not isinstance(source, PartiesSource):
        return project.draw_source
    earlier = db.session.scalars(
        sa.select(Draw)
        .where(Draw.project_id == project.id, Draw.state.in_((DrawState.DRAWN, DrawState.FALLEN_BACK)))
        .order_by(Draw.id)
    ).all()
    if any(row.refused for row in earlier):
        return str(PublishedSource(lottery_of(project)))
    commitments = source.commitments
    for row in earlier:
        commitments = next_commitments(commitments, (row.value or "").split(":"))
    return str(PartiesSource(commitments))
