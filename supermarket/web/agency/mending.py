"""Where each thing that is missing or refused is put right: one link to exactly this field or row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from supermarket.agencies.covering import Branch, Coverage, Leaf, LeafState, Node, People
from supermarket.agencies.models import Check, Outcome
from supermarket.matters.requirement_tree import as_sentence
from supermarket.web.checks import shown_checks

FIRST = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True)
class Link:
    """An address with its words."""

    label: str
    url: str


@dataclass(frozen=True)
class MendedCheck:
    """A finding as `record.findings` draws it, with the link that mends it."""

    outcome: str
    label: str
    sentence: str
    source: str
    at: datetime | None
    to_do: str
    action: Link | None


def findings(checks: Sequence[Check], back: str = "") -> list[MendedCheck]:
    """Findings in the words that officers read too: what must be mended first, with where, then what waits."""
    checks = sorted(checks, key=lambda row: FIRST.index(row.outcome))
    return [
        MendedCheck(shown.outcome, shown.label, shown.sentence, shown.source, shown.at, shown.to_do, _action(row, back))
        for row, shown in zip(checks, shown_checks(checks), strict=True)
    ]


def _action(row: Check, back: str) -> Link | None:
    if row.outcome is not Outcome.FAIL:
        return None
    head = row.code.partition(":")[0]
    kind, _colon, number = row.subject.partition(":")
    if kind == "qualification" and number.isdigit():
        url = url_for("agency.replace_qualification", qualification_id=int(number), back=back)
        return Link(_("Correct this certificate"), url)
    if kind == "licence":
        return Link(_("Correct this licence"), url_for("agency.practitioners"))
    if kind == "service":
        return Link(_("See what this service needs"), url_for("agency.step_services") + f"#{number}")
    field = _field(head, row)
    if field:
        return Link(_("Correct this"), url_for("agency.correct", what=field, back=back))
    if head == "branch_authority":
        return Link(_("File the authority"), url_for("agency.step_authority"))
    if head == "pledge":
        return Link(_("Sign the pledge"), url_for("agency.step_pledge"))
    return None


def _field(head: str, row: Check) -> str:
    """The field of the profile that a finding about the body is about."""
    if head == "legal_representative":
        return "legal_representative"
    if head != "registration":
        return ""
    if "name" in row.parameters:
        return "name"
    return "business_scope" if "scope" in row.sentence else ""


def file_url(leaf: Leaf, back: str) -> Link | None:
    """The form that puts a leaf right, filled with what is asked; None where nothing can be filed any more."""
    asked = leaf.needed
    wanted = {"kind": asked.kind, "speciality": asked.speciality, "level": asked.level, "back": back}
    given = {name: value for name, value in wanted.items() if value}
    match leaf.state:
        case LeafState.KIND_NOT_LIVE | LeafState.VERIFIED:
            return None
        case LeafState.EXPIRED if leaf.filed_id is not None:
            url = url_for("agency.replace_qualification", qualification_id=leaf.filed_id, back=back)
            return Link(_("Renew it"), url)
        case LeafState.ON_FILE if leaf.filed_id is not None:
            url = url_for("agency.replace_qualification", qualification_id=leaf.filed_id, back=back)
            return Link(_("Correct it"), url)
    return Link(_("File this certificate"), url_for("agency.file_qualification", **given))  # type: ignore[arg-type]  # names of the address


@dataclass(frozen=True)
class ShownLeaf:
    """One line of what a matter asks: words, state as word, tone and icon, and what to do."""

    text: str
    word: str
    tone: str
    icon: str
    action: Link | None


@dataclass(frozen=True)
class ShownGroup:
    """Lines of which one is enough, or all are needed."""

    title: str
    parts: "tuple[ShownLeaf | ShownGroup, ...]"


LOOKS = {
    LeafState.VERIFIED: ("ok", "check"),
    LeafState.ON_FILE: ("run", "clock"),
    LeafState.MISSING: ("bad", "cross"),
    LeafState.OTHER_SPECIALITY: ("warn", "alert"),
    LeafState.LEVEL_TOO_LOW: ("warn", "alert"),
    LeafState.EXPIRED: ("bad", "clock"),
    LeafState.KIND_NOT_LIVE: ("end", "minus"),
}


def state_word(state: LeafState) -> str:
    """What there is of a leaf, in the reader's language."""
    words = {
        LeafState.VERIFIED: _("verified"),
        LeafState.ON_FILE: _("on file, not yet verified"),
        LeafState.MISSING: _("missing"),
        LeafState.OTHER_SPECIALITY: _("other speciality"),
        LeafState.LEVEL_TOO_LOW: _("level too low"),
        LeafState.EXPIRED: _("run out"),
        LeafState.KIND_NOT_LIVE: _("no longer law"),
    }
    return str(words[state])


