"""What comes in about people from pages and programs: further licences, corrections, answers to requests to move."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectChoice, StringField, TextAreaField

from supermarket.agencies.practitioner_commands import NewLicence
from supermarket.core.forms import CommandForm, Needed, Text


class LicenceForm(CommandForm):
    """A personal licence, filed or corrected."""

    licence_kind = StringField(_l("Kind of licence (code)"), validators=[Text(4, 8)])
    licence_number = StringField(_l("Number of the licence"), validators=[Text(1, 64)])
    registered_until = DateField(_l("Registered with us until"), validators=[Needed()])

    def command(self) -> NewLicence:
        """The licence that was typed. Raises InvalidInput."""
        self.checked()
        return NewLicence(
            kind_code=self.licence_kind.data,
            number=self.licence_number.data,
            registered_until=self.registered_until.data,
        )


class PersonNameForm(CommandForm):
    """How a person is written."""

    name = StringField(_l("Name of the person"), validators=[Text(2, 64)])


class ReasonForm(CommandForm):
    """Why an agency does not release a person."""

    reason = TextAreaField(_l("Why the person stays"), validators=[Text(2, 2_000)])


class MoveDecisionForm(CommandForm):
    """The operator's word on a move."""

    decision = RadioField(
        _l("Decision"),
        choices=[
            SelectChoice("grant", _l("The person moves")),
            SelectChoice("deny", _l("The person stays")),
        ],
        validators=[Needed()],
    )
    reason = TextAreaField(_l("Reason, which both agencies read"), validators=[Text(2, 2_000)])


class IdentitySearchForm(CommandForm):
    """An identity number to search by; sent, never put into an address."""

    identity_number = StringField(_l("Identity number"), validators=[Text(18, 18)])
