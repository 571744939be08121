"""Who may be in the pool, and what the money allows: each rule both ways."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.credit.points import CreditLevel
from supermarket.data import catalogue
from supermarket.data.facts import QualificationKind
from supermarket.matters.requirement_tree import HeldQualification, all_of, any_of, leaf
from supermarket.projects.eligibility import RULES, check_all, eligible
from supermarket.projects.eligibility_facts import (
    BarringEntry,
    Demand,
    EarlierWork,
    EligibilityFacts,
    Finding,
    HeldLicence,
    Licences,
    Moment,
    NamedPractitioner,
)
from supermarket.projects.links import (
    Link,
    LinkedGroup,
    LinkKind,
    Links,
    linked_groups,
    links_between,
)
from supermarket.projects.money_rules import (
    DirectAward,
    Ground,
    ProcurementLimit,
    Purchase,
    direct_is_allowed,
    is_within_limits,
    repeat_alert,
    splitting_alert,
)

KINDS: Mapping[str, QualificationKind] = {kind.code: kind for kind in catalogue.qualification_kinds()}
ON = date(2026, 6, 1)
ME, OTHER, THIRD = "91510100MAX0000000", "91510100MAX0000001", "91510100MAX0000002"
SURVEYING = HeldQualification("Q021", "工程测量", "甲级", date(2027, 1, 1))
LATER = date(2027, 1, 1)
PERSON = NamedPractitioner("p1", (HeldLicence("Q064", LATER),), ME, load=2, most_load=3)
DEMAND = Demand(
    "ZJ039",
    leaf("Q021", "工程测量", "乙级"),
    star_floor=3,
    credit_floor=CreditLevel.B,
    practitioners_needed=1,
    licences=(Licences("Q064", frozenset({"Q064"}), 1),),
)
FACTS = EligibilityFacts(
    Moment.FREEZE,
    ON,
    DEMAND,
    KINDS,
    ME,
    "active",
    frozenset({"ZJ039"}),
    (SURVEYING,),
    stars=4,
    credit=CreditLevel.A,
    links=Links(ME, "head-1"),
    pool=(Links(ME, "head-1"), Links(OTHER, "head-2")),
    practitioners=(PERSON,),
)


def failing(facts: EligibilityFacts) -> dict[str, str]:
    return {finding.code: finding.sentence.text() for finding in check_all(facts) if not finding.ok}


def asking(demand: Demand) -> EligibilityFacts:
    return replace(FACTS, demand=demand)


def test_everything_in_order() -> None:
    findings = check_all(FACTS)
    assert eligible(findings)
    assert len(findings) == len(RULES) == 16
    assert len({finding.code for finding in findings}) == 16
    assert not any(finding.warning for finding in findings)


def test_no_findings_are_no_permission() -> None:
    assert not eligible([])


@pytest.mark.parametrize("standing", ["applied", "rectifying", "frozen", "blacklisted", "expelled", "left", ""])
def test_standing(standing: str) -> None:
    assert list(failing(replace(FACTS, standing=standing))) == ["standing"]


def test_a_freeze_of_enrolment_ends_on_its_day() -> None:
    frozen = replace(FACTS, frozen_until=date(2026, 6, 2))
    assert failing(frozen) == {"enrolment_frozen": "The agency's enrolment is frozen until 2026-06-02."}
    assert failing(replace(FACTS, frozen_until=ON)) == {}


def test_credit_d_cannot_enrol_before_its_freeze_was_served() -> None:
    worst = replace(FACTS, credit=CreditLevel.D, demand=replace(DEMAND, credit_floor=None))
    assert list(failing(worst)) == ["enrolment_frozen"]
    assert failing(replace(worst, frozen_until=ON)) == {}


def test_offers_the_matter() -> None:
    assert list(failing(replace(FACTS, services=frozenset({"ZJ040"})))) == ["offers_matter"]


def test_none_on_file_means_not_qualified() -> None:
    assert failing(replace(FACTS, held=())) == {
        "qualifications": "Demanded qualifications are missing: 测绘资质. None on file means not qualified."
    }


def test_an_expired_certificate_is_named_as_such() -> None:
    expired = replace(FACTS, held=(replace(SURVEYING, valid_until=date(2026, 5, 31)),))
    assert failing(expired) == {"qualifications_valid": "Certificates that are needed have run out: 测绘资质."}
    assert failing(replace(FACTS, held=(replace(SURVEYING, valid_until=ON),))) == {}


def test_expired_and_missing_are_both_named() -> None:
    expired = replace(SURVEYING, valid_until=date(2026, 5, 31))
    both = replace(asking(replace(DEMAND, tree=all_of(leaf("Q021"), leaf("Q009")))), held=(expired,))
    assert list(failing(both)) == ["qualifications", "qualifications_valid"]
    either = replace(asking(replace(DEMAND, tree=any_of(leaf("Q021"), leaf("Q009")))), held=(expired,))
    assert list(failing(either)) == ["qualifications_valid"]


def test_nothing_demanded_needs_nothing() -> None:
    assert failing(replace(asking(replace(DEMAND, tree=None)), held=())) == {}


@pytest.mark.parametrize(("stars", "floor", "ok"), [(3, 4, False), (4, 4, True), (None, 3, True), (None, 4, False)])
def test_stars(stars: int | None, floor: int, ok: bool) -> None:
    found = failing(replace(asking(replace(DEMAND, star_floor=floor)), stars=stars))
    assert list(found) == ([] if ok else ["stars"])
    if stars is None and not ok:
        assert found["stars"].endswith("without stars yet an agency counts as 3 stars.")


def test_credit_floor() -> None:
    assert failing(replace(FACTS, credit=CreditLevel.C)) == {
        "credit": "The project asks for credit level B or better; the agency has C."
    }
    assert failing(replace(FACTS, credit=CreditLevel.B)) == {}


@pytest.mark.parametrize(
    ("level", "direct", "fiscal", "ok"),
    [
        (CreditLevel.C, True, True, False),
        (CreditLevel.C, True, False, True),
        (CreditLevel.C, False, True, True),
        (CreditLevel.B, True, True, True),
    ],
)
def test_direct_by_credit(level: CreditLevel, direct: bool, fiscal: bool, ok: bool) -> None:
    demand = replace(DEMAND, credit_floor=None, direct=direct, fiscal=fiscal)
    assert list(failing(replace(asking(demand), credit=level))) == ([] if ok else ["credit_direct"])


def test_barring_lists() -> None:
    entry = BarringEntry("川市监罚〔2026〕1号", "四川省市场监督管理局", date(2026, 1, 1), None)
    assert failing(replace(FACTS, lists=(entry,))) == {
        "barring_list": "The agency is on a list of serious dishonesty: 四川省市场监督管理局, 川市监罚〔2026〕1号."
    }
    assert failing(replace(FACTS, lists=(replace(entry, until=ON),))) == {}
    assert failing(replace(FACTS, lists=(replace(entry, from_date=date(2026, 6, 2)),))) == {}


def test_avoidance() -> None:
    assert failing(asking(replace(DEMAND, avoided={ME: "spouse of the project's head"}))) == {
        "avoidance": "The owner must avoid this agency (回避): spouse of the project's head"
    }
    assert list(failing(asking(replace(DEMAND, avoided={ME: ""})))) == ["avoidance"]
    assert failing(asking(replace(DEMAND, avoided={OTHER: "x"}))) == {}


def test_a_branch_is_avoided_with_its_head_office() -> None:
    branch = replace(FACTS, links=Links(ME, "head-1", head_office=OTHER), pool=())
    assert list(failing(replace(branch, demand=replace(DEMAND, avoided={OTHER: "x"})))) == ["avoidance"]
    assert failing(replace(branch, demand=replace(DEMAND, avoided={THIRD: "x"}))) == {}


def test_the_evaluator_is_not_the_compiler() -> None:
    facts = replace(
        asking(replace(DEMAND, barred_preceding=frozenset({"ZJ002"}))),
        earlier_work=(EarlierWork("ZJ001", "C-2026-000001"), EarlierWork("ZJ002", "C-2026-000002")),
    )
    assert failing(facts) == {
        "preceding_work": "The agency did the preceding work ZJ002 in the same investment project (C-2026-000002)."
    }


def test_decliners_and_their_links_are_barred_from_the_reissue() -> None:
    def reissue(*decliners: Links) -> EligibilityFacts:
        return asking(replace(DEMAND, reissue_of="P-2026-000001", decliners=decliners))

    assert list(failing(reissue(Links(ME, None)))) == ["reissue"]
    assert list(failing(reissue(Links(THIRD, "head-1")))) == ["reissue"]
    assert list(failing(reissue(Links(THIRD, None, controlled_by=frozenset({ME}))))) == ["reissue"]
    assert failing(reissue(Links(THIRD, "head-3"))) == {}


def holding(*licences: HeldLicence) -> NamedPractitioner:
    """The named person with other licences."""
    return replace(PERSON, licences=licences)


@pytest.mark.parametrize(
    ("person", "codes"),
    [
        (replace(PERSON, registered_with=OTHER), ["practitioners"]),
        (replace(PERSON, registered_with=None), ["practitioners"]),
        (holding(), ["practitioners", "licences"]),
        (holding(HeldLicence("Q064", date(2026, 5, 31))), ["practitioners", "licences"]),
        (holding(HeldLicence("Q064", LATER, verified=False)), ["practitioners", "licences"]),
        (holding(HeldLicence("Q064", LATER, verified=False), HeldLicence("Q074", LATER)), ["licences"]),
        (holding(HeldLicence("Q064", ON)), []),
        (holding(HeldLicence("Q074", LATER), HeldLicence("Q064", LATER)), []),
        (replace(PERSON, load=3), ["practitioner_load"]),
        (holding(HeldLicence("Q074", LATER)), ["licences"]),
    ],
)
def test_practitioners(person: NamedPractitioner, codes: list[str]) -> None:
    assert list(failing(replace(FACTS, practitioners=(person,)))) == codes


def test_one_person_named_twice_is_one() -> None:
    two = asking(replace(DEMAND, practitioners_needed=2, licences=(Licences("Q064", frozenset({"Q064"}), 2),)))
    assert list(failing(replace(two, practitioners=(PERSON, PERSON)))) == ["practitioners", "licences"]
    assert failing(replace(two, practitioners=(PERSON, replace(PERSON, reference="p2")))) == {}
    assert list(failing(replace(FACTS, practitioners=()))) == ["practitioners", "licences"]


def test_who_holds_two_licences_fills_one_seat() -> None:
    seats = (Licences("Q060", frozenset({"Q060", "Q059"}), 1), Licences("Q064", frozenset({"Q064"}), 1))
    two = asking(replace(DEMAND, practitioners_needed=2, licences=seats))
    both = holding(HeldLicence("Q060", LATER), HeldLicence("Q064", LATER))
    other = replace(holding(HeldLicence("Q060", LATER)), reference="p2")
    assert list(failing(replace(two, practitioners=(both,)))) == ["practitioners", "licences"]
    assert failing(replace(two, practitioners=(both, other))) == {}
    assert list(failing(replace(two, practitioners=(other, replace(other, reference="p3"))))) == ["licences"]


def test_a_higher_licence_counts_as_the_lower() -> None:
    demand = replace(DEMAND, licences=(Licences("Q060", frozenset(catalogue.licence_kinds_accepted("Q060")), 1),))
    assert failing(replace(asking(demand), practitioners=(holding(HeldLicence("Q059", LATER)),))) == {}


def test_linked_agencies_are_told_at_enrolment_and_invalid_at_the_freeze() -> None:
    linked = replace(FACTS, pool=(Links(ME, "head-1"), Links(OTHER, "head-1")))
    early = next(each for each in check_all(replace(linked, moment=Moment.ENROLMENT)) if each.code == "linked")
    assert (early.ok, early.warning, dict(early.evidence)) == (True, True, {})
    assert OTHER not in early.sentence.text()
    for moment in (Moment.FREEZE, Moment.AWARD):
        assert OTHER in failing(replace(linked, moment=moment))["linked"]


def test_a_finding_is_stored_as_json() -> None:
    facts = replace(FACTS, held=(), standing="left", frozen_until=date(2026, 7, 1), practitioners=())
    for finding in check_all(facts):
        stored = finding.as_json()
        assert orjson.loads(orjson.dumps(stored)) == stored
    assert check_all(facts)[1].as_json() == {
        "ok": False,
        "code": "enrolment_frozen",
        "msgid": "The agency's enrolment is frozen until %(until)s.",
        "params": {"until": "2026-07-01"},
        "evidence": {"frozen_until": "2026-07-01", "credit": "A"},
        "warning": False,
    }


def test_links_between_two() -> None:
    one = Links(ME, "h", frozenset({OTHER}), frozenset({OTHER}))
    other = Links(OTHER, "h")
    expected = (
        Link(ME, OTHER, LinkKind.SAME_HEAD),
        Link(ME, OTHER, LinkKind.CONTROL),
        Link(ME, OTHER, LinkKind.MANAGEMENT),
    )
    assert links_between(one, other) == links_between(other, one) == expected
    assert links_between(one, one) == ()
    assert links_between(Links(ME, None), Links(OTHER, None)) == ()
    # Two daughters of a third that is not in the pool are a weaker link.
    branches = [Links(uscc, None, head_office=THIRD) for uscc in (ME, OTHER)]
    assert links_between(*branches) == (Link(ME, OTHER, LinkKind.HEAD_OFFICE),)
    assert {link.kind for branch in branches for link in links_between(branch, Links(THIRD, None))} == {
        LinkKind.HEAD_OFFICE
    }
    assert links_between(Links(ME, None, head_office=THIRD), Links(OTHER, None, head_office="another")) == ()
    daughters = [Links(uscc, None, frozenset({THIRD})) for uscc in (ME, OTHER)]
    assert links_between(*daughters) == ()


def test_linked_groups() -> None:
    chain = [Links("c", "h2", frozenset({"b"})), Links("a", "h1"), Links("b", "h1"), Links("z", "h9"), Links("a", "h1")]
    assert linked_groups(chain) == (
        LinkedGroup(("a", "b", "c"), (Link("a", "b", LinkKind.SAME_HEAD), Link("b", "c", LinkKind.CONTROL))),
    )
    assert linked_groups([]) == ()


POOLS = st.lists(
    st.builds(
        Links,
        st.sampled_from("abcdefgh"),
        st.none() | st.sampled_from(["h1", "h2", "h3", "h4"]),
        st.frozensets(st.sampled_from("abcdefgh"), max_size=1),
        st.frozensets(st.sampled_from("abcdefgh"), max_size=1),
    ),
    max_size=8,
    unique_by=lambda each: each.uscc,
)


@given(POOLS)
def test_exactly_the_linked_are_in_a_group(pool: list[Links]) -> None:
    groups = linked_groups(pool)
    grouped = [uscc for group in groups for uscc in group.members]
    assert len(grouped) == len(set(grouped))
    linked = {each.uscc for pair in combinations(pool, 2) if links_between(*pair) for each in pair}
    assert set(grouped) == linked
    assert linked_groups(list(reversed(pool))) == groups


def test_direct_by_money() -> None:
    line = 5_000_000
    assert direct_is_allowed(line, True, line, None, "").ok
    assert direct_is_allowed(line + 1, False, line, None, "").ok
    over = direct_is_allowed(line + 1, True, line, None, "")
    assert (over.ok, over.code) == (False, "direct_line")
    assert over.sentence.text().startswith(
        "With fiscal money an agency can be selected directly only up to ¥50,000.00; the budget is ¥50,000.01."
    )
    assert direct_is_allowed(line + 1, True, line, Ground.SOLE_SOURCE, " ").code == "direct_document"
    assert direct_is_allowed(line + 1, True, line, Ground.EMERGENCY, "川府〔2026〕1号").ok


def test_limits_name_their_rule() -> None:
    limits = (
        ProcurementLimit("central", "Central procurement catalogue", "川办发〔2024〕1号", 100_000_000),
        ProcurementLimit("tender", "Works that must be tendered", "国家发展改革委令第16号", 200_000_000),
    )
    assert is_within_limits(100_000_000, True, limits).ok
    assert is_within_limits(900_000_000, False, limits).ok
    over = is_within_limits(250_000_000, True, limits)
    assert (over.ok, over.evidence["rule"]) == (False, "central")
    assert over.sentence.text() == (
        "Central procurement catalogue (川办发〔2024〕1号): a purchase above ¥1,000,000.00 cannot be made here; "
        "the budget is ¥2,500,000.00."
    )


def make_purchase(project: str, fen: int, days_ago: int = 0, owner: str = "o", matter: str = "m") -> Purchase:
    return Purchase(project, owner, matter, fen, ON - timedelta(days=days_ago))


def split(*earlier: Purchase) -> Finding:
    return splitting_alert(make_purchase("new", 3_000_000), earlier, 5_000_000)


def test_splitting_is_an_alert() -> None:
    assert split().ok
    assert split(make_purchase("a", 2_000_000)).ok
    found = split(make_purchase("a", 2_000_001, 364))
    assert (found.ok, found.evidence) == (False, {"projects": ["a", "new"], "sum": 5_000_001, "line": 5_000_000})
    assert split(make_purchase("a", 9_000_000, 365)).ok
    assert split(make_purchase("a", 9_000_000, owner="other")).ok
    assert split(make_purchase("a", 9_000_000, matter="other")).ok
    assert splitting_alert(make_purchase("new", 9_000_000), [make_purchase("new", 1)], 5_000_000).ok


def test_the_third_direct_award_is_an_alert() -> None:
    def award(project: str, days_ago: int = 0, owner: str = "o", agency: str = ME) -> DirectAward:
        return DirectAward(project, owner, agency, ON - timedelta(days=days_ago))

    new = award("new")
    assert repeat_alert(new, [award("a")]).ok
    third = repeat_alert(new, [award("a", 10), award("b", 364)])
    assert third.sentence.text() == "This is direct award number 3 of this owner to this agency within 365 days."
    assert not third.ok
    assert repeat_alert(new, [award("a", 10), award("b", 365)]).ok
    assert repeat_alert(new, [award("a", 10), award("b", owner="other"), award("c", agency=OTHER)]).ok
    assert repeat_alert(new, [award("a"), award("new")]).ok
