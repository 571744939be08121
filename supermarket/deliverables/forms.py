"""Forms of the deliverables room; the page and the API share them."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from supermarket.contracts.commands import Upload
from supermarket.core.forms import CommandForm, Text
from supermarket.deliverables.commands import RecordOutcome, Submit
from supermarket.deliverables.states import ApprovalOutcome

OUTCOME_LABELS = {
    ApprovalOutcome.PASSED_FIRST: _l("Passed the first time"),
    ApprovalOutcome.CORRECTED_ONCE: _l("Passed after one correction"),
    ApprovalOutcome.CORRECTED_MORE: _l("Passed after more corrections"),
    ApprovalOutcome.RETURNED: _l("Returned"),
    ApprovalOutcome.REFUSED: _l("Refused"),
}


class SubmitForm(CommandForm):
    """The agency hands in a result."""

    file = FileField(_l("File"), validators=[FileRequired(_l("Choose the file."))])
    remark = TextAreaField(_l("Remark"), validators=[Text(most=1000)])

    def command(self) -> Submit:
        """The command of a valid form."""
        upload = self.file.data
        return Submit(file=Upload(upload.stream, upload.filename), remark=self.remark.data or "")


class ReturnForm(CommandForm):
    """The owner sends a result back."""

    reasons = TextAreaField(_l("What has to be corrected"), validators=[Text(least=1, most=2000)])


class OutcomeForm(CommandForm):
    """The authority records what became of a result."""

    outcome = SelectField(
        _l("Outcome"), choices=[SelectChoice(item.value, OUTCOME_LABELS[item]) for item in ApprovalOutcome]
    )
    agency_at_fault = BooleanField(_l("Returned by the agency's fault"))

    def command(self) -> RecordOutcome:
        """The command of a valid form."""
        return RecordOutcome(ApprovalOutcome(self.outcome.data), agency_at_fault=self.agency_at_fault.data)
