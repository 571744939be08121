"""The end of the way in: everything missing at once, sent in, the checks at work, what they found and how to mend it."""

import structlog
from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency, Onboarding, Outcome, Standing
from supermarket.agencies.queries import last_checks
from supermarket.core.clock import now
from supermarket.core.errors import RuleBroken, RuleFinding
from supermarket.core.permissions import SYSTEM, P
from supermarket.gateways import current
from supermarket.gateways.queue import QueueError
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.forms import ConfirmForm
from supermarket.web.agency.mending import findings
from supermarket.web.agency.onboarding import Answer, entered, page
from supermarket.web.agency.steps import REVIEW, Progress

log = structlog.get_logger()


def wake_the_checks() -> None:
    """Have the next tick begin now; without a queue the clockwork comes to it by itself within seconds."""
    try:
        current().queue.enqueue("tick", queue="urgent")
    except QueueError as error:
        log.warning("checks wait for the clockwork", why=str(error))


def reasons_of(row: Agency) -> list[object]:
    """Why the form was refused, all at once, each with its correction."""
    if row.onboarding is not Onboarding.REFUSED:
        return []
    checks = [item for item in last_checks(row.id) if item.outcome is Outcome.FAIL]
    return list(findings(checks, REVIEW))


def _review(found: Progress, row: Agency, form: ConfirmForm) -> str:
    return page("review", found, REVIEW, form=form, reasons=reasons_of(row), may_send=may_send(row))


def may_send(row: Agency) -> bool:
    """Whether the form can be sent in now."""
    return row.standing is Standing.APPLIED and row.onboarding in (Onboarding.DRAFT, Onboarding.REFUSED)


@blueprint.get("/onboarding/review")
@needs(P.AGENCY_EDIT)
def step_review() -> Answer:
    """Everything that is missing, and after a refusal every reason, each with the link that mends it; then send in."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    if row.onboarding is Onboarding.CHECKING:
        return redirect(url_for("agency.progress"), code=303)
    return _review(found, row, ConfirmForm(formdata=None))


@blueprint.post("/onboarding/review")
@needs(P.AGENCY_EDIT)
def send() -> Answer:
    """Send the form in; what blocks it is named at once. The checks run behind the page that follows."""
    here = entered()
    if isinstance(here, Response):
        return here
    found, row = here
    form = ConfirmForm()

    def act() -> Agency:
        blocking = [item for item in found.missing if item.blocking]
        if blocking:
            raise RuleBroken(
                _("Some things are still missing."),
                findings=[RuleFinding("missing", item.label) for item in blocking],
            )
        return agencies.submit_for_checks(row.uscc, actor=present_actor(), at=now())

    _done, status = attempt(form, act)
    if status != 200:
        return _review(found, row, form), status
    wake_the_checks()
    return redirect(url_for("agency.progress"), code=303)


@blueprint.get("/onboarding/progress")
@needs(P.AGENCY_EDIT)
def progress() -> Answer:
    """The checks at work, then what they found; the page comes again by itself until they are done."""
    row = own_agency()
    if row.onboarding is Onboarding.DRAFT:
        return redirect(url_for("agency.onboarding"), code=303)
    checks = last_checks(row.id)
    return render_template(
        "agency/wizard/progress.html",
        agency=row,
        working=row.onboarding is Onboarding.CHECKING,
        checks=findings(checks, REVIEW),
        failed=sum(item.outcome is Outcome.FAIL for item in checks),
    )


@blueprint.post("/onboarding/progress")
@needs(P.AGENCY_EDIT)
def check_now() -> Response:
    """Run the checks within this request, for whoever does not want to wait for the clockwork."""
    row = own_agency()
    if row.onboarding not in (Onboarding.CHECKING, Onboarding.WAITING):
        tell(_("Nothing waits for its checks."), "warning")
        return redirect(url_for("agency.progress"), code=303)
    uscc, at = row.uscc, now()
    # The registries are asked between two transactions: nothing is held while they think.
    answers = agencies.ask_registries(uscc, at)
    perform(lambda: agencies.run_checks(uscc, actor=SYSTEM, at=at, answers=answers))
    return redirect(url_for("agency.progress"), code=303)
