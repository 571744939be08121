"""Forms of the contracts room; the page and the API share them."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp

from supermarket.contracts.commands import Sign, Urging
from supermarket.contracts.models import UrgeAbout
from supermarket.core.forms import CommandForm, Text

URGE_LABELS = {
    UrgeAbout.SIGNATURE: _l("The signature"),
    UrgeAbout.DELIVERABLE: _l("A deliverable"),
    UrgeAbout.ACCEPTANCE: _l("Acceptance of a deliverable"),
    UrgeAbout.PAYMENT: _l("A payment"),
    UrgeAbout.CONFIRMATION: _l("Confirmation of a payment"),
}


class SignForm(CommandForm):
    """A side signs online."""

    document_sha256 = StringField(
        _l("SHA-256 of the contract text"),
        validators=[
            Text(least=64, most=64),
            Regexp("^[0-9a-f]{64}$", message=_l("The SHA-256 has 64 characters, 0 to 9 and a to f.")),
        ],
    )
    consent = BooleanField(_l("I have read this contract and agree to it for my organisation."))

    def command(self) -> Sign:
        """The command of a valid form."""
        return Sign(document_sha256=self.document_sha256.data, consent=self.consent.data)


class UrgeForm(CommandForm):
    """A side urges the other."""

    about = SelectField(_l("About"), choices=[SelectChoice(item.value, URGE_LABELS[item]) for item in UrgeAbout])

    def command(self) -> Urging:
        """The command of a valid form."""
        return Urging(UrgeAbout(self.about.data))
