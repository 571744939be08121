"""Signing in through the unified identity (统一身份认证): out to the platform, back, the short page of the first time."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from flask import current_app, make_response, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.national import FirstVisit, bind, come_in, open_account, organisation_there, spend
from supermarket.agencies.operations.identity import enter_identified
from supermarket.core.clock import now, real_now
from supermarket.core.errors import Conflict, MarketError
from supermarket.core.unit import unit
from supermarket.extensions import limiter
from supermarket.gateways import current
from supermarket.gateways.identity import REFUSED, Attempt, IdentityError, IdentityProvider, LegalPerson
from supermarket.gateways.keys import KeyRingError
from supermarket.policies.queries import region_exists
from supermarket.web.access import present_actor, public, signed_in
from supermarket.web.account import regions
from supermarket.web.account.blueprint import blueprint
from supermarket.web.account.forms import ConfirmBindingForm, FirstVisitForm
from supermarket.web.account.platforms import IDENTIFIED, platforms
from supermarket.web.account.sign_in import LANGUAGES, enter
from supermarket.web.acting import perform, refuse, safe_next, tell

# What the session holds between going out and coming back, and how long it is good for.
ATTEMPT = "identity_attempt"
GOOD_FOR = timedelta(minutes=10)
ANSWERS = ("state", "code", "iss", "error")
_log = structlog.get_logger(__name__)


def _provider(name: str) -> IdentityProvider:
    found = current().identities.get(name)
    if found is None:
        raise NotFound
    return found


def _callback(name: str) -> str:
    """The address registered with the platform: of the site as configured, whatever host a request names."""
    site = urlsplit(str(current_app.config["SITE_URL"]))
    return f"{site.scheme}://{site.netloc}" + url_for("account.national_callback", name=name, _external=False)


def _no_store(content: str | Response, status: int | None = None) -> Response:
    answer = make_response(content)
    answer.status_code = status or answer.status_code
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _no_entry(sentence: str, status: int) -> Response:
    """The one page of every refusal: what is wrong, and what to do. Nothing of the attempt stays."""
    session.pop(ATTEMPT, None)
    session.pop(IDENTIFIED, None)
    page = render_template("account/national_refused.html", sentence=sentence, platforms=platforms())
    return _no_store(page, status)


def _refusal(name: str, error: IdentityError) -> Response:
    _log.info("identity refused", provider=name, code=error.code, why=error.why)
    return _no_entry(_(error.msgid), 503 if error.code == "identity_unavailable" else 400)


@blueprint.get("/sign-in/unified/<name>")
@public
@limiter.limit("30 per 5 minutes")
def national_start(name: str) -> Response:
    """Send the browser to the platform; the session remembers what was asked."""
    provider = _provider(name)
    try:
        url, attempt = provider.start(_callback(name))
    except IdentityError as error:
        return _refusal(name, error)
    session[ATTEMPT] = attempt.stored() | {"at": real_now().isoformat(), "next": safe_next("home.home")}
    return _no_store(redirect(url, code=303))


@blueprint.get("/sign-in/unified/<name>/callback")
@public
@limiter.limit("30 per 5 minutes")
def national_callback(name: str) -> Response:
    """The browser comes back. The answer counts once, for the browser that asked, within ten minutes."""
    provider = _provider(name)
    kept = session.pop(ATTEMPT, None)
    try:
        attempt, target = _attempt(name, kept)
        person = provider.finish(attempt, _answer(), _callback(name))
    except IdentityError as error:
        return _refusal(name, error)
    at = now()
    try:
        with unit():
            spend(person, at=at)
        with unit():
            user = come_in(person, at=at)
            if user is not None:
                if current_user.is_authenticated and current_user.id != user.id:
                    raise Conflict(
                        _("This unified identity belongs to another account of the market. Sign out first."),
                        code="identity_other_account",
                    )
                session.pop(IDENTIFIED, None)
                enter(user, at)
                return _no_store(redirect(target, code=303))
            known = organisation_there(person)
    except MarketError as error:
        _log.info("identity refused", provider=name, code=error.code)
        return _no_entry(error.message, error.status)
    session[IDENTIFIED] = _sealed(person)
    if current_user.is_authenticated or known is not None:
        return _no_store(redirect(url_for("account.national_confirm"), code=303))
    return _no_store(redirect(url_for("account.national_first"), code=303))


def _refused(why: str) -> IdentityError:
    return IdentityError("identity_refused", REFUSED, why)


def _attempt(name: str, kept: object) -> tuple[Attempt, str]:
    """The attempt that this browser began. Raises IdentityError where there is none, another platform's, or an old one."""
    if not isinstance(kept, dict):
        raise _refused("no_attempt")
    try:
        began = datetime.fromisoformat(kept["at"])
        attempt = Attempt(kept["provider"], kept["state"], kept["nonce"], kept["verifier"])
        target = str(kept["next"])
    except (KeyError, TypeError, ValueError) as error:
        raise _refused("no_attempt") from error
    if attempt.provider != name:
        raise _refused("other_provider")
    if not timedelta(0) <= real_now() - began <= GOOD_FOR:
        raise _refused("too_late")
    return attempt, target


