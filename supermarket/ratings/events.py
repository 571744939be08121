"""Events of the ratings room; scores as text with 4 decimals."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

INVITED = declare(
    "rating.invited",
    subject="contract",
    sentence=N_("The sides and the offices were asked to rate the contract until %(until)s"),
    keys={"raters", "until"},
)
GIVEN = declare("rating.given", subject="contract", sentence=N_("A rating was given"), keys={"rater"}, public=False)
PUBLISHED = declare(
    "rating.published",
    subject="contract",
    sentence=N_("The ratings were published"),
    keys={"score", "share", "given", "missed"},
)
APPEALED = declare(
    "rating.appealed", subject="contract", sentence=N_("The agency appealed against a rating"), keys={"rater", "until"}
)
APPEAL_DECIDED = declare(
    "rating.appeal_decided",
    subject="contract",
    sentence=N_("The appeal against a rating was decided"),
    keys={"rater", "adjusted", "score"},
)
APPEAL_OVERDUE = declare(
    "rating.appeal_overdue",
    subject="contract",
    sentence=N_("The appeal against a rating was not decided in time"),
    keys={"rater", "until"},
)
