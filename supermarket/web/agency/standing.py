"""Reviews, rectifications and removal cases as the agency answers them."""

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from supermarket.core.clock import now
from supermarket.core.forms import CommandForm, Text
from supermarket.core.permissions import P
from supermarket.documents.operations import store
from supermarket.gateways.filetypes import JPEG, PDF, PNG
from supermarket.standing import operations as standing_room
from supermarket.standing.models import Rectification, RemovalCase
from supermarket.standing.queries import cases_of, rectifications_of, reviews_of
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.officer.standing import sentence

LARGEST = 2**31 - 1


class RectificationForm(CommandForm):
    """What was mended, with a document if there is one."""

    statement = TextAreaField(_l("What was mended"), validators=[Text(4, 5_000)])
    file = FileField(_l("Document"))


class StatementForm(CommandForm):
    """The agency's view of a removal case."""

    statement = TextAreaField(_l("Our statement"), validators=[Text(4, 5_000)])


def _page(**answered: CommandForm) -> str:
    agency = own_agency()
    return render_template(
        "agency/standing.html",
        agency=agency,
        reviews=reviews_of(agency.uscc),
        rectifications=rectifications_of(agency.uscc),
        cases=cases_of(agency.uscc),
        sentence=sentence,
        forms_of={
            "rectification": RectificationForm(formdata=None, prefix="rectification"),
            "removal": StatementForm(formdata=None, prefix="removal"),
            **answered,
        },
    )


@blueprint.get("/standing")
@needs(P.STANDING_ANSWER)
def standing() -> str:
    """The agency's reviews and what it has to answer."""
    return _page()


def _act(name: str, form: CommandForm, act: Callable[[], object], told: str) -> tuple[str, int] | Response:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(**{name: form}), status
    tell(told)
    return redirect(url_for("agency.standing"), code=303)


@blueprint.post("/standing/rectifications/<int:number>")
@needs(P.STANDING_ANSWER)
def rectify(number: int) -> tuple[str, int] | Response:
    """Say what was mended."""
    agency, actor, at = own_agency(), present_actor(), now()
    uscc, body = agency.uscc, agency.organisation_id
    form = RectificationForm(prefix="rectification")

    def act() -> Rectification:
        upload = form.file.data
        document_id = None
        if upload and upload.filename:
            document_id = store(
                upload.stream,
                upload.filename,
                subject_kind="agency",
                subject_code=uscc,
                owner_organisation_id=body,
                public=False,
                actor=actor,
                at=at,
                allow=frozenset({PDF, PNG, JPEG}),
            ).id
        return standing_room.submit_rectification(
            min(number, LARGEST), statement=form.statement.data, actor=actor, at=at, document_id=document_id
        )

    return _act("rectification", form, act, _("Handed in. The industry authority accepts or refuses it."))


@blueprint.post("/standing/removals/<int:number>")
@needs(P.STANDING_ANSWER)
def state(number: int) -> tuple[str, int] | Response:
    """State one's view in a removal case."""
    form = StatementForm(prefix="removal")

    def act() -> RemovalCase:
        return standing_room.state_in_removal(
            min(number, LARGEST), statement=form.statement.data, actor=present_actor(), at=now()
        )

    return _act("removal", form, act, _("Your statement is in the file; the authority and the operator decide next."))
