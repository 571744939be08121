"""The agency's forms as pages show them: those of the rooms, with lists to choose from instead of codes."""

from datetime import date
from functools import cache

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    SelectChoice,
    SelectField,
    ValidationError,
)
from wtforms.validators import Optional

from supermarket.agencies import forms
from supermarket.agencies.profile_fields import FIELDS, Kept, kept
from supermarket.agencies.rules import KINDS
from supermarket.core.forms import CommandForm, Text, WholeField
from supermarket.data import catalogue
from supermarket.data.facts import Holder
from supermarket.selection.forms import AcceptForm

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 1, 1)


class Day:
    """Validator: a day that certificates and bodies can have."""

    def __call__(self, form: CommandForm, field: Field) -> None:
        if field.data is not None and not FIRST_DAY <= field.data <= LAST_DAY:
            raise ValidationError(_l("Give a day between the years 1900 and 2100."))


def _refuse_far_days(form: CommandForm, *names: str) -> bool:
    fine = True
    for name in names:
        field = form[name]
        if field.data is not None and not FIRST_DAY <= field.data <= LAST_DAY:
            field.errors = [*field.errors, _("Give a day between the years 1900 and 2100.")]
            fine = False
    return fine


def _fine_profile(form: CommandForm, fine: bool) -> bool:
    """The room's rules as a page shows them: the region at its first list, days that a calendar can hold."""
    if "region" in form and form.region.errors:
        form.province.errors = [_("Choose the region in which the agency is registered.")]
        form.region.errors = []
    return (_refuse_far_days(form, "established") if "established" in form else True) and fine


class ProfileForm(forms.AgencyProfileForm):
    """The profile, its region picked in three steps."""

    province = SelectField(_l("Province"), choices=[], validate_choice=False)
    city = SelectField(_l("City"), choices=[], validate_choice=False)
    county = SelectField(_l("County or district"), choices=[], validate_choice=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(code, _(name)) for code, name in KINDS.items()]

    def validate(self, extra_validators: object = None) -> bool:
        """The room's rules, days that a calendar can hold, and a region."""
        return _fine_profile(self, super().validate(extra_validators))


# What is corrected in one go: mostly one field; a branch and its head office say one thing together.
CORRECTABLE: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "kind": ("kind",),
    "region": ("region", "province", "city", "county"),
    "address": ("address",),
    "public_contact": ("public_contact",),
    "introduction": ("introduction",),
    "legal_representative": ("legal_representative",),
    "established": ("established",),
    "business_scope": ("business_scope",),
    "branch": ("is_branch", "head_office_uscc"),
}
_IN_REGISTER = {"region": "region_code"}


