"""Whether a registered scope of business (经营范围) covers a service: a conservative rule, explained in docs/registries.md.

1. Words of the service: the matter's name and the kinds of agency that do it (“测绘单位” → 测绘), and for each the
   phrases by which registers word it (supermarket/data/scope_words.csv). A row of the matter's own narrows: then of its
   kind of agency only the bare general item counts (“检验检测服务” covers 水质检测; “特种设备检验检测” does not).
2. COVERED, if an item of the scope is such a phrase and nothing but a verb, a neutral word or “服务” beside it, outside
   of brackets, in a sentence that excludes nothing, and in no list that sells, makes or develops things.
3. NOT_COVERED, if no item has anything in common with the words and none is so general that it might mean anything.
4. UNCLEAR is all the rest: a human looks. It never passes.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from supermarket.data import catalogue

_BRACKETS = re.compile(r"\([^()]*\)")
_LAST = re.compile(r"(机构|单位|企业|事务所|组织|公司|中心|团体)$")
_ACTIVITY = re.compile(
    r"测绘|测量|设计|勘察|勘查|勘探|监理|咨询|代理|评估|评价|检测|监测|鉴定|论证|审查|评审|检定|检验|审计|验资|估价|调查|规划|编制"
)
_EXCLUDES = re.compile(r"不含|不包括|不得|禁止|不从事|不能|未经|尚未|限制|取消|除.{0,40}外|以外")
# Who sells, makes or develops things for a trade does not practise it.
_THINGS = re.compile(
    r"销售|批发|零售|购销|经销|租赁|出租|制造|加工|进出口|维修|安装|研发|(?<!可行性)研究|软件|系统|仪器|器材|培训|教育|劳务|招聘|广告|出版|推广|转让"
    r"|平台|管理咨询|信息咨询|(?<!安全)生产(?!建设|许可)|开发(?!建设)|(?<!涉路)施工(?!图|监理|起重|阶段)|(?<!特种)设备(?!检|质量检|监理)"
)
_VERBS = r"(?:可以|可)?(?:从事|提供|承接|承担|承办|开展|经营|办理|主营|兼营)?"
_NEUTRAL = r"(?:各类|各种|有关|相关|专业|建设工程|建设项目|工程建设|建设|国内|综合|第三方|全过程|甲级|乙级|丙级|的)*"
_TAIL = r"(?:的)?(?:技术|专业)?(?:服务|业务|活动)?(?:及(?:其)?(?:相关)?(?:的)?咨询(?:服务|业务)?)?(?:甲级|乙级|丙级)?"
_BARE_TAIL = r"(?:技术)?(?:服务|业务|活动)?(?:甲级|乙级|丙级)?"
_GENERAL = re.compile(
    r"^(?:其他|其它)|技术服务|技术咨询|咨询服务|专业技术|^咨询$|^服务$|相关业务|相关服务|业务范围|法律.{0,4}法规|自主选择"
)
# Too common in scopes to say that two texts are about one thing.
_COMMON = re.compile(
    r"建设|工程|项目|服务|技术|业务|活动|专业|单位|机构|企业|公司|相关|有关|管理|文件|方案|报告|材料|城市|国有|建筑|生产|安全|设施|用地"
)


class Coverage(Enum):
    """What a scope says about a service."""

    COVERED = "covered"
    UNCLEAR = "unclear"
    NOT_COVERED = "not_covered"


def coverage(scope: str, name: str, agency_type: str) -> Coverage:
    """Whether the scope covers the service of a matter with this name, done by this kind of agency."""
    narrow, general = _patterns(name, agency_type)
    related = _related(name, agency_type)
    found = Coverage.NOT_COVERED
    for item, usable in _items(scope):
        if usable and (any(one.fullmatch(item) for one in narrow) or any(one.fullmatch(item) for one in general)):
            return Coverage.COVERED
        if _GENERAL.search(item) or any(pair in item for pair in related):
            found = Coverage.UNCLEAR
    return found


def _clean(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _outside_brackets(text: str) -> str:
    before = None
    while before != text:
        before, text = text, _BRACKETS.sub("", text)
    # What follows a bracket that never closes cannot be read.
    return re.split(r"[()]", text, maxsplit=1)[0]


def _items(scope: str) -> Iterator[tuple[str, bool]]:
    """The items of a scope, each with whether it may count: lists joined by 、 stand or fall together."""
    for sentence in re.split(r"[。\n]", _outside_brackets(_clean(scope))):
        excludes = _EXCLUDES.search(sentence) is not None
        for part in re.split(r"[;,:.!]", sentence):
            # A whole item that is the phrase is nothing else; a piece of a list shares what the list ends in.
            yield part, not excludes
            if "、" in part:
                usable = not excludes and _THINGS.search(part) is None
                yield from ((piece, usable) for piece in part.split("、") if piece)


def _kinds(agency_type: str) -> tuple[str, ...]:
    """“会计师事务所/造价咨询企业” → 会计师, 造价咨询."""
    text = re.sub(r"[()]", "/", _clean(agency_type))
    parts = [_LAST.sub("", part.removeprefix("含")) for part in re.split(r"[/、,;或]", text)]
    return tuple(part for part in parts if len(part) >= 2)


def _plain_name(name: str) -> str:
    return _outside_brackets(_clean(name))


@lru_cache(maxsize=1024)
def _patterns(name: str, agency_type: str) -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    """Patterns of the phrases that cover the service, and of the general items of its kinds of agency."""
    words, own = catalogue.scope_words(), _plain_name(name)
    phrases = [own] if len(own) >= 4 else []
    narrowed = words.get(own, ())
    phrases += narrowed
    kinds = _kinds(agency_type)
    if not narrowed:
        for kind in kinds:
            phrases += words.get(kind, ())
    general = [kind for kind in kinds if kind in words or _ACTIVITY.search(kind)]
    return (
        tuple(_pattern(phrase, _TAIL) for phrase in dict.fromkeys(phrases)),
        tuple(_pattern(kind, _BARE_TAIL) for kind in dict.fromkeys(general)),
    )


def _pattern(phrase: str, tail: str) -> re.Pattern[str]:
    return re.compile(_VERBS + _NEUTRAL + re.escape(_clean(phrase)) + tail)


@lru_cache(maxsize=1024)
def _related(name: str, agency_type: str) -> frozenset[str]:
    """Pairs of letters of the service's words, without what is common everywhere."""
    words = catalogue.scope_words()
    texts = [_plain_name(name), *_kinds(agency_type)]
    texts += [phrase for text in list(texts) for phrase in words.get(text, ())]
    pieces = [piece for text in texts for piece in re.split(r"[^\w]", _COMMON.sub("/", text))]
    return frozenset(piece[at : at + 2] for piece in pieces for at in range(len(piece) - 1))
