"""What an officer does on an agency's page: decide with a reason, run the checks again, note something for colleagues."""

from collections.abc import Callable

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.change_queries import change_of
from supermarket.agencies.models import Onboarding, Standing
from supermarket.agencies.operations.verifying import dismiss_reverification, freeze_for_reverification
from supermarket.agencies.queries import agency as find_agency
from supermarket.agencies.queries import agency_file
from supermarket.agencies.verification import reverification
from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P, authorise
from supermarket.policies.queries import office_region
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.officer.agencies import CaseForm, DecideForm, NoteForm, ScopeForm, agency_page
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.queue import asking_of, next_item

LARGEST = 2**31 - 1


def _act(
    uscc: str, name: str, form: CommandForm, act: Callable[[], object], told: str, *, onwards: bool = False
) -> tuple[str, int] | Response:
    """Act; refused, the page comes again with what was typed. Onwards: to the next thing of the queue one came from."""
    _done, status = attempt(form, act)
    if status != 200:
        return agency_page(uscc, **{name: form}), status
    filters = request.values.get("queue", "")
    upcoming = next_item(present_actor(), asking_of(filters), now(), uscc) if onwards else None
    if upcoming is not None:
        tell(told + " " + _("Here is the next one."))
        path, _mark, anchor = upcoming.url.partition("#")
        carried = f"{path}?{_carried(filters)}" if filters else path
        return redirect(f"{carried}#{anchor}" if anchor else carried, code=303)
    tell(told + (" " + _("Nothing else waits there.") if onwards else ""))
    return redirect(url_for("office.agency", uscc=uscc, queue=filters or None), code=303)


def _carried(filters: str) -> str:
    return url_for("office.queue", queue=filters).partition("?")[2]


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
        onwards=bool(form.onwards.data),
    )


@blueprint.post("/agencies/<uscc>/cases/<int:number>")
@needs(P.AGENCY_DECIDE)
def decide_case(uscc: str, number: int) -> tuple[str, int] | Response:
    """Freeze an agency that is no longer verified, or dismiss what the registry says."""
    form, actor, at = CaseForm(prefix="case"), present_actor(), now()
    if reverification(min(number, LARGEST)).agency_id != find_agency(uscc).id:
        raise NotFound(_("There is no such case."))

    def act() -> object:
        if form.decision.data == "freeze":
            return freeze_for_reverification(number, basis=form.reason.data, until=form.until.data, actor=actor, at=at)
        return dismiss_reverification(number, reason=form.reason.data, actor=actor, at=at)

    told = _("Decided. The agency is told, with your reason.")
    return _act(uscc, "case", form, act, told, onwards=bool(form.onwards.data))


@blueprint.post("/agencies/<uscc>/changes/<int:number>")
@needs(P.AGENCY_DECIDE)
def decide_change(uscc: str, number: int) -> tuple[str, int] | Response:
    """Admit or refuse a change of profile that some registry did not answer for."""
    name = f"change-{number}"
    form = DecideForm(prefix=name)
    change_id = change_of(find_agency(uscc).id, min(number, LARGEST)).id
    return _act(
        uscc,
        name,
        form,
        lambda: agencies.decide_change(
            change_id, admit=form.decision.data == "admit", reason=form.reason.data, actor=present_actor(), at=now()
        ),
        _("Decided. The agency is told, with your reason."),
        onwards=bool(form.onwards.data),
    )


@blueprint.post("/agencies/<uscc>/scopes/<matter_code>")
@needs(P.AGENCY_DECIDE)
def decide_scope(uscc: str, matter_code: str) -> tuple[str, int] | Response:
    """Say whether the registered scope of business covers a service of which no check can tell."""
    name = f"scope-{matter_code}"
    form = ScopeForm(prefix=name)
    return _act(
        uscc,
        name,
        form,
        lambda: agencies.decide_scope(
            uscc,
            matter_code,
            covers=form.decision.data == "covered",
            reason=form.reason.data,
            actor=present_actor(),
            at=now(),
        ),
        _("Decided. The agency is told, with your reason."),
        onwards=bool(form.onwards.data),
    )


@blueprint.post("/agencies/<uscc>/check")
@needs(P.AGENCY_CHECK)
def check(uscc: str) -> Response:
    """Run every check again, asking the registries before the transaction; an imported entry is sent in first."""
    actor, at = present_actor(), now()
    row = agency_file(uscc)
    # Before the registries are asked: a stranger makes no traffic.
    authorise(actor, P.AGENCY_CHECK, region=office_region(row.region_code))
    if row.standing is Standing.APPLIED and row.onboarding is Onboarding.DRAFT:
        perform(lambda: agencies.submit_for_checks(uscc, actor=actor, at=at))
    answers = agencies.ask_registries(uscc, at)
    perform(lambda: agencies.run_checks(uscc, actor=actor, at=at, answers=answers))
    tell(_("The checks have run; their findings stand below."))
    return redirect(url_for("office.agency", uscc=uscc), code=303)


@blueprint.post("/agencies/<uscc>/notes")
@needs(P.AGENCY_DECIDE)
def note(uscc: str) -> tuple[str, int] | Response:
    """Note something for one's colleagues."""
    form = NoteForm(prefix="note")
    return _act(
        uscc,
        "note",
        form,
        lambda: agencies.add_note(uscc, form.text.data, actor=present_actor(), at=now()),
        _("Noted for your office and its colleagues; the agency does not see it."),
    )
