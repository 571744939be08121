"""Which documents a legal basis cites, of which rank, and whether it names the article. Pure.

A matter may be a condition of an approval only by a law, an administrative regulation or a State Council decision
(《优化营商环境条例》第四十三条); rules of ministries and of places, and mere notices, are not enough.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from supermarket.data import catalogue


class Rank(StrEnum):
    """What kind of document is cited."""

    LAW = "law"
    REGULATION = "regulation"
    STATE_COUNCIL = "state_council"
    LOCAL = "local"
    RULE = "rule"


@dataclass(frozen=True)
class Citation:
    """One document, and the place in it as written (empty: none is named)."""

    title: str
    rank: Rank
    place: str = ""

    @property
    def carries(self) -> bool:
        """Whether it is enough for a matter: a State Council document by its number, the others with their article."""
        match self.rank:
            case Rank.LAW | Rank.REGULATION:
                return bool(self.place)
            case Rank.STATE_COUNCIL:
                return True
        return False


_TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》|〈[^〈〉]*〉)+)》")
_NUMERAL = r"[0-9０-９一二三四五六七八九十百千零〇两]+"
_PLACE = re.compile(rf"第{_NUMERAL}条(?:之{_NUMERAL})?(?:第{_NUMERAL}款)?(?:第?[（(]?{_NUMERAL}[)）]?项)?")
_ITEM = re.compile(rf"第?[（(]?{_NUMERAL}[)）]?项|附件{_NUMERAL}?")
# Documents of the State Council and its office by their number; a decree (国令) publishes a regulation.
_COUNCIL = re.compile(r"国(?:办)?(?:发|函)\s*[〔\[［(（【]\s*[0-9]{4}\s*[〕\]］)）】]\s*(?:第)?\s*[0-9]+\s*号")
_DECREE = re.compile(rf"(?:国务院|(?<![一-龥])国)令\s*(?:[〔\[(（][0-9]{{4}}[〕\])）]\s*)?(?:第)?\s*{_NUMERAL}\s*号")
_PRESIDENT = re.compile(rf"主席令\s*(?:第)?\s*{_NUMERAL}\s*号")
_LAW_SUFFIX = re.compile(r"(?<![办方做])法(?:修正案.*)?$")
_BY_CONGRESS = re.compile(r"^(?:中华人民共和国)?(?:全国人民代表大会|全国人大)")
# Not 国务院国有资产监督管理委员会 and the like, which are ministries.
_BY_COUNCIL = re.compile(r"^国务院(?:办公厅)?(?:关于|对|批转|转发|批准)")
_BRACKET = re.compile(r"(?:\s*[（(【](?:[^（()）《》【】]|[（(][^（()）《》]*[)）])*[)）】])+")
_VERSION = re.compile(r"[（(\[【][^（）()\[\]【】]*[)）\]】]$")
_AUTONOMOUS = re.compile(r"^[一-龥]{2,12}自治[区州县旗]")
# Regulations of the State Council that are not called 条例; each was read where the starting list cites it.
_REGULATIONS = frozenset({"国有资产评估管理办法"})


def citations(text: str) -> tuple[Citation, ...]:
    """Every document that a text cites, in its order."""
    titles = list(_TITLE.finditer(text))
    found = list(_by_number(text[: titles[0].start()] if titles else text))
    for place, match in enumerate(titles):
        end = titles[place + 1].start() if place + 1 < len(titles) else len(text)
        tail = text[match.end() : end]
        # Its own number stands in brackets right behind a title; what comes later names another document.
        bracket = _BRACKET.match(tail)
        number = bracket.group(0) if bracket else ""
        found.append(_titled(match.group(1), number, tail))
        found.extend(_by_number(tail[len(number) :]))
    return tuple(found)


def _titled(title: str, number: str, tail: str) -> Citation:
    rank = _rank(title, number)
    named = _PLACE.search(tail) or (_ITEM.search(tail) if rank is Rank.STATE_COUNCIL else None)
    return Citation(title, rank, named.group(0) if named else "")


def _by_number(text: str) -> Iterator[Citation]:
    """Documents that are cited by number alone."""
    for match in _COUNCIL.finditer(text):
        yield Citation(match.group(0), Rank.STATE_COUNCIL)
    for match in _DECREE.finditer(text):
        named = _PLACE.search(text, match.end()) or _ITEM.search(text, match.end())
        yield Citation(match.group(0), Rank.REGULATION, named.group(0) if named else "")


def _rank(title: str, behind: str) -> Rank:
    number = f"{title} {behind}"
    bare = _VERSION.sub("", title.strip()).strip()
    if _COUNCIL.search(number) or _BY_COUNCIL.match(bare):
        return Rank.STATE_COUNCIL
    if _DECREE.search(number) or bare in _REGULATIONS:
        return Rank.REGULATION
    if _PRESIDENT.search(number) or _LAW_SUFFIX.search(bare) or _BY_CONGRESS.match(bare):
        return Rank.LAW
    if is_local(bare):
        return Rank.LOCAL
    return Rank.REGULATION if re.search(r"条例(?:[（(].*)?$", bare) else Rank.RULE


def is_local(title: str) -> bool:
    """Whether a title begins with the name of a place: 《四川省…条例》, 《成都市…办法》."""
    bare = title.removeprefix("中国").lstrip("（(")
    return bare.startswith(_places()) or _AUTONOMOUS.match(bare) is not None


@cache
def _places() -> tuple[str, ...]:
    """Names of divisions in full, and provinces also in short (四川, 内蒙古)."""
    found = {region.name for region in catalogue.regions() if len(region.name) > 2}
    for region in catalogue.regions():
        if region.parent_code is None:
            found.add(re.sub(r"(省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)$", "", region.name))
    return tuple(sorted(found))


def best(found: tuple[Citation, ...]) -> Citation | None:
    """The citation that carries a matter, else the one of the highest rank."""
    order = list(Rank)
    return min(found, key=lambda item: (not item.carries, order.index(item.rank)), default=None)


# In remarks a law is often named without its marks: 文物保护法第四十五条.
_LOOSE = re.compile(
    rf"(?:[一-龥]{{1,20}}(?<![办方做])法|[一-龥]{{2,30}}条例)》?(?:[（(][^（）()]*[)）])?{_PLACE.pattern}"
)


def names_an_article(text: str) -> bool:
    """Whether a remark refers to an article of a law or regulation, with or without title marks."""
    return any(item.carries for item in citations(text)) or _LOOSE.search(text) is not None
