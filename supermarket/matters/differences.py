"""What changed between two wordings, field by field, in a form that people read. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal["same", "ins", "del"]
# Two texts with less in common than this are shown one after the other; a patchwork of letters helps nobody.
LEAST_IN_COMMON = 40  # percent
# SequenceMatcher may take the product of the lengths; beyond this lines are compared whole.
MOST_PAIRS = 1_000_000
_WORD = re.compile(r"[A-Za-z0-9.,%‰]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed, came or went."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Difference:
    """One field that differs: the old and the new text, and both in one with marks."""

    field: str
    old: str
    new: str
    pieces: tuple[Piece, ...]


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Difference, ...]:
    """Every field that differs, in the order of the new wording; a field that one of them lacks is empty there."""
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        Difference(name, before, after, compared(before, after))
        for name in names
        if (before := _plain(old.get(name, ""))) != (after := _plain(new.get(name, "")))
    )


def _plain(text: str) -> str:
    return "\n".join(text.splitlines()).strip()


def compared(old: str, new: str) -> tuple[Piece, ...]:
    """Both texts in one. Without what came it is the old text, without what went the new one."""
    return tuple(_merged(_by_lines(old.splitlines(keepends=True), new.splitlines(keepends=True))))


def _by_lines(old: list[str], new: list[str]) -> Iterator[Piece]:
    if len(old) * len(new) > MOST_PAIRS:
        yield from (Piece("del", "".join(old)), Piece("ins", "".join(new)))
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            yield Piece("same", before)
        else:
            yield from _by_words(before, after)


def _by_words(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) * len(after) > MOST_PAIRS:
        yield from (Piece("del", old), Piece("ins", new))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    common = sum(block.size for block in matcher.get_matching_blocks())
    if common * 200 < LEAST_IN_COMMON * (len(before) + len(after)):
        yield from (Piece("del", old), Piece("ins", new))
        return
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[a:b]))
        else:
            yield from (Piece("del", "".join(before[a:b])), Piece("ins", "".join(after[c:d])))


def _merged(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and neighbours of one mark as one."""
    last: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if last is not None and last.mark == piece.mark:
            last = Piece(last.mark, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
