"""Refuses what an owner may not demand beyond the matter's own requirements (selection spec §2, "Any money").

By code, by words in free text (Chinese and English, `requirement_words`), and by trees that ask more than the matter.
A clause that says that something is not demanded is not refused. The rules themselves: `requirement_rules`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from supermarket.core.msgids import Sentence
from supermarket.data.requirements import KindNeeded, Requirement
from supermarket.matters.requirement_tree import Kinds
from supermarket.projects import requirement_words as words
from supermarket.projects.requirement_rules import RULES, Barred, Rule

__all__ = ["RULES", "Barred", "Refusal", "Rule"]  # beside everything that is defined here

TREE_FIELD = "qualifications"
# Letters that people use for the same word: traditional ones, and the figures of accounting.
_SAME = str.maketrans(
    "註冊資實繳認企業營總額產員職務機構設辦處須應當備國歷獎項優稅險證績經歷壹贰叁肆伍陆柒捌玖拾佰仟萬億幣縣區",
    "注册资实缴认企业营总额产员职务机构设办处须应当备国历奖项优税险证绩经历一二三四五六七八九十百千万亿币县区",
)
_CHINESE = r"[\u4e00-\u9fff]"
# People hide words from such checkers by spacing, dots and quotes; a sentence's own stops and line ends are kept.
_BETWEEN = re.compile(
    rf"(?<={_CHINESE})[ \t·•*_\-~|/]+(?={_CHINESE})|(?<={_CHINESE})[ \t]+(?=[0-9])|(?<=[0-9])[ \t]+(?={_CHINESE})"
    r"|[\"'“”‘’「」『』]+|(?<=[ \t])[ \t]+"
)
_NAMES_OF_LAWS = re.compile(r"《[^《》\n]{1,60}》")
_STOP = re.compile(r"[。！？!?；;\n]|\.(?=\s|\Z)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One demand that is refused: its code and why; `found` are the words, which stand at [start, end) of `field`.

    `passage` is the sentence around them, to which an exception is bound. A demand that came as a code has no words.
    """

    code: Barred
    sentence: Sentence
    found: str = ""
    field: str = ""
    start: int = 0
    end: int = 0
    passage: str = ""

    @property
    def rule(self) -> Rule:
        """The rule that says no: law, what to write instead, whether it has exceptions."""
        return RULES[self.code]

    @property
    def key(self) -> tuple[Barred, str]:
        """What an exception must have been granted for: the rule and the hash of the exact sentence."""
        return self.code, text_hash(self.passage)


def text_hash(passage: str) -> str:
    """SHA-256 (hex) of a sentence's UTF-8 bytes, without the spaces around it."""
    return hashlib.sha256(passage.strip().encode()).hexdigest()


def _refusal(
    code: Barred, *, found: str = "", field: str = "", start: int = 0, end: int = 0, passage: str = ""
) -> Refusal:
    rule = RULES[code]
    params = {"basis": rule.basis} | ({"what": found} if code is Barred.BEYOND_MATTER else {})
    return Refusal(code, Sentence(rule.sentence, params), found, field, start, end, passage)


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text as the patterns read it, and for each of its characters the place of the original one."""

    text: str
    places: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The places in the original text of [start, end)."""
        return self.places[start], self.places[end - 1] + 1


