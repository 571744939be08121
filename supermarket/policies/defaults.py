"""Defaults of the policy rows: every number of the specs that a region may set otherwise. Source beside each."""

from collections.abc import Mapping

PolicyValue = int | str | bool | list[str]

# Working days unless the name says otherwise; money in fen; percent as whole numbers.
DEFAULTS: Mapping[str, PolicyValue] = {
    # lifecycle.md, Time limits
    "review_project_days": 1,
    "review_onboarding_days": 2,
    "exception_decision_days": 2,
    "enrolment_days": 3,
    "direct_acceptance_days": 2,
    "standstill_fiscal_days": 3,
    "standstill_social_days": 1,
    "standstill_social_direct_days": 0,
    "select_after_minutes": 60,
    "signing_days": 10,
    "urge_before_days": 3,
    "contract_public_days": 2,
    "acceptance_days": 10,
    "payment_calendar_days": 30,
    "rating_days": 10,
    "complaint_acceptance_days": 5,
    "complaint_decision_days": 20,
    "appeal_days": 5,
    "appeal_decision_days": 10,
    "rectification_days": 15,
    "extension_total_calendar_days": 60,
    "social_needs_review": False,
    # selection.md §1
    "extension_days": 3,
    "choice_days": 3,
    "reduced_acceptance_days": 2,
    "min_random": 3,
    "min_random_extended": 2,
    "min_bidding": 3,
    "min_merit": 2,
    "min_merit_extended": 1,
    "min_credit_merit": 2,
    "min_merit_random": 3,
    "min_merit_bidding": 3,
    "min_random_bidding": 3,
    "min_mean_price": 3,
    # After the extension: 0 means as many as before it.
    "min_bidding_extended": 0,
    "min_credit_merit_extended": 0,
    "min_merit_random_extended": 0,
    "min_merit_bidding_extended": 0,
    "min_random_bidding_extended": 0,
    "min_mean_price_extended": 0,
    "min_direct": 1,
    # K of a shortlist, n of a draw before another stage
    "default_keep": 5,
    "min_keep": 3,
    "max_keep": 20,
    "default_draw_keep": 3,
    "min_draw_keep": 2,
    "succession_price_percent": 5,
    # selection.md §2, by money
    "direct_small_amount_line": 5_000_000,
    "tender_limit": 100_000_000,
    "central_procurement_limit": 400_000_000,
    "splitting_days": 365,
    "repeat_direct_awards": 3,
    # selection.md §3
    "draw_source_fiscal": "parties",
    "draw_source_social": "parties",
    "draw_reveal_minutes": 10,
    "receipts_needed": 1,  # of so many witnesses, the lead among them, before a draw
    "draw_fallback_lottery": "kl8",
    "draw_correction_answer_days": 1,
    # selection.md §4
    "quotes_per_hour": 20,
    "list_check_minutes": 10,
    "quote_key_days": 1,
    "quote_hand_in_hours": 24,
    "low_of_ceiling_percent": 60,
    "low_of_mean_percent": 70,
    "cost_statement_days": 1,
    "cost_decision_days": 2,
    # selection.md §5
    "auction_seconds": 600,
    "auction_extension_seconds": 120,
    "auction_cap_seconds": 3600,
    "auction_step_permille": 5,
    "auction_step_doubles_seconds": 600,
    # Decision 33: where other stages stand before the auction, those left are told so long before it begins; a gap of
    # so many seconds in which nobody could bid is an outage.
    "auction_notice_seconds": 600,
    "auction_outage_seconds": 30,
    # selection.md §6: a panel's size is odd; its experts answer and score in working days; the pool of which it is
    # drawn has at least so many members for each seat, wherever the province has them
    "panel_least": 3,
    "panel_most": 9,
    "panel_pool_factor": 3,
    "panel_answer_days": 1,
    "panel_scoring_days": 3,
    "panel_confirm_days": 1,
    "expert_load": 3,
    "expert_interest_years": 3,
    # rating-and-credit.md
    "removal_statement_days": 5,
    "removal_decision_days": 15,
    "practitioner_load": 5,
    # onboarding.md: moving needs release
    "practitioner_release_days": 5,
    "practitioner_decision_days": 5,
    # Who did the second may not do the first in one investment project (回避): evaluation:compilation.
    "barred_pairs": ["ZJ003:ZJ002", "ZJ005:ZJ004", "ZJ007:ZJ006", "ZJ009:ZJ008"],
}
