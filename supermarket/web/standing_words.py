"""Changes of standing in words, the same for offices, agencies and the public."""

from flask_babel import gettext as _

from supermarket.agencies.models import StandingAction


def action_word(action: StandingAction) -> str:
    """What an act is called."""
    words = {
        StandingAction.ADMIT: _("Admitted"),
        StandingAction.RECTIFY: _("Ordered to rectify"),
        StandingAction.RECTIFIED: _("Rectified"),
        StandingAction.FREEZE: _("Frozen"),
        StandingAction.UNFREEZE: _("Freeze lifted"),
        StandingAction.WITHDRAW_SERVICE: _("Service withdrawn"),
        StandingAction.RESTORE_SERVICE: _("Service given back"),
        StandingAction.BLACKLIST: _("Entered in the black list"),
        StandingAction.UNLIST: _("Off the black list"),
        StandingAction.EXPEL: _("Removed from the market"),
        StandingAction.LEAVE: _("Left the market"),
        StandingAction.COME_BACK: _("Came back"),
    }
    return str(words[action])


def act_word(action: StandingAction) -> str:
    """An act as an officer's button names it; what happens elsewhere keeps the word of the history."""
    words = {
        StandingAction.RECTIFY: _("Order to rectify"),
        StandingAction.RECTIFIED: _("End the rectification"),
        StandingAction.FREEZE: _("Freeze"),
        StandingAction.UNFREEZE: _("Lift the freeze"),
        StandingAction.WITHDRAW_SERVICE: _("Withdraw services"),
        StandingAction.RESTORE_SERVICE: _("Give services back"),
    }
    return str(words.get(action) or action_word(action))


def effect_of(action: StandingAction) -> str:
    """What follows from an act, in a sentence."""
    barred = _(
        "No new enrolments; enrolments in open purchases become invalid at their freeze; running contracts go on."
    )
    effects = {
        StandingAction.ADMIT: _("The agency is listed; its services open by their checks."),
        StandingAction.RECTIFY: barred,
        StandingAction.FREEZE: barred,
        StandingAction.RECTIFIED: _("The agency may enrol again."),
        StandingAction.UNFREEZE: _("The agency may enrol again."),
        StandingAction.WITHDRAW_SERVICE: _(
            "Only the services named are hidden; the others and running contracts go on."
        ),
        StandingAction.RESTORE_SERVICE: _("The services named are shown again where the checks are passed."),
        StandingAction.BLACKLIST: _("Out of the market, province-wide; running contracts are shown to their owners."),
        StandingAction.UNLIST: _("The agency is an applicant again and is checked anew."),
        StandingAction.EXPEL: _(
            "Live enrolments are withdrawn; each owner chooses whether a running contract goes on."
        ),
        StandingAction.LEAVE: _("No longer listed; the ledger and the ratings stay."),
        StandingAction.COME_BACK: _("The agency is an applicant again and is checked anew."),
    }
    return str(effects[action])
