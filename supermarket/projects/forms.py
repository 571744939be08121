"""Forms of the projects room; the page and the API share them. Field names are those of the API."""

from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, Regexp

from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.forms import (
    CommandForm,
    IdentifiersField,
    MomentField,
    Needed,
    Text,
    UsccField,
    WholeField,
    YuanField,
)
from supermarket.credit.points import CreditLevel
from supermarket.modes.merit_criteria import CriterionKind
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import LIVE_OFFERED, ModeName, Seal
from supermarket.projects.commands import (
    Attachment,
    Avoided,
    CriterionAsked,
    DeliverableWanted,
    Enrol,
    PaymentTerm,
    ProjectDraft,
    QualificationAsked,
)
from supermarket.projects.criteria_rules import DESCRIPTION_MOST, NAME_MOST
from supermarket.projects.models import Funding
from supermarket.projects.money_rules import Ground

MOST_DAYS = 3650
MODE_NAME = r"^[a-z][a-z0-9_]{1,31}$"
MOST_ROWS = 50
MOST_CRITERIA = 15
# No purchase is planned further ahead; it also keeps moments within what a calendar can add up.
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

FUNDING_LABELS = {Funding.FISCAL: _l("Fiscal money"), Funding.SOCIAL: _l("Social money")}
GROUND_LABELS = {Ground.EMERGENCY: _l("Emergency"), Ground.SOLE_SOURCE: _l("Sole source")}
SEAL_LABELS = {
    Seal.CLIENT: _l("the bidder, in its own browser or program"),
    Seal.SERVER: _l("the operator's server on arrival: the operator can see the amount"),
}
SHORTLIST_LABELS = {ShortlistBy.CREDIT: _l("Credit points"), ShortlistBy.STARS: _l("Stars")}
CRITERION_LABELS = {
    CriterionKind.PRICE: _l("Price"),
    CriterionKind.STARS: _l("Stars"),
    CriterionKind.CREDIT: _l("Credit"),
    CriterionKind.EXPERIENCE: _l("Experience"),
    CriterionKind.LEAD_TIME: _l("Lead time"),
    CriterionKind.PANEL: _l("Panel of experts"),
}
# What the operations call a field → what the forms call it, for errors that an operation finds.
FORM_NAMES = {
    "matter_code": "matter",
    "region_code": "region",
    "named_agency_uscc": "agency",
    "practitioner_ids": "practitioners",
}


def in_form_names(error: InvalidInput) -> InvalidInput:
    """The same refusal with each field as the forms of this room call it."""
    renamed = [FieldError(FORM_NAMES.get(item.field, item.field), item.code, item.message) for item in error.errors]
    return InvalidInput(error.message, errors=renamed)


def _or_none(value: object) -> str | None:
    return str(value) if value else None


class Soon:
    """Validator: a moment before the year 2100."""

    def __call__(self, form: CommandForm, field: Field) -> None:
        if field.data is not None and field.data >= LATEST:
            raise ValidationError(_l("Choose a moment before the year 2100."))


class Row(CommandForm):
    """One row of a form; the whole form carries the token."""

    class Meta:
        """No token of its own."""

        csrf = False


class DeliverableRow(Row):
    """A result that the contract will ask for."""

    name = StringField(_l("Deliverable"), validators=[Text(least=1, most=200)])
    due_days = WholeField(_l("Due, in calendar days from the start"), validators=[Needed(), NumberRange(1, MOST_DAYS)])


class PaymentTermRow(Row):
    """An instalment."""

    name = StringField(_l("Instalment"), validators=[Text(least=1, most=200)])
    percent = WholeField(_l("Percent of the price"), validators=[Needed(), NumberRange(1, 100)])
    after_deliverable = WholeField(
        _l("After which deliverable (0: at the start)"), validators=[Needed(), NumberRange(0, MOST_ROWS)]
    )


class AvoidRow(Row):
    """An agency to avoid and why."""

    agency = UsccField(_l("Agency to avoid"), validators=[Needed()])
    reason = StringField(_l("Reason (public)"), validators=[Text(least=4, most=500)])


class CriterionRow(Row):
    """A criterion of a merit selection and its weight; those that a panel scores have a name of their own."""

    criterion = SelectField(
        _l("Criterion"), choices=[SelectChoice(kind.value, label) for kind, label in CRITERION_LABELS.items()]
    )
    weight = WholeField(_l("Weight"), validators=[Needed(), NumberRange(1, 100)])
    name = StringField(_l("What the panel scores"), validators=[Text(most=NAME_MOST)])
    description = TextAreaField(_l("What the experts look at"), validators=[Text(most=DESCRIPTION_MOST)])


