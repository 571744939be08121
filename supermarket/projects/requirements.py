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

_PLACE = r"(?:本地|当地|本省|本市|本州|本县|本区|省内|市内|县内|区内|州内|辖区内?|境内|属地|所在地)"
_OWNER = r"(?:采购人|本单位|我单位|我局|我委|我厅|本局|业主|甲方|委托人|建设单位|项目业主)"
_HERE = r"(?:local(?:ly)?|in (?:this|the|our) (?:city|county|district|province|region|town))"

_CHINESE: Sequence[tuple[Barred, str]] = (
    (Barred.REGISTERED_CAPITAL, r"注册资[本金]|注册资本金|实缴资本|实收资本|认缴资本"),
    (Barred.FINANCIAL_SIZE, r"营业收入|营业额|年产值|资产总额|总资产|净资产|净利润|利润总额|纳税额|年纳税|资产负债率"),
    (Barred.STAFF_SIZE, r"从业人员(?:人?数|不少于|不低于|达到)|(?:员工|职工|在职人员|公司人员)(?:人?数|总数|不少于|不低于|达到|[0-9]+人)"),
    (Barred.YEARS_IN_BUSINESS, r"(?:成立|经营|注册|设立|开业|执业)(?:时间|年限|期限)?(?:已?满|不少于|不低于|超过|达到?|须)[0-9一二三四五六七八九十两]+年|经营年限|成立年限"),
    (Barred.OWNERSHIP, r"国有(?:企业|独资|控股|全资)|国企|央企|(?:非|不接受|限)民营|股份制企业|事业单位性质"),
    (Barred.LOCAL_BRANCH, _PLACE + r"[^,.;，。；]{0,10}?(?:分公司|分支机构|分所|子公司|办事处|办公场所|服务机构|服务网点|固定场所)|(?:分公司|分支机构|办事处)[^,.;，。；]{0,6}?" + _PLACE),
    (Barred.LOCAL_TAX, _PLACE + r"[^,.;，。；]{0,8}?(?:纳税|缴税|税务登记|缴纳税款|税收)|(?:纳税|税务登记)[^,.;，。；]{0,4}?" + _PLACE),
    (Barred.LOCAL_INSURANCE, _PLACE + r"[^,.;，。；]{0,8}?(?:社保|社会保险)|(?:社保|社会保险)[^,.;，。；]{0,4}?" + _PLACE),
    (Barred.LOCAL_RECORD, _PLACE + r"[^,.;，。；]{0,8}?(?:业绩|同类项目经验|获奖|奖项|项目经验)"),
    (Barred.LOCAL_SEAT, r"(?:注册地|住所|工商注册|工商登记|登记地)[^,.;，。；]{0,6}?" + _PLACE + "|" + _PLACE + r"(?:注册|登记)?的?(?:企业|公司|机构|单位|中介)|仅限" + _PLACE),
    (Barred.PAST_AWARD, r"(?:曾|有过?|具有|承担过?|为|与)[^,.;，。；]{0,8}?" + _OWNER + r"[^,.;，。；]{0,12}?(?:合作|服务过|业绩|承接|经验|中选|中标|合同|项目)|" + _OWNER + r"[^,.;，。；]{0,8}?(?:合作经[历验]|历史合作|长期合作)"),
    (Barred.SHORTLIST, r"(?:入围|备选库|名录库|供应商库|预选库|短名单|定点单位|协议库)"),
    (Barred.NAMED_AGENCY, r"(?:指定|限定|特定)(?:由|为)?[^,.;，。；]{0,12}?(?:公司|事务所|院|机构|中心)"),
    (Barred.HONOURS, r"(?:重合同守信用|守合同重信用|驰名商标|著名商标|纳税大户|龙头企业|百强|先进单位|优秀企业|高新技术企业)"),
)  # fmt: skip
_ENGLISH: Sequence[tuple[Barred, str]] = (
    (Barred.REGISTERED_CAPITAL, r"(?:registered|paid[- ]?(?:in|up)|share) capital"),
    (Barred.FINANCIAL_SIZE, r"(?:annual )?(?:turnover|revenue)|total assets|net assets|net profit|tax(?:es)? paid"),
    (Barred.STAFF_SIZE, r"(?:at least|more than|minimum(?: of)?|no fewer than) \d+ (?:employees|staff)|number of employees"),
    (Barred.YEARS_IN_BUSINESS, r"years (?:in business|of operation)|(?:established|founded|operating) (?:for )?(?:at least|more than)"),
    (Barred.OWNERSHIP, r"state[- ]owned|no private (?:compan(?:y|ies)|enterprises?)"),
    (Barred.LOCAL_BRANCH, r"local (?:branch|office|subsidiary)|(?:branch|office|subsidiary) " + _HERE),
    (Barred.LOCAL_TAX, r"(?:local tax(?:payer|es|ation)?\b|tax(?:es|payer)?[^.;,]{0,20} " + _HERE + ")"),
    (Barred.LOCAL_INSURANCE, r"local social (?:insurance|security)|social (?:insurance|security)[^.;,]{0,15} " + _HERE),
    (Barred.LOCAL_RECORD, r"local (?:experience|track record|awards?)|(?:experience|awards?|projects) " + _HERE),
    (Barred.LOCAL_SEAT, r"local (?:compan(?:y|ies)|agenc(?:y|ies)|firms?|bidders?)|(?:registered|based|seated|domiciled) " + _HERE),
    (Barred.PAST_AWARD, r"(?:worked|work|contracts?|projects?|awards?|cooperat\w+|experience)[^.;,]{0,20} (?:for|from|with|by) (?:us\b|this owner|the (?:owner|purchaser|client)|our (?:office|bureau|unit))"),
    (Barred.SHORTLIST, r"short[- ]?list(?:ed)?|(?:approved|preferred|framework) (?:suppliers?|vendors?|agenc(?:y|ies))"),
    (Barred.NAMED_AGENCY, r"(?:designated|preferred|appointed) (?:agency|company|institute|firm)"),
    (Barred.HONOURS, r"(?:well-known|famous) (?:trademark|brand)|honou?rary titles?|top (?:100|hundred)"),
)  # fmt: skip
_PATTERNS = tuple((code, re.compile(text, re.IGNORECASE)) for code, text in (*_CHINESE, *_ENGLISH))

