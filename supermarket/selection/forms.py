"""Forms of the selection room; the page and the API share them. Field names are those of the API."""

from datetime import datetime
from decimal import Decimal
from typing import cast

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import NumberRange, Regexp

from supermarket.core.forms import CommandForm, MomentField, Needed, Text, UsccField, WholeField, YuanField
from supermarket.modes.discount import amount_of
from supermarket.projects.commands import Attachment
from supermarket.projects.forms import EnrolForm
from supermarket.selection.bulletins import Bulletin
from supermarket.selection.commands import ReceiptShown, SealedQuote
from supermarket.selection.quotes_body import MAX_SEQ
from supermarket.selection.quotes_kept import body_in

HEX64 = r"^[0-9a-f]{64}$"

NUMBERS = r"^[0-9]{2}( [0-9]{2}){0,39}$"


class QuoteForm(CommandForm):
    """An agency's quote where the owner opted out of sealing by the bidder; it is sealed on arrival."""

    amount = YuanField(_l("Your quote (yuan)"), validators=[Needed()])

    def fen(self) -> int:
        """The amount of a valid form in fen."""
        return self.amount.data or 0


class RateForm(CommandForm):
    """The same where agencies offer a discount on the ceiling, in percent."""

    rate = StringField(
        _l("Your discount (percent)"),
        validators=[
            Text(least=1, most=6),
            Regexp(
                r"^[0-9]{1,2}(\.[0-9]{1,2})?$",
                message=_l("Give the discount in percent with at most two decimals, such as 12.50."),
            ),
        ],
    )

    def fen(self, ceiling: int) -> int:
        """The amount in fen that the discount of a valid form leaves of the ceiling."""
        return amount_of(Decimal(str(self.rate.data)), ceiling)


class SealedQuoteForm(CommandForm):
    """A quote that its bidder has sealed: everything but the body."""

    seq = WholeField(_l("Number of the quote"), validators=[Needed(), NumberRange(1, MAX_SEQ)])
    commitment = StringField(
        _l("Commitment"),
        validators=[
            Text(least=64, most=64),
            Regexp(HEX64, message=_l("A commitment is SHA-256 in 64 lower-case hex digits.")),
        ],
        description=_l("SHA-256 of the body, hex"),
    )
    ciphertext = StringField(
        _l("Sealed quote"),
        validators=[
            Text(least=2, most=2000),
            Regexp(r"^([0-9a-f]{2})+$", message=_l("Give the sealed quote in lower-case hex.")),
        ],
        description=_l("box(operator key, box(witness key, body)), hex"),
    )

    def command(self) -> SealedQuote:
        """The command of a valid form."""
        return SealedQuote(self.seq.data or 0, self.commitment.data, bytes.fromhex(self.ciphertext.data))


class BodyForm(CommandForm):
    """The body of a quote that could not be opened: its seven lines, or the whole file that the bidder kept."""

    body = TextAreaField(_l("Body of the quote"), validators=[Text(least=1, most=20_000)])

    def data_bytes(self) -> bytes:
        """The body of a valid form; of a kept file the body in it."""
        return body_in(self.body.data)


class MissingForm(CommandForm):
    """The receipt of a quote that its bidder does not find on the published list."""

    seq = WholeField(_l("Number of the quote"), validators=[Needed(), NumberRange(1, MAX_SEQ)])
    commitment = StringField(
        _l("Commitment"),
        validators=[
            Text(least=64, most=64),
            Regexp(HEX64, message=_l("A commitment is SHA-256 in 64 lower-case hex digits.")),
        ],
    )
    at = MomentField(_l("Time of the receipt"), validators=[Needed()])
    signature = StringField(
        _l("Signature of the receipt"),
        validators=[
            Text(least=128, most=128),
            Regexp(r"^[0-9a-f]{128}$", message=_l("The signature has 128 digits from 0-9 and a-f.")),
        ],
    )

    def command(self) -> ReceiptShown:
        """The command of a valid form; a receipt's time has whole seconds."""
        at = cast(datetime, self.at.data).replace(microsecond=0)
        return ReceiptShown(self.seq.data or 0, self.commitment.data, at, self.signature.data)


