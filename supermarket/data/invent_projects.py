"""Invented purchases for the demo: what an invented owner may want, in believable words, money and time."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from supermarket.data import catalogue
from supermarket.data.facts import Commissioner, Matter
from supermarket.data.invent import Funding, InventedOwner, OwnerKind, invented_random, owners
from supermarket.data.invent_trades import OFFERS, POPULAR_MATTERS
from supermarket.data.invent_words import BUREAU_WORKS, COMPANY_WORKS, HOSPITAL_WORKS, SCHOOL_WORKS

_WORKS: dict[OwnerKind, tuple[str, ...]] = {
    "bureau": BUREAU_WORKS,
    "school": SCHOOL_WORKS,
    "hospital": HOSPITAL_WORKS,
    "company": COMPANY_WORKS,
}
# Matters of government investment, and matters that only an enterprise meets.
_PUBLIC_ONLY = {"ZJ001", "ZJ002", "ZJ004", "ZJ013", "ZJ014", "ZJ015"}
_COMPANY_ONLY = {"ZJ006", "ZJ090", "ZJ093", "ZJ094", "ZJ095", "ZJ104", "ZJ117", "ZJ132", "ZJ133"}
# Matters that concern a body and not a building project.
_OF_A_BODY = {
    "ZJ013": "办公设备及信息化服务",
    "ZJ031": "闲置房产处置",
    "ZJ032": "污水接管口",
    "ZJ069": "放射工作人员",
    "ZJ071": "年度排污许可",
    "ZJ095": "危险化学品储罐区",
    "ZJ105": "年度",
    "ZJ106": "集中空调及室内场所",
    "ZJ132": "增资",
    "ZJ133": "设备出资",
    "ZJ134": "年度",
    "ZJ135": "所属单位注销",
    "ZJ136": "固定资产处置",
}
_NOT_FOR_COMPANIES = {"ZJ135", "ZJ136"}
_HOSPITAL_ONLY = {"ZJ069", "ZJ102"}
# How matters begin that repeat the end of the project's name ("…改造工程" + "工程招标代理").
_REPEATED = ("固定资产投资项目", "建设项目", "建设工程", "工程")


@dataclass(frozen=True, slots=True)
class ProjectIdea:
    """A purchase: budget in fen (whole thousands of yuan), time in working days, deliverables by name."""

    name: str
    matter: str
    owner_uscc: str
    region_code: str
    funding: Funding
    budget_fen: int
    duration_days: int
    requirements: str
    deliverables: tuple[str, ...]
    contact_name: str
    contact_phone: str


def project_ideas(n: int, seed: int, buyers: Sequence[InventedOwner] | None = None) -> tuple[ProjectIdea, ...]:
    """The first ``n`` ideas for these owners, by default ``owners(24, seed)``; names do not repeat.

    Four in five are about matters that at least five of the first sixty invented agencies offer. Raises ValueError
    when no owner may buy what is drawn (a list of owners needs a bureau, a hospital and a company).
    """
    from_whom = tuple(buyers) if buyers is not None else owners(24, seed)
    found: list[ProjectIdea] = []
    names: set[str] = set()
    for index in range(n):
        idea = _idea(invented_random(seed, "project", index), from_whom, names)
        names.add(idea.name)
        found.append(idea)
    return tuple(found)


def may_buy(owner: InventedOwner, matter: Matter) -> bool:
    """Whether this purchase would be believable: an authority's matter for a bureau, a firm's for a firm."""
    if matter.commissioned_by is Commissioner.AUTHORITY:
        return owner.kind == "bureau"
    if matter.code in _HOSPITAL_ONLY:
        return owner.kind == "hospital"
    if owner.kind == "company":
        return matter.code not in _PUBLIC_ONLY | _NOT_FOR_COMPANIES
    return matter.code not in _COMPANY_ONLY


def _idea(rng: random.Random, buyers: tuple[InventedOwner, ...], taken: set[str]) -> ProjectIdea:
    codes = POPULAR_MATTERS if rng.random() < 0.8 else tuple(OFFERS)
    matter = catalogue.matter(rng.choice(codes))
    fitting = [owner for owner in buyers if may_buy(owner, matter)]
    if not fitting:
        raise ValueError(f"none of the owners may buy {matter.code}")
    owner = rng.choice(fitting)
    offer = OFFERS[matter.code]
    days = rng.randint(offer.days_low, offer.days_high)
    # The mean of two draws: most purchases lie in the middle of the range.
    yuan = (rng.uniform(offer.low, offer.high) + rng.uniform(offer.low, offer.high)) / 2
    return ProjectIdea(
        name=_name(rng, owner, matter, taken),
        matter=matter.code,
        owner_uscc=owner.uscc,
        region_code=owner.region_code,
        funding=owner.funding,
        budget_fen=round(yuan / 1_000) * 100_000,
        duration_days=days,
        requirements=_requirements(matter, days),
        deliverables=tuple(part for part in re.split("、", _plain(matter.result_document)) if part),
        contact_name=owner.contact.name,
        contact_phone=owner.contact.phone,
    )


def _name(rng: random.Random, owner: InventedOwner, matter: Matter, taken: set[str]) -> str:
    subject = _OF_A_BODY.get(matter.code) or rng.choice(_WORKS[owner.kind])
    service = _plain(matter.name)
    if subject.endswith(("项目", "工程", "一期")):
        head = next((head for head in _REPEATED if service.startswith(head)), "")
        service = service.removeprefix(head)
    if subject.endswith("项目"):
        service = service.removeprefix("项目")
    stem = f"{owner.place}{subject}{service}"
    name, lot = stem, 1
    while name in taken:
        lot += 1
        name = f"{stem}（第{lot}批）"
    return name


def _requirements(matter: Matter, days: int) -> str:
    law = matter.legal_basis.split(";")[0].strip()
    points = (
        f"依据{law}等规定开展工作，成果满足“{matter.approval_item}”的要求。",
        f"合同生效后{days}个工作日内提交{_plain(matter.result_document)}纸质版三份和电子版一份。",
        "承担人员须为本机构在册人员，项目负责人不得中途更换。",
        "成果经审查需要修改的，按审查意见修改至通过，不另收费。",
    )
    return "\n".join(f"{place}. {point}" for place, point in enumerate(points, 1))


def _plain(text: str) -> str:
    """A name without what stands in brackets."""
    return re.sub(r"[(（][^()（）]*[)）]", "", text)
