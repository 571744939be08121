"""An agency's standing changed by an officer: what is permitted now, what it touches, basis to way back on one form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from supermarket.accounts.queries import organisation
from supermarket.agencies import operations as agencies
from supermarket.agencies.forms import StandingForm
from supermarket.agencies.held_back import REACHES_BRANCHES, withdrawals
from supermarket.agencies.models import Agency, StandingAction
from supermarket.agencies.operations.standing import ELSEWHERE, WITH_AN_END
from supermarket.agencies.operations.withdrawing import IN_THE_MARKET
from supermarket.agencies.queries import agency_file, branches_of, standing_changes
from supermarket.agencies.states import STANDING
from supermarket.core.clock import now
from supermarket.core.errors import Forbidden, NotFound, WrongState
from supermarket.core.forms import MomentField
from supermarket.core.permissions import Actor, P, matching_grant, may
from supermarket.matters.queries import names
from supermarket.policies.queries import office_region
from supermarket.projects.forms import Soon
from supermarket.standing.live_work import LiveWork, live_work
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.looks import look
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.standing_words import act_word, action_word, effect_of


class ActForm(StandingForm):
    """A change of standing; for a service also which ones."""

    until = MomentField(_l("Until"), validators=[Soon()])
    matters = SelectMultipleField(_l("Services"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


@dataclass(frozen=True)
class Choice:
    """An act that is open now, or brought about elsewhere and why."""

    action: StandingAction
    label: str
    effect: str
    url: str = ""
    elsewhere: str = ""


BY_ITSELF = (StandingAction.LEAVE, StandingAction.COME_BACK)
SERVICE_ACTS = (StandingAction.WITHDRAW_SERVICE, StandingAction.RESTORE_SERVICE)


def _serviceable(row: Agency, action: StandingAction) -> list[str]:
    """The matters that a service act may name now."""
    withdrawn = {item.matter_code for item in withdrawals(row.id)}
    if action is StandingAction.RESTORE_SERVICE:
        return sorted(withdrawn)
    if row.standing not in IN_THE_MARKET:
        return []
    return [service.matter_code for service in row.services if service.matter_code not in withdrawn]


def choices_of(row: Agency) -> list[Choice]:
    """Everything that the state table permits now, what officers do here first."""
    found = []
    for action in StandingAction:
        if action in SERVICE_ACTS:
            legacy = action is StandingAction.RESTORE_SERVICE and STANDING.can(row.standing, action)
            if not (_serviceable(row, action) or legacy):
                continue
        elif not STANDING.can(row.standing, action) or action is StandingAction.ADMIT:
            continue
        elsewhere = "" if action in SERVICE_ACTS else str(_(ELSEWHERE[action])) if action in ELSEWHERE else ""
        if action in BY_ITSELF:
            elsewhere = str(_("An agency leaves and comes back by itself, from its own pages."))
        address = {
            StandingAction.BLACKLIST: url_for("office.lists"),
            StandingAction.UNLIST: url_for("office.lists"),
            StandingAction.EXPEL: url_for("office.agency_standing", uscc=row.uscc),
        }.get(action, "")
        if not elsewhere:
            address = url_for("office.standing_act", uscc=row.uscc, action=action.value)
        found.append(Choice(action, act_word(action), effect_of(action), address, elsewhere))
    return sorted(found, key=lambda item: bool(item.elsewhere))


def _office(actor: Actor, row: Agency) -> str:
    grant = matching_grant(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    return "" if grant is None else organisation(grant.organisation_id).name


def effect_sentence(work: LiveWork, branches: int) -> str:
    """What runs at the moment of the act, in a sentence that goes into the record."""
    text = _(
        "At this moment: %(enrolments)s enrolments in fixed pools, %(awards)s awards, %(contracts)s contracts.",
        enrolments=len(work.enrolments),
        awards=len(work.awards),
        contracts=len(work.contracts),
    )
    return str(text) + (" " + str(_("Branches reached: %(count)s.", count=branches)) if branches else "")


@blueprint.get("/agencies/<uscc>/standing")
@needs(P.AGENCY_DECIDE)
def standing_acts(uscc: str) -> str:
    """What may happen to the agency's standing now, and what has happened."""
    row = agency_file(uscc)
    changes = standing_changes(row.id)
    return render_template(
        "officer/standing_acts.html",
        agency=row,
        choices=choices_of(row) if may(present_actor(), P.AGENCY_DECIDE, region=row.region_code) else [],
        changes=changes,
        action_word=action_word,
        names=_names(row, changes),
        withdrawn=withdrawals(row.id),
    )


