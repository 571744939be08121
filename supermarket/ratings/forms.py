"""Forms of the ratings room; the page and the API share them."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from supermarket.core.forms import CommandForm, Text, WholeField
from supermarket.ratings.commands import DecideAppeal, Give
from supermarket.ratings.models import RaterKind
from supermarket.ratings.score import HIGHEST, LOWEST, Dimension

LABELS = {
    Dimension.QUALITY: _l("Quality"),
    Dimension.TIMELINESS: _l("Timeliness"),
    Dimension.COMPLIANCE: _l("Compliance"),
    Dimension.FEES: _l("Fees"),
    Dimension.ATTITUDE: _l("Attitude"),
}
RATER_LABELS = {
    RaterKind.OWNER: _l("Owner"),
    RaterKind.AUTHORITY: _l("Authority"),
    RaterKind.OPERATOR: _l("Operator"),
}


def _points(dimension: Dimension) -> WholeField:
    # Which of them must be given depends on what the system computes: the operation says so.
    return WholeField(
        LABELS[dimension],
        validators=[Optional(), NumberRange(min=LOWEST, max=HIGHEST, message=_l("Give 1 to 5 points."))],
    )


class PointsForm(CommandForm):
    """Points by dimension, 1 to 5."""

    quality = _points(Dimension.QUALITY)
    timeliness = _points(Dimension.TIMELINESS)
    compliance = _points(Dimension.COMPLIANCE)
    fees = _points(Dimension.FEES)
    attitude = _points(Dimension.ATTITUDE)

    def points(self) -> dict[Dimension, int]:
        """The points that were given."""
        return {item: self[item.value].data for item in Dimension if self[item.value].data is not None}


class GiveForm(PointsForm):
    """One rater's rating."""

    comment = TextAreaField(_l("Comment (public)"), validators=[Text(most=1000)])

    def command(self) -> Give:
        """The command of a valid form."""
        return Give(points=self.points(), comment=self.comment.data or "")


class AppealForm(CommandForm):
    """The agency objects to a rating."""

    rater = SelectField(
        _l("Whose rating"), choices=[SelectChoice(kind.value, label) for kind, label in RATER_LABELS.items()]
    )
    reason = TextAreaField(_l("Reason"), validators=[Text(least=1, most=2000)])

    def rated_by(self) -> RaterKind:
        """Whose rating is meant."""
        return RaterKind(self.rater.data)


class DecideAppealForm(PointsForm):
    """Another officer decides: the rating stands, or the points here replace it."""

    rater = SelectField(
        _l("Whose rating"), choices=[SelectChoice(kind.value, label) for kind, label in RATER_LABELS.items()]
    )
    adjust = BooleanField(_l("Replace the points"))
    reason = TextAreaField(_l("Reason"), validators=[Text(least=1, most=2000)])

    def rated_by(self) -> RaterKind:
        """Whose rating is meant."""
        return RaterKind(self.rater.data)

    def command(self) -> DecideAppeal:
        """The command of a valid form."""
        return DecideAppeal(reason=self.reason.data, points=self.points() if self.adjust.data else None)
