"""All writes of the ratings room: inviting, giving, publishing, appeals, and the stars that follow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from flask_babel import gettext as _

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.accounts.queries import organisations_of_kind
from supermarket.contracts.models import Contract, Party
from supermarket.contracts.permissions import authorise_agency, organisation_of
from supermarket.contracts.queries import locked
from supermarket.contracts.states import ContractState
from supermarket.core.errors import Conflict, FieldError, Forbidden, InvalidInput, WrongState
from supermarket.core.events import Tag, Value, record
from supermarket.core.permissions import SYSTEM, Actor, P, authorise, region_covers, region_stem
from supermarket.core.working_days import is_late
from supermarket.credit.commands import Performance
from supermarket.credit.operations import record_performance, set_star_score
from supermarket.deliverables.queries import deliverables_of
from supermarket.extensions import db
from supermarket.policies.queries import calendar, number
from supermarket.projects import operations as projects
from supermarket.ratings import events
from supermarket.ratings.commands import DecideAppeal, Give
from supermarket.ratings.models import ContractScore, RaterKind, Rating
from supermarket.ratings.queries import is_mine, mean_of, others, rated, rows_of, rows_on, score
from supermarket.ratings.score import HIGHEST, LOWEST, Dimension
from supermarket.ratings.scoring import PARTS, explanation, known_from, known_of, score_of
from supermarket.ratings.stars import DEFAULT_RULES, counted, main_industry, stars
from supermarket.ratings.states import RATING, RatingAction, RatingState


def invite(contract_code: str, *, at: datetime) -> list[Rating]:
    """Ask for ratings once a contract is completed: owner, authority and operator on the agency, the agency on the owner.

    Raises NotFound, WrongState before the completion, Conflict if they were asked already.
    """
    contract = locked(contract_code)
    if contract.state is not ContractState.COMPLETED:
        raise WrongState(_("Only a completed contract is rated."), state=contract.state.value, allowed=[])
    if rows_of(contract):
        raise Conflict(_("The ratings of this contract were asked for already."))
    due = calendar().due_after(at, number(contract.project.policy, "rating_days"))
    rows = [
        Rating(
            contract=contract,
            rater=rater,
            organisation_id=organisation_id,
            state=RatingState.OPEN,
            due_at=due,
            points={},
            comment="",
            appeal_reason="",
            decision_reason="",
        )
        for rater, organisation_id in _invited(contract)
    ]
    db.session.add_all(rows)
    db.session.flush()
    data: dict[str, Value] = {"raters": [row.rater.value for row in rows], "until": due.isoformat()}
    _tell(contract, events.INVITED, actor=SYSTEM, at=at, data=data)
    return rows


def give(contract_code: str, command: Give, *, actor: Actor, at: datetime) -> Rating:
    """One rater's points, sealed until all are given or the time is over.

    Raises NotFound, Forbidden, WrongState for a second time, Conflict when the time is over, InvalidInput.
    """
    contract = locked(contract_code)
    rows = rows_of(contract)
    mine = [row for row in rows if is_mine(row, actor)]
    if not mine or actor.user_id is None:
        raise Forbidden(_("Your organisation was not asked to rate this contract."))
    row = next((item for item in mine if item.state is RatingState.OPEN), mine[0])
    after = RATING.next(row.state, RatingAction.GIVE)
    if is_late(row.due_at, at):
        raise Conflict(_("The time for ratings is over."), code="too_late")
    computed = known_of(contract).points() if row.rater in PARTS else {}
    row.points = _checked(command.points, needed=set(Dimension) - set(computed))
    row.state, row.comment, row.given_at, row.given_by = after, command.comment.strip(), at, actor.user_id
    db.session.flush()
    _tell(contract, events.GIVEN, actor=actor, at=at, data={"rater": row.rater.value})
    if all(item.state is RatingState.GIVEN for item in rows):
        _publish(contract, rows, at=at)
    return row


def close(contract_code: str, *, at: datetime) -> bool:
    """The time is over: publish what there is, later ones are refused. Whether there was anything to do."""
    contract = locked(contract_code)
    rows = rows_of(contract)
    if not rows or score(contract) is not None or not is_late(rows[0].due_at, at):
        return False
    _publish(contract, rows, at=at)
    return True


def appeal(contract_code: str, rater: RaterKind, *, reason: str, actor: Actor, at: datetime) -> Rating:
    """The agency objects to a published rating of it, within 5 working days.

    Raises NotFound, Forbidden, WrongState, Conflict when the time is over, InvalidInput without a reason.
    """
    contract = locked(contract_code)
    authorise_agency(contract, actor, P.CREDIT_APPEAL)
    row = rows_on(contract, rater)
    if rater not in PARTS:
        raise Forbidden(_("An agency appeals against ratings of itself only."))
    after = RATING.next(row.state, RatingAction.APPEAL)
    if row.appeal_until is None or is_late(row.appeal_until, at):
        raise Conflict(_("The time for an appeal is over."), code="too_late")
    why = _reason(reason, "reason")
    # Reading the calendar flushes: the due moment must be there before the state that demands it.
    due = calendar().due_after(at, number(contract.project.policy, "appeal_decision_days"))
    row.state, row.appealed_at, row.appeal_reason, row.decision_due_at = after, at, why, due
    db.session.flush()
    data: dict[str, Value] = {"rater": rater.value, "until": due.isoformat()}
    _tell(contract, events.APPEALED, actor=actor, at=at, data=data)
    return row


def decide_appeal(contract_code: str, rater: RaterKind, command: DecideAppeal, *, actor: Actor, at: datetime) -> Rating:
    """An officer who is neither the rater nor of its organisation upholds the rating or adjusts its points; P follows.

    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    contract = locked(contract_code)
    row = rows_on(contract, rater)
    authorise(others(actor, row.organisation_id), P.CREDIT_DECIDE_APPEAL, region=contract.project.region_code)
    if actor.user_id is None or actor.user_id == row.given_by:
        raise Forbidden(_("Somebody other than the rater decides."))
    action = RatingAction.UPHOLD if command.points is None else RatingAction.ADJUST
    after = RATING.next(row.state, action)
    why = _reason(command.reason, "reason")
    published = score(contract)
    if published is None:
        raise WrongState(_("The ratings are not published yet."), state=row.state.value, allowed=[])
    known = known_from(published.explanation["known"])
    if command.points is not None:
        points = _checked(command.points, needed=set(Dimension) - set(known.points()))
        row.given_points, row.points = row.points, points
    row.state, row.decision_due_at = after, None
    row.decided_at, row.decided_by, row.decision_reason = at, actor.user_id, why
    db.session.flush()
    if command.points is not None:
        computed = score_of(rows_of(contract), known)
        if computed is not None:
            published.score, published.explanation = computed.score, explanation(computed, known)
            published.revised_at = at
            db.session.flush()
    data: dict[str, Value] = {
        "rater": rater.value,
        "adjusted": command.points is not None,
        "score": _text(published.score),
    }
    _tell(contract, events.APPEAL_DECIDED, actor=actor, at=at, data=data)
    if command.points is not None:
        refresh_stars(contract.agency.uscc, at=at)
    return row


