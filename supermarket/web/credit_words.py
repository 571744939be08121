"""What entries in the credit ledgers are about, in words."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

ENTRY_LABELS: Mapping[str, object] = {
    "gave_up_award": _l("Gave up an award"),
    "did_not_sign": _l("Did not sign the contract in time"),
    "quote_not_handed_in": _l("Did not hand in the body of a sealed quote"),
    "late_deliverable": _l("A result came late"),
    "returned_by_authority": _l("A result was returned by the authority"),
    "acceptance_failed": _l("A result failed the acceptance"),
    "complaint_not_answered": _l("Did not answer a complaint"),
    "unlawful_passing_on": _l("Passed the work on unlawfully"),
    "penalty_light": _l("A light administrative penalty"),
    "penalty_heavy": _l("A heavy administrative penalty"),
    "penalty_severe": _l("A severe administrative penalty"),
    "collusion": _l("Collusion"),
    "false_material": _l("False material"),
    "commended": _l("Commended by an authority"),
    "took_part_in_standard": _l("Took part in writing a standard"),
    "good_year": _l("A year without a fault"),
    "late_payment": _l("Paid late"),
    "refused_to_sign": _l("Did not sign the contract in time"),
    "withdrew_after_award": _l("Withdrew after the award"),
    "did_not_reveal": _l("Did not reveal its secret for a draw"),
    "direct_concentration": _l("Kept selecting one agency directly"),
}


def entry_label(event: str) -> str:
    """What an entry is about; an unknown one shows itself."""
    return str(ENTRY_LABELS.get(event, event))
