"""The owner chooses one of the small list: facts side by side, one reason in writing, and it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice

from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.credit.models import PastPerformance
from supermarket.credit.queries import performances
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.queries import enrolments_of
from supermarket.selection import operations
from supermarket.selection.forms import ChoiceForm
from supermarket.selection.lists import SMALL, Place, lists_of
from supermarket.selection.series import choice_in
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.drafting import Answer
from supermarket.web.owner.ours import own_project


class ChoicePageForm(ChoiceForm):
    """The page offers the small list as cards; a box says that it is meant."""

    agency = RadioField(_l("Agency"), validate_choice=False, choices=[])
    confirm = BooleanField(_l("I have compared them and choose for my organisation."))


@dataclass(frozen=True)
class Listed:
    """One agency of the small list with what the registers say of it; no advice."""

    enrolment: Enrolment
    place: Place | None
    same: Sequence[PastPerformance]
    others: int


def small_list(project: Project, members: Sequence[str], at: datetime) -> list[Listed]:
    """The facts of each on the list, in the order of the draw."""
    places = {place.uscc: place for kept in lists_of(project) if kept.kind == SMALL for place in kept.staying}
    rows = {row.agency.uscc: row for row in enrolments_of(project.id)}
    found = []
    for uscc in sorted(members, key=lambda uscc: (places[uscc].rank or 0, uscc) if uscc in places else (0, uscc)):
        done = performances(uscc, until=at)
        same = [row for row in done if row.matter_code == project.matter_code]
        found.append(Listed(rows[uscc], places.get(uscc), same[-5:][::-1], len(done) - len(same)))
    return found


@blueprint.route("/projects/<code>/choose", methods=["GET", "POST"])
@needs(P.CHOOSE)
def choose(code: str) -> Answer:
    """Compare those on the small list and choose one in writing."""
    project, at = own_project(code), now()
    form, status = ChoicePageForm(), 200
    row = choice_in(project)
    listed = small_list(project, row.members, at) if row is not None else []
    form.agency.choices = [SelectChoice(item.enrolment.agency.uscc, item.enrolment.agency.name) for item in listed]
    if request.method == "POST":
        if form.validate() and not form.confirm.data:
            form.confirm.errors = [_("Tick this box to go on.")]
            status = 422
        else:
            done, status = attempt(
                form,
                lambda: operations.choose(
                    code,
                    agency_uscc=form.agency.data or "",
                    reason=form.reason.data or "",
                    actor=present_actor(),
                    at=now(),
                ),
            )
            if done is not None:
                tell(_("Chosen. It is announced now with your reason; the standstill begins."))
                return redirect(url_for("public.project", code=code), code=303)
            project = own_project(code)
    page = render_template(
        "owner/choose.html",
        project=project,
        form=form,
        listed=listed,
        waits=row is not None and row.chosen_at is None and project.due_what == "choice",
        at=at,
    )
    return page, status
