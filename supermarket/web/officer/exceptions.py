"""One request for an exception in office: everything on one page, granted or denied with a public reason."""

from collections.abc import Callable, Mapping

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm
from supermarket.core.permissions import P, may
from supermarket.projects import operations
from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import exception_for, exceptions_of, sees_all
from supermarket.projects.forms import ReasonForm
from supermarket.projects.requirements import pieces, refused_words
from supermarket.projects.states import EXCEPTION, ExceptionAction
from supermarket.web import rule_words
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.project_page import requirement_sentence

LOOKERS = (P.REQUIREMENT_EXCEPT, P.SUPERVISE)
Act = Callable[..., RequirementException]


def _row(number: int) -> RequirementException:
    actor = present_actor()
    row = exception_for(number, actor)
    if not sees_all(row.project, actor):
        raise NotFound(_("There is no such exception."))
    return row


def _page(number: int, answered: Mapping[str, CommandForm] | None = None) -> str:
    row, actor = _row(number), present_actor()
    decides = may(actor, P.REQUIREMENT_EXCEPT, region=row.project.region_code) and actor.user_id != row.asked_by
    forms = {name: ReasonForm(formdata=None, prefix=name) for name in ("grant", "deny", "revoke")}
    found = [each for each in refused_words(row.text) if each.code is row.rule]
    return render_template(
        "officer/exception.html",
        row=row,
        project=row.project,
        pieces=pieces(row.text, found),
        acts={action.value for action in ExceptionAction if decides and EXCEPTION.can(row.state, action)},
        forms_of={**forms, **(answered or {})},
        others=[each for each in exceptions_of(row.project_id, public_only=False) if each.id != row.id],
        requirement=requirement_sentence(row.project.requirement_tree),
        rules=rule_words,
    )


@blueprint.get("/exceptions/<int:number>")
@needs(*LOOKERS)
def exception(number: int) -> str:
    """The request with the law, the owner's reasons and what the checker suggests."""
    return _page(number)


def _act(number: int, name: str, act: Act, told: str) -> tuple[str, int] | Response:
    form = ReasonForm(prefix=name)
    _row(number)
    _done, status = attempt(form, lambda: act(number, reason=form.reason.data, actor=present_actor(), at=now()))
    if status != 200:
        return _page(number, {name: form}), status
    tell(told)
    return redirect(url_for("office.exception", number=number), code=303)


@blueprint.post("/exceptions/<int:number>/grant")
@needs(P.REQUIREMENT_EXCEPT)
def grant_exception(number: int) -> tuple[str, int] | Response:
    """Allow it."""
    return _act(number, "grant", operations.grant, _("Granted. It is public with the notice, with your reason."))


@blueprint.post("/exceptions/<int:number>/deny")
@needs(P.REQUIREMENT_EXCEPT)
def deny_exception(number: int) -> tuple[str, int] | Response:
    """Do not allow it."""
    return _act(number, "deny", operations.deny, _("Denied. The owner sees your reason and rewords the draft."))


@blueprint.post("/exceptions/<int:number>/revoke")
@needs(P.REQUIREMENT_EXCEPT)
def revoke_exception(number: int) -> tuple[str, int] | Response:
    """Take it back, before the publication."""
    return _act(number, "revoke", operations.revoke, _("Taken back. The draft cannot be published with it."))
