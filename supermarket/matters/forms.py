"""Forms of the matters room; page and API share them."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from supermarket.core.forms import CommandForm, Needed, Text, WholeField
from supermarket.data import catalogue
from supermarket.data.requirements import RequirementError, json_of, parse_licences
from supermarket.matters import requirement_tree, rules
from supermarket.matters.commands import MatterDraft, RegionalDraft
from supermarket.matters.models import CommissionedBy, FeeKind

COMMISSIONED_BY = (
    SelectChoice(CommissionedBy.APPLICANT_MAY_DO_IT_ALONE.value, _l("The applicant may do it alone")),
    SelectChoice(CommissionedBy.APPLICANT.value, _l("The applicant commissions it")),
    SelectChoice(CommissionedBy.AUTHORITY.value, _l("The authority commissions and pays")),
)
FEE_KINDS = (
    SelectChoice(FeeKind.GOVERNMENT_PRICE.value, _l("Government price")),
    SelectChoice(FeeKind.GUIDED.value, _l("Guided price")),
    SelectChoice(FeeKind.MARKET.value, _l("Market price")),
)
FEE_BEARERS = (SelectChoice("applicant", _l("Applicant")), SelectChoice("authority", _l("Authority")))


class RequirementJson:
    """Validator: a requirement tree as JSON; nothing means that nothing is demanded."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Raises ValidationError with where the tree is wrong."""
        try:
            requirement_tree.from_json(json_of(field.data or "null"))
        except RequirementError as error:
            raise ValidationError(_("The requirement cannot be read: %(why)s", why=str(error))) from error


class LicencesJson:
    """Validator: counts of personal licences as JSON, like [{"kind": "Q064", "count": 2}]."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Raises ValidationError with where the list is wrong."""
        try:
            parse_licences(json_of(field.data or "[]"))
        except RequirementError as error:
            raise ValidationError(_("The licences cannot be read: %(why)s", why=str(error))) from error


