"""Agencies in office: who waits for a decision, the file with the checks' findings, admission, freeze."""

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectChoice, TextAreaField

from supermarket.agencies import operations as agencies
from supermarket.agencies.models import Agency, Onboarding, Standing
from supermarket.agencies.queries import (
    agency_file,
    last_checks,
    standing_changes,
    unchecked,
    waiting_for_decision,
)
from supermarket.agencies.states import STANDING, StandingAction
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm, MomentField, Needed, Text
from supermarket.core.paging import Slice
from supermarket.core.permissions import P
from supermarket.credit.directory import DirectoryFilter, directory
from supermarket.matters.queries import names, qualification_kinds
from supermarket.projects.forms import Soon
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.reputation import reputation_of
from supermarket.web.checks import shown_checks
from supermarket.web.looks import word
from supermarket.web.officer.blueprint import AGENCIES, blueprint

STANDING_OFFICES = (P.STANDING_APPROVE_AS_AUTHORITY, P.STANDING_APPROVE_AS_OPERATOR)


class DecideForm(CommandForm):
    """The operator's word where registries do not answer."""

    decision = RadioField(
        _l("Decision"),
        choices=[SelectChoice("admit", _l("Admit")), SelectChoice("refuse", _l("Refuse"))],
        validators=[Needed()],
    )
    reason = TextAreaField(_l("What was looked at instead, or why not"), validators=[Text(2, 2_000)])


class FreezeForm(CommandForm):
    """A freeze of enrolment; without an end it lasts until it is lifted."""

    basis = TextAreaField(_l("Basis"), validators=[Text(2, 2_000)])
    until = MomentField(_l("Until"), validators=[Soon()])


class BasisForm(CommandForm):
    """Why a freeze is lifted."""

    basis = TextAreaField(_l("Basis"), validators=[Text(2, 2_000)])


@blueprint.get("/agencies")
@needs(*AGENCIES)
def agency_list() -> str:
    """Who waits, and every agency by name or code."""
    asked = listing.asked(("standing",), ("name",))
    standing = asked["standing"]
    chosen = DirectoryFilter(q=asked.q, standing=Standing(standing) if standing in set(Standing) else None, sort="name")
    found, _facets = directory(chosen, Slice(number=asked.page))
    decides = bool(present_actor().organisations_with(P.AGENCY_DECIDE))
    return render_template(
        "officer/agencies.html",
        waiting=waiting_for_decision() if decides else (),
        unchecked=unchecked(20) if decides else (),
        found=found,
        asked=asked,
        chosen=chosen.standing,
        standings=[(item, word("agency", item)) for item in Standing],
        address=listing.address,
        page_address=listing.page_address,
    )


def _page(uscc: str, **answered: CommandForm) -> str:
    row: Agency = agency_file(uscc)
    actor = present_actor()
    forms: dict[str, CommandForm] = {
        "decide": DecideForm(formdata=None, prefix="decide"),
        "freeze": FreezeForm(formdata=None, prefix="freeze"),
        "unfreeze": BasisForm(formdata=None, prefix="unfreeze"),
        **answered,
    }
    decides, checks = bool(actor.organisations_with(P.AGENCY_DECIDE)), bool(actor.organisations_with(P.AGENCY_CHECK))
    asked = listing.asked((), ("newest",))
    return render_template(
        "officer/agency.html",
        agency=row,
        checks=shown_checks(last_checks(row.id)),
        changes=standing_changes(row.id),
        matter_names=names([service.matter_code for service in row.services]),
        kind_names={kind.code: kind.name for kind in qualification_kinds()},
        forms_of=forms,
        may_decide=decides and row.onboarding is Onboarding.WAITING,
        may_check=checks,
        may_start=checks and row.standing is Standing.APPLIED and row.onboarding is Onboarding.DRAFT,
        may_freeze=decides and STANDING.can(row.standing, StandingAction.FREEZE),
        may_unfreeze=decides and STANDING.can(row.standing, StandingAction.UNFREEZE),
        may_stand=any(actor.organisations_with(item) for item in STANDING_OFFICES),
        may_enter=bool(actor.organisations_with(P.CREDIT_ENTER)),
        **reputation_of(row.uscc, asked.page),
    )


@blueprint.get("/agencies/<uscc>")
@needs(*AGENCIES)
def agency(uscc: str) -> str:
    """The whole file of an agency on one page."""
    return _page(uscc)


def _act(uscc: str, name: str, form: CommandForm, act: Callable[[], object], told: str) -> tuple[str, int] | Response:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(uscc, **{name: form}), status
    tell(told)
    return redirect(url_for("office.agency", uscc=uscc), code=303)


@blueprint.post("/agencies/<uscc>/decide")
@needs(P.AGENCY_DECIDE)
def decide(uscc: str) -> tuple[str, int] | Response:
    """Admit or refuse a form that some registry did not answer for."""
    form = DecideForm(prefix="decide")
    return _act(
        uscc,
        "decide",
        form,
        lambda: agencies.decide(
            uscc, admit=form.decision.data == "admit", reason=form.reason.data, actor=present_actor(), at=now()
        ),
        _("Decided. The agency is told, with your reason."),
    )


@blueprint.post("/agencies/<uscc>/check")
@needs(P.AGENCY_CHECK)
def check(uscc: str) -> Response:
    """Run every check again, asking the registries before the transaction; an imported entry is sent in first."""
    actor, at = present_actor(), now()
    row = agency_file(uscc)
    if row.standing is Standing.APPLIED and row.onboarding is Onboarding.DRAFT:
        perform(lambda: agencies.submit_for_checks(uscc, actor=actor, at=at))
    answers = agencies.ask_registries(uscc, at)
    perform(lambda: agencies.run_checks(uscc, actor=actor, at=at, answers=answers))
    tell(_("The checks have run; their findings stand below."))
    return redirect(url_for("office.agency", uscc=uscc), code=303)


@blueprint.post("/agencies/<uscc>/freeze")
@needs(P.AGENCY_DECIDE)
def freeze(uscc: str) -> tuple[str, int] | Response:
    """Freeze the agency's enrolment."""
    form = FreezeForm(prefix="freeze")
    return _act(
        uscc,
        "freeze",
        form,
        lambda: agencies.freeze(uscc, basis=form.basis.data, until=form.until.data, actor=present_actor(), at=now()),
        _("Frozen: no new enrolments; running contracts go on."),
    )


@blueprint.post("/agencies/<uscc>/unfreeze")
@needs(P.AGENCY_DECIDE)
def unfreeze(uscc: str) -> tuple[str, int] | Response:
    """Lift a freeze."""
    form = BasisForm(prefix="unfreeze")
    return _act(
        uscc,
        "unfreeze",
        form,
        lambda: agencies.unfreeze(uscc, basis=form.basis.data, actor=present_actor(), at=now()),
        _("The freeze is lifted; the agency may enrol again."),
    )
