"""Forms of the agencies room; page and API share them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
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

from supermarket.agencies import rules
from supermarket.agencies.commands import (
    AgencyProfile,
    ChangeOfStanding,
    NewPractitioner,
    NewQualification,
    NewRelatedParty,
    NewService,
    Relation,
)
from supermarket.agencies.models import StandingAction
from supermarket.core.forms import CommandForm, MomentField, Needed, Text, UsccField, WholeField
from supermarket.documents.forms import StoredFileField

RELATIONS = (
    SelectChoice(Relation.LEGAL_REPRESENTATIVE.value, _l("Legal representative")),
    SelectChoice(Relation.CONTROLLER.value, _l("Controller")),
    SelectChoice(Relation.MANAGER.value, _l("Manager")),
)


class AgencyProfileForm(CommandForm):
    """The profile of an agency; `version` is the one that was seen, absent at the first entry."""

    name = StringField(_l("Name as in the business licence"), validators=[Text(2, 200)])
    uscc = UsccField(_l("Unified social credit code"), validators=[Needed()])
    kind = SelectField(_l("Kind of body"), validators=[Needed()])
    region = StringField(_l("Region (code)"), validators=[Text(6, 6)])
    address = StringField(_l("Address"), validators=[Text(0, 300)])
    public_contact = StringField(_l("Public contact (telephone or e-mail of the office)"), validators=[Text(0, 200)])
    introduction = TextAreaField(_l("Introduction"), validators=[Text(0, 5_000)])
    legal_representative = StringField(_l("Legal representative"), validators=[Text(0, 64)])
    established = DateField(_l("Established"), validators=[Optional()])
    business_scope = TextAreaField(_l("Scope of business"), validators=[Text(0, 5_000)])
    is_branch = BooleanField(_l("This is a branch"))
    head_office_uscc = UsccField(_l("Code of the head office"), validators=[Optional()])
    version = WholeField(_l("Version seen"), validators=[Optional()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [SelectChoice(code, _(name)) for code, name in rules.KINDS.items()]

    def command(self) -> AgencyProfile:
        """The profile that was typed. Raises InvalidInput."""
        self.checked()
        return AgencyProfile(
            name=self.name.data,
            uscc=self.uscc.data or "",
            kind=self.kind.data,
            region_code=self.region.data,
            address=self.address.data,
            public_contact=self.public_contact.data,
            introduction=self.introduction.data,
            legal_representative=self.legal_representative.data,
            established=self.established.data,
            business_scope=self.business_scope.data,
            is_branch=self.is_branch.data,
            head_office_uscc=self.head_office_uscc.data or None,
        )


class ServiceForm(CommandForm):
    """A matter offered."""

    matter = StringField(_l("Matter (code)"), validators=[Text(5, 16)])
    fee_standard = TextAreaField(_l("How the fee is reckoned"), validators=[Text(1, 2_000)])
    promised_days = WholeField(_l("Promised working days"), validators=[Needed()])

    def validate_promised_days(self, field: Field) -> None:
        """The room's limits, told together with whatever else is wrong."""
        if field.data is not None and not 1 <= field.data <= rules.MOST_PROMISED_DAYS:
            raise ValidationError(_("Promise from 1 to %(most)s working days.", most=rules.MOST_PROMISED_DAYS))

    def command(self) -> NewService:
        """The service that was typed. Raises InvalidInput."""
        self.checked()
        return NewService(self.matter.data, self.fee_standard.data, self.promised_days.data)


class QualificationForm(CommandForm):
    """A certificate; its scan is stored beforehand and named by its number."""

    kind = StringField(_l("Kind of qualification (code)"), validators=[Text(4, 8)])
    speciality = StringField(_l("Speciality"), validators=[Text(0, 100)])
    level = StringField(_l("Level"), validators=[Text(0, 64)])
    number = StringField(_l("Number of the certificate"), validators=[Text(1, 64)])
    issuer = StringField(_l("Issued by"), validators=[Text(2, 200)])
    valid_until = DateField(_l("Last day on which it is valid"), validators=[Optional()])
    document = StoredFileField(_l("Scan (number of the stored file)"), validators=[Optional()])

    def command(self) -> NewQualification:
        """The certificate that was typed. Raises InvalidInput."""
        self.checked()
        return NewQualification(
            kind_code=self.kind.data,
            number=self.number.data,
            issuer=self.issuer.data,
            speciality=self.speciality.data or None,
            level=self.level.data or None,
            valid_until=self.valid_until.data,
            document_id=self.document.data,
        )


