"""Forms of accounts."""

import re

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)

from supermarket.accounts.models import OrganisationKind
from supermarket.accounts.passwords import LEAST
from supermarket.core.forms import CommandForm, Needed, Text, UsccField

# Long enough for any sentence, short enough that hashing one costs nobody else a turn.
MOST_PASSWORD = 200
_EMAIL = re.compile(r"[^@\s\x00]{1,64}@[^@\s\x00.]+(\.[^@\s\x00.]+)+")


class Email:
    """Validator: looks like an e-mail address; only a message to it could tell more."""

    field_flags = {"required": True, "maxlength": 254}

    def __call__(self, form: CommandForm, field: Field) -> None:
        text = (field.data or "").strip().lower()
        if len(text) > 254 or not _EMAIL.fullmatch(text):
            raise ValidationError(_l("Give an e-mail address like name@example.cn."))
        field.data = text


class NewPassword:
    """Validator: long enough, not endless, more than a few characters, and not the address itself."""

    field_flags = {"required": True, "minlength": LEAST, "maxlength": MOST_PASSWORD}

    def __call__(self, form: CommandForm, field: Field) -> None:
        text = field.data or ""
        if len(text) < LEAST:
            raise ValidationError(_l("Choose a password of at least %(least)s characters.", least=LEAST))
        if len(text) > MOST_PASSWORD:
            raise ValidationError(_l("Give at most %(most)s characters.", most=MOST_PASSWORD))
        if len(set(text)) < 5:
            raise ValidationError(_l("Choose a password with at least five different characters."))
        email = form["email"].data if "email" in form else None
        if email and text.strip().lower() == email:
            raise ValidationError(_l("Choose a password other than your e-mail address."))


class SignInForm(CommandForm):
    """Who comes in. What is wrong is never said more closely than “one of the two”."""

    email = EmailField(_l("E-mail address"))
    password = PasswordField(_l("Password"))


class SignUpForm(CommandForm):
    """An owner or an agency opens its account. The region is picked in three steps, each of which may be the last."""

    kind = RadioField(
        _l("What is your organisation here for?"),
        choices=[
            SelectChoice(OrganisationKind.OWNER.value, _l("It buys services (owner)")),
            SelectChoice(OrganisationKind.AGENCY.value, _l("It offers services (agency)")),
        ],
        validators=[Needed()],
    )
    organisation_name = StringField(_l("Name of the organisation"), validators=[Text(2, 200)])
    uscc = UsccField(_l("Unified social credit code"), validators=[Needed()])
    province = SelectField(_l("Province"), choices=[], validate_choice=False)
    city = SelectField(_l("City"), choices=[], validate_choice=False)
    county = SelectField(_l("County or district"), choices=[], validate_choice=False)
    name = StringField(_l("Your name"), validators=[Text(1, 64)])
    email = EmailField(_l("E-mail address"), validators=[Email()])
    password = PasswordField(_l("Password"), validators=[NewPassword()])


class FirstVisitForm(CommandForm):
    """What the unified identity does not state: what the organisation is here for, its region, an address."""

    kind = RadioField(
        _l("What is your organisation here for?"),
        choices=[
            SelectChoice(OrganisationKind.OWNER.value, _l("It buys services (owner)")),
            SelectChoice(OrganisationKind.AGENCY.value, _l("It offers services (agency)")),
        ],
        validators=[Needed()],
    )
    province = SelectField(_l("Province"), choices=[], validate_choice=False)
    city = SelectField(_l("City"), choices=[], validate_choice=False)
    county = SelectField(_l("County or district"), choices=[], validate_choice=False)
    email = EmailField(_l("E-mail address"), validators=[Email()])
    pledge = BooleanField(_l("I sign this pledge for our agency."))

    def validate_pledge(self, field: Field) -> None:
        """An agency is listed with its pledge signed, or not at all."""
        if self.kind.data == OrganisationKind.AGENCY.value and not field.data:
            raise ValidationError(_l("Tick the box: an agency is listed with its pledge signed."))


class ConfirmBindingForm(CommandForm):
    """A member says yes to the binding."""

    confirm = BooleanField(_l("Yes, this is our organisation."))

    def validate_confirm(self, field: Field) -> None:
        """Nothing is bound without the tick."""
        if not field.data:
            raise ValidationError(_l("Tick the box: without it nothing is bound."))


class ProfileForm(CommandForm):
    """How the person is addressed."""

    name = StringField(_l("Your name"), validators=[Text(1, 64)])
    locale = RadioField(
        _l("Language"),
        choices=[SelectChoice("zh_CN", "中文"), SelectChoice("en", "English")],
        validators=[Needed()],
    )


class PasswordForm(CommandForm):
    """A new password for the old one."""

    old = PasswordField(_l("Present password"), validators=[Needed()])
    new = PasswordField(_l("New password"), validators=[NewPassword()])

    def validate_old(self, field: Field) -> None:
        """Refuse what no hash was made of."""
        if not field.data or len(field.data) > MOST_PASSWORD:
            raise ValidationError(_l("Give your present password."))


class TokenForm(CommandForm):
    """A name by which its owner knows a token again."""

    name = StringField(_l("What the token is for"), validators=[Text(1, 64)])
