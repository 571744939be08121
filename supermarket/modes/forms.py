"""Forms of the modes room; the page and the API share them. Field names are those of the API."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, Regexp

from supermarket.core.draw import TicketRule
from supermarket.core.forms import CommandForm, Needed, Text, WholeField
from supermarket.modes.combining import MOST_KEPT, MOST_STAGES, MOST_VALID, RULES, StageWanted
from supermarket.modes.commands import ModeWording
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import StageName

STAGE_LABELS = {
    StageName.SHORTLIST: _l("Shortlist: keep the best"),
    StageName.DRAW: _l("Draw: an order by chance"),
    StageName.PRICE: _l("Sealed quotes: the price decides"),
    StageName.SCORE: _l("Score: points decide"),
    StageName.CHOOSE: _l("Choice: the owner names one of those left"),
}
BY_LABELS = {ShortlistBy.CREDIT: _l("credit points"), ShortlistBy.STARS: _l("stars")}
TICKET_LABELS = {TicketRule.EQUAL: _l("one each"), TicketRule.CREDIT: _l("by credit: A three, B two, others one")}
RULE_LABELS = {
    PriceRule.LOWEST: _l("the lowest"),
    PriceRule.HIGHEST_DISCOUNT: _l("the highest discount on the ceiling"),
    PriceRule.NEAREST_MEAN: _l("the one nearest to the mean"),
    PriceRule.SECOND_LOWEST: _l("the second-lowest"),
}


def _or_none(value: object) -> str | None:
    return str(value) if value else None


class StageRow(CommandForm):
    """One stage of a mode; what its kind does not know is left out."""

    class Meta:
        """The whole form carries the token."""

        csrf = False

    stage = SelectField(
        _l("Kind of stage"), choices=[SelectChoice(stage.value, label) for stage, label in STAGE_LABELS.items()]
    )
    by = SelectField(
        _l("What the shortlist compares"),
        choices=[
            SelectChoice("", _l("the owner says it in the notice")),
            *(SelectChoice(by.value, label) for by, label in BY_LABELS.items()),
        ],
        coerce=_or_none,
    )
    keep = WholeField(
        _l("How many go on"),
        validators=[Optional(), NumberRange(1, MOST_KEPT)],
        description=_l("Of a shortlist, or of a draw before another stage; empty: the owner says it in the notice"),
    )
    tickets = SelectField(
        _l("Tickets of the draw"),
        choices=[SelectChoice(rule.value, label) for rule, label in TICKET_LABELS.items()],
        default=TicketRule.EQUAL.value,
    )
    rule = SelectField(
        _l("Which quote is selected"),
        choices=[SelectChoice("", "–"), *(SelectChoice(rule.value, RULE_LABELS[rule]) for rule in RULES)],
        coerce=_or_none,
    )

    def wanted(self) -> StageWanted:
        """The stage, without what its kind does not know; of a row that is not valid yet, as far as it can be read."""
        stage = StageName(self.stage.data) if self.stage.data in set(StageName) else StageName.SHORTLIST
        keeps = stage in (StageName.SHORTLIST, StageName.DRAW)
        draws = stage is StageName.DRAW and self.tickets.data in set(TicketRule)
        return StageWanted(
            stage,
            by=ShortlistBy(self.by.data) if stage is StageName.SHORTLIST and self.by.data in set(ShortlistBy) else None,
            keep=self.keep.data if keeps else None,
            tickets=TicketRule(self.tickets.data) if draws else TicketRule.EQUAL,
            rule=PriceRule(self.rule.data) if stage is StageName.PRICE and self.rule.data in set(PriceRule) else None,
        )


class ModeForm(CommandForm):
    """An office puts a way of selection together out of stages."""

    region = StringField(
        _l("Region"),
        validators=[Text(least=6, most=6), Regexp("^[0-9]{6}$", message=_l("Choose a province, city or county."))],
        description=_l("Where owners can choose it, with everything that lies in it; GB/T 2260 code"),
    )
    label_zh = StringField(_l("Name in Chinese"), validators=[Text(least=2, most=40)])
    label = StringField(_l("Name in English"), validators=[Text(least=2, most=60)])
    sentence_zh = TextAreaField(_l("What it does, in Chinese"), validators=[Text(most=300)])
    sentence = TextAreaField(_l("What it does, in English"), validators=[Text(most=400)])
    stages = FieldList(
        FormField(StageRow),
        _l("Stages, one after the other"),
        min_entries=1,
        validators=[Length(1, MOST_STAGES, message=_l("Give between 1 and 6 stages."))],
    )
    fewest_valid = WholeField(
        _l("Fewest valid enrolments"), validators=[Needed(), NumberRange(2, MOST_VALID)], default=3
    )
    fewest_after_extension = WholeField(
        _l("Fewest after the one extension"), validators=[Needed(), NumberRange(1, MOST_VALID)], default=3
    )
    owner_accepts_fewer = BooleanField(_l("The smaller number only if the owner accepts it in writing"))

    def command(self) -> ModeWording:
        """The command of a valid form."""
        return ModeWording(
            region_code=self.region.data,
            label=self.label.data,
            label_zh=self.label_zh.data,
            sentence=self.sentence.data,
            sentence_zh=self.sentence_zh.data,
            stages=tuple(entry.form.wanted() for entry in self.stages),
            fewest_valid=self.fewest_valid.data,
            fewest_after_extension=self.fewest_after_extension.data,
            owner_accepts_fewer=bool(self.owner_accepts_fewer.data),
        )


class ModeEditForm(ModeForm):
    """An office words a version anew; `revision` is the one that was seen."""

    revision = WholeField(_l("Revision"), validators=[Needed(), NumberRange(1, 1_000_000)])


class ReleaseModeForm(CommandForm):
    """A second person releases what was tried."""

    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])
    revision = WholeField(_l("Revision"), validators=[Needed(), NumberRange(1, 1_000_000)])


class RetireModeForm(CommandForm):
    """A version is taken back."""

    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])
    number = WholeField(_l("Number of the version"), validators=[Needed(), NumberRange(1, 10_000)])