class ServiceChangeForm(ServiceForm):
    """Fee and days of a service that is offered; `version` is the agency's that was seen."""

    version = WholeField(_l("Version seen"), validators=[Optional()])


class QualificationChangeForm(QualificationForm):
    """A certificate that takes the place of another; `version` is the agency's that was seen."""

    version = WholeField(_l("Version seen"), validators=[Optional()])


class LeavingForm(CommandForm):
    """Why an agency leaves the market, or comes back."""

    reason = TextAreaField(_l("Reason"), validators=[Text(4, 2_000)])


class PractitionerForm(CommandForm):
    """A person with a licence; the identity number is never shown again."""

    name = StringField(_l("Name of the person"), validators=[Text(2, 64)])
    licence_kind = StringField(_l("Kind of licence (code)"), validators=[Text(4, 8)])
    licence_number = StringField(_l("Number of the licence"), validators=[Text(1, 64)])
    registered_until = DateField(_l("Registered with us until"), validators=[Needed()])
    identity_number = StringField(_l("Identity number (stored encrypted, never shown)"), validators=[Text(18, 18)])

    def command(self) -> NewPractitioner:
        """The person that was typed. Raises InvalidInput."""
        self.checked()
        return NewPractitioner(
            name=self.name.data,
            licence_kind_code=self.licence_kind.data,
            licence_number=self.licence_number.data,
            registered_until=self.registered_until.data,
            identity_number=self.identity_number.data.upper(),
        )


class RelatedPartyForm(CommandForm):
    """The head, a controller or a manager: an organisation by its code, or a person by the identity number."""

    relation = SelectField(_l("Relation"), choices=RELATIONS, validators=[Needed()])
    name = StringField(_l("Name"), validators=[Text(2, 200)])
    party_uscc = UsccField(_l("Unified social credit code"), validators=[Optional()])
    identity_number = StringField(_l("Identity number (stored only as a keyed hash)"), validators=[Text(0, 18)])

    def command(self) -> NewRelatedParty:
        """The party that was typed. Raises InvalidInput."""
        self.checked()
        return NewRelatedParty(
            relation=Relation(self.relation.data),
            name=self.name.data,
            party_uscc=self.party_uscc.data or None,
            identity_number=(self.identity_number.data or "").upper() or None,
        )


class DecisionForm(CommandForm):
    """The operator's word on a form in the queue."""

    admit = BooleanField(_l("Admit"))
    reason = TextAreaField(_l("What was looked at instead, or why not"), validators=[Text(2, 2_000)])


class StandingForm(CommandForm):
    """A change of standing."""

    basis = TextAreaField(_l("Basis"), validators=[Text(2, 2_000)])
    proposer = StringField(_l("Proposed by"), validators=[Text(2, 200)])
    executor = StringField(_l("Carried out by"), validators=[Text(2, 200)])
    until = MomentField(_l("Until"), validators=[Optional()])
    statement = TextAreaField(_l("Statement of the agency"), validators=[Text(0, 5_000)])
    effect = TextAreaField(_l("Effect on running projects"), validators=[Text(0, 2_000)])
    way_back = TextAreaField(_l("Way back"), validators=[Text(0, 2_000)])

    def command(self) -> ChangeOfStanding:
        """The change that was typed. Raises InvalidInput."""
        self.checked()
        return ChangeOfStanding(
            basis=self.basis.data,
            proposer=self.proposer.data,
            executor=self.executor.data,
            # Acts that do not end have no such field on their page.
            until=None if self.until is None else self.until.data,
            statement=self.statement.data,
            effect=self.effect.data,
            way_back=self.way_back.data,
        )


class StandingActForm(StandingForm):
    """One act on an agency's standing; a service is named by its matter."""

    action = SelectField(_l("Act"), choices=[SelectChoice(item.value, item.value) for item in StandingAction])
    matter = StringField(_l("Matter (code), for a service"), validators=[Text(0, 16)])


class AuthorityForm(CommandForm):
    """Why a head office takes its authority back, or gives it again."""

    reason = TextAreaField(_l("Reason"), validators=[Text(4, 1_000)])
