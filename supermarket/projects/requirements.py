"""Refuses what an owner may not demand beyond the matter's own requirements (selection spec §2, "Any money").

By code, by words in free text (Chinese and English), and by trees that ask more than the matter. The laws named are
《优化营商环境条例》(国务院令第722号), 《政府采购法实施条例》(国务院令第658号) and 《政府采购促进中小企业发展管理办法》
(财库〔2020〕46号). A clause that says that something is not demanded is not refused.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from supermarket.core.msgids import N_, Sentence
from supermarket.data.requirements import KindNeeded, Requirement
from supermarket.matters.requirement_tree import Kinds


class Barred(StrEnum):
    """What must not be demanded."""

    REGISTERED_CAPITAL = "registered_capital"
    FINANCIAL_SIZE = "financial_size"
    STAFF_SIZE = "staff_size"
    YEARS_IN_BUSINESS = "years_in_business"
    OWNERSHIP = "ownership"
    LOCAL_SEAT = "local_seat"
    LOCAL_BRANCH = "local_branch"
    LOCAL_TAX = "local_tax"
    LOCAL_INSURANCE = "local_insurance"
    LOCAL_RECORD = "local_record"
    PAST_AWARD = "past_award"
    SHORTLIST = "shortlist"
    NAMED_AGENCY = "named_agency"
    HONOURS = "honours"
    BEYOND_MATTER = "beyond_matter"


_EQUAL = "《优化营商环境条例》第十三条"
_SIZE = "《政府采购促进中小企业发展管理办法》第五条"
_UNREASONABLE = "《政府采购法实施条例》第二十条"
_FREE_CHOICE = "《优化营商环境条例》第四十三条"

_SENTENCES: Mapping[Barred, tuple[str, str]] = MappingProxyType(
    {
        Barred.REGISTERED_CAPITAL: (N_("Registered capital must not be demanded (%(basis)s)."), _SIZE),
        Barred.FINANCIAL_SIZE: (N_("Turnover, assets, profit or taxes paid must not be demanded (%(basis)s)."), _SIZE),
        Barred.STAFF_SIZE: (
            N_("A number of employees must not be demanded; name the licensed people that are needed (%(basis)s)."),
            _SIZE,
        ),
        Barred.YEARS_IN_BUSINESS: (N_("Years in business must not be demanded (%(basis)s)."), _SIZE),
        Barred.OWNERSHIP: (N_("A form of ownership or company must not be demanded (%(basis)s)."), _UNREASONABLE),
        Barred.LOCAL_SEAT: (N_("A seat or registration in a certain place must not be demanded (%(basis)s)."), _EQUAL),
        Barred.LOCAL_BRANCH: (N_("A local branch or office must not be demanded (%(basis)s)."), _EQUAL),
        Barred.LOCAL_TAX: (N_("Paying taxes in a certain place must not be demanded (%(basis)s)."), _EQUAL),
        Barred.LOCAL_INSURANCE: (N_("Social insurance in a certain place must not be demanded (%(basis)s)."), _EQUAL),
        Barred.LOCAL_RECORD: (
            N_("Experience or awards from a certain place or trade must not be demanded (%(basis)s)."),
            _UNREASONABLE,
        ),
        Barred.PAST_AWARD: (N_("Earlier work for this owner must not be demanded (%(basis)s)."), _UNREASONABLE),
        Barred.SHORTLIST: (
            N_("Being on a list or in a pool of the owner's or of a place must not be demanded (%(basis)s)."),
            _EQUAL,
        ),
        Barred.NAMED_AGENCY: (N_("A certain agency must not be named or hinted at (%(basis)s)."), _FREE_CHOICE),
        Barred.HONOURS: (N_("Titles and honours must not be demanded (%(basis)s)."), _UNREASONABLE),
        Barred.BEYOND_MATTER: (
            N_("The matter does not demand %(what)s; a project cannot ask for more than its matter."),
            "",
        ),
    }
)

# Texts are NFKC when they are searched, so the full-width comma and semicolon are ASCII here.
_GAP = r"[^,.;。\n]"
_PLACE = r"(?:本地|当地|本省|本市|本州|本县|本区|省内|市内|县内|区内|州内|辖区内?|境内|属地|所在地)"
_OWNER = r"(?:采购人|本单位|我单位|我局|我委|我厅|本局|业主|甲方|委托人|建设单位)"
_AGENCY = r"(?:企业|公司|机构|单位|中介)"
_NUMBER = r"[0-9一二三四五六七八九十两百]+"
_ATLEAST = rf"(?:不低于|不少于|不得低于|不得少于|不小于|达到|超过|大于|高于|[≥>]|{_NUMBER}(?:\.[0-9]+)?[万亿千])"
_DEMAND = r"(?<![不无没])(?:要求|必须|须|需|应|具有|具备|拥有)"
_FIGURES = r"(?:营业收入|营业额|年产值|资产总额|总资产|净资产|净利润|利润总额|纳税额|年纳税)"
_CAPITAL = r"(?:注册资[本金]|实缴资本|实收资本|认缴资本)"
_OFFICE = r"(?:分公司|分支机构|分所|子公司|办事处|办公场所|服务机构|服务网点|固定场所)"
_HERE = r"(?:locally|in (?:this|the|our) (?:city|county|district|province|region|town))"
_US = r"(?:us\b|this owner|the (?:owner|purchaser|client)|our (?:office|bureau|unit))"

_WORDS: Sequence[tuple[Barred, str]] = (
    (Barred.REGISTERED_CAPITAL, rf"{_CAPITAL}{_GAP}{{0,8}}?(?:{_ATLEAST}|要求|雄厚)|{_DEMAND}{_GAP}{{0,8}}?{_CAPITAL}"),
    (Barred.REGISTERED_CAPITAL, r"(?:registered|paid[- ]?(?:in|up)|share) capital"),
    (Barred.FINANCIAL_SIZE, rf"{_FIGURES}{_GAP}{{0,8}}?{_ATLEAST}"),
    (Barred.FINANCIAL_SIZE, r"annual (?:turnover|revenue)|(?:turnover|revenue|assets|net profit) (?:of|over|above)"),
    (Barred.STAFF_SIZE, rf"(?:从业人员|员工|职工|在职人员){_GAP}{{0,6}}?(?:{_ATLEAST}|{_NUMBER}人)"),
    (Barred.STAFF_SIZE, r"(?:at least|more than|minimum(?: of)?|no fewer than) \d+ (?:employees|staff)"),
    (Barred.STAFF_SIZE, r"number of employees"),
    (Barred.YEARS_IN_BUSINESS, rf"(?:成立|经营|设立|开业){_GAP}{{0,6}}?{_NUMBER}年(?:以上)?|(?:经营|成立)年限"),
    (Barred.YEARS_IN_BUSINESS, r"years (?:in business|of operation)"),
    (Barred.YEARS_IN_BUSINESS, r"(?:established|operating) (?:for )?(?:at least|more than)"),
    (Barred.OWNERSHIP, r"国有(?:企业|独资|控股|全资)|国企|央企|(?:非|不接受|不允许)民营"),
    (Barred.OWNERSHIP, r"state[- ]owned|no private (?:compan(?:y|ies)|enterprises?)"),
    (Barred.LOCAL_BRANCH, rf"{_PLACE}{_GAP}{{0,10}}?{_OFFICE}|{_OFFICE}{_GAP}{{0,6}}?{_PLACE}"),
    (Barred.LOCAL_BRANCH, rf"local (?:branch|office|subsidiary)|(?:branch|office|subsidiary) {_HERE}"),
    (Barred.LOCAL_TAX, rf"{_PLACE}{_GAP}{{0,8}}?(?:纳税|缴税|税务登记|缴纳税款)"),
    (Barred.LOCAL_TAX, rf"(?:纳税|税务登记){_GAP}{{0,4}}?{_PLACE}"),
    (Barred.LOCAL_TAX, rf"local tax(?:payers?|es|ation)?\b|tax(?:es|payers?)?\b[^.;,]{{0,20}} {_HERE}"),
    (Barred.LOCAL_INSURANCE, rf"{_PLACE}{_GAP}{{0,8}}?(?:社保|社会保险)"),
    (Barred.LOCAL_INSURANCE, rf"(?:社保|社会保险){_GAP}{{0,4}}?{_PLACE}"),
    (Barred.LOCAL_INSURANCE, r"local social (?:insurance|security)"),
    (Barred.LOCAL_INSURANCE, rf"social (?:insurance|security)[^.;,]{{0,15}} {_HERE}"),
    (Barred.LOCAL_RECORD, rf"{_PLACE}{_GAP}{{0,8}}?(?:业绩|同类项目经验|获奖|奖项|项目经验)"),
    (Barred.LOCAL_RECORD, rf"local (?:experience|track record|awards?)|(?:experience|awards?|projects) {_HERE}"),
    (Barred.LOCAL_SEAT, rf"(?:注册地|住所|工商注册|工商登记|登记地){_GAP}{{0,6}}?{_PLACE}|{_PLACE}注册"),
    (Barred.LOCAL_SEAT, rf"(?:须|应|必须|只|仅|限){_GAP}{{0,6}}?{_PLACE}{_GAP}{{0,4}}?{_AGENCY}"),
    (Barred.LOCAL_SEAT, rf"{_PLACE}的?{_AGENCY}{_GAP}{{0,6}}?(?:优先|方可|才能|报名|参加|投标)"),
    (Barred.LOCAL_SEAT, r"local (?:companies|company|agency|agencies|firms?|bidders?)"),
    (Barred.LOCAL_SEAT, rf"(?:registered|based|domiciled) {_HERE}"),
    (Barred.PAST_AWARD, rf"(?:曾经?|以往|既往|近{_NUMBER}年[内来]?){_GAP}{{0,8}}?{_OWNER}"),
    (Barred.PAST_AWARD, rf"(?:承担|承接|完成|服务|实施|合作|中选|中标)过{_GAP}{{0,8}}?{_OWNER}"),
    (Barred.PAST_AWARD, rf"{_OWNER}{_GAP}{{0,8}}?(?:合作经[历验]|历史合作|长期合作|合作过|服务过|业绩|服务经[历验])"),
    (
        Barred.PAST_AWARD,
        rf"(?:worked|contracts?|projects?|awards?|cooperat\w+|experience)[^.;,]{{0,20}} (?:for|from|with|by) {_US}",
    ),
    (Barred.SHORTLIST, r"入围|备选库|名录库|供应商库|预选库|短名单|定点单位|协议库"),
    (Barred.SHORTLIST, r"short[- ]?listed|(?:approved|preferred|framework) (?:suppliers?|vendors?|agenc(?:y|ies))"),
    (
        Barred.NAMED_AGENCY,
        rf"(?:指定由|限定由|只能由)(?!{_GAP}{{0,6}}(?:具有|具备|取得)){_GAP}{{0,20}}?(?:公司|事务所|研究院|设计院)",
    ),
    (Barred.NAMED_AGENCY, r"designated (?:agency|company|institute|firm)"),
    (Barred.HONOURS, r"重合同守信用|守合同重信用|驰名商标|著名商标|纳税大户|龙头企业|百强|优秀企业"),
    (Barred.HONOURS, r"(?:well-known|famous) (?:trademark|brand)|honou?rary titles?"),
)  # fmt: skip
_PATTERNS = tuple((code, re.compile(words, re.IGNORECASE)) for code, words in _WORDS)

# "不得低于" and "no less than" demand; only words that lift a demand within the same clause count as lifting it.
_LIFTED_BEFORE = re.compile(
    rf"(?:不要求|不作要求|无需|无须|不需要?|不设|不限(?!于)|不以|不得(?:以|要求|设置|设定|限定|将)|没有要求|不再要求"
    rf"|\bnot (?:require|demand|need|ask)\w*|\bno (?:requirement|need|demand)s?\b|\b(?:regardless|irrespective) of\b)"
    rf"{_GAP}*\Z|\bno \Z",
    re.IGNORECASE,
)
_LIFTED_AFTER = re.compile(
    rf"^{_GAP}{{0,12}}?(?:不限(?!于)|不作要求|不做要求|无要求|(?:is|are) not (?:required|demanded|needed))",
    re.IGNORECASE,
)
# People hide words from such checkers by spacing and dots; a sentence's own stops and line ends are kept.
_BETWEEN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[^\S\n]*[·•*_\- \t]+(?=[\u4e00-\u9fff])")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One demand that is refused: its code, why, and the words that were found (empty if it came as a code)."""

    code: Barred
    sentence: Sentence
    found: str = ""


