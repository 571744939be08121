"""Whether a way of selection can be chosen here, with what the owner says beside it: every mistake at its field."""

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext as _

from supermarket.core.errors import FieldError, RuleFinding
from supermarket.modes.limits import Range, draw_keep_range, keep_range, shortlisted
from supermarket.modes.queries import offered_in
from supermarket.modes.table import Mode, StageName
from supermarket.policies.queries import policies_for
from supermarket.projects.commands import ProjectDraft
from supermarket.projects.models import Project
from supermarket.projects.ways import mode_of, terms_of


def mode_errors(command: ProjectDraft, at: datetime) -> Iterator[FieldError]:
    """What is wrong with the mode and the terms that only some modes take."""
    row = next((mode for mode in offered_in(command.region_code) if mode.name == command.mode), None)
    if row is None:
        yield FieldError("mode", "unknown", _("Choose one of the ways of selection."))
        return
    numbers = policies_for(command.region_code, at)
    if command.shortlist_by is not None and not row.asks(StageName.SHORTLIST, "by"):
        yield _not_asked("shortlist_by")
    keeps = keep_range(row, numbers)
    yield from _in_range("keep", command.keep, keeps)
    keep = command.keep if command.keep is not None else keeps.usual if keeps is not None else None
    yield from _in_range("draw_keep", command.draw_keep, draw_keep_range(row, numbers, shortlisted(row, keep)))
    if command.live and not row.can_be_live:
        yield FieldError("live", "not_live", _("This way of selection is not offered as a live auction."))


def _in_range(name: str, value: int | None, allowed: Range | None) -> Iterator[FieldError]:
    if value is None:
        return
    if allowed is None:
        yield _not_asked(name)
    elif not allowed.holds(value):
        yield FieldError(
            name,
            "out_of_range",
            _("Give between %(least)s and %(most)s.", least=allowed.least, most=allowed.most),
        )


def _not_asked(name: str) -> FieldError:
    return FieldError(name, "not_in_mode", _("The chosen way of selection does not ask for this; leave it empty."))


def mode_findings(project: Project, at: datetime) -> Iterator[RuleFinding]:
    """What must be so on the day of publication: the mode is still offered there, its numbers still lie within bounds."""
    row: Mode = mode_of(project)
    if row.name not in {mode.name for mode in offered_in(project.region_code)}:
        message = _("This way of selection is no longer offered; open the draft and choose another one.")
        yield RuleFinding("mode_unknown", message, {"mode": row.name})
        return
    terms, numbers = terms_of(project), policies_for(project.region_code, at)
    pairs = (
        (terms.keep, keep_range(row, numbers)),
        (terms.draw_keep, draw_keep_range(row, numbers, shortlisted(row, terms.keep))),
    )
    for value, allowed in pairs:
        if allowed is not None and (value is None or not allowed.holds(value)):
            message = _("The numbers of this way of selection have changed; open the draft and save it again.")
            yield RuleFinding("terms_changed", message, {"least": allowed.least, "most": allowed.most})