class AcceptForm(EnrolForm):
    """The named agency accepts a direct selection: who will do the work."""

    offered_days = None  # type: ignore[assignment]  # so WTForms takes a field out

    def people(self) -> tuple[int, ...]:
        """The practitioners of a valid form."""
        return tuple(self.practitioners.data or ())


class DeclineForm(CommandForm):
    """An agency gives up its award, publicly."""

    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


class CostStatementForm(CommandForm):
    """An agency explains an abnormally low quote."""

    text = TextAreaField(_l("Cost statement (public from the announcement on)"), validators=[Text(least=4, most=5000)])
    file = FileField(_l("Document"))

    def attachment(self) -> Attachment | None:
        """The file of a valid form, if one came."""
        upload = self.file.data
        return Attachment(upload.stream, upload.filename) if upload and upload.filename else None


class CostDecisionForm(CommandForm):
    """The owner accepts or rejects a cost statement with a written reason."""

    agency = UsccField(_l("Agency"), validators=[Needed()])
    accept = BooleanField(_l("Accept the quote"))
    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


class ChoiceForm(CommandForm):
    """The owner chooses one of the small list, with a public reason."""

    agency = UsccField(_l("Agency"), validators=[Needed()])
    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


class NumbersForm(CommandForm):
    """Owner and regulator each type a lottery's bulletin: issue, close of sales, numbers."""

    issue = StringField(
        _l("Number of the issue"),
        validators=[
            Text(least=1, most=16),
            Regexp(r"^[0-9]{1,16}$", message=_l("The number of an issue has digits only.")),
        ],
    )
    closed_at = MomentField(_l("Its sales closed at"), validators=[Needed()])
    numbers = StringField(
        _l("Numbers of the bulletin"),
        validators=[
            Text(least=2, most=120),
            Regexp(NUMBERS, message=_l("Give the numbers with two digits each and single spaces: 03 07 12.")),
        ],
    )

    def bulletin(self) -> Bulletin:
        """What a valid form says. Raises ValueError for one that is not."""
        if self.closed_at.data is None:
            raise ValueError("the form is not valid")
        return Bulletin(str(self.issue.data), self.closed_at.data, str(self.numbers.data))


class CorrectionForm(NumbersForm):
    """Owner or authority types a drawn bulletin anew: with the reason and the bulletin itself."""

    reason = TextAreaField(_l("What was wrong"), validators=[Text(least=4, most=1000)])
    file = FileField(_l("The bulletin"))

    def attachment(self) -> Attachment | None:
        """The file of a valid form, if one came."""
        upload = self.file.data
        return Attachment(upload.stream, upload.filename) if upload and upload.filename else None


class RevealForm(CommandForm):
    """Anybody hands in what a party of a draw revealed: 64 hex digits."""

    reveal = StringField(
        _l("What the party revealed"),
        validators=[
            Text(least=64, most=64),
            Regexp(r"^[0-9a-f]{64}$", message=_l("It has 64 digits from 0-9 and a-f.")),
        ],
    )


class RoundForm(CommandForm):
    """Anybody hands the beacon's round in: its signature, and in a linked chain the one before it, in hex."""

    signature = StringField(
        _l("Signature of the round"),
        validators=[
            Text(least=96, most=192),
            Regexp(r"^[0-9a-f]{96,192}$", message=_l("A signature has digits from 0-9 and a-f.")),
        ],
    )
    previous = StringField(
        _l("Signature of the round before it"),
        validators=[
            Text(most=192),
            Regexp(r"^[0-9a-f]{0,192}$", message=_l("A signature has digits from 0-9 and a-f.")),
        ],
    )
