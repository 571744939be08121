"""Sign-in, sign-out and the choice of language."""

from datetime import datetime, timedelta

from flask import current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from supermarket.accounts.models import User
from supermarket.accounts.operations import end_sessions, note_visit
from supermarket.accounts.queries import user_with_password, users_by_email
from supermarket.core.clock import now
from supermarket.core.unit import unit
from supermarket.extensions import limiter
from supermarket.web.access import public
from supermarket.web.account.blueprint import blueprint
from supermarket.web.account.forms import MOST_PASSWORD, SignInForm
from supermarket.web.account.platforms import IDENTIFIED, platforms
from supermarket.web.acting import perform, safe_next

LANGUAGES = ("zh_CN", "en")
DEMO_PASSWORD = "demo-pass-2026"  # noqa: S105  # public by design: specs/api.md names it, and only a demo knows the accounts
DEMO_EMAILS = tuple(
    f"{name}@demo.test"
    for name in ("owner", "agency", "agency2", "agency3", "regulator", "operator", "editor", "supervisor", "expert")
)


def _failed(response: Response) -> bool:
    return response.status_code == 422


def _account_key() -> str:
    return "account:" + request.form.get("email", "").strip().lower()[:254]


def enter(user: User, at: datetime) -> None:
    """Begin a session: nothing of the earlier one stays but the language, and an identity that waits to be bound.

    Remembers when the person was here before.
    """
    locale, identified = session.get("locale") or user.locale, session.get(IDENTIFIED)
    session.clear()
    session["locale"] = locale
    if identified is not None:
        session[IDENTIFIED] = identified
    before = note_visit(user, at=at)
    session["since"] = (before or at - timedelta(days=7)).isoformat()
    session.permanent = True
    login_user(user)


@blueprint.get("/sign-in")
@public
def sign_in() -> str | Response:
    """The form; who is in already goes on."""
    if current_user.is_authenticated:
        return redirect(safe_next("home.home"))
    return _sign_in_page(SignInForm())


@blueprint.post("/sign-in")
@public
@limiter.limit("30 per 5 minutes", deduct_when=_failed)
@limiter.limit("10 per 15 minutes", key_func=_account_key, deduct_when=_failed)
def sign_in_now() -> tuple[str, int] | Response:
    """Let the person in, or say the same, and as late, whether the account or the password is wrong."""
    form = SignInForm()
    target = safe_next("home.home")
    if form.validate():
        email, password = (form.email.data or "")[:254].replace("\x00", ""), form.password.data or ""
        user = user_with_password(email, password[:MOST_PASSWORD])
        if user is not None and len(password) <= MOST_PASSWORD:
            with unit():
                enter(user, now())
            return redirect(target, code=303)
        form.form_errors.append(
            _("E-mail address or password is not right. After ten tries the account must wait a quarter of an hour.")
        )
    return _sign_in_page(form), 422


def _sign_in_page(form: SignInForm) -> str:
    demo = current_app.config["DEMO"]
    return render_template(
        "account/sign_in.html",
        form=form,
        next=safe_next("home.home"),
        demo_users=users_by_email(DEMO_EMAILS) if demo else (),
        demo_password=DEMO_PASSWORD if demo else "",
        platforms=platforms(),
        identified=IDENTIFIED in session,
    )


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """End the session, and with it every copy of its cookie; the language stays."""
    locale = session.get("locale")
    if current_user.is_authenticated:
        user = current_user._get_current_object()
        perform(lambda: end_sessions(user, actor=user.actor(), at=now()))
    logout_user()
    session.clear()
    if locale:
        session["locale"] = locale
    return redirect(url_for("account.sign_in"), code=303)


@blueprint.get("/language/<code>")
@public
def language(code: str) -> Response:
    """Read on in another language."""
    if code not in LANGUAGES:
        raise NotFound
    session["locale"] = code
    session.permanent = True
    return redirect(safe_next("home.home"))
