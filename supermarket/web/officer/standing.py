"""Rectifications, opinions and removal cases: what the authority and the operator decide."""

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectChoice, StringField, TextAreaField

from supermarket.agencies.queries import agency as find_agency
from supermarket.core.clock import now
from supermarket.core.forms import CommandForm, Needed, Text
from supermarket.core.permissions import P
from supermarket.disclosure.queries import agency_names
from supermarket.extensions import db
from supermarket.standing import operations as standing
from supermarket.standing.decisions import Office
from supermarket.standing.models import Opinion
from supermarket.standing.queries import (
    cases_of,
    open_cases,
    opinions_of,
    rectifications_of,
    reviews_of,
    waiting_rectifications,
)
from supermarket.standing.states import OpinionState
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.officer.blueprint import blueprint

STANDING = (P.STANDING_APPROVE_AS_AUTHORITY, P.STANDING_APPROVE_AS_OPERATOR)
LARGEST = 2**31 - 1


class VerdictForm(CommandForm):
    """Yes or no, with the reason."""

    verdict = RadioField(
        _l("Decision"),
        choices=[SelectChoice("yes", _l("Approve")), SelectChoice("no", _l("Refuse"))],
        validators=[Needed()],
    )
    reason = TextAreaField(_l("Reason"), validators=[Text(4, 2_000)])

    @property
    def yes(self) -> bool:
        """Whether the answer is yes."""
        return bool(self.verdict.data == "yes")


class OpinionForm(CommandForm):
    """A document with its reason."""

    document_number = StringField(_l("Document number"), validators=[Text(1, 100)])
    reason = TextAreaField(_l("Reason"), validators=[Text(4, 4_000)])


def filed_opinions() -> Sequence[Opinion]:
    """Opinions that the operator has not decided on, oldest first."""
    query = sa.select(Opinion).where(Opinion.state == OpinionState.FILED).order_by(Opinion.id)
    return db.session.scalars(query).all()


@blueprint.get("/standing")
@needs(*STANDING)
def standing_list() -> str:
    """What waits: rectifications handed in, opinions, removal cases."""
    actor = present_actor()
    rectifications, cases, opinions = waiting_rectifications(actor), open_cases(), filed_opinions()
    codes = {row.agency_uscc for row in rectifications} | {row.agency_uscc for row in cases}
    codes |= {row.agency_uscc for row in opinions}
    return render_template(
        "officer/standing.html",
        rectifications=rectifications,
        cases=cases,
        opinions=opinions,
        names=agency_names(codes),
    )


def sentence(reason: Mapping[str, object]) -> str:
    """A stored reason of a review or a case, in the reader's language."""
    values = reason.get("params")
    return str(_(str(reason["msgid"]), **(values if isinstance(values, dict) else {})))


def _page(uscc: str, **answered: CommandForm) -> str:
    actor = present_actor()
    row = find_agency(uscc)
    forms: dict[str, CommandForm] = {
        "rectification": VerdictForm(formdata=None, prefix="rectification"),
        "removal": VerdictForm(formdata=None, prefix="removal"),
        "decision": VerdictForm(formdata=None, prefix="decision"),
        "opinion": OpinionForm(formdata=None, prefix="opinion"),
        "proposal": OpinionForm(formdata=None, prefix="proposal"),
        **answered,
    }
    return render_template(
        "officer/agency_standing.html",
        agency=row,
        reviews=reviews_of(uscc),
        rectifications=rectifications_of(uscc),
        opinions=opinions_of(uscc),
        cases=cases_of(uscc),
        sentence=sentence,
        forms_of=forms,
        as_authority=bool(actor.organisations_with(P.STANDING_APPROVE_AS_AUTHORITY)),
        as_operator=bool(actor.organisations_with(P.STANDING_APPROVE_AS_OPERATOR)),
    )


@blueprint.get("/standing/<uscc>")
@needs(*STANDING)
def agency_standing(uscc: str) -> str:
    """An agency's reviews, rectifications, opinions and cases."""
    return _page(uscc)


def _act(uscc: str, name: str, form: CommandForm, act: Callable[[], object], told: str) -> tuple[str, int] | Response:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(uscc, **{name: form}), status
    tell(told)
    return redirect(url_for("office.agency_standing", uscc=uscc), code=303)


@blueprint.post("/standing/<uscc>/rectifications/<int:number>")
@needs(P.STANDING_APPROVE_AS_AUTHORITY)
def decide_rectification(uscc: str, number: int) -> tuple[str, int] | Response:
    """Accept or refuse what the agency has mended."""
    form = VerdictForm(prefix="rectification")
    return _act(
        uscc,
        "rectification",
        form,
        lambda: standing.decide_rectification(
            min(number, LARGEST), accept=form.yes, reason=form.reason.data, actor=present_actor(), at=now()
        ),
        _("Decided. The agency is told, with your reason."),
    )


@blueprint.post("/standing/<uscc>/opinions")
@needs(P.STANDING_APPROVE_AS_AUTHORITY)
def file_opinion(uscc: str) -> tuple[str, int] | Response:
    """File a reasoned opinion that the agency be demoted."""
    form = OpinionForm(prefix="opinion")
    return _act(
        uscc,
        "opinion",
        form,
        lambda: standing.file_opinion(
            uscc,
            document_number=form.document_number.data,
            reason=form.reason.data,
            actor=present_actor(),
            at=now(),
        ),
        _("Filed. The operator accepts or refuses it; accepted, it demotes by one star at the next review."),
    )


@blueprint.post("/standing/<uscc>/opinions/<int:number>")
@needs(P.STANDING_APPROVE_AS_OPERATOR)
def decide_opinion(uscc: str, number: int) -> tuple[str, int] | Response:
    """Accept or refuse an authority's opinion."""
    form = VerdictForm(prefix="decision")
    return _act(
        uscc,
        "decision",
        form,
        lambda: standing.decide_opinion(
            min(number, LARGEST), accept=form.yes, reason=form.reason.data, actor=present_actor(), at=now()
        ),
        _("Decided. The next monthly review takes it into account."),
    )


@blueprint.post("/standing/<uscc>/removals")
@needs(P.STANDING_APPROVE_AS_AUTHORITY)
def propose_removal(uscc: str) -> tuple[str, int] | Response:
    """Report a lost licence: it opens a removal case."""
    form = OpinionForm(prefix="proposal")
    return _act(
        uscc,
        "proposal",
        form,
        lambda: standing.propose_removal(
            uscc,
            document_number=form.document_number.data,
            reason=form.reason.data,
            actor=present_actor(),
            at=now(),
        ),
        _("The case is open; the agency has 5 working days for its statement."),
    )


@blueprint.post("/standing/<uscc>/removals/<int:number>/<office>")
@needs(*STANDING)
def answer_removal(uscc: str, number: int, office: str) -> tuple[str, int] | Response:
    """One office's answer; two different people of two bodies must approve."""
    form = VerdictForm(prefix="removal")
    side = Office.OPERATOR if office == "operator" else Office.AUTHORITY
    return _act(
        uscc,
        "removal",
        form,
        lambda: standing.answer_removal(
            min(number, LARGEST), side, approve=form.yes, reason=form.reason.data, actor=present_actor(), at=now()
        ),
        _("Answered. With both approvals the job carries the removal out; one refusal closes the case."),
    )
