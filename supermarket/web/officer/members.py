"""Members: which people act for which organisation, entered by the operator."""

import secrets

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import EmailField, Field, SelectChoice, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from supermarket.accounts.models import Membership, OrganisationKind
from supermarket.accounts.operations import add_member, make_user
from supermarket.accounts.queries import members, organisation, search_organisations, user_by_email
from supermarket.core.clock import now
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.forms import CommandForm, Text
from supermarket.core.permissions import P, Role
from supermarket.policies.queries import industries, region_exists
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.account.forms import Email
from supermarket.web.account.profile import role_names
from supermarket.web.acting import attempt, tell
from supermarket.web.officer.blueprint import blueprint

ROLE_OF_KIND = {
    OrganisationKind.OWNER: Role.OWNER,
    OrganisationKind.AGENCY: Role.AGENCY,
    OrganisationKind.AUTHORITY: Role.REGULATOR,
    OrganisationKind.OPERATOR: Role.OPERATOR,
    OrganisationKind.LIST_OFFICE: Role.EDITOR,
    OrganisationKind.SUPERVISION: Role.SUPERVISOR,
    OrganisationKind.EXPERT_POOL: Role.EXPERT,
}
TRADING = (OrganisationKind.OWNER, OrganisationKind.AGENCY)


class MemberForm(CommandForm):
    """A person who shall act for the organisation; whoever has no account yet gets one."""

    email = EmailField(_l("E-mail address"), validators=[Email()])
    name = StringField(_l("Name of the person"), validators=[Text(1, 64)])
    region = StringField(_l("Region (code), empty: the whole country"), validators=[Text(0, 6)])
    industries = SelectMultipleField(
        _l("Industries, none: all"),
        choices=[],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    role = SelectField(_l("Role"), choices=[], validate_choice=False)

    def validate_region(self, field: Field) -> None:
        """A region that there is, or none."""
        if field.data and not region_exists(field.data):
            raise ValidationError(_("There is no region of this code."))


@blueprint.get("/members")
@needs(P.ACCOUNT_MANAGE)
def organisations() -> str:
    """Find the organisation."""
    asked = listing.asked((), ("name",))
    return render_template("officer/organisations.html", found=search_organisations(asked.q), asked=asked)


def _page(organisation_id: int, form: MemberForm | None = None, password: str = "") -> str:
    body = organisation(min(organisation_id, 2**31 - 1))
    form = form or MemberForm(formdata=None)
    names = role_names()
    form.role.choices = [SelectChoice(role.value, names[role]) for role in (ROLE_OF_KIND[body.kind],)]
    form.industries.choices = [SelectChoice(row.code, row.name) for row in industries()]
    return render_template(
        "officer/members.html",
        body=body,
        members=members(body.id),
        form=form,
        role_names=names,
        scoped=body.kind not in TRADING,
        password=password,
    )


@blueprint.get("/members/<int:organisation_id>")
@needs(P.ACCOUNT_MANAGE)
def member_list(organisation_id: int) -> str:
    """Who acts for an organisation, and one more."""
    return _page(organisation_id)


@blueprint.post("/members/<int:organisation_id>")
@needs(P.ACCOUNT_MANAGE)
def add(organisation_id: int) -> tuple[str, int] | Response:
    """Give a person the organisation's role; a new account gets a first password, shown this once."""
    body = organisation(min(organisation_id, 2**31 - 1))
    form = MemberForm()
    known = {row.code for row in industries()}
    password = secrets.token_urlsafe(12)
    created = False

    def act() -> Membership:
        nonlocal created
        at = now()
        role = ROLE_OF_KIND[body.kind]
        user = user_by_email(form.email.data)
        if user is None:
            user = make_user(email=form.email.data, name=form.name.data, password=password, at=at)
            created = True
        elif any(item.organisation_id == body.id and item.role is role for item in user.memberships):
            message = _("This person acts for the organisation already.")
            raise InvalidInput(message, errors=[FieldError("email", "member", message)])
        scoped = body.kind not in TRADING
        return add_member(
            user,
            body,
            role,
            actor=present_actor(),
            at=at,
            region_code=(form.region.data or None) if scoped else None,
            industries=[code for code in form.industries.data or () if code in known] if scoped else (),
        )

    done, status = attempt(form, act)
    if done is None:
        return _page(body.id, form), status
    if created:
        return _page(body.id, password=password), 201
    tell(_("Added. The person sees the new role at the next page."))
    return redirect(url_for("office.member_list", organisation_id=body.id), code=303)