class QualificationRow(Row):
    """What the owner states of one qualification of the matter."""

    leaf = WholeField(
        _l("Which of the matter's qualifications (from 1, in reading order)"), validators=[Needed(), NumberRange(1, 60)]
    )
    level = StringField(_l("At least level"), validators=[Text(most=64)])
    speciality = StringField(_l("Speciality"), validators=[Text(most=100)])


class ProjectForm(CommandForm):
    """An owner words a purchase."""

    name = StringField(_l("Name of the project"), validators=[Text(least=2, most=200)])
    matter = StringField(_l("Matter"), validators=[Text(least=1, most=16)], description=_l("Code of the matter"))
    region = StringField(
        _l("Region"),
        validators=[Text(least=6, most=6), Regexp("^[0-9]{6}$", message=_l("Choose a province, city or county."))],
        description=_l("Region, GB/T 2260 code"),
    )
    funding = SelectField(
        _l("Whose money"), choices=[SelectChoice(kind.value, label) for kind, label in FUNDING_LABELS.items()]
    )
    budget = YuanField(_l("Budget (yuan)"), validators=[Needed()])
    ceiling = YuanField(_l("Ceiling of quotes (yuan); the budget if empty"))
    floor = YuanField(_l("Floor of quotes (yuan)"))
    mode = StringField(
        _l("Way of selection"),
        validators=[Text(least=1, most=32), Regexp(MODE_NAME, message=_l("Choose one of the ways of selection."))],
        description=_l(
            "%(names)s, or one that the region has released (see /modes)",
            names=", ".join(name.value for name in ModeName),
        ),
    )
    shortlist_by = SelectField(
        _l("Shortlist by"),
        choices=[
            SelectChoice("", _l("credit, if nothing is said")),
            *(SelectChoice(by.value, label) for by, label in SHORTLIST_LABELS.items()),
        ],
        coerce=_or_none,
        description=_l("Only where the way of selection has a shortlist that leaves this open"),
    )
    keep = WholeField(
        _l("How many the shortlist keeps (K)"),
        validators=[Optional(), NumberRange(1, 100)],
        description=_l("Only with a shortlist; empty: the region's usual number"),
    )
    draw_keep = WholeField(
        _l("How many the draw leaves"),
        validators=[Optional(), NumberRange(1, 100)],
        description=_l("Only with a draw before another stage; empty: the region's usual number"),
    )
    live = BooleanField(
        _l("Live auction instead of sealed quotes"),
        description=_l("Only where the way of selection is offered in a live form"),
    )
    duration_days = WholeField(
        _l("Length of the contract (calendar days)"), validators=[Needed(), NumberRange(1, MOST_DAYS)]
    )
    deliverables = FieldList(
        FormField(DeliverableRow),
        _l("Deliverables"),
        min_entries=1,
        validators=[Length(1, MOST_ROWS, message=_l("Name at least one deliverable and at most 50."))],
    )
    payment_terms = FieldList(
        FormField(PaymentTermRow),
        _l("Instalments"),
        min_entries=1,
        validators=[Length(1, MOST_ROWS, message=_l("Name at least one instalment and at most 50."))],
    )
    description = TextAreaField(_l("What is needed"), validators=[Text(most=5000)])
    investment_project_code = StringField(_l("Code of the investment project"), validators=[Text(most=64)])
    requirements = TextAreaField(
        _l("Further requirements"),
        validators=[Text(most=5000)],
        description=_l("Further requirements; what the matter does not demand is refused with the reason"),
    )
    qualifications = FieldList(
        FormField(QualificationRow),
        _l("Level and speciality of the matter's qualifications"),
        validators=[Length(0, 60, message=_l("Choose from the qualifications of the matter, each once."))],
    )
    keep_refused = BooleanField(
        _l("Keep wording in the draft that is refused, to ask for an exception"),
        description=_l("A draft may wait with it; it is not published until the operator has granted the exception"),
    )
    practitioners_needed = WholeField(_l("Practitioners to name"), validators=[Optional(), NumberRange(0, 50)])
    min_stars = WholeField(_l("Fewest stars"), validators=[Optional(), NumberRange(1, 5)])
    min_credit = SelectField(
        _l("Lowest credit level"),
        choices=[SelectChoice("", _l("none")), *(SelectChoice(level.value, level.value) for level in CreditLevel)],
        coerce=_or_none,
    )
    enrol_until = MomentField(_l("Enrolment until"), validators=[Soon()])
    select_at = MomentField(_l("Selection at"), validators=[Soon()])
    avoid = FieldList(
        FormField(AvoidRow),
        _l("Agencies to avoid"),
        validators=[Length(0, MOST_ROWS, message=_l("Name at most 50 agencies."))],
    )
    agency = UsccField(_l("Named agency (direct selection)"))
    direct_ground = SelectField(
        _l("Ground of a direct selection"),
        choices=[
            SelectChoice("", _l("small amount")),
            *(SelectChoice(kind.value, label) for kind, label in GROUND_LABELS.items()),
        ],
        coerce=_or_none,
    )
    seal = SelectField(
        _l("Who seals the quotes"),
        choices=[SelectChoice(kind.value, label) for kind, label in SEAL_LABELS.items()],
        default=Seal.CLIENT.value,
        validators=[Optional()],
        description=_l("With social money only: server, and the operator can see each amount as it arrives"),
    )
    direct_document = StringField(_l("Number of the document that says so"), validators=[Text(most=100)])
    criteria = FieldList(
        FormField(CriterionRow),
        _l("Criteria (merit selection); the weights add up to 100"),
        validators=[Length(0, MOST_CRITERIA, message=_l("Choose at most 15 criteria."))],
    )
    panel_size = WholeField(_l("Experts on the panel (an odd number)"), validators=[Optional(), NumberRange(1, 99)])

    def validate_live(self, field: Field) -> None:
        """Nobody chooses the live form before its pages are there."""
        if field.data and not LIVE_OFFERED:
            raise ValidationError(_("This way of selection is not offered as a live auction."))

    def command(self, owner_organisation_id: int) -> ProjectDraft:
        """The command of a valid form, for an owner."""
        return ProjectDraft(
            owner_organisation_id=owner_organisation_id,
            name=self.name.data,
            matter_code=self.matter.data,
            region_code=self.region.data,
            funding=Funding(self.funding.data),
            budget=self.budget.data or 0,
            ceiling=self.ceiling.data,
            floor=self.floor.data,
            mode=self.mode.data,
            duration_days=self.duration_days.data,
            deliverables=tuple(DeliverableWanted(row["name"], row["due_days"]) for row in self.deliverables.data),
            payment_terms=tuple(
                PaymentTerm(row["name"], row["percent"], row["after_deliverable"]) for row in self.payment_terms.data
            ),
            description=self.description.data,
            investment_project_code=self.investment_project_code.data or None,
            requirement_notes=self.requirements.data,
            practitioners_needed=self.practitioners_needed.data or 0,
            min_stars=self.min_stars.data,
            min_credit=self.min_credit.data,
            enrol_until=self.enrol_until.data,
            select_at=self.select_at.data,
            avoid=tuple(Avoided(row["agency"], row["reason"]) for row in self.avoid.data),
            direct_ground=Ground(self.direct_ground.data) if self.direct_ground.data else None,
            direct_document=self.direct_document.data,
            named_agency_uscc=self.agency.data,
            criteria=tuple(
                CriterionAsked(row["criterion"], row["weight"], row["name"] or "", row["description"] or "")
                for row in self.criteria.data
            ),
            panel_size=self.panel_size.data or 0,
            shortlist_by=ShortlistBy(self.shortlist_by.data) if self.shortlist_by.data else None,
            keep=self.keep.data,
            draw_keep=self.draw_keep.data,
            live=bool(self.live.data),
            qualifications=tuple(
                QualificationAsked(row["leaf"], row["level"] or None, row["speciality"] or None)
                for row in self.qualifications.data
            ),
            keep_refused=bool(self.keep_refused.data),
            seal=Seal(self.seal.data or Seal.CLIENT),
        )


