"""Forms of the selection room; the page and the API share them. Field names are those of the API."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Regexp

from supermarket.core.forms import CommandForm, Needed, Text, UsccField, YuanField
from supermarket.projects.forms import EnrolForm

NUMBERS = r"^[0-9]{2}( [0-9]{2}){0,39}$"


class QuoteForm(CommandForm):
    """An agency's quote; it is sealed on arrival, before anything is written."""

    amount = YuanField(_l("Your quote (yuan)"), validators=[Needed()])

    def fen(self) -> int:
        """The amount of a valid form in fen."""
        return self.amount.data or 0


class AcceptForm(EnrolForm):
    """The named agency accepts a direct selection: who will do the work."""

    offered_days = None

    def people(self) -> tuple[int, ...]:
        """The practitioners of a valid form."""
        return tuple(self.practitioners.data or ())


class DeclineForm(CommandForm):
    """An agency gives up its award, publicly."""

    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


class CostStatementForm(CommandForm):
    """An agency explains an abnormally low quote."""

    text = TextAreaField(_l("Cost statement"), validators=[Text(least=4, most=5000)])


class CostDecisionForm(CommandForm):
    """The owner accepts or rejects a cost statement with a written reason."""

    agency = UsccField(_l("Agency"), validators=[Needed()])
    accept = BooleanField(_l("Accept the quote"))
    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


class NumbersForm(CommandForm):
    """Owner and regulator each type the numbers of the lottery's bulletin: two digits, ascending, single spaces."""

    numbers = StringField(
        _l("Numbers of the bulletin"),
        validators=[
            Text(least=2, most=120),
            Regexp(NUMBERS, message=_l("Give the numbers with two digits each and single spaces: 03 07 12.")),
        ],
    )


class RoundForm(CommandForm):
    """Anybody hands the beacon's round in: its signature, 96 hex digits."""

    signature = StringField(
        _l("Signature of the round"),
        validators=[
            Text(least=96, most=96),
            Regexp(r"^[0-9a-f]{96}$", message=_l("The signature has 96 digits from 0-9 and a-f.")),
        ],
    )
