"""Forms of the bidder's page: the file that was kept, chosen or pasted."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.forms import CommandForm, Text
from supermarket.selection.commands import ReceiptShown
from supermarket.selection.quotes_body import QuoteError
from supermarket.selection.quotes_kept import body_in, parse_kept

MOST_BYTES = 20_000


class SealedBodyForm(CommandForm):
    """The body that our server sealed; not trimmed, its commitment is over every byte."""

    body = HiddenField(validators=[Length(1, 2_000)])


class KeptForm(CommandForm):
    """The kept file, chosen or pasted."""

    file = FileField(_l("The file that you kept"))
    text = TextAreaField(_l("… or paste what is in it"), validators=[Text(most=MOST_BYTES)])

    def given(self) -> str:
        """What was chosen, else what was pasted. Raises InvalidInput for nothing, or far too much."""
        chosen = self.file.data
        data = chosen.stream.read(MOST_BYTES + 1) if isinstance(chosen, FileStorage) and chosen.filename else b""
        text = data.decode("utf-8", "replace") or self.text.data or ""
        if not text.strip() or len(data) > MOST_BYTES:
            message = _("Choose the file that you kept of this quote, or paste what is in it.")
            raise InvalidInput(message, errors=[FieldError("file", "needed", message)])
        return text


class HandInPageForm(KeptForm):
    """The body of a quote that could not be opened: its seven lines, or the file with them."""

    def data_bytes(self) -> bytes:
        """The body. Raises InvalidInput."""
        return body_in(self.given())


class MissingPageForm(KeptForm):
    """The receipt of a quote that is not on the published list, in the file that was kept."""

    def command(self, project: str) -> ReceiptShown:
        """What the file shows. Raises InvalidInput for a file of another kind or project, or without a receipt."""
        try:
            kept = parse_kept(self.given().strip().encode("utf-8", "replace"))
        except QuoteError:
            kept = None
        if kept is None or kept.project != project or kept.receipt is None:
            message = _("This is no kept file of this project with the operator's receipt in it.")
            raise InvalidInput(message, errors=[FieldError("file", "no_receipt", message)])
        return ReceiptShown(kept.seq, kept.commitment, kept.receipt.at, kept.receipt.signature)
