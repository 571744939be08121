"""Forms of the auctions room; the page and the API share them. Field names are those of the API."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Optional, Regexp

from supermarket.auctions.commands import GiveStatement, PlaceBid
from supermarket.auctions.states import BidBy
from supermarket.core.forms import CommandForm, Needed, Text, YuanField


class BidForm(CommandForm):
    """A bid in a live auction."""

    amount = YuanField(_l("Your bid (yuan)"), validators=[Needed()])
    key = StringField(
        _l("Key of this bid"),
        description=_l("1 to 64 letters, digits, - or _; the same key sent again is not a second bid"),
        validators=[
            Text(most=64),
            Optional(),
            Regexp(r"^[A-Za-z0-9_-]{1,64}$", message=_l("A key has 1 to 64 letters, digits, - or _.")),
        ],
    )
    agent = BooleanField(_l("Placed by the agent in the bidder's own page or program"))

    def command(self) -> PlaceBid:
        """The command of a valid form."""
        by = BidBy.PAGE_AGENT if self.agent.data else BidBy.HAND
        return PlaceBid(self.amount.data or 0, by, self.key.data or None)


class AgentForm(CommandForm):
    """The floor of an agent on the server."""

    floor = YuanField(_l("Floor (yuan)"), validators=[Needed()])

    def fen(self) -> int:
        """The floor of a valid form in fen."""
        return self.floor.data or 0


class StatementForm(CommandForm):
    """A cost statement for bids below the line, given before the auction."""

    explains_from = YuanField(_l("Lowest bid that it explains (yuan)"), validators=[Needed()])
    text = TextAreaField(_l("Cost statement"), validators=[Text(least=4, most=5000)])

    def command(self) -> GiveStatement:
        """The command of a valid form."""
        return GiveStatement(self.explains_from.data or 0, self.text.data)
