"""Forms of the payments room; the page and the API share them."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import StringField, TextAreaField

from supermarket.contracts.commands import Upload
from supermarket.core.forms import CommandForm, Needed, Text, YuanField
from supermarket.payments.commands import SubmitVoucher


class VoucherForm(CommandForm):
    """The owner records a payment; the file is optional."""

    reference = StringField(_l("Reference of the bank or the treasury"), validators=[Text(least=1, most=100)])
    amount = YuanField(_l("Amount paid (yuan)"), validators=[Needed()])
    file = FileField(_l("Voucher (PDF or picture, up to 10 MB)"))

    def command(self) -> SubmitVoucher:
        """The command of a valid form."""
        upload = self.file.data
        file = Upload(upload.stream, upload.filename) if upload and upload.filename else None
        return SubmitVoucher(reference=self.reference.data, amount=self.amount.data or 0, file=file)


class RefuseForm(CommandForm):
    """The agency does not find the money."""

    reason = TextAreaField(_l("What is wrong"), validators=[Text(least=1, most=1000)])