class MatterForm(CommandForm):
    """One wording of a matter."""

    name = StringField(_l("Name"), validators=[Text(2, 200)])
    approval_item = StringField(_l("Approval item served"), validators=[Text(2, 200)])
    department = StringField(_l("Department of the item"), validators=[Text(2, 200)])
    industry = SelectField(_l("Industry authority"), validators=[Needed()])
    stage = SelectField(_l("Stage of the investment project"), validators=[Needed()])
    legal_basis = TextAreaField(_l("Legal basis: law and article"), validators=[Text(0, 10_000)])
    other_basis = TextAreaField(_l("Other basis"), validators=[Text(0, 10_000)])
    agency_type = StringField(_l("Kind of agency"), validators=[Text(0, 200)])
    commissioned_by = SelectField(_l("Who commissions it"), choices=COMMISSIONED_BY, validators=[Needed()])
    fee_bearer = SelectField(_l("Who bears the fee"), choices=FEE_BEARERS, validators=[Needed()])
    fee_kind = SelectField(_l("Kind of fee"), choices=FEE_KINDS, validators=[Needed()])
    fee_standard = TextAreaField(_l("Fee standard"), validators=[Text(0, 10_000)])
    fee_reference = StringField(_l("Price table of the past"), validators=[Text(0, 32)])
    requirement = TextAreaField(_l("Required qualifications (JSON)"), validators=[Text(0, 10_000), RequirementJson()])
    requirement_text = TextAreaField(_l("Required qualifications in words"), validators=[Text(0, 10_000)])
    licences = TextAreaField(_l("Required personal licences (JSON)"), validators=[Text(0, 10_000), LicencesJson()])
    service_time = TextAreaField(_l("Time of the service"), validators=[Text(0, 10_000)])
    approval_time = TextAreaField(_l("Statutory time of the approval"), validators=[Text(0, 10_000)])
    result_document = StringField(_l("Result document"), validators=[Text(0, 200)])
    note = TextAreaField(_l("Note"), validators=[Text(0, 10_000)])
    valid_from = DateField(_l("Valid from"), validators=[Needed()])
    valid_until = DateField(_l("Valid until"), validators=[Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.industry.choices = [SelectChoice(item.code, item.name) for item in catalogue.industries()]
        self.stage.choices = [SelectChoice(item.code, item.name) for item in catalogue.stages()]

    def command(self) -> MatterDraft:
        """The wording that was typed. Raises InvalidInput."""
        self.checked()
        until: date | None = self.valid_until.data
        return MatterDraft(
            name=self.name.data,
            approval_item=self.approval_item.data,
            department=self.department.data,
            industry=self.industry.data,
            stage=self.stage.data,
            legal_basis=self.legal_basis.data,
            other_basis=self.other_basis.data,
            agency_type=self.agency_type.data,
            commissioned_by=CommissionedBy(self.commissioned_by.data),
            fee_bearer=self.fee_bearer.data,
            fee_kind=FeeKind(self.fee_kind.data),
            fee_standard=self.fee_standard.data,
            fee_reference=self.fee_reference.data,
            requirement=requirement_tree.from_json(json_of(self.requirement.data or "null")),
            requirement_text=self.requirement_text.data,
            licences=parse_licences(json_of(self.licences.data or "[]")),
            service_time=self.service_time.data,
            approval_time=self.approval_time.data,
            result_document=self.result_document.data,
            note=self.note.data,
            valid_from=self.valid_from.data,
            valid_until=until,
        )


class NewMatterForm(MatterForm):
    """A matter that is not in the list yet."""

    code = StringField(_l("Code"), validators=[Text(5, 10)])
    region = StringField(_l("Region (code)"), validators=[Text(6, 6)])


class EditMatterForm(MatterForm):
    """A change of a matter, with kind and reason; `version` is the one that was seen."""

    change_kind = SelectField(_l("Kind of change"), validators=[Needed()])
    change_reason = TextAreaField(_l("Reason of the change"), validators=[Text(0, 2_000)])
    version = WholeField(_l("Version seen"), validators=[Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.change_kind.choices = [SelectChoice(code, _(name)) for code, name in rules.CHANGE_KINDS.items()]


class RegionalForm(CommandForm):
    """What a region says over an inherited matter; `version` is the entry's that was seen, 0 for none yet."""

    not_carried_out = BooleanField(_l("It is not carried out in this region"))
    not_carried_out_reason = TextAreaField(_l("Why it is not carried out here"), validators=[Text(0, 10_000)])
    not_carried_out_basis = TextAreaField(_l("Basis of that: document and number"), validators=[Text(0, 10_000)])
    department = StringField(_l("Department in this region"), validators=[Text(0, 200)])
    service_time = TextAreaField(_l("Time of the service"), validators=[Text(0, 10_000)])
    approval_time = TextAreaField(_l("Time of the approval"), validators=[Text(0, 10_000)])
    fee_standard = TextAreaField(_l("Fee standard"), validators=[Text(0, 10_000)])
    result_document = StringField(_l("Result document"), validators=[Text(0, 200)])
    note = TextAreaField(_l("Note"), validators=[Text(0, 10_000)])
    change_kind = SelectField(_l("Kind of change"), validators=[Needed()])
    change_reason = TextAreaField(_l("Reason of the change"), validators=[Text(0, 2_000)])
    version = WholeField(_l("Version seen"), validators=[Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.change_kind.choices = [SelectChoice(code, _(name)) for code, name in rules.CHANGE_KINDS.items()]

    def command(self) -> RegionalDraft:
        """What was typed. Raises InvalidInput."""
        self.checked()
        return RegionalDraft(
            carried_out=not self.not_carried_out.data,
            not_carried_out_reason=self.not_carried_out_reason.data,
            not_carried_out_basis=self.not_carried_out_basis.data,
            department=self.department.data,
            service_time=self.service_time.data,
            approval_time=self.approval_time.data,
            fee_standard=self.fee_standard.data,
            result_document=self.result_document.data,
            note=self.note.data,
        )


class ReasonForm(CommandForm):
    """A reason, as for returning a draft."""

    reason = TextAreaField(_l("Reason"), validators=[Text(2, 2_000)])
