"""The board of supervision: reminders and cards, what is due and overdue, answers and withdrawals."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from supermarket.core.clock import now
from supermarket.core.errors import NotFound
from supermarket.core.forms import CommandForm, Text
from supermarket.core.permissions import P, may
from supermarket.disclosure.queries import organisation_names, project_names
from supermarket.supervision import operations as supervision
from supermarket.supervision.models import Finding, Level
from supermarket.supervision.queries import board, counts
from supermarket.supervision.queries import finding as find_finding
from supermarket.web import listing
from supermarket.web.access import needs, present_actor, signed_in
from supermarket.web.acting import attempt, tell
from supermarket.web.finding_words import code_label, level_label, signal_sentence
from supermarket.web.officer.blueprint import blueprint

PAGE = 50


class WordsForm(CommandForm):
    """An answer, or a reason."""

    text = TextAreaField(_l("In words"), validators=[Text(4, 2_000)])


def seen(number: int) -> Finding:
    """The finding, for supervision of its region and for the office it is about. Raises NotFound for others."""
    row, actor = find_finding(min(number, 2**63 - 1)), present_actor()
    about_own = row.organisation_id in {grant.organisation_id for grant in actor.grants}
    if not about_own and not may(actor, P.SUPERVISE, region=row.region_code):
        raise NotFound(_("There is no such finding."))
    return row


@blueprint.get("/board")
@needs(P.SUPERVISE, P.SUPERVISION_ACT, P.PROJECT_REVIEW)
def findings() -> str:
    """Findings of one's region, newest first."""
    actor = present_actor()
    level = request.args.get("level", "")
    before = request.args.get("before", "")
    chosen = Level(level) if level in set(Level) else None
    rows = board(
        actor,
        level=chosen,
        open_only=request.args.get("all") != "1",
        before_id=int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None,
        limit=PAGE + 1,
    )
    shown = rows[:PAGE]
    return render_template(
        "officer/board.html",
        rows=shown,
        counts=counts(actor),
        levels=list(Level),
        chosen=chosen,
        everything=request.args.get("all") == "1",
        next_url=listing.address(before=str(shown[-1].id)) if len(rows) > PAGE else None,
        first_url=listing.address(before=None) if before else None,
        names=organisation_names({row.organisation_id for row in shown if row.organisation_id}),
        projects=project_names({row.project_code for row in shown if row.project_code}),
        code_label=code_label,
        level_label=level_label,
        address=listing.address,
    )


def _page(row: Finding, **answered: CommandForm) -> str:
    actor = present_actor()
    return render_template(
        "officer/finding.html",
        finding=row,
        names=organisation_names({row.organisation_id} if row.organisation_id else set()),
        code_label=code_label,
        says=signal_sentence(row.evidence),
        may_answer=row.organisation_id in {grant.organisation_id for grant in actor.grants}
        and row.feedback_at is None
        and row.withdrawn_at is None,
        may_withdraw=bool(actor.organisations_with(P.SUPERVISION_ACT)) and row.withdrawn_at is None,
        forms_of={
            "answer": WordsForm(formdata=None, prefix="answer"),
            "withdraw": WordsForm(formdata=None, prefix="withdraw"),
            **answered,
        },
    )


@blueprint.get("/board/<int:number>")
@signed_in
def finding(number: int) -> str:
    """One finding with its evidence."""
    return _page(seen(number))


def _act(number: int, name: str, form: CommandForm, act: Callable[[], object], told: str) -> tuple[str, int] | Response:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(seen(number), **{name: form}), status
    tell(told)
    return redirect(url_for("home.home"), code=303)


@blueprint.post("/board/<int:number>/answer")
@signed_in
def answer_finding(number: int) -> tuple[str, int] | Response:
    """The office that the finding is about answers; the operation knows which office that is."""
    form, wanted = WordsForm(prefix="answer"), seen(number).id
    return _act(
        wanted,
        "answer",
        form,
        lambda: supervision.give_feedback(wanted, text=form.text.data, actor=present_actor(), at=now()),
        _("Answered. Supervision reads it beside the finding."),
    )


@blueprint.post("/board/<int:number>/withdraw")
@needs(P.SUPERVISION_ACT)
def withdraw_finding(number: int) -> tuple[str, int] | Response:
    """Take a finding back after a defence."""
    form, wanted = WordsForm(prefix="withdraw"), seen(number).id
    return _act(
        wanted,
        "withdraw",
        form,
        lambda: supervision.withdraw(wanted, reason=form.text.data, actor=present_actor(), at=now()),
        _("Set aside, with the reason; it stays readable."),
    )
