"""Forms of exceptions; the page and the API share them."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from supermarket.core.forms import CommandForm, Text
from supermarket.projects.commands import AskException, Attachment
from supermarket.projects.operations.exceptions import LONGEST_TEXT
from supermarket.projects.requirement_rules import RULES, Barred

RULE_LABELS = {rule.code: _l(rule.label) for rule in RULES.values()}


class AskExceptionForm(CommandForm):
    """An owner asks for an exception for one sentence."""

    rule = SelectField(_l("Rule"), choices=[SelectChoice(code.value, label) for code, label in RULE_LABELS.items()])
    text = TextAreaField(
        _l("The exact sentence"),
        validators=[Text(least=1, most=LONGEST_TEXT)],
        description=_l("As it stands or will stand in the notice; changed by one character it is not covered"),
    )
    reason = TextAreaField(_l("Why this purchase needs it (public)"), validators=[Text(least=10, most=2000)])
    legal_basis = TextAreaField(_l("Law and article that demand it (public)"), validators=[Text(least=4, most=1000)])
    file = FileField(_l("Document"))

    def command(self) -> AskException:
        """The command of a valid form."""
        upload = self.file.data
        return AskException(
            rule=Barred(self.rule.data),
            text=self.text.data,
            reason=self.reason.data,
            legal_basis=self.legal_basis.data,
            file=Attachment(upload.stream, upload.filename) if upload and upload.filename else None,
        )


class WordingForm(CommandForm):
    """Texts whose wording is to be checked, before anything is stored."""

    name = StringField(_l("Name of the project"), validators=[Length(max=200)])
    description = TextAreaField(_l("What is needed"), validators=[Text(most=5000)])
    requirements = TextAreaField(_l("Further requirements"), validators=[Text(most=5000)])

    def texts(self) -> dict[str, str]:
        """The texts by field."""
        return {
            "name": self.name.data or "",
            "description": self.description.data or "",
            "requirements": self.requirements.data or "",
        }