_NOT_DEMANDED = re.compile(
    r"(?:不要求|不作要求|无需|无须|不需|不设|不得|不限|不以|没有要求|不再要求|禁止|免除"
    r"|\bno\b|\bnot\b|\bwithout\b|\bregardless of\b|\birrespective of\b)[^,.;，。；\n]*$",
    re.IGNORECASE,
)
_NOT_DEMANDED_AFTER = re.compile(
    r"^[^,.;，。；\n]{0,12}?(?:不限|不作要求|不做要求|无要求|(?:is|are) not (?:required|demanded|needed))",
    re.IGNORECASE,
)
# People hide words from such checkers by spacing and dots; a sentence's own stops are kept.
_BETWEEN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[\s·•*_\-]+(?=[\u4e00-\u9fff])")


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


def refused_words(text: str) -> tuple[Refusal, ...]:
    """What a free text demands that must not be demanded, one refusal a code, in the order of the text."""
    plain = _plain(text)
    found: dict[Barred, tuple[int, str]] = {}
    for code, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            before, after = plain[: match.start()], plain[match.end() :]
            if _NOT_DEMANDED.search(before) or _NOT_DEMANDED_AFTER.search(after):
                continue
            if code not in found or match.start() < found[code][0]:
                found[code] = (match.start(), match.group().strip())
    ordered = sorted(found.items(), key=lambda item: (item[1][0], item[0].value))
    return tuple(_refusal(code, words) for code, (_, words) in ordered)


def refused_codes(codes: Iterable[Barred]) -> tuple[Refusal, ...]:
    """What was demanded by code; every code of this list is refused."""
    return tuple(_refusal(code) for code in dict.fromkeys(codes))


def _allows(own: KindNeeded, asked: KindNeeded, kinds: Kinds) -> bool:
    """Whether the matter's own leaf already demands what is asked. A speciality may be chosen where it leaves it open."""
    if own.kind != asked.kind or (own.speciality is not None and own.speciality != asked.speciality):
        return False
    kind = kinds.get(asked.kind)
    if asked.level is None or kind is None:
        return kind is not None
    return own.level is not None and kind.covers(own.level, asked.level)


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
