"""The requirement editor of the list office's forms: rows and groups to choose from, the sentence beside them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from supermarket.data import catalogue
from supermarket.data.facts import Holder, QualificationKind
from supermarket.data.requirements import MOST_PEOPLE, parse_licences
from supermarket.matters import requirement_tree, tree_form
from supermarket.matters.forms import MatterForm
from supermarket.matters.models import MatterVersion
from supermarket.matters.requirement_tree import as_sentence
from supermarket.matters.tree_form import Group, LicenceRow

BUTTONS = ("add-row:", "add-group:", "drop:", "add-licence", "drop-licence:", "show")


@dataclass(frozen=True)
class Editor:
    """What templates/officer/_requirement_editor.html draws."""

    group: Group
    licences: Sequence[LicenceRow]
    kinds: Sequence[QualificationKind]
    people: Sequence[QualificationKind]

    @property
    def sentence(self) -> str:
        """What is demanded so far, in words."""
        return as_sentence(tree_form.tree_of(self.group), {kind.code: kind.name for kind in self.kinds_all()}, _)

    @property
    def licences_said(self) -> str:
        """The licences so far, in words."""
        names = {kind.code: kind.name for kind in self.kinds_all()}
        said = [f"{names.get(row.kind, row.kind)} × {row.count or '?'}" for row in self.licences if row.kind]
        return _("; ").join(said) if said else str(_("no personal licence is demanded"))

    def kinds_all(self) -> Sequence[QualificationKind]:
        """Every kind, also those that may no longer be demanded: their names still turn up."""
        return catalogue.qualification_kinds()

    def kind(self, code: str) -> QualificationKind | None:
        """The kind of a row, if it is known."""
        return next((kind for kind in self.kinds_all() if kind.code == code), None)

    def can_hold_groups(self, depth: int) -> bool:
        """Whether a group at this depth may get another one."""
        return tree_form.can_hold_groups(depth)


def _editor(group: Group, licences: Sequence[LicenceRow]) -> Editor:
    live = [kind for kind in catalogue.qualification_kinds() if kind.live]
    return Editor(
        group if group.lines else tree_form.acted(group, "add-row:tree"),
        licences,
        [kind for kind in live if kind.holder is Holder.ORGANISATION],
        [kind for kind in live if kind.holder is Holder.PERSON],
    )


def editor_of(version: MatterVersion | None) -> Editor:
    """The editor of a stored wording (None: of a new matter)."""
    if version is None:
        return _editor(Group(), ())
    tree = requirement_tree.from_json(version.requirement_tree)  # type: ignore[arg-type]  # stored JSON is checked by from_json
    licences = parse_licences(list(version.personal_licences))  # type: ignore[arg-type]  # and here by parse_licences
    return _editor(tree_form.written(tree), tree_form.written_licences(licences))


def wanted() -> str:
    """The button of the editor that was pressed, or nothing."""
    act = request.form.get("act", "")
    return act if act.startswith(BUTTONS) else ""


def sent() -> Editor | None:
    """The editor as it was sent, after the button that was pressed; None where the form came without one."""
    if not tree_form.is_sent(request.form):
        return None
    group = tree_form.acted(tree_form.read(request.form), wanted())
    return _editor(group, tree_form.acted_licences(tree_form.read_licences(request.form), wanted()))


def formdata() -> "MultiDict[str, str]":
    """The form with the editor's fields as the JSON that the API takes; the same validators read both."""
    found: MultiDict[str, str] = MultiDict(request.form)
    if tree_form.is_sent(request.form):
        found["requirement"] = json.dumps(tree_form.json_of(tree_form.read(request.form)), ensure_ascii=False)
        rows = tree_form.read_licences(request.form)
        found["licences"] = json.dumps(tree_form.licences_json(rows), ensure_ascii=False)
    return found


def reworded(form: MatterForm) -> None:
    """Name the two fields as the page does, and say what is wrong in them line by line instead of by place in JSON."""
    form.requirement.label.text = _("Required qualifications")
    form.licences.label.text = _("Required personal licences")
    if not tree_form.is_sent(request.form):
        return
    if form.requirement.errors and (said := list(_row_mistakes(tree_form.read(request.form)))):
        form.requirement.errors = said
    if form.licences.errors and (said := list(_licence_mistakes(tree_form.read_licences(request.form)))):
        form.licences.errors = said


def _row_mistakes(group: Group) -> Iterator[str]:
    for number, line in enumerate(group.lines, 1):
        if isinstance(line, Group):
            yield from _row_mistakes(line)
        elif not line.empty and not line.kind:
            yield _("Line %(number)s: choose the qualification first, then speciality and level.", number=number)


def _licence_mistakes(rows: Sequence[LicenceRow]) -> Iterator[str]:
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if row.empty:
            continue
        if not row.kind:
            yield _("Line %(number)s: choose the licence.", number=number)
        if not (
            row.count.isascii() and row.count.isdecimal() and len(row.count) < 5 and 1 <= int(row.count) <= MOST_PEOPLE
        ):
            yield _(
                "Line %(number)s: say how many people, a whole number from 1 to %(most)s.",
                number=number,
                most=MOST_PEOPLE,
            )
        if row.kind and row.kind in seen:
            yield _("Line %(number)s: this licence is there twice; put the people together in one line.", number=number)
        seen.add(row.kind)


def options(kind: QualificationKind | None, chosen: str, values: Sequence[str]) -> Mapping[str, str]:
    """Choices of a row's speciality or level by value; what was chosen before and is no choice any more stays, marked."""
    found = {value: value for value in values}
    if chosen and chosen not in found:
        name = kind.name if kind is not None else "?"
        found[chosen] = _("%(value)s (not of %(kind)s)", value=chosen, kind=name)
    return found
