"""The pool of experts in office: the register, one expert with every act, new entries and files of them."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from supermarket.core.clock import now
from supermarket.core.errors import FieldError, InvalidInput, MarketError
from supermarket.core.events import timeline
from supermarket.core.forms import Text
from supermarket.core.paging import Slice
from supermarket.core.permissions import Actor, P, may
from supermarket.core.tables import ImportReport
from supermarket.experts import operations as experts
from supermarket.experts.commands import NewExpert
from supermarket.experts.forms import INTEREST_LABELS, StandingReasonForm
from supermarket.experts.models import Expert
from supermarket.experts.queries import OFFICES, ExpertFilter, expert_for, standings
from supermarket.experts.queries import experts as experts_of
from supermarket.experts.states import EXPERT, ExpertAction, ExpertStanding
from supermarket.policies.queries import industries, office_region
from supermarket.selection.panels.pool import served_count
from supermarket.web import listing, presenting, timelines
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, refuse, tell
from supermarket.web.expert.profile import ProfilePageForm
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.officer.handed_in import ImportForm, keep, saved

Answer = str | Response | tuple[str, int]


class NewExpertPageForm(ProfilePageForm):
    """A person whom the operator enters."""

    name = StringField(_l("Name of the person"), validators=[Text(least=1, most=64)])
    email = StringField(_l("E-mail address"), validators=[Text(least=3, most=254)])

    def command(self) -> NewExpert:
        """The command of a valid form."""
        return NewExpert(self.name.data, self.email.data, self.profile())


class Reasoned(Protocol):
    """An act with a reason."""

    def __call__(self, code: str, *, reason: str, actor: Actor, at: datetime) -> Expert:
        """Do it."""


REASONED: dict[str, Reasoned] = {
    "refuse": experts.refuse,
    "suspend": experts.suspend,
    "reinstate": experts.reinstate,
    "leave": experts.leave,
}


def _industry_names() -> dict[str, str]:
    return {row.code: row.name for row in industries()}


@blueprint.get("/experts")
@needs(*OFFICES)
def expert_list() -> str | Response:
    """The experts of one's regions, by name."""
    asked = listing.asked(("standing", "industry", "account"), ("name",))
    actor, names = present_actor(), _industry_names()
    chosen = ExpertFilter(
        q=asked.q,
        standing=ExpertStanding(asked["standing"]) if asked["standing"] in set(ExpertStanding) else None,
        industry=asked["industry"] if asked["industry"] in names else "",
        account={"yes": True, "no": False}.get(asked["account"]),
    )
    found = experts_of(chosen, Slice(number=asked.page), actor)
    counts = {state.value: number for state, number in standings(actor).items()}
    return render_template(
        "officer/experts.html",
        found=found,
        asked=asked,
        names=names,
        facets=[
            listing.facet(
                _("Standing"),
                "standing",
                counts,
                lambda name: presenting.word("expert", name),
                order=list(ExpertStanding),
            )
        ],
        chips=listing.chips(
            asked,
            {
                "standing": (_("Standing"), lambda name: presenting.word("expert", name)),
                "industry": (_("Industry"), lambda code: names.get(code, code)),
                "account": (_("Account"), str),
            },
        ),
        shown=listing.shown_range(found.number, found.size, len(found.items), found.total),
        page_address=listing.page_address,
        decides=any(actor.grants_with(P.EXPERT_DECIDE)),
    )


@blueprint.get("/experts/new")
@needs(P.EXPERT_DECIDE)
def new_expert() -> str:
    """The form for one person."""
    form = NewExpertPageForm(formdata=None)
    form.offer()
    return render_template("officer/new_expert.html", form=form)


@blueprint.post("/experts/new")
@needs(P.EXPERT_DECIDE)
def enter_expert() -> Answer:
    """Enter one person, as applied."""
    form = NewExpertPageForm()
    form.offer()
    done, status = attempt(form, lambda: experts.enter(form.command(), actor=present_actor(), at=now()))
    if done is None:
        return render_template("officer/new_expert.html", form=form), status
    tell(_("Entered as applied. Admit the expert and open the account; then draws can call them."))
    return redirect(url_for("office.expert", code=done.code), code=303)