@dataclass(frozen=True)
class ShownNeeds:
    """What a service asks: whether it is there, the whole as a sentence, and part by part."""

    matter_code: str
    met: bool
    lacking: bool
    sentence: str
    parts: tuple[ShownLeaf | ShownGroup, ...]


def shown_needs(covered: Coverage, kinds: dict[str, str], back: str) -> ShownNeeds:
    """A service as the pages draw it."""
    tree = () if covered.node is None else (_shown(covered.node, kinds, back),)
    people = tuple(_shown_people(item, kinds) for item in covered.people)
    sentence = as_sentence(covered.tree, kinds, _)
    return ShownNeeds(covered.matter_code, covered.met, covered.lacking, sentence, (*tree, *people))


def _shown(node: Node, kinds: dict[str, str], back: str) -> ShownLeaf | ShownGroup:
    if isinstance(node, Branch):
        title = _("One of these is enough") if node.any_of else _("All of these are needed")
        return ShownGroup(title, tuple(_shown(part, kinds, back) for part in node.parts))
    tone, icon = LOOKS[node.state]
    return ShownLeaf(leaf_text(node, kinds), state_word(node.state), tone, icon, file_url(node, back))


def leaf_text(leaf: Leaf, kinds: dict[str, str]) -> str:
    """The certificate that is asked: kind, speciality, level."""
    name, asked = kinds.get(leaf.needed.kind, leaf.needed.kind), leaf.needed
    parts = [name, asked.speciality or "", _("level %(level)s or higher", level=asked.level) if asked.level else ""]
    return " · ".join(part for part in parts if part)


def _shown_people(item: People, kinds: dict[str, str]) -> ShownLeaf:
    name = kinds.get(item.kind, item.kind)
    text = _("%(needed)s people with the licence %(name)s", needed=item.needed, name=name)
    link = Link(_("File people"), url_for("agency.practitioners"))
    if item.met:
        return ShownLeaf(text, str(_("verified")), "ok", "check", None)
    if item.on_file >= item.needed:
        return ShownLeaf(text, state_word(LeafState.ON_FILE), *LOOKS[LeafState.ON_FILE], link)
    word = _("%(there)s of %(needed)s on file", there=item.on_file, needed=item.needed)
    return ShownLeaf(text, word, "bad", "cross", link)


def lacking(covered: Coverage, kinds: dict[str, str], back: str) -> list[Link]:
    """What must still be filed for a service, each with its form; of alternatives the first is named."""
    found = [] if covered.node is None else _lacking(covered.node, kinds, back)
    for item in covered.people:
        if item.on_file < item.needed:
            shown = _shown_people(item, kinds)
            found.append(Link(f"{shown.text}: {shown.word}", url_for("agency.practitioners")))
    return found


def _lacking(node: Node, kinds: dict[str, str], back: str) -> list[Link]:
    if isinstance(node, Leaf):
        if node.state in (LeafState.VERIFIED, LeafState.ON_FILE):
            return []
        link = file_url(node, back)
        url = link.url if link else url_for("agency.step_services")
        return [Link(f"{leaf_text(node, kinds)}: {state_word(node.state)}", url)]
    lists = [_lacking(part, kinds, back) for part in node.parts]
    if not node.any_of:
        return [item for part in lists for item in part]
    if any(not part for part in lists):
        return []
    first = min(lists, key=len)
    if len(lists) == 1:
        return first
    return [Link(_("%(what)s (or another of what is enough)", what=item.label), item.url) for item in first]
