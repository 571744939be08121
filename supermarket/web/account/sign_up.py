"""Sign-up of owners and agencies."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.operations import SignUp, sign_up
from supermarket.core.clock import now
from supermarket.core.errors import Conflict
from supermarket.core.unit import unit
from supermarket.extensions import limiter
from supermarket.web.access import public
from supermarket.web.account import regions
from supermarket.web.account.blueprint import blueprint
from supermarket.web.account.forms import SignUpForm
from supermarket.web.account.sign_in import enter
from supermarket.web.acting import refuse, tell

TAKEN = {"uscc_taken": "uscc", "email_taken": "email"}


def _created(response: Response) -> bool:
    return response.status_code == 303


@blueprint.get("/sign-up")
@public
def sign_up_form() -> str | Response:
    """The empty form; `?kind=` chooses owner or agency."""
    if current_user.is_authenticated:
        return redirect(url_for("home.home"))
    form = SignUpForm(formdata=None)
    if request.args.get("kind") in {OrganisationKind.OWNER.value, OrganisationKind.AGENCY.value}:
        form.kind.data = request.args["kind"]
    regions.offer(form)
    return render_template("account/sign_up.html", form=form)


@blueprint.get("/sign-up/region")
@public
def sign_up_region() -> str:
    """The region picker alone, for the choices made so far (htmx)."""
    form = SignUpForm(formdata=request.args)
    regions.offer(form)
    return render_template("account/_region.html", form=form)


@blueprint.post("/sign-up")
@public
@limiter.limit("10 per hour", deduct_when=_created)
def sign_up_now() -> tuple[str, int] | str | Response:
    """Open the account and come in. Without JavaScript the button beside a list (`act=region`) fills the next one."""
    form = SignUpForm()
    region = regions.offer(form)
    if request.form.get("act") == "region":
        return render_template("account/sign_up.html", form=form)
    valid = form.validate()
    if region is None:
        form.province.errors = [_("Choose the region in which the organisation is registered.")]
    if not valid or region is None:
        return render_template("account/sign_up.html", form=form), 422
    command = SignUp(
        kind=OrganisationKind(form.kind.data),
        organisation_name=form.organisation_name.data,
        uscc=form.uscc.data or "",
        region_code=region,
        name=form.name.data,
        email=form.email.data,
        password=form.password.data,
    )
    at = now()
    try:
        with unit():
            enter(sign_up(command, at=at), at)
    except Conflict as error:
        if error.code in TAKEN:
            form[TAKEN[error.code]].errors = [error.message]
        else:
            refuse(form, error)
        return render_template("account/sign_up.html", form=form), 409
    if command.kind is OrganisationKind.AGENCY:
        tell(_("Your account is open. Next, fill in your profile; the checks then decide whether you are listed."))
    else:
        tell(_("Your account is open. Next, write down your first purchase; nothing is public until you submit it."))
    return redirect(url_for("home.home"), code=303)