class ProjectEditForm(ProjectForm):
    """An owner changes a draft; `version` is the one that was seen."""

    version = WholeField(_l("Version"), validators=[Needed(), NumberRange(1, 1_000_000)])


class ProjectAmendForm(ProjectEditForm):
    """An owner amends an open project, publicly."""

    reason = TextAreaField(_l("Reason of the amendment (public)"), validators=[Text(least=4, most=1000)])


class GroundForm(CommandForm):
    """The document that states the emergency or the sole source behind a direct selection."""

    file = FileField(_l("The document itself"))

    def attachment(self) -> Attachment | None:
        """The file of the form, None where none was sent."""
        upload = self.file.data
        return Attachment(upload.stream, upload.filename) if upload and upload.filename else None


class ReasonForm(CommandForm):
    """An action whose reason is public."""

    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


class EnrolForm(CommandForm):
    """An agency enrols: whom it names, in how many calendar days it would deliver."""

    practitioners = IdentifiersField(_l("Practitioners"))
    offered_days = WholeField(_l("Delivery in calendar days"), validators=[Optional(), NumberRange(1, MOST_DAYS)])

    def command(self) -> Enrol:
        """The command of a valid form."""
        return Enrol(practitioner_ids=tuple(self.practitioners.data or ()), offered_days=self.offered_days.data)

    def validate_practitioners(self, field: Field) -> None:
        """Each once, and only numbers that a record can have."""
        numbers = field.data or []
        if len(set(numbers)) != len(numbers) or any(not 1 <= number <= 2**31 - 1 for number in numbers):
            raise ValidationError(_("Choose practitioners from your own agency's list."))