def _page(code: str, form: StandingReasonForm | None = None, password: str = "") -> str:
    actor = present_actor()
    row = expert_for(code, actor)
    events = timeline(subject_kind="expert", subject_code=row.code, public_only=False)
    return render_template(
        "officer/expert.html",
        expert=row,
        names=_industry_names(),
        labels=INTEREST_LABELS,
        served=served_count(row.id),
        form=form or StandingReasonForm(formdata=None),
        decides=may(actor, P.EXPERT_DECIDE, region=office_region(row.region_code)),
        allowed=EXPERT.allowed(row.standing),
        action=ExpertAction,
        password=password,
        timeline=timelines.entries(events),
    )


@blueprint.get("/experts/<code>")
@needs(*OFFICES)
def expert(code: str) -> str:
    """One expert: profile, interests, standing, history; never which panel they sit on."""
    return _page(code)


@blueprint.post("/experts/<code>/admit")
@needs(P.EXPERT_DECIDE)
def admit_expert(code: str) -> Response:
    """Admit."""
    perform(lambda: experts.admit(code, actor=present_actor(), at=now()))
    tell(_("Admitted. Without an account the expert cannot be drawn: open it next."))
    return redirect(url_for("office.expert", code=code), code=303)


@blueprint.post("/experts/<code>/standing")
@needs(P.EXPERT_DECIDE)
def change_expert_standing(code: str) -> Answer:
    """Refuse, suspend, reinstate or end, with a reason."""
    form = StandingReasonForm()
    act = REASONED.get(request.form.get("act", ""))

    def run() -> Expert:
        if act is None:
            message = _("Please choose.")
            raise InvalidInput(message, errors=[FieldError("act", "unknown", message)])
        return act(code, reason=form.reason.data, actor=present_actor(), at=now())

    done, status = attempt(form, run)
    if done is None:
        return _page(code, form), status
    tell(_("Done; the expert is told."))
    return redirect(url_for("office.expert", code=code), code=303)


@blueprint.post("/experts/<code>/account")
@needs(P.EXPERT_DECIDE)
def open_expert_account(code: str) -> Answer:
    """Open the account; a first password is shown this once."""
    password = secrets.token_urlsafe(12)
    form = StandingReasonForm(formdata=None)
    try:
        _row, created = perform(lambda: experts.open_account(code, password=password, actor=present_actor(), at=now()))
    except MarketError as error:
        if error.status == 404:
            raise
        refuse(form, error)
        return _page(code, form), error.status
    if created:
        return _page(code, password=password), 201
    tell(_("The person has an account already and sees the new role at the next page."))
    return redirect(url_for("office.expert", code=code), code=303)


@blueprint.get("/experts/import")
@needs(P.EXPERT_DECIDE)
def expert_import_form() -> str:
    """The form, and what columns the file has."""
    return render_template("officer/import_experts.html", form=ImportForm(formdata=None), report=None, kept=None)


@blueprint.post("/experts/import")
@needs(P.EXPERT_DECIDE)
def import_experts() -> tuple[str, int]:
    """Read, report, and write unless a row is wrong or nothing was to be written."""
    form = ImportForm()
    report, status = attempt(form, _reading(form))
    kept = None if report is None else perform(lambda: keep(report, "experts", P.EXPERT_DECIDE))
    if report is not None and not report.written and not form.check_only.data:
        form.form_errors.append(_("Nothing was written: mend the rows below, or keep the good ones only."))
        status = 422
    return render_template("officer/import_experts.html", form=form, report=report, kept=kept), status


def _reading(form: ImportForm) -> Callable[[], ImportReport]:
    def read() -> ImportReport:
        with saved(form, "experts") as path:
            return experts.import_rows(
                path,
                actor=present_actor(),
                at=now(),
                keep_good=bool(form.keep_good.data),
                check_only=bool(form.check_only.data),
            )

    return read