def note_appeal_overdue(contract_code: str, rater: RaterKind, *, at: datetime) -> bool:
    """The 10 working days for a decision are over: a card, once. Whether it was new."""
    contract = locked(contract_code)
    row = rows_on(contract, rater)
    due = row.decision_due_at
    if due is None or row.decision_overdue_at is not None or not is_late(due, at):
        return False
    row.decision_overdue_at = at
    data: dict[str, Value] = {"rater": rater.value, "until": due.isoformat()}
    _tell(contract, events.APPEAL_OVERDUE, actor=SYSTEM, at=at, data=data)
    return True


def refresh_stars(agency_uscc: str, *, at: datetime) -> None:
    """Compute S of an agency anew as of a moment (rating-and-credit.md, The agency's stars) and keep it."""
    ratings = rated(agency_uscc, at)
    industry = main_industry(counted(ratings, at))
    mean = mean_of(industry, at) if industry is not None else DEFAULT_RULES.prior_mean
    computed = stars(ratings, at, mean)
    set_star_score(
        agency_uscc,
        score=computed.score,
        level=computed.level,
        count=computed.ratings,
        explanation={
            "at": at.isoformat(),
            "industry": industry,
            "mean": str(computed.mean),
            "prior_contribution": str(computed.prior_contribution),
            "owners": computed.owners,
            "too_small": list(computed.too_small),
            "rows": [
                {
                    "contract": row.reference,
                    "score": str(row.score),
                    "age_days": row.age_days,
                    "age_factor": str(row.age_factor),
                    "amount_factor": str(row.amount_factor),
                    "share": str(row.share),
                    "weight": str(row.weight),
                    "capped": row.capped,
                    "contribution": str(row.contribution),
                }
                for row in computed.rows
            ],
        },
        at=at,
    )