def _answer() -> dict[str, str]:
    """The callback's query; a parameter that is there twice could be read in two ways."""
    if any(len(request.args.getlist(key)) > 1 for key in ANSWERS):
        raise _refused("twice")
    return {key: request.args[key] for key in ANSWERS if key in request.args}


def _sealed(person: LegalPerson) -> str:
    """The person for the session's cookie, which is signed but can be read: encrypted, with its hour."""
    return current().keys.encrypt(f"{real_now().isoformat()}\n{person.stored()}").decode("ascii")


def _identified() -> LegalPerson | None:
    """Who came back from the platform in this session and has not been bound yet; None after ten minutes."""
    try:
        text = current().keys.decrypt(str(session.get(IDENTIFIED, "")).encode())
    except KeyRingError:
        return None
    began, _line, stored = text.partition("\n")
    if real_now() - datetime.fromisoformat(began) > GOOD_FOR:
        return None
    return LegalPerson.read(stored)


def _start_again() -> Response:
    session.pop(IDENTIFIED, None)
    tell(_("Ten minutes have passed, or nobody came back from the platform. Please start again."), "warning")
    return redirect(url_for("account.sign_in"), code=303)


@blueprint.get("/sign-in/unified/first")
@public
def national_first() -> Response:
    """The short page of the first time: what the organisation is here for, its region, an address for messages."""
    person = _identified()
    if person is None or current_user.is_authenticated:
        return _start_again() if person is None else redirect(url_for("account.national_confirm"))
    form = FirstVisitForm(formdata=None)
    division = person.uscc[2:8]
    if region_exists(division):
        regions.set_region(form, division)
    regions.offer(form)
    return _first_page(form, person)


def _first_page(form: FirstVisitForm, person: LegalPerson, status: int = 200) -> Response:
    return _no_store(render_template("account/national_first.html", form=form, person=person), status)


def _opened(response: Response) -> bool:
    return response.status_code == 303


@blueprint.post("/sign-in/unified/first")
@public
@limiter.limit("10 per hour", deduct_when=_opened)
def national_open() -> Response:
    """Open the account as the platform states it; an agency is entered, pledged and listed in the same breath."""
    person = _identified()
    if person is None or current_user.is_authenticated:
        return _start_again()
    form = FirstVisitForm()
    region = regions.offer(form)
    if request.form.get("act") == "region":
        return _first_page(form, person)
    valid = form.validate()
    if region is None:
        form.province.errors = [_("Choose the region in which the organisation is registered.")]
    if not valid or region is None:
        return _first_page(form, person, 422)
    # Flask-Babel calls the present language zh_Hans_CN; kept is one of ours, which mail is written in later.
    language = next((code for code in LANGUAGES if code[:2] == str(get_locale())[:2]), LANGUAGES[0])
    command = FirstVisit(OrganisationKind(form.kind.data), region, form.email.data, language)
    agency = command.kind is OrganisationKind.AGENCY
    at = now()
    try:
        with unit():
            user = open_account(person, command, at=at)
            if agency:
                body = user.memberships[0].organisation_id
                head = person.legal_representative
                enter_identified(body, legal_representative=head, actor=user.actor(), at=at)
            enter(user, at)
    except MarketError as error:
        if error.code == "email_taken":
            form.email.errors = [error.message]
        else:
            refuse(form, error)
        return _first_page(form, person, error.status)
    session.pop(IDENTIFIED, None)
    if agency:
        tell(_("Your agency is listed. Add your services and certificates: each service opens when its checks pass."))
    else:
        tell(_("Your account is open. Next, write down your first purchase; nothing is public until you submit it."))
    return redirect(url_for("home.home"), code=303)


@blueprint.get("/account/unified")
@signed_in
def national_confirm() -> Response:
    """A member is asked whether the identity that came back is to be bound to the account."""
    person = _identified()
    if person is None:
        return _start_again()
    mine = [item.organisation for item in current_user.memberships if item.organisation.uscc == person.uscc]
    if not mine:
        sentence = _(
            "The unified identity is that of %(name)s (%(code)s). Your account is not one of this organisation's. "
            "Nothing was bound.",
            name=person.organisation_name,
            code=person.uscc,
        )
        return _no_entry(sentence, 409)
    return _confirm_page(ConfirmBindingForm(formdata=None), person)


def _confirm_page(form: ConfirmBindingForm, person: LegalPerson, status: int = 200) -> Response:
    return _no_store(render_template("account/national_confirm.html", form=form, person=person), status)


@blueprint.post("/account/unified")
@signed_in
@limiter.limit("10 per hour")
def national_bind() -> Response:
    """Bind it."""
    person = _identified()
    if person is None:
        return _start_again()
    form = ConfirmBindingForm()
    if not form.validate_on_submit():
        return _confirm_page(form, person, 422)
    user = current_user._get_current_object()
    try:
        perform(lambda: bind(person, user, actor=present_actor(), at=now()))
    except MarketError as error:
        return _no_entry(error.message, error.status)
    session.pop(IDENTIFIED, None)
    tell(_("Bound. From now on you can sign in through the unified identity too."))
    return redirect(url_for("account.account"), code=303)
