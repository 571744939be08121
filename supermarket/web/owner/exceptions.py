"""An owner asks for exceptions to the rules on requirements, and takes a request back."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from supermarket.core.clock import now
from supermarket.core.forms import Text
from supermarket.core.permissions import P
from supermarket.policies.queries import number, policies_for
from supermarket.projects import operations
from supermarket.projects.exception_forms import RULE_LABELS, AskExceptionForm
from supermarket.projects.exception_queries import covered_keys, exception_for, exceptions_of, refusals_of
from supermarket.projects.models import Project
from supermarket.projects.operations.exceptions import LONGEST_TEXT
from supermarket.projects.requirements import RULES, Refusal
from supermarket.projects.states import EXCEPTION, PROJECT, ExceptionAction, ExceptionState, ProjectAction
from supermarket.web import rule_words
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.ours import own_project

Answer = str | Response | tuple[str, int]
OTHER = "other"


class AskPageForm(AskExceptionForm):
    """The page offers the refused sentences of the draft; another one is typed with its rule."""

    which = RadioField(_l("Which requirement"), validate_choice=False)
    rule = SelectField(
        _l("Rule"),
        validators=[Optional()],
        choices=[SelectChoice(code.value, RULE_LABELS[code]) for code in RULES if RULES[code].exceptable],
    )
    text = TextAreaField(_l("The exact sentence"), validators=[Text(most=LONGEST_TEXT)])

    def offer(self, open_: Sequence[Refusal]) -> None:
        """Fill in what can be chosen, and take the rule and the sentence from the choice."""
        keys = {f"{each.code.value}:{each.key[1]}": each for each in open_}
        self.which.choices = [
            SelectChoice(key, f"“{each.passage}” · {rule_words.rule_label(each.code)}") for key, each in keys.items()
        ]
        self.which.choices.append(SelectChoice(OTHER, _("Another sentence, which is not in the text yet")))
        chosen = keys.get(self.which.data or "")
        if chosen is not None:
            self.rule.data, self.text.data = chosen.code.value, chosen.passage
        elif self.which.data is None:
            self.which.data = next(iter(keys), OTHER)


def _open(project: Project) -> list[Refusal]:
    """Refusals of the present wording for which an exception can be asked and none is asked or granted."""
    live = {
        (row.rule, row.text_hash)
        for row in exceptions_of(project.id, public_only=False)
        if row.state in (ExceptionState.ASKED, ExceptionState.GRANTED, ExceptionState.IN_FORCE)
    }
    found = {each.key: each for each in refusals_of(project) if each.rule.exceptable and each.key not in live}
    return list(found.values())


@blueprint.route("/projects/<code>/exceptions", methods=["GET", "POST"])
@needs(P.PROJECT_DRAFT)
def exceptions(code: str) -> Answer:
    """What is refused in a purchase, what was asked for and decided, and a form to ask."""
    project = own_project(code)
    form = AskPageForm()
    form.offer(_open(project))
    status = 200
    if request.method == "POST":
        done, status = attempt(form, lambda: operations.ask(code, form.command(), actor=present_actor(), at=now()))
        if done is not None:
            tell(_("Asked. The operator decides within its working days, and you are told."))
            return redirect(url_for("owner.exceptions", code=code), code=303)
        project = own_project(code)
        form.offer(_open(project))
    refusals = refusals_of(project)
    rows = exceptions_of(project.id, public_only=False)
    page = render_template(
        "owner/exceptions.html",
        project=project,
        form=form,
        rows=list(reversed(rows)),
        uncovered=[each for each in refusals if each.key not in covered_keys(project.id)],
        never=[each for each in refusals if not each.rule.exceptable],
        can_ask=PROJECT.can(project.state, ProjectAction.EDIT) or PROJECT.can(project.state, ProjectAction.AMEND),
        can_withdraw={row.id for row in rows if EXCEPTION.can(row.state, ExceptionAction.WITHDRAW)},
        days=number(policies_for(project.region_code, now()), "exception_decision_days"),
        rules=rule_words,
    )
    return page, status


@blueprint.post("/projects/<code>/exceptions/<int:number_>/withdraw")
@needs(P.PROJECT_DRAFT)
def withdraw_exception(code: str, number_: int) -> Response:
    """Take a request back."""
    own_project(code)
    row = exception_for(number_, present_actor())
    perform(lambda: operations.withdraw_exception(row.id, actor=present_actor(), at=now()))
    tell(_("Withdrawn. Change the wording, or ask again with other reasons."))
    return redirect(url_for("owner.exceptions", code=code), code=303)
