"""Forms of the experts room; pages and API share them. Field names are those of the API."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, FieldList, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional

from supermarket.core.forms import CommandForm, Needed, Text, UsccField, WholeField
from supermarket.experts.commands import ExpertProfile, Interest, NewExpert
from supermarket.experts.rules import MOST_MATTERS
from supermarket.experts.states import InterestKind

INTEREST_LABELS = {
    InterestKind.EMPLOYMENT: _l("I work or worked there"),
    InterestKind.KIN: _l("A close relative works there"),
    InterestKind.INVESTMENT: _l("I hold a share in it"),
    InterestKind.ADVICE: _l("I advise it"),
    InterestKind.OTHER: _l("Another tie"),
}


class ExpertProfileForm(CommandForm):
    """For whom an expert works, where, and what they can judge."""

    title = StringField(_l("Professional title"), validators=[Text(most=64)])
    employer = StringField(_l("Employer"), validators=[Text(least=1, most=200)])
    employer_uscc = UsccField(_l("The employer's unified social credit code"))
    region = StringField(_l("Region"), validators=[Text(least=6, most=6)], description=_l("Region, GB/T 2260 code"))
    industries = FieldList(
        StringField(_l("Industry"), validators=[Text(least=1, most=32)]),
        _l("Industries"),
        validators=[Length(1, 30, message=_l("Choose at least one industry."))],
        description=_l("Codes of the industries whose matters the expert judges"),
    )
    matters = FieldList(
        StringField(_l("Matter"), validators=[Text(least=1, most=16)]),
        _l("Only these matters"),
        validators=[Length(0, MOST_MATTERS, message=_l("Name at most 60 matters."))],
        description=_l("Codes of matters; none: every matter of the industries"),
    )

    def profile(self) -> ExpertProfile:
        """The profile of a valid form."""
        return ExpertProfile(
            title=self.title.data or "",
            employer=self.employer.data,
            employer_uscc=self.employer_uscc.data or None,
            region_code=self.region.data,
            industries=tuple(self.industries.data),
            matters=tuple(self.matters.data),
        )


class ExpertChangeForm(ExpertProfileForm):
    """A changed profile; `version` is the one that was seen."""

    version = WholeField(_l("Version"), validators=[Needed(), NumberRange(1, 1_000_000)])


class NewExpertForm(ExpertProfileForm):
    """A person whom the operator enters."""

    name = StringField(_l("Name of the person"), validators=[Text(least=1, most=64)])
    email = StringField(_l("E-mail address"), validators=[Text(least=3, most=254)])

    def command(self) -> NewExpert:
        """The command of a valid form."""
        return NewExpert(self.name.data, self.email.data.lower(), self.profile())


class InterestForm(CommandForm):
    """A body that the expert must not judge."""

    kind = SelectField(
        _l("What ties you to it"),
        choices=[SelectChoice(kind.value, label) for kind, label in INTEREST_LABELS.items()],
    )
    uscc = UsccField(_l("Unified social credit code of the body"), validators=[Needed()])
    body_name = StringField(_l("Name of the body"), validators=[Text(least=1, most=200)])
    ended_on = DateField(_l("Until when (empty: it goes on)"), validators=[Optional()])

    def command(self) -> Interest:
        """The command of a valid form."""
        return Interest(InterestKind(self.kind.data), self.uscc.data or "", self.body_name.data, self.ended_on.data)


class StandingReasonForm(CommandForm):
    """Why a standing changes; the expert and the offices read it."""

    reason = TextAreaField(_l("Reason"), validators=[Text(least=2, most=1000)])