def _invited(contract: Contract) -> list[tuple[RaterKind, int]]:
    project = contract.project
    industry = project.matter_version.industry
    authorities = [row for row in organisations_of_kind(OrganisationKind.AUTHORITY) if row.industry == industry]
    authority = _nearest(authorities, project.region_code)
    operator = _nearest(organisations_of_kind(OrganisationKind.OPERATOR), project.region_code)
    agency = organisation_of(contract, Party.AGENCY)
    asked = [
        (RaterKind.OWNER, contract.owner_id),
        (RaterKind.AUTHORITY, authority.id if authority else 0),
        (RaterKind.OPERATOR, operator.id if operator else 0),
        (RaterKind.AGENCY, agency),
    ]
    return [(rater, organisation_id) for rater, organisation_id in asked if organisation_id]


def _nearest(offices: Sequence[Organisation], region_code: str) -> Organisation | None:
    """The office whose region holds the project's most closely; the first registered of equals."""
    inside = [row for row in offices if region_covers(row.region_code, region_code)]
    return max(inside, key=lambda row: (len(region_stem(row.region_code)), -row.id), default=None)


def _publish(contract: Contract, rows: Sequence[Rating], *, at: datetime) -> None:
    until = calendar().due_after(at, number(contract.project.policy, "appeal_days"))
    for row in rows:
        if row.state is RatingState.OPEN:
            row.state = RATING.next(row.state, RatingAction.MISS)
            continue
        row.state = RATING.next(row.state, RatingAction.PUBLISH)
        row.published_at, row.appeal_until = at, until
    known = known_of(contract)
    computed = score_of(rows, known)
    value, share = (computed.score, computed.share) if computed is not None else (None, Decimal(0))
    db.session.add(
        ContractScore(
            contract_id=contract.id,
            score=value,
            share=share,
            explanation=explanation(computed, known),
            published_at=at,
        )
    )
    db.session.flush()
    data: dict[str, Value] = {
        "score": _text(value),
        "share": str(share),
        "given": [row.rater.value for row in rows if row.state is RatingState.PUBLISHED],
        "missed": [row.rater.value for row in rows if row.state is RatingState.MISSED],
    }
    _tell(contract, events.PUBLISHED, actor=SYSTEM, at=at, data=data)
    accepted = [row.accepted_at for row in deliverables_of(contract) if row.accepted_at is not None]
    record_performance(
        Performance(
            contract_code=contract.code,
            agency_uscc=contract.agency.uscc,
            # A natural person has no code; the register still tells owners apart.
            owner_uscc=contract.owner.uscc or f"person-{contract.owner.id}",
            matter_code=contract.project.matter_code,
            industry=contract.project.matter_version.industry,
            amount=contract.price,
            score=value,
            share=share,
            accepted_at=max(accepted, default=contract.completed_at or at),
            published_at=at,
        ),
        at=at,
    )
    refresh_stars(contract.agency.uscc, at=at)
    projects.archive(contract.project_id, actor=SYSTEM, at=at)


def _checked(points: Mapping[Dimension, int], *, needed: set[Dimension]) -> dict[str, int]:
    errors = [
        FieldError(dimension.value, "needed", _("Please fill this in."))
        for dimension in Dimension
        if dimension in needed and dimension not in points
    ] + [
        FieldError(dimension.value, "range", _("Give 1 to 5 points."))
        for dimension, value in points.items()
        if not LOWEST <= value <= HIGHEST
    ]
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)
    return {dimension.value: points[dimension] for dimension in Dimension if dimension in points}


def _reason(text: str, field: str) -> str:
    why = text.strip()
    if not why:
        message = _("Give the reason.")
        raise InvalidInput(message, errors=[FieldError(field, "needed", message)])
    return why


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _tell(contract: Contract, tag: Tag, *, actor: Actor, at: datetime, data: Mapping[str, Value]) -> None:
    record(
        tag,
        contract.code,
        actor=actor,
        at=at,
        data=data,
        project_code=contract.project.code,
        agency_uscc=contract.agency.uscc,
    )
