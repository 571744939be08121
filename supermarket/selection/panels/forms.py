"""Forms of panels and proposals; the page and the API share them. Field names are those of the API."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, FieldList, FormField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length, NumberRange, Optional

from supermarket.core.forms import CommandForm, Needed, Text, WholeField
from supermarket.projects.commands import Attachment
from supermarket.projects.forms import Row
from supermarket.selection.panels.proposing import MOST_TEXT
from supermarket.selection.panels.sheets import MOST_SENTENCE, Scored

MOST_SCORES = 600


class ProposalForm(CommandForm):
    """An agency's plan: a text, a PDF, or both."""

    text = TextAreaField(_l("The plan in words"), validators=[Text(most=MOST_TEXT)])
    file = FileField(_l("The plan as a PDF, at most 20 MB"))

    def attachment(self) -> Attachment | None:
        """The file of a valid form, None without one."""
        upload = self.file.data
        return Attachment(upload.stream, upload.filename) if upload and upload.filename else None


class NotPublishedReasonForm(CommandForm):
    """Why an expert does not serve."""

    reason = TextAreaField(_l("Reason (not published)"), validators=[Text(least=2, most=1000)])


class DissentForm(CommandForm):
    """With what an expert does not agree."""

    reason = TextAreaField(_l("With what I do not agree (public)"), validators=[Text(least=4, most=1000)])


class DraftRow(Row):
    """One score as far as it is typed."""

    plan = StringField(_l("Plan"), validators=[Text(least=1, most=4)])
    criterion = StringField(_l("Criterion"), validators=[Text(least=1, most=40)])
    points = WholeField(_l("Points"), validators=[Optional(), NumberRange(0, 100)])
    sentence = StringField(_l("Why"), validators=[Text(most=MOST_SENTENCE)])


class ScoreRow(DraftRow):
    """One score: a plan by its letter, a criterion by its name, 0 to 100 points, a sentence."""

    points = WholeField(_l("Points"), validators=[Needed(), NumberRange(0, 100)])
    sentence = StringField(_l("Why"), validators=[Text(least=4, most=MOST_SENTENCE)])


class _SheetForm(CommandForm):
    def rows(self) -> tuple[Scored, ...]:
        """The rows of a valid form."""
        return tuple(
            Scored(row["plan"], row["criterion"], row["points"], row["sentence"] or "") for row in self.scores.data
        )


class DraftForm(_SheetForm):
    """What an expert has typed so far."""

    scores = FieldList(FormField(DraftRow), _l("Scores"), validators=[Length(0, MOST_SCORES)])


class SheetForm(_SheetForm):
    """A whole score sheet, signed off."""

    scores = FieldList(FormField(ScoreRow), _l("Scores"), validators=[Length(1, MOST_SCORES)])
    sign = BooleanField(_l("I have judged by the plans alone, nothing ties me to any agency, and I sign this sheet."))

    def validate_sign(self, field: BooleanField) -> None:
        """A sheet is signed, or it is none."""
        if not field.data:
            raise ValidationError(_l("Sign the sheet to hand it in."))


class AcceptSeatForm(CommandForm):
    """An expert accepts to serve and declares to be free of ties."""

    free = BooleanField(_l("Nothing ties me to the owner or to any of the agencies: no work, kin, share or advice."))

    def validate_free(self, field: BooleanField) -> None:
        """Who cannot declare it declines."""
        if not field.data:
            raise ValidationError(_l("Declare this, or decline."))
