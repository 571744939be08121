"""The account of the person who is signed in: name, language, roles and scope, password, API tokens."""

from flask import redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from supermarket.accounts.operations import change_password, issue_token, revoke_token, set_profile
from supermarket.accounts.queries import identity_of_user, tokens_of
from supermarket.core.clock import now
from supermarket.core.permissions import Role
from supermarket.extensions import limiter
from supermarket.policies.queries import industries
from supermarket.web.access import present_actor, signed_in
from supermarket.web.account.blueprint import blueprint
from supermarket.web.account.forms import PasswordForm, ProfileForm, TokenForm
from supermarket.web.account.platforms import platforms
from supermarket.web.acting import attempt, perform, tell


def role_names() -> dict[Role, str]:
    """What the roles are called."""
    return {
        Role.OWNER: _("Owner"),
        Role.AGENCY: _("Agency"),
        Role.REGULATOR: _("Industry authority"),
        Role.OPERATOR: _("Operator"),
        Role.EDITOR: _("List office"),
        Role.SUPERVISOR: _("Supervision"),
        Role.EXPERT: _("Expert"),
    }


def _page(
    *,
    profile: ProfileForm | None = None,
    password: PasswordForm | None = None,
    token: TokenForm | None = None,
    new_token: str = "",
) -> str:
    user = current_user
    return render_template(
        "account/account.html",
        profile=profile or ProfileForm(formdata=None, prefix="profile", name=user.name, locale=user.locale),
        password=password or PasswordForm(formdata=None, prefix="password"),
        token=token or TokenForm(formdata=None, prefix="token"),
        new_token=new_token,
        tokens=tokens_of(user.id),
        identity=identity_of_user(user.id),
        platforms=platforms(),
        role_names=role_names(),
        industry_names={row.code: row.name for row in industries()},
    )


@blueprint.get("/account")
@signed_in
def account() -> str:
    """Everything about the account on one page."""
    return _page()


@blueprint.post("/account")
@signed_in
def save_profile() -> tuple[str, int] | Response:
    """Keep name and language."""
    form = ProfileForm(prefix="profile")
    user = current_user
    _done, status = attempt(form, lambda: set_profile(user, name=form.name.data, locale=form.locale.data))
    if status != 200:
        return _page(profile=form), status
    session["locale"] = form.locale.data
    tell(_("Saved. Messages will come in the language you chose."))
    return redirect(url_for("account.account"), code=303)


@blueprint.post("/account/password")
@signed_in
@limiter.limit("10 per 15 minutes", key_func=lambda: f"password:{current_user.get_id()}")
def save_password() -> tuple[str, int] | Response:
    """Set the new password: every other session of the account and every API token ends, this session goes on."""
    form = PasswordForm(prefix="password")
    user = current_user._get_current_object()
    _done, status = attempt(
        form,
        lambda: change_password(user, old=form.old.data, new=form.new.data, actor=present_actor(), at=now()),
    )
    if status != 200:
        return _page(password=form), status
    login_user(user)
    tell(_("The password is changed. Other sessions and all API tokens are ended: sign in again, make new tokens."))
    return redirect(url_for("account.account"), code=303)


@blueprint.post("/account/tokens")
@signed_in
def make_token() -> tuple[str, int]:
    """A new token, shown this once."""
    form = TokenForm(prefix="token")
    user = current_user._get_current_object()
    made, status = attempt(form, lambda: issue_token(user, name=form.name.data, actor=present_actor(), at=now()))
    if made is None:
        return _page(token=form), status
    return _page(new_token=made), 201


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@signed_in
def end_token(token_id: int) -> Response:
    """End a token of one's own."""
    perform(lambda: revoke_token(token_id, actor=present_actor(), at=now()))
    tell(_("The token is ended; programs that use it are refused from now on."))
    return redirect(url_for("account.account"), code=303)
