"""Whether a wording may stand or be published: pure rules that name everything wrong at once."""

import re
from collections.abc import Iterator, Mapping

from flask_babel import gettext as _

from supermarket.core.errors import FieldError
from supermarket.core.msgids import N_
from supermarket.data import catalogue
from supermarket.data.facts import Holder
from supermarket.data.requirements import LicenceNeeded, Requirement
from supermarket.matters import regional, requirement_tree
from supermarket.matters.commands import MatterDraft, RegionalDraft
from supermarket.policies.queries import region_name

CODE = re.compile(r"[A-Z]{2}[0-9]{3,8}", re.ASCII)
# Controls and marks that turn the reading direction; no form lets them in (core/forms.py).
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
CHANGE_KINDS = {
    "new": N_("new"),
    "wording": N_("wording"),
    "basis": N_("change of law"),
    "requirement": N_("change of what is required"),
    "fee": N_("change of fee or time"),
}


def change_kind_name(code: str) -> str:
    """A kind of change in the reader's language; an unknown one shows itself."""
    return str(_(CHANGE_KINDS.get(code, code)))


def kinds_by_code() -> requirement_tree.Kinds:
    """The kinds of qualification that trees are checked against."""
    return {kind.code: kind for kind in catalogue.qualification_kinds()}


def tree_problems(tree: Requirement | None) -> Iterator[str]:
    """What is wrong with a requirement tree, as sentences."""
    for problem in requirement_tree.validate(tree, kinds_by_code()):
        yield problem.sentence.text(_)


def licence_problems(licences: tuple[LicenceNeeded, ...]) -> Iterator[str]:
    """What is wrong with counts of personal licences, as sentences."""
    kinds = kinds_by_code()
    for licence in licences:
        kind = kinds.get(licence.kind)
        if kind is None or kind.holder is not Holder.PERSON:
            yield _("There is no personal licence with the code %(kind)s.", kind=licence.kind)
        elif not kind.live:
            yield _("%(name)s may no longer be demanded (%(basis)s).", name=kind.name, basis=kind.basis)


def draft_errors(draft: MatterDraft) -> list[FieldError]:
    """What keeps a wording from standing even as a draft."""
    errors = []
    if draft.industry not in {item.code for item in catalogue.industries()}:
        errors.append(FieldError("industry", "unknown", _("There is no industry authority of this code.")))
    if draft.stage not in {item.code for item in catalogue.stages()}:
        errors.append(FieldError("stage", "unknown", _("There is no stage of this code.")))
    if draft.valid_until is not None and draft.valid_until < draft.valid_from:
        errors.append(FieldError("valid_until", "before_start", _("The last day is before the first.")))
    errors.extend(FieldError("requirement", "tree", sentence) for sentence in tree_problems(draft.requirement))
    errors.extend(FieldError("licences", "licence", sentence) for sentence in licence_problems(draft.licences))
    return errors


def not_carried_out(refusal: regional.NotCarriedOut) -> str:
    """That a matter is not carried out somewhere, who says so, why and on which basis."""
    text: str = _(
        "This matter is not carried out here. %(region)s says: %(reason)s (%(basis)s)",
        region=region_name(refusal.region_code),
        reason=refusal.reason,
        basis=refusal.basis,
    )
    return text


def regional_errors(draft: RegionalDraft, above: Mapping[str, regional.Value], *, first: bool) -> list[FieldError]:
    """What keeps a region's wording from standing. `above` is what holds there without it; `first`: nothing is public."""
    errors = []
    said = {name: str(getattr(draft, name)) for name in regional.FIELDS}
    if not draft.carried_out:
        for name in ("not_carried_out_reason", "not_carried_out_basis"):
            if not str(getattr(draft, name)).strip():
                message = _("Say why the matter is not carried out here, and on which basis; both are public.")
                errors.append(FieldError(name, "missing", message))
    elif first and not any(said.values()):
        message = _("This says nothing else than the list above. Change something, or leave it as it is.")
        errors.append(FieldError("carried_out", "nothing_changed", message))
    for name in regional.TIMES:
        if regional.is_longer(said[name], above[name].text):
            message = _("A region may only shorten the time; the list above says: %(time)s.", time=above[name].text)
            errors.append(FieldError(name, "longer", message))
    if regional.makes_a_condition(said["note"]):
        message = _(
            "A region below adds no qualification, licence or other condition "
            "(《优化营商环境条例》第四十三条); take it out of the note."
        )
        errors.append(FieldError("note", "adds_a_condition", message))
    return errors
