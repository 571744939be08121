"""Forms of the credit room; page and API share them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from supermarket.core.forms import CommandForm, Needed, Text, UsccField
from supermarket.core.msgids import N_
from supermarket.credit.commands import NewEntry, NewListEntry
from supermarket.credit.models import ListKind
from supermarket.credit.points import CreditEvent, OwnerEvent
from supermarket.credit.rules import MANUAL_EVENTS

# What an entry is about, for people; every event of both ledgers.
EVENT_NAMES: dict[CreditEvent | OwnerEvent, str] = {
    CreditEvent.GAVE_UP_AWARD: N_("gave up an award without good reason"),
    CreditEvent.DID_NOT_SIGN: N_("did not sign in time"),
    CreditEvent.QUOTE_NOT_HANDED_IN: N_("did not hand in a quote that would not open"),
    CreditEvent.LATE_DELIVERABLE: N_("deliverable late"),
    CreditEvent.RETURNED_BY_AUTHORITY: N_("deliverable returned by the authority, agency's fault"),
    CreditEvent.ACCEPTANCE_FAILED: N_("acceptance failed"),
    CreditEvent.COMPLAINT_NOT_ANSWERED: N_("complaint not answered"),
    CreditEvent.UNLAWFUL_PASSING_ON: N_("passed on or split the work unlawfully"),
    CreditEvent.PENALTY_LIGHT: N_("administrative penalty, light"),
    CreditEvent.PENALTY_HEAVY: N_("administrative penalty, heavy"),
    CreditEvent.PENALTY_SEVERE: N_("administrative penalty, severe"),
    CreditEvent.COLLUSION: N_("collusion"),
    CreditEvent.FALSE_MATERIAL: N_("false material"),
    CreditEvent.COMMENDED: N_("commended"),
    CreditEvent.TOOK_PART_IN_STANDARD: N_("took part in a standard"),
    CreditEvent.GOOD_YEAR: N_("a year with five contracts or more and no complaint"),
    OwnerEvent.LATE_PAYMENT: N_("late payment"),
    OwnerEvent.REFUSED_TO_SIGN: N_("refused to sign"),
    OwnerEvent.WITHDREW_AFTER_AWARD: N_("withdrew after the award"),
    OwnerEvent.DID_NOT_REVEAL: N_("did not reveal in a draw"),
    OwnerEvent.DIRECT_CONCENTRATION: N_("more than half of a year's fiscal awards direct to one agency"),
}


class CreditEntryForm(CommandForm):
    """An entry that an authority or the operator makes."""

    uscc = UsccField(_l("Unified social credit code"), validators=[Needed()])
    event = SelectField(_l("What happened"), validators=[Needed()])
    source = StringField(_l("Source"), validators=[Text(2, 200)])
    basis = TextAreaField(_l("Basis"), validators=[Text(2, 2_000)])
    document_number = StringField(_l("Document number"), validators=[Text(1, 100)])
    evidence = StringField(_l("Evidence"), validators=[Text(1, 200)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.event.choices = [
            SelectChoice(item.value, _(EVENT_NAMES[item])) for item in CreditEvent if item in MANUAL_EVENTS
        ]

    def command(self) -> NewEntry:
        """The entry that was typed. Raises InvalidInput."""
        self.checked()
        return NewEntry(
            event=CreditEvent(self.event.data),
            uscc=self.uscc.data or "",
            source=self.source.data,
            basis=self.basis.data,
            document_number=self.document_number.data,
            evidence=self.evidence.data,
        )


class ReversalForm(CommandForm):
    """Why an entry is reversed."""

    source = StringField(_l("Source"), validators=[Text(2, 200)])
    basis = TextAreaField(_l("Basis"), validators=[Text(2, 2_000)])
    document_number = StringField(_l("Document number"), validators=[Text(1, 100)])


class ListEntryForm(CommandForm):
    """An authority's decision that puts a party on a list."""

    kind = SelectField(
        _l("List"),
        choices=[
            SelectChoice(ListKind.BLACK.value, _l("Serious dishonesty")),
            SelectChoice(ListKind.RED.value, _l("Good faith")),
        ],
        validators=[Needed()],
    )
    uscc = UsccField(_l("Unified social credit code"), validators=[Needed()])
    name = StringField(_l("Name"), validators=[Text(2, 200)])
    authority = StringField(_l("Deciding authority"), validators=[Text(2, 200)])
    basis = TextAreaField(_l("Basis"), validators=[Text(2, 4_000)])
    document_number = StringField(_l("Document number"), validators=[Text(1, 100)])
    from_date = DateField(_l("From"), validators=[Needed()])
    until_date = DateField(_l("Until (this day no longer counts)"), validators=[Optional()])

    def command(self) -> NewListEntry:
        """The decision that was typed. Raises InvalidInput."""
        self.checked()
        return NewListEntry(
            kind=ListKind(self.kind.data),
            uscc=self.uscc.data or "",
            name=self.name.data,
            authority=self.authority.data,
            basis=self.basis.data,
            document_number=self.document_number.data,
            from_date=self.from_date.data,
            until_date=self.until_date.data,
        )
