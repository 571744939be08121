"""The head office's branches in the market: their standing, and its authority, which it may take back and give again."""

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.forms import AuthorityForm
from supermarket.agencies.models import Agency
from supermarket.agencies.queries import branches_of
from supermarket.core.clock import now
from supermarket.core.permissions import P
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, tell
from supermarket.web.agency.blueprint import blueprint, own_agency


def _page(answered: AuthorityForm | None = None, about: str = "") -> str:
    head = own_agency()
    return render_template(
        "agency/branches.html",
        agency=head,
        branches=branches_of(head.uscc),
        form=AuthorityForm(formdata=None),
        answered=answered,
        about=about,
    )


@blueprint.get("/branches")
@needs(P.AGENCY_EDIT)
def branches() -> str:
    """Who acts in the market as a branch of ours."""
    return _page()


def _act(uscc: str, act: Callable[[AuthorityForm], Agency], told: str) -> tuple[str, int] | Response:
    own_agency()
    form = AuthorityForm()
    _done, status = attempt(form, lambda: act(form))
    if status != 200:
        return _page(form, uscc), status
    tell(told)
    return redirect(url_for("agency.branches"), code=303)


@blueprint.post("/branches/<uscc>/revoke")
@needs(P.AGENCY_EDIT)
def revoke_branch(uscc: str) -> tuple[str, int] | Response:
    """Take our authority back."""
    return _act(
        uscc,
        lambda form: agencies.revoke_branch_authority(uscc, reason=form.reason.data, actor=present_actor(), at=now()),
        _("The authority is taken back. The branch's services are hidden as soon as its checks have run."),
    )


@blueprint.post("/branches/<uscc>/restore")
@needs(P.AGENCY_EDIT)
def restore_branch(uscc: str) -> tuple[str, int] | Response:
    """Give our authority again."""
    return _act(
        uscc,
        lambda form: agencies.restore_branch_authority(uscc, reason=form.reason.data, actor=present_actor(), at=now()),
        _("The authority is given again. The branch's checks run anew."),
    )