class CorrectionForm(CommandForm):
    """Some fields of the profile's form, as that form has them; `version` is the one that was seen."""

    version = WholeField(_l("Version seen"), validators=[Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self:
            self.kind.choices = [SelectChoice(code, _(name)) for code, name in KINDS.items()]

    def validate(self, extra_validators: object = None) -> bool:
        """The rules of the fields' own form."""
        return _fine_profile(self, super().validate(extra_validators))

    def values(self) -> dict[str, Kept]:
        """What was typed, under the names of the register. Raises InvalidInput."""
        self.checked()
        names = [field.short_name for field in self if field.short_name in FORM_FIELDS]
        found = {_IN_REGISTER.get(name, name): kept(self[name].data) for name in names}
        if "head_office_uscc" in found:
            found["head_office_uscc"] = found["head_office_uscc"] or None
        return found


FORM_FIELDS = frozenset(FIELDS) - {"region_code"} | {"region"}


@cache
def correction_form(what: str) -> type[CorrectionForm]:
    """The form for one entry of CORRECTABLE, made of the profile form's own fields. Raises KeyError."""
    fields = {name: getattr(ProfileForm, name) for name in CORRECTABLE[what]}
    return type(f"Correct{what.title().replace('_', '')}Form", (CorrectionForm,), fields)


class ServiceForm(forms.ServiceForm):
    """A matter offered, chosen from the published ones."""

    matter = SelectField(_l("Matter"), choices=[], validate_choice=False, validators=[Text(1, 16)])


class QualificationForm(forms.QualificationForm):
    """A certificate with its scan; level and speciality are those of the kind."""

    level = SelectField(_l("Level"), choices=[], validate_choice=False)
    speciality = SelectField(_l("Speciality"), choices=[], validate_choice=False)
    scan = FileField(_l("Scan of the certificate"))

    def offer(self) -> None:
        """Fill the lists of the kind that is chosen."""
        kind = next((item for item in catalogue.qualification_kinds() if item.code == self.kind.data), None)
        nothing = SelectChoice("", _("none"))
        levels = kind.levels if kind else ()
        # No level by itself: the first of the list is the highest, and nobody shall claim it unawares.
        first = SelectChoice("", _("Please choose")) if levels else nothing
        self.level.choices = [first, *(SelectChoice(item, item) for item in levels)]
        self.speciality.choices = [nothing, *(SelectChoice(item, item) for item in (kind.specialities if kind else ()))]

    def validate(self, extra_validators: object = None) -> bool:
        """The room's rules, a level where the kind has levels, and days that a calendar can hold."""
        fine = super().validate(extra_validators)
        if not self.level.data and len(self.level.choices) > 1:
            # The room says so too, but only once everything else is right.
            self.level.errors = [_("Choose the level that the certificate states.")]
            fine = False
        return _refuse_far_days(self, "valid_until") and fine


class PractitionerForm(forms.PractitionerForm):
    """A person with a licence, chosen from the live kinds."""

    licence_kind = SelectField(_l("Kind of licence"), choices=[], validate_choice=False, validators=[Text(1, 8)])

    def validate(self, extra_validators: object = None) -> bool:
        """The room's rules, and days that a calendar can hold."""
        fine = super().validate(extra_validators)
        return _refuse_far_days(self, "registered_until") and fine


class ServiceTermsForm(forms.ServiceChangeForm):
    """Fee and days of a service that is offered already."""

    matter = HiddenField()


class RenewalForm(QualificationForm):
    """A certificate that takes the place of another."""

    version = WholeField(_l("Version seen"), validators=[Optional()])


class PartyCorrectionForm(forms.RelatedPartyForm):
    """A related party as it is now; an empty identity number leaves the person the same."""

    version = WholeField(_l("Version seen"), validators=[Optional()])


class ReasonForm(forms.LeavingForm):
    """Why an agency leaves or comes back, and that the consequences were read."""

    confirm = BooleanField(_l("I have read what will follow."))

    def validate_confirm(self, field: Field) -> None:
        """Nothing happens without the tick."""
        if not field.data:
            raise ValidationError(_l("Tick the box once you have read what will follow."))


class FileForm(CommandForm):
    """One file."""

    file = FileField(_l("File"))


class PledgeForm(CommandForm):
    """The public pledge is signed."""

    agree = BooleanField(_l("I sign this pledge for our agency."))

    def validate_agree(self, field: Field) -> None:
        """Nothing is signed without the tick."""
        if not field.data:
            raise ValidationError(_l("Tick the box: without it nothing is signed."))


class ConfirmForm(CommandForm):
    """A binding act without anything else to fill in."""

    confirm = BooleanField(_l("I have read what will follow."))

    def validate_confirm(self, field: Field) -> None:
        """Nothing happens without the tick."""
        if not field.data:
            raise ValidationError(_l("Tick the box once you have read what will follow."))


class AcceptPageForm(ConfirmForm, AcceptForm):
    """Accept a direct selection: who will do the work, and the tick."""


def kind_choices(holder: Holder) -> list[SelectChoice]:
    """The live kinds of qualification of bodies, or of people."""
    return [
        SelectChoice(kind.code, kind.name)
        for kind in catalogue.qualification_kinds()
        if kind.holder is holder and kind.live
    ]
