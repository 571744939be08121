"""The criteria editor of the owner's form: weights of what the system computes, and what a panel of experts scores."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import FormField

from supermarket.modes.merit_criteria import CriterionKind
from supermarket.projects.commands import ProjectDraft
from supermarket.projects.forms import CRITERION_LABELS, MOST_CRITERIA
from supermarket.projects.models import Project
from supermarket.projects.ways import terms_of
from supermarket.web.owner.forms import PurchaseForm

AUTOMATIC = tuple(kind for kind in CRITERION_LABELS if kind is not CriterionKind.PANEL)
# The panel's rows come first in the form; what the system computes has fixed places behind all of them.
FIRST_AUTOMATIC = 2 * MOST_CRITERIA
ADD, DROP = "panel-add", "panel-drop-"


@dataclass(frozen=True)
class Weighed:
    """One criterion that the system computes: its place in the form, the field's id, and the weight as it was typed."""

    place: int
    id: str
    kind: str
    label: object  # a lazy text
    weight: str
    errors: Sequence[str] = ()


@dataclass(frozen=True)
class Editor:
    """What the editor shows; `total` is the sum of what can be read as weights."""

    automatic: Sequence[Weighed]
    panel: Sequence[FormField]
    total: int

    @property
    def used(self) -> bool:
        """Whether anything is filled in."""
        return bool(self.panel) or any(row.weight for row in self.automatic)


def without_dropped(sent: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """What was sent, without the row of the panel that is to be dropped."""
    kept: MultiDict[str, str] = MultiDict(sent)
    act = sent.get("act", "")
    if act.startswith(DROP):
        for key in [key for key in kept if key.startswith(f"criteria-{act.removeprefix(DROP)}-")]:
            kept.poplist(key)
    return kept


def criteria_changed(form: PurchaseForm, act: str) -> bool:
    """Add a row for the panel, without JavaScript, or stay because one was dropped; whether that was what was wanted."""
    if act == ADD and len(form.criteria.entries) < MOST_CRITERIA:
        form.criteria.append_entry({"criterion": CriterionKind.PANEL.value})
    return act == ADD or act.startswith(DROP)


def editor_of(form: PurchaseForm, project: Project | None) -> Editor:
    """The editor as the form stands, or as the stored purchase has it where one is handed in."""
    if project is not None:
        _fill(form, project)
    for row in form.criteria.entries:
        # The summary of what to mend names the criterion, not only that it is a weight.
        kind = row.criterion.data
        name = row.form.name.data or (CRITERION_LABELS[CriterionKind(kind)] if kind in set(CriterionKind) else "")
        row.form.weight.label.text = _("Weight of “%(name)s”", name=name) if name else row.form.weight.label.text
    rows = {row.criterion.data: row for row in form.criteria.entries}
    automatic = [_weighed(place, kind, rows.get(kind.value)) for place, kind in enumerate(AUTOMATIC, FIRST_AUTOMATIC)]
    panel = [row for row in form.criteria.entries if row.criterion.data == CriterionKind.PANEL]
    typed = [row.weight for row in automatic] + [_typed(row) for row in panel]
    plain = [unicodedata.normalize("NFKC", text) for text in typed]
    total = sum(int(text) for text in plain if text.isascii() and text.isdecimal() and len(text) < 5)
    return Editor(automatic, panel, total)


def only_where_scored(command: ProjectDraft) -> ProjectDraft:
    """The command without a panel where nobody has to score; the criteria as the editor shows them, the panel's last."""
    panel = any(item.kind == CriterionKind.PANEL for item in command.criteria)
    ordered = tuple(sorted(command.criteria, key=lambda item: item.kind == CriterionKind.PANEL))
    return replace(command, criteria=ordered, panel_size=command.panel_size if panel else 0)


def _typed(row: FormField) -> str:
    raw = row.form.weight.raw_data
    if raw:
        return str(raw[0]).strip()
    return "" if row.form.weight.data is None else str(row.form.weight.data)


def _weighed(place: int, kind: CriterionKind, row: FormField | None) -> Weighed:
    label = CRITERION_LABELS[kind]
    if row is None:
        return Weighed(place, f"criteria-{place}-weight", kind.value, label, "")
    weight = row.form.weight
    return Weighed(place, weight.id, kind.value, label, _typed(row), [str(item) for item in weight.errors])


def _fill(form: PurchaseForm, project: Project) -> None:
    terms = terms_of(project)
    while form.criteria.entries:
        form.criteria.pop_entry()
    for item in sorted(terms.criteria, key=lambda item: item.kind is not CriterionKind.PANEL):
        form.criteria.append_entry(
            {
                "criterion": item.kind.value,
                "weight": int(item.weight),
                "name": item.name,
                "description": item.description,
            }
        )
    form.panel_size.data = terms.panel_size or None