def _names(row: Agency, changes: Sequence[object]) -> Mapping[str, str]:
    codes = {service.matter_code for service in row.services}
    codes |= {code for item in changes if (code := getattr(item, "matter_code", None))}
    return names(sorted(codes))


def _open(uscc: str, name: str) -> tuple[Agency, StandingAction]:
    """The agency and the act, if an officer may do it here now. Raises NotFound, Forbidden, WrongState."""
    row = agency_file(uscc)
    if name not in set(StandingAction):
        raise NotFound(_("There is no such act."))
    action = StandingAction(name)
    if not may(present_actor(), P.AGENCY_DECIDE, region=row.region_code):
        raise Forbidden(_("You may not do this here. Sign in with an account of the organisation or office in charge."))
    if not any(item.action is action and not item.elsewhere for item in choices_of(row)):
        raise WrongState(
            _("This is not open for the agency now."),
            state=row.standing.value,
            allowed=tuple(item.action.value for item in choices_of(row) if not item.elsewhere),
        )
    return row, action


def _form(row: Agency, action: StandingAction, *, filled: bool) -> ActForm:
    form = ActForm(prefix="act") if filled else ActForm(formdata=None, prefix="act")
    codes = _serviceable(row, action) if action in SERVICE_ACTS else []
    known = names(codes)
    form.matters.choices = [SelectChoice(code, f"{code} {known.get(code, '')}") for code in codes]
    if not codes:
        del form.matters
    if action not in WITH_AN_END:
        del form.until
    return form


def _page(row: Agency, action: StandingAction, form: ActForm) -> str:
    work = live_work(row.id)
    after = None if action in SERVICE_ACTS else STANDING.next(row.standing, action)
    reached = branches_of(row.uscc) if after in REACHES_BRANCHES or row.standing in REACHES_BRANCHES else []
    if form.effect.data is None:
        form.effect.data = effect_sentence(work, len(reached))
        form.executor.data = form.executor.data or _office(present_actor(), row)
    return render_template(
        "officer/standing_act.html",
        agency=row,
        action=action,
        label=act_word(action),
        look=look,
        follows=effect_of(action),
        form=form,
        work=work,
        branches=reached,
        names=names([line.matter_code for part in (work.enrolments, work.awards, work.contracts) for line in part]),
    )


@blueprint.get("/agencies/<uscc>/standing/<action>")
@needs(P.AGENCY_DECIDE)
def standing_act(uscc: str, action: str) -> str:
    """The form of one act, with everything that it touches."""
    row, known = _open(uscc, action)
    return _page(row, known, _form(row, known, filled=False))


@blueprint.post("/agencies/<uscc>/standing/<action>")
@needs(P.AGENCY_DECIDE)
def change_standing(uscc: str, action: str) -> tuple[str, int] | Response:
    """Carry the act out."""
    row, known = _open(uscc, action)
    form, actor, at = _form(row, known, filled=True), present_actor(), now()

    def act() -> None:
        command = form.command()
        if "matters" not in form:
            agencies.change_standing(uscc, known, command, actor=actor, at=at)
            return
        do = agencies.withdraw_service if known is StandingAction.WITHDRAW_SERVICE else agencies.restore_service
        for code in form.matters.data or ():
            do(uscc, code, command, actor=actor, at=at)

    if "matters" in form and form.is_submitted() and not form.matters.data:
        form.validate()
        form.matters.errors = [*form.matters.errors, _("Choose at least one service.")]
        return _page(row, known, form), 422
    _done, status = attempt(form, act)
    if status != 200:
        return _page(agency_file(uscc), known, form), status
    tell(_("Done. It stands in the public history with its basis; the agency is told."))
    return redirect(url_for("office.standing_acts", uscc=uscc), code=303)
