"""A mode's own words in the reader's language: those of the nine are msgids, a region's own stand in the row in both."""

from flask_babel import get_locale
from flask_babel import gettext as _

from supermarket.modes.plain import stage_sentences
from supermarket.modes.table import Mode, Terms, in_words


def _chinese() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "zh"


def label_of(row: Mode) -> str:
    """The name that users see."""
    if row.own:
        return row.label_zh if _chinese() and row.label_zh else row.label
    return str(_(row.label))


def sentence_of(row: Mode, terms: Terms | None = None) -> str:
    """What it does, in a sentence or two; a region's own without words of its own is told by its stages."""
    if not row.own:
        return in_words(row, terms).text(_)
    said = row.sentence_zh if _chinese() else row.sentence
    return said or stages_of(row, terms)


def stages_of(row: Mode, terms: Terms | None = None) -> str:
    """What its stages do one after the other, as running text."""
    space = "" if _chinese() else " "
    return space.join(sentence.text(_) for sentence in stage_sentences(row, terms))
