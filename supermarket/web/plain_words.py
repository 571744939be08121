"""The sentences of `modes.plain` in the reader's language, with moments, money and working days as people write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.money import format_yuan
from supermarket.core.msgids import Sentence
from supermarket.modes.merit_criteria import Criterion
from supermarket.modes.plain import Amount, Days, Plan, Topic, Weights, explain
from supermarket.web.presenting import criterion_label, deadline_text

TITLES: Mapping[Topic, object] = {
    Topic.WHO: _l("Who may enrol, and until when"),
    Topic.FEWEST: _l("How many are needed"),
    Topic.PRICE: _l("The price"),
    Topic.STEPS: _l("How the selection runs"),
    Topic.FOLLOWS: _l("If the selected agency drops out"),
    Topic.PUBLIC: _l("What is public, and when"),
    Topic.AFTER: _l("After the announcement"),
}


@dataclass(frozen=True)
class Said:
    """One topic, ready to print."""

    topic: str
    title: str
    sentences: Sequence[str]


def plan_in_words(plan: Plan) -> list[Said]:
    """Everything that will happen, topic by topic."""
    return [
        Said(passage.topic.value, str(TITLES[passage.topic]), [said(sentence) for sentence in passage.sentences])
        for passage in explain(plan)
    ]


def said(sentence: Sentence) -> str:
    """One sentence with its values in words."""
    params = {name: _value(value) for name, value in sentence.params.items()}
    return Sentence(sentence.msgid, params).text(_)


def _value(value: object) -> object:
    match value:
        case datetime():
            return _moment(value)
        case Amount():
            return format_yuan(value.fen)
        case Days():
            return ngettext("%(num)s working day", "%(num)s working days", value.number)
        case Weights():
            return listed([_weight(item) for item in value.criteria])
    return value


def listed(names: Sequence[str]) -> str:
    """Several names one after the other, as the reader's language parts them."""
    return ("、" if _chinese() else ", ").join(names)


def _chinese() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "zh"


def _weight(criterion: Criterion) -> str:
    name = criterion.name or criterion_label(criterion.kind.value)
    return f"{name} {criterion.weight.normalize():f} %"


def _moment(at: datetime) -> str:
    text = deadline_text(at)
    if not _chinese():
        return text
    day, _space, clock = text.partition(" ")
    year, month, date = day.split("-")
    return f"{year}年{int(month)}月{int(date)}日 {clock}"
