"""Whether the criteria of a merit selection, and the size of its panel, may stand in a project (selection.md §6)."""

from collections.abc import Iterator, Mapping

from flask_babel import gettext as _

from supermarket.core.errors import FieldError
from supermarket.core.identifiers import as_read
from supermarket.modes.merit_criteria import CriterionKind
from supermarket.policies.defaults import PolicyValue
from supermarket.policies.queries import number
from supermarket.projects.commands import CriterionAsked, ProjectDraft

NAME_MOST, DESCRIPTION_MOST = 40, 500
KINDS = frozenset(CriterionKind)


def criteria_errors(command: ProjectDraft, values: Mapping[str, PolicyValue]) -> Iterator[FieldError]:
    """What is to be mended: the criteria one by one, their sum, the size of the panel that some of them need."""
    criteria = tuple(CriterionAsked(*item) for item in command.criteria)
    if not criteria:
        yield FieldError("criteria", "needed", _("Choose criteria and their weights."))
        return
    if any(item.kind not in KINDS for item in criteria):
        yield FieldError("criteria", "unknown", _("Choose criteria from the list, each once."))
        return
    yield from _each(criteria)
    total = sum(item.weight for item in criteria)
    if any(not 1 <= item.weight <= 100 for item in criteria):
        yield FieldError("criteria", "out_of_range", _("A weight is a whole number from 1 to 100."))
    elif total != 100:
        message = _("The weights must add up to 100; now they add up to %(total)s.", total=total)
        yield FieldError("criteria", "not_100", message)
    yield from _size(command.panel_size, any(item.kind == CriterionKind.PANEL for item in criteria), values)


def _each(criteria: tuple[CriterionAsked, ...]) -> Iterator[FieldError]:
    for item in criteria:
        panel = item.kind == CriterionKind.PANEL
        if panel and not item.name.strip():
            yield FieldError("criteria", "needs_name", _("Give each of the panel's criteria a name."))
        elif not panel and (item.name or item.description):
            message = _("Only the panel's criteria have a name and a description of their own.")
            yield FieldError("criteria", "no_name", message)
        if len(item.name) > NAME_MOST or len(item.description) > DESCRIPTION_MOST:
            yield FieldError("criteria", "too_long", _("The name or description of a criterion is too long."))
    if len({(item.kind, as_read(item.name)) for item in criteria}) != len(criteria):
        yield FieldError("criteria", "twice", _("A criterion is there twice."))


def _size(size: int, needed: bool, values: Mapping[str, PolicyValue]) -> Iterator[FieldError]:
    least, most = number(values, "panel_least"), number(values, "panel_most")
    if not needed and size:
        message = _("None of the criteria needs a panel; leave its size out.")
        yield FieldError("panel_size", "no_panel", message)
    elif needed and not (least <= size <= most and size % 2):
        message = _("A panel has an odd number of experts, from %(least)s to %(most)s.", least=least, most=most)
        yield FieldError("panel_size", "out_of_range", message)


def panel_sizes(values: Mapping[str, PolicyValue]) -> tuple[int, ...]:
    """The sizes that a panel may have."""
    least, most = number(values, "panel_least"), number(values, "panel_most")
    return tuple(size for size in range(least, most + 1) if size % 2)
