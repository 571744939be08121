"""The one table: event tag → handlers. Lower rooms record events; higher rooms learn of them here and nowhere else."""

from supermarket.accounts import events as account
from supermarket.agencies import events as agency
from supermarket.agencies import handlers as agencies
from supermarket.agencies import locks
from supermarket.agencies.checks import sources
from supermarket.agencies.operations import identity
from supermarket.auctions import events as auction
from supermarket.auctions import handlers as auctions
from supermarket.contracts import events as contract
from supermarket.contracts import handlers as contracts
from supermarket.core.events import HANDLERS, Handler
from supermarket.credit import events as credit
from supermarket.credit.registry import MarketLists
from supermarket.deliverables import events as deliverable
from supermarket.deliverables import handlers as deliverables
from supermarket.notices.operations import tell
from supermarket.notices.recipients import TOLD
from supermarket.payments import events as payment
from supermarket.payments import handlers as payments
from supermarket.projects import events as project
from supermarket.projects.people import locks_of
from supermarket.ratings import handlers as ratings
from supermarket.selection import events as selection
from supermarket.selection.awarding import close_live_award, shift_award
from supermarket.selection.direct import offer_direct
from supermarket.selection.hand_ins import shift_hand_ins
from supermarket.selection.low_quotes import shift_statements
from supermarket.selection.panels import handlers as panels
from supermarket.selection.running import on_auction_closed
from supermarket.standing import events as standing_events
from supermarket.standing import handlers as standing
from supermarket.supervision.quotes import on_bodies_asked, on_opening_stopped
from supermarket.supervision.watch import on_direct_accepted, on_draw_refused, on_published, on_removal_overdue

TABLE: dict[str, tuple[Handler, ...]] = {
    account.IDENTITY_BOUND.name: (identity.on_identity_bound,),
    agency.APPLIED.name: (identity.on_agency_event,),
    agency.PLEDGED.name: (identity.on_agency_event,),
    agency.STANDING_CHANGED.name: (agencies.on_standing_changed,),
    agency.SUBMITTED.name: (agencies.on_submitted,),
    agency.CHECKED.name: (agencies.on_checked,),
    project.PUBLISHED.name: (offer_direct, on_published),
    project.SUSPENDED.name: (auctions.on_project_suspended,),
    project.FAILED.name: (
        auctions.on_project_ended,
        panels.on_project_ended,
        close_live_award,
        contracts.on_project_ended,
    ),
    project.WITHDRAWN.name: (
        auctions.on_project_ended,
        panels.on_project_ended,
        close_live_award,
        contracts.on_project_ended,
    ),
    project.VOIDED.name: (
        auctions.on_project_ended,
        panels.on_project_ended,
        close_live_award,
        contracts.on_project_ended,
    ),
    project.TERMINATED.name: (contracts.on_project_terminated,),
    project.RESUMED.name: (
        shift_award,
        auctions.on_project_resumed,
        shift_hand_ins,
        panels.on_project_resumed,
        shift_statements,
        contracts.on_project_resumed,
        payments.on_project_resumed,
        deliverables.on_project_resumed,
    ),
    selection.REFUSED.name: (on_draw_refused,),
    auction.CLOSED.name: (on_auction_closed,),
    selection.OPENING_STOPPED.name: (on_opening_stopped,),
    selection.BODIES_ASKED.name: (on_bodies_asked,),
    selection.ACCEPTED.name: (on_direct_accepted,),
    selection.NOTICE_ISSUED.name: (contracts.on_notice_issued,),
    selection.DROPPED.name: (contracts.on_award_dropped,),
    contract.IN_FORCE.name: (payments.on_contract_in_force, deliverables.on_contract_in_force),
    contract.COMPLETED.name: (ratings.on_contract_completed,),
    deliverable.ACCEPTED.name: (payments.on_deliverable_settled, deliverables.on_settled),
    deliverable.ACCEPTANCE_OVERDUE.name: (payments.on_deliverable_settled,),
    payment.PAID.name: (deliverables.on_settled,),
    credit.ENTERED.name: (standing.on_credit_entered,),
    standing_events.REMOVAL_OVERDUE.name: (on_removal_overdue,),
}


def connect() -> None:
    """Hand the table to the events; safe to call again."""
    HANDLERS.clear()
    HANDLERS.update(TABLE)
    for tag in TOLD:
        HANDLERS[tag] = (*HANDLERS.get(tag, ()), tell)
    sources.provide(MarketLists())
    locks.provide(locks_of)
