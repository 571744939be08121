"""A mode's row and a project's terms as JSON and back: a project keeps both as they were on the day of its publication.

What cannot be read back raises StageError, KeyError or ValueError: it is ours, so that is damage.
"""

from collections.abc import Mapping
from types import MappingProxyType

from supermarket.modes.pipeline import StageSpec
from supermarket.modes.stages import StageError
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.stored import criterion_from_json, criterion_to_json, spec_to_json
from supermarket.modes.table import Mode, Seal, StageName, Terms

Stored = dict[str, object]


def mode_to_json(mode: Mode) -> Stored:
    """The whole row; Chinese words of its own only where it is a region's."""
    own = {"label_zh": mode.label_zh, "sentence_zh": mode.sentence_zh}
    return {
        "name": str(mode.name),
        "label": mode.label,
        "sentence": mode.sentence,
        "stages": [{"stage": str(stage), **fixed} for stage, fixed in mode.stages],
        "fewest_valid": mode.fewest_valid,
        "fewest_after_extension": mode.fewest_after_extension,
        "needs_quotes": mode.needs_quotes,
        "has_enrolment": mode.has_enrolment,
        "owner_accepts_fewer": mode.owner_accepts_fewer,
        **{name: words for name, words in own.items() if words},
    }


def mode_from_json(content: Mapping[str, object]) -> Mode:
    """The row as it was stored."""
    return Mode(
        name=_text(content, "name"),
        label=_text(content, "label"),
        sentence=_text(content, "sentence"),
        stages=tuple(_stage(item) for item in _rows(content, "stages")),
        fewest_valid=_number(content, "fewest_valid"),
        fewest_after_extension=_number(content, "fewest_after_extension"),
        needs_quotes=_flag(content, "needs_quotes"),
        has_enrolment=_flag(content, "has_enrolment"),
        owner_accepts_fewer=_flag(content, "owner_accepts_fewer"),
        label_zh=_text(content, "label_zh") if "label_zh" in content else "",
        sentence_zh=_text(content, "sentence_zh") if "sentence_zh" in content else "",
    )


def terms_to_json(terms: Terms) -> Stored:
    """What the owner chose, without the bounds, which are columns of the project; what was not chosen is left out."""
    content: Stored = {}
    if terms.criteria:
        content["criteria"] = [criterion_to_json(c) for c in terms.criteria]
    if terms.panel_size:
        content["panel_size"] = terms.panel_size
    if terms.shortlist_by is not ShortlistBy.CREDIT:
        content["shortlist_by"] = str(terms.shortlist_by)
    if terms.keep is not None:
        content["keep"] = terms.keep
    if terms.draw_keep is not None:
        content["draw_keep"] = terms.draw_keep
    if terms.live:
        content["live"] = True
    if terms.seal is not Seal.CLIENT:
        content["seal"] = str(terms.seal)
    return content


def terms_from_json(content: Mapping[str, object], bounds: Bounds) -> Terms:
    """The terms with the project's bounds."""
    return Terms(
        bounds=bounds,
        criteria=tuple(criterion_from_json(item) for item in _rows(content, "criteria")),
        panel_size=_number(content, "panel_size") if "panel_size" in content else 0,
        shortlist_by=ShortlistBy(_text(content, "shortlist_by")) if "shortlist_by" in content else ShortlistBy.CREDIT,
        keep=_number(content, "keep") if "keep" in content else None,
        draw_keep=_number(content, "draw_keep") if "draw_keep" in content else None,
        live="live" in content and _flag(content, "live"),
        seal=Seal(_text(content, "seal")) if "seal" in content else Seal.CLIENT,
    )


def published_stages(specs: tuple[StageSpec, ...]) -> list[Stored]:
    """The pipeline as readers see it: every parameter but the bounds, which stand beside it."""
    return [{name: value for name, value in spec_to_json(spec).items() if name != "bounds"} for spec in specs]


def _stage(item: Mapping[str, object]) -> tuple[StageName, Mapping[str, str]]:
    fixed = {name: _text(item, name) for name in item if name != "stage"}
    return StageName(_text(item, "stage")), MappingProxyType(fixed)


def _rows(content: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = content.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise StageError(f"{name}: a list of objects was stored here")
    return value


def _text(content: Mapping[str, object], name: str) -> str:
    value = content[name]
    if not isinstance(value, str):
        raise StageError(f"{name}: a text was stored here")
    return value


def _number(content: Mapping[str, object], name: str) -> int:
    value = content[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise StageError(f"{name}: a whole number was stored here")
    return value


def _flag(content: Mapping[str, object], name: str) -> bool:
    value = content[name]
    if not isinstance(value, bool):
        raise StageError(f"{name}: true or false was stored here")
    return value