def plain(text: str) -> _Plain:
    """NFKC, simplified, without what hides words; names of laws are masked, for a name demands nothing."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf":
            continue
        for normal in unicodedata.normalize("NFKC", letter).translate(_SAME):
            letters.append(" " if normal in "\t\u3000" else normal)
            places.append(place)
    joined = _NAMES_OF_LAWS.sub(lambda match: "□" * len(match.group()), "".join(letters))
    kept: list[int] = []
    last = 0
    for gap in _BETWEEN.finditer(joined):
        kept.extend(range(last, gap.start()))
        last = gap.end()
    kept.extend(range(last, len(joined)))
    return _Plain("".join(joined[place] for place in kept), tuple(places[place] for place in kept))


def _lifted(code: Barred, text: str, match: re.Match[str]) -> bool:
    # A clause is short: looking back over more than it would make a long text slow.
    before = text[max(0, match.start() - 60) : match.start()]
    after = text[match.end() : match.end() + 48]
    if (
        words.LIFTED_BEFORE.search(before)
        or words.LIFTED_WITHIN.search(match.group())
        or words.LIFTED_AFTER.search(after)
    ):
        return True
    if (on := words.OBJECT_VERB.search(before)) and not words.OBJECT_NOT.search(on.group(1) + match.group()):
        return True
    if (on := words.OBJECT_BEFORE.search(before)) and (done := words.OBJECT_AFTER.search(after)):
        return words.OBJECT_NOT.search(on.group(1) + match.group() + done.group()) is None
    if code in words.OF_FACTS and (fact := words.FACT_BEFORE.search(before)):
        return words.FACT_NOT.search(fact.group()) is None and words.FACT_MATCH_NOT.search(match.group()) is None
    return False


def _sentence_around(text: str, start: int, end: int) -> str:
    before = max((match.end() for match in _STOP.finditer(text, 0, start)), default=0)
    after = _STOP.search(text, end)
    return text[before : after.start() if after else len(text)].strip()


def refused_words(text: str, field: str = "") -> tuple[Refusal, ...]:
    """Every demand of a free text that must not be made, in the order of the text; at one place each code once."""
    seen = plain(text)
    spans: dict[Barred, list[tuple[int, int]]] = {}
    for code, pattern in words.PATTERNS:
        for match in pattern.finditer(seen.text):
            if match.group().strip() and not _lifted(code, seen.text, match):
                spans.setdefault(code, []).append(seen.original(match.start(), match.end()))
    found = [(start, code, end) for code, places in spans.items() for start, end in _merged(places)]
    return tuple(
        _refusal(
            code,
            found=text[start:end].strip(),
            field=field,
            start=start,
            end=end,
            passage=_sentence_around(text, start, end),
        )
        for start, code, end in sorted(found, key=lambda item: (item[0], item[1].value))
    )


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Of spans that overlap, one that covers them."""
    first, last = -1, -1
    for start, end in sorted(spans):
        if start >= last:
            if last > 0:
                yield first, last
            first, last = start, end
        else:
            last = max(last, end)
    if last > 0:
        yield first, last


def refused_codes(codes: Iterable[Barred]) -> tuple[Refusal, ...]:
    """What was demanded by code; every code of this list is refused."""
    return tuple(_refusal(code) for code in dict.fromkeys(codes))


def _allows(own: KindNeeded, asked: KindNeeded, kinds: Kinds) -> bool:
    """Whether the matter's own leaf demands what is asked; a speciality or level that it leaves open may be stated."""
    if own.kind != asked.kind or (own.speciality is not None and own.speciality != asked.speciality):
        return False
    kind = kinds.get(asked.kind)
    if kind is None:
        return False
    return asked.level is None or own.level is None or kind.covers(own.level, asked.level)


def refused_leaves(asked: Requirement | None, own: Requirement | None, kinds: Kinds) -> tuple[Refusal, ...]:
    """Qualifications of a project that its matter does not demand: another kind, or a higher level."""
    allowed = tuple(own.leaves()) if own is not None else ()
    refusals = []
    for needed in asked.leaves() if asked is not None else ():
        if any(needed == each or _allows(each, needed, kinds) for each in allowed):
            continue
        what = leaf_text(needed, kinds)
        refusals.append(_refusal(Barred.BEYOND_MATTER, found=what, field=TREE_FIELD, end=len(what), passage=what))
    return tuple(refusals)


def leaf_text(needed: KindNeeded, kinds: Kinds) -> str:
    """A leaf in plain words, the same in every language: the text to which an exception for it is bound."""
    kind = kinds.get(needed.kind)
    parts = [needed.kind if kind is None else kind.name, needed.speciality or "", needed.level or ""]
    return " ".join(part for part in parts if part)


def check_requirements(
    texts: Mapping[str, str],
    codes: Iterable[Barred] = (),
    asked: Requirement | None = None,
    own: Requirement | None = None,
    kinds: Kinds = MappingProxyType({}),
) -> tuple[Refusal, ...]:
    """Everything that must not be demanded, all at once (一次性告知); empty if the project may be published.

    `texts`: the free texts by the field that they stand in.
    """
    by_words = (refusal for field, text in texts.items() for refusal in refused_words(text, field))
    return (*refused_codes(codes), *by_words, *refused_leaves(asked, own, kinds))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and the refusals whose words it is part of (none: plain)."""

    text: str
    refusals: tuple[Refusal, ...] = ()


def pieces(text: str, refusals: Iterable[Refusal]) -> tuple[Piece, ...]:
    """A text cut where refused words begin and end, so that a page can mark them."""
    found = [each for each in refusals if each.end > each.start]
    cuts = sorted({0, len(text), *(each.start for each in found), *(each.end for each in found)})
    made = []
    for start, end in pairwise(cuts):
        over = tuple(each for each in found if each.start <= start and end <= each.end)
        made.append(Piece(text[start:end], over))
    return tuple(made)