def _refusal(code: Barred, found: str = "") -> Refusal:
    msgid, basis = _SENTENCES[code]
    return Refusal(code, Sentence(msgid, {"basis": basis}), found)


def _plain(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text)
    return re.sub(r"[ \t]+", " ", _BETWEEN_CHINESE.sub("", normal))


def _lifted(text: str, match: re.Match[str]) -> bool:
    # A clause is short: looking back over more than it would make a long text slow.
    before = text[max(0, match.start() - 60) : match.start()]
    after = text[match.end() : match.end() + 40]
    return _LIFTED_BEFORE.search(before) is not None or _LIFTED_AFTER.search(after) is not None


def refused_words(text: str) -> tuple[Refusal, ...]:
    """What a free text demands that must not be demanded, one refusal a code, in the order of the text."""
    plain = _plain(text)
    found: dict[Barred, tuple[int, str]] = {}
    for code, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            if _lifted(plain, match):
                continue
            if code not in found or match.start() < found[code][0]:
                found[code] = (match.start(), match.group().strip())
    ordered = sorted(found.items(), key=lambda item: (item[1][0], item[0].value))
    return tuple(_refusal(code, words) for code, (_, words) in ordered)


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
    msgid, _ = _SENTENCES[Barred.BEYOND_MATTER]
    refusals = []
    for needed in asked.leaves() if asked is not None else ():
        if any(_allows(each, needed, kinds) for each in allowed):
            continue
        kind = kinds.get(needed.kind)
        words = [needed.kind if kind is None else kind.name, needed.speciality or "", needed.level or ""]
        what = " ".join(word for word in words if word)
        refusals.append(Refusal(Barred.BEYOND_MATTER, Sentence(msgid, {"what": what}), what))
    return tuple(refusals)


def check_requirements(
    text: str,
    codes: Iterable[Barred] = (),
    asked: Requirement | None = None,
    own: Requirement | None = None,
    kinds: Kinds = MappingProxyType({}),
) -> tuple[Refusal, ...]:
    """Everything that must not be demanded, all at once (一次性告知); empty if the project may be published."""
    by_code = refused_codes(codes)
    known = {each.code for each in by_code}
    by_words = (each for each in refused_words(text) if each.code not in known)
    return (*by_code, *by_words, *refused_leaves(asked, own, kinds))
