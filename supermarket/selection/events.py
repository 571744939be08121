"""Events of the selection room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

QUOTED = declare(
    "quote.received",
    subject="project",
    sentence=N_("A sealed quote was received"),
    keys={"agency_uscc", "seq", "commitment"},
    public=False,
)
QUOTES_LISTED = declare(
    "quotes.listed",
    subject="project",
    sentence=N_("The list of all %(count)s sealed quotes was published"),
    keys={"count", "list_hash"},
)
QUOTES_COUNTERSIGNED = declare(
    "quotes.countersigned",
    subject="project",
    sentence=N_("The witness %(by)s countersigned the list of sealed quotes"),
    keys={"by", "list_hash"},
)
OPENING_STOPPED = declare(
    "quotes.opening_stopped",
    subject="project",
    sentence=N_("The opening of the quotes was stopped: quote no. %(seq)s of %(agency_uscc)s does not fit (%(code)s)"),
    keys={"code", "agency_uscc", "seq", "commitment"},
)
BODIES_ASKED = declare(
    "quotes.bodies_asked",
    subject="project",
    sentence=N_(
        "A key is missing (%(whose)s): %(count)s bidders hand in the bodies of their quotes within %(hours)s hours"
    ),
    keys={"whose", "count", "hours"},
)
BODY_ASKED = declare(
    "quote.body_asked",
    subject="project",
    sentence=N_("A sealed quote could not be opened; its bidder hands in the body until %(until)s"),
    keys={"agency_uscc", "seq", "cause", "until"},
    public=False,
)
BODY_GIVEN = declare(
    "quote.body_given",
    subject="project",
    sentence=N_("A bidder handed in the body of its quote, and it is the one that was sealed"),
    keys={"agency_uscc", "seq"},
    public=False,
)
BODY_MISSED = declare(
    "quote.body_missed",
    subject="project",
    sentence=N_("A bidder did not hand in the body of its quote in time and is out"),
    keys={"agency_uscc", "seq"},
    public=False,
)
QUOTES_OPENED = declare(
    "quotes.opened",
    subject="project",
    sentence=N_("The sealed quotes are open: %(valid)s valid, %(invalid)s invalid"),
    keys={"valid", "invalid"},
)
POOL_FIXED = declare(
    "draw.pool_fixed",
    subject="project",
    sentence=N_("The pool file of the draw “%(purpose)s” was fixed and published"),
    keys={"purpose", "pool_hash", "members"},
)
RECEIPTED = declare(
    "draw.receipted",
    subject="project",
    sentence=N_("The witness %(by)s signed the pool file of the draw “%(purpose)s”"),
    keys={"purpose", "by", "pool_hash"},
)
REVEALED = declare(
    "draw.revealed",
    subject="project",
    sentence=N_("The %(party)s revealed its secret for the draw “%(purpose)s”"),
    keys={"purpose", "party"},
)
REFUSED = declare(
    "draw.refused",
    subject="project",
    sentence=N_(
        "Not revealed in time for the draw “%(purpose)s”: %(refused)s. The lottery %(lottery)s decides, first issue from %(closes_after)s"
    ),
    keys={"purpose", "refused", "lottery", "closes_after"},
)
NUMBERS_ENTERED = declare(
    "draw.numbers_entered",
    subject="project",
    sentence=N_("The bulletin's numbers for the draw “%(purpose)s” were entered by the %(role)s"),
    keys={"purpose", "role"},
)
ROUND_HANDED_IN = declare(
    "draw.round_handed_in",
    subject="project",
    sentence=N_("The beacon's round %(round)s for the draw “%(purpose)s” was handed in"),
    keys={"purpose", "round"},
)
NUMBERS_DIFFER = declare(
    "draw.numbers_differ",
    subject="project",
    sentence=N_("Two entries of the bulletin's numbers for the draw “%(purpose)s” differ; the draw stands still"),
    keys={"purpose"},
)
NUMBERS_TAKEN = declare(
    "draw.numbers_taken",
    subject="project",
    sentence=N_("Two typed the same numbers of %(lottery)s, issue %(issue)s, for the draw “%(purpose)s”"),
    keys={"purpose", "lottery", "issue", "closed_at"},
)
CORRECTION_CLAIMED = declare(
    "draw.correction_claimed",
    subject="project",
    sentence=N_("The %(role)s claims that the numbers of the draw “%(purpose)s” were mistyped; the award notice waits"),
    keys={"purpose", "role"},
)
CORRECTION_ENTERED = declare(
    "draw.correction_entered",
    subject="project",
    sentence=N_("The bulletin of the draw “%(purpose)s” was typed anew by the %(role)s, with the document"),
    keys={"purpose", "role"},
)
CORRECTION_DIFFERS = declare(
    "draw.correction_differs",
    subject="project",
    sentence=N_("What both typed anew for the draw “%(purpose)s” differs; each may type its own again"),
    keys={"purpose"},
)
CORRECTION_REFUTED = declare(
    "draw.correction_refuted",
    subject="project",
    sentence=N_("Both typed anew what was drawn: the numbers of the draw “%(purpose)s” were right"),
    keys={"purpose"},
)
CORRECTED = declare(
    "draw.corrected",
    subject="project",
    sentence=N_("The draw “%(purpose)s” was computed again from issue %(issue)s: both had mistyped it"),
    keys={"purpose", "number", "issue", "closed_at", "key", "first"},
)
DRAWN = declare(
    "draw.drawn",
    subject="project",
    sentence=N_("The draw “%(purpose)s” was computed; anybody can check it"),
    keys={"purpose", "key", "first"},
)
COST_STATEMENT_ASKED = declare(
    "cost_statement.asked",
    subject="project",
    sentence=N_("An abnormally low quote needs a cost statement"),
    keys={"agency_uscc"},
    public=False,
)
COST_STATEMENT_GIVEN = declare(
    "cost_statement.given",
    subject="project",
    sentence=N_("A cost statement was given"),
    keys={"agency_uscc"},
    public=False,
)
COST_STATEMENT_DECIDED = declare(
    "cost_statement.decided",
    subject="project",
    sentence=N_("The owner decided on a cost statement"),
    keys={"agency_uscc", "accepted", "reason"},
    public=False,
)
CHOICE_ASKED = declare(
    "choice.asked",
    subject="project",
    sentence=N_("The small list of %(members)s stands; the owner chooses one of them until %(until)s"),
    keys={"members", "until"},
)
CHOICE_STANDS = declare(
    "choice.stands",
    subject="project",
    sentence=N_("The small list of %(members)s is the same; the owner's choice stands"),
    keys={"members"},
)
CHOSEN = declare(
    "choice.made",
    subject="project",
    sentence=N_("The owner chose from the small list: %(reason)s"),
    keys={"agency_uscc", "reason"},
)
OFFERED = declare(
    "award.offered",
    subject="project",
    sentence=N_("The owner named an agency, which answers until %(until)s"),
    keys={"agency_uscc", "until"},
)
ACCEPTED = declare("award.accepted", subject="project", sentence=N_("The agency accepted"), keys={"agency_uscc"})
DROPPED = declare(
    "award.dropped",
    subject="project",
    sentence=N_("The selected agency dropped out (%(how)s): %(reason)s"),
    keys={"agency_uscc", "how", "reason"},
)
PASSED_OVER = declare(
    "award.passed_over",
    subject="project",
    sentence=N_("An agency in the order was passed over: its quote is too far above the winner's"),
    keys={"agency_uscc"},
)
NOTICE_ISSUED = declare(
    "selection.notice_issued",
    subject="project",
    sentence=N_("The award notice %(notice_number)s was issued"),
    keys={"award_id", "agency_uscc", "notice_number"},
)
PROPOSED = declare(
    "proposal.received",
    subject="project",
    sentence=N_("A plan was received"),
    keys={"agency_uscc", "seq", "sha256"},
    public=False,
)
# What concerns one seat is told to its expert alone; the public learns counts and hashes.
PANEL_INVITED = declare(
    "panel.invited", subject="project", sentence=N_("You are asked to serve on a panel"), keys={"seat"}, public=False
)
PANEL_REMINDED = declare(
    "panel.reminded", subject="project", sentence=N_("Your time on a panel ends soon"), keys={"seat"}, public=False
)
PANEL_RELEASED = declare(
    "panel.released", subject="project", sentence=N_("You are no longer needed on a panel"), keys={"seat"}, public=False
)
PANEL_ACCEPTED = declare(
    "panel.accepted", subject="project", sentence=N_("An expert accepted to serve"), keys={"seat"}, public=False
)
PANEL_DECLINED = declare(
    "panel.declined", subject="project", sentence=N_("An expert declined to serve"), keys={"seat"}, public=False
)
PANEL_NO_ANSWER = declare(
    "panel.no_answer", subject="project", sentence=N_("An expert did not answer in time"), keys={"seat"}, public=False
)
PANEL_RECUSED = declare(
    "panel.recused",
    subject="project",
    sentence=N_("An expert stepped back because of a conflict of interest"),
    keys={"seat"},
    public=False,
)
PANEL_LATE = declare(
    "panel.late", subject="project", sentence=N_("An expert did not score in time"), keys={"seat"}, public=False
)
SHEET_SEALED = declare(
    "scores.sealed",
    subject="project",
    sentence=N_("An expert signed a score sheet (%(number)s of %(size)s); its hash is public, its scores are not yet"),
    keys={"expert", "sheet_hash", "number", "size"},
)
PANEL_COMPLETE = declare(
    "scores.complete",
    subject="project",
    sentence=N_("All %(size)s score sheets are in; the experts confirm the record"),
    keys={"size"},
)
RECORD_CONFIRMED = declare(
    "panel.record_confirmed",
    subject="project",
    sentence=N_("An expert confirmed the panel's record"),
    keys={"seat", "record_hash"},
    public=False,
)
RECORD_DISSENTED = declare(
    "panel.record_dissented",
    subject="project",
    sentence=N_("An expert dissented from the panel's record"),
    keys={"seat", "record_hash"},
    public=False,
)
RECORD_CLOSED = declare(
    "scores.record_closed",
    subject="project",
    sentence=N_("The panel's record is closed; the selection goes on"),
    keys={"record_hash", "document_sha256"},
)
