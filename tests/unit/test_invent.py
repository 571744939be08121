"""The invented bodies of the demo: nobody real, the same for the same seed, and fit for the matters they offer."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from supermarket.core.identifiers import is_identity_number, is_uscc
from supermarket.data import catalogue
from supermarket.data.facts import Commissioner, Holder, MatterStatus
from supermarket.data.invent import agencies, authorities, invented_identity_number, owners, people
from supermarket.data.invent_projects import may_buy, project_ideas
from supermarket.data.invent_trades import CORE, NICHE, OFFERS, POPULAR_MATTERS
from supermarket.data.requirements import AllOf, AnyOf, KindNeeded

TODAY = date(2026, 3, 2)


def make_agencies(n=100, seed=2026):
    return agencies(n, seed, TODAY)


def meets(agency, tree):
    match tree:
        case None:
            return True
        case KindNeeded(kind, speciality, level):
            rules = catalogue.qualification_kind(kind)
            return any(
                held.kind == kind and rules.satisfies(held.level, held.speciality, level, speciality)
                for held in agency.qualifications
            )
        case AnyOf(branches):
            return any(meets(agency, branch) for branch in branches)
        case AllOf(branches):
            return all(meets(agency, branch) for branch in branches)


def test_the_same_seed_gives_the_same_and_more_changes_nothing():
    assert make_agencies(30) == make_agencies(100)[:30]
    assert make_agencies(30, seed=1) != make_agencies(30, seed=2)
    assert owners(10, 7) == owners(30, 7)[:10]
    assert project_ideas(10, 7) == project_ideas(40, 7)[:10]
    assert people(3, 7) == people(9, 7)[:3]


@pytest.mark.parametrize("seed", [1, 2026, 99])
def test_every_agency_fulfils_what_its_services_ask(seed):
    for agency in make_agencies(seed=seed):
        counts = Counter(person.licence_kind for person in agency.practitioners)
        for service in agency.services:
            matter = catalogue.matter(service.matter)
            assert matter.status is MatterStatus.PUBLISHED
            assert meets(agency, matter.requirement), (agency.name, matter.code)
            for licence in matter.licences:
                assert counts[licence.kind] >= licence.count, (agency.name, matter.code)
            assert service.promised_days >= 1
            assert 0 < service.low_yuan < service.high_yuan


def test_the_first_sixty_give_every_popular_matter_five_agencies():
    offered = Counter(service.matter for agency in make_agencies(60) for service in agency.services)
    assert len(POPULAR_MATTERS) == len(set(POPULAR_MATTERS)) == 31
    assert [matter for matter in POPULAR_MATTERS if offered[matter] < 5] == []


def test_certificates_are_live_kinds_still_valid_and_numbered_once():
    found = [held for agency in make_agencies() for held in agency.qualifications]
    assert len({(held.kind, held.number) for held in found}) == len(found)
    for held in found:
        kind = catalogue.qualification_kind(held.kind)
        assert kind.live
        assert kind.holder is Holder.ORGANISATION
        assert held.level is None or held.level in kind.levels
        assert bool(kind.levels) is (held.level is not None)
        assert held.number.startswith("演")
        assert held.valid_until >= TODAY + timedelta(days=20)
    early = [held.valid_until for agency in make_agencies(60) for held in agency.qualifications]
    assert min(early) >= TODAY + timedelta(days=400)


def test_no_agency_can_be_taken_for_a_real_one():
    made = make_agencies(300)
    assert len({agency.name for agency in made}) == len({agency.uscc for agency in made}) == 300
    for agency in made:
        assert is_uscc(agency.uscc)
        assert agency.uscc[2:8] == agency.region_code
        assert agency.uscc[8:11] == "MAX"
        assert re.fullmatch(r"0\d{2}-0\d{7}|0\d{3}-0\d{6}", agency.contact.phone)
        assert re.fullmatch(r"a\d{5}@demo\.test", agency.contact.email)
        assert agency.controllers
        assert agency.legal_representative
        assert catalogue.region(agency.region_code).level == "county"


def test_identity_numbers_are_well_formed_and_nobodys():
    people_of_all = [person for agency in make_agencies(300) for person in agency.practitioners]
    numbers = {person.identity_number for person in people_of_all}
    assert len(numbers) == len(people_of_all)
    for number in numbers:
        assert is_identity_number(number)
        assert number.startswith("5100001900")
    assert all(agency.practitioners for agency in make_agencies(300))
    assert is_identity_number(invented_identity_number(364_634))
    for serial in (-1, 364_635):
        with pytest.raises(ValueError, match="364 635"):
            invented_identity_number(serial)


def test_licences_of_people_are_live_ones():
    for trade in CORE + NICHE:
        for code in trade.staff:
            assert catalogue.qualification_kind(code).live
            assert catalogue.qualification_kind(code).holder is Holder.PERSON


def test_owners_spend_the_money_of_their_kind():
    made = owners(60, 2026)
    assert len({owner.name for owner in made}) == len({owner.uscc for owner in made}) == 60
    assert Counter(owner.kind for owner in made) == {"bureau": 20, "company": 20, "school": 10, "hospital": 10}
    for owner in made:
        assert is_uscc(owner.uscc)
        assert owner.funding == ("social" if owner.kind == "company" else "fiscal")
        assert owner.name.endswith("（演示）") is (owner.kind != "company")
        assert owner.region_code.startswith("51")


def test_a_region_has_one_authority_for_each_industry_and_three_offices():
    bodies = authorities("511602")
    assert [body.industry for body in bodies[:-3]] == [industry.code for industry in catalogue.industries()]
    assert [body.kind for body in bodies[-3:]] == ["operator", "list_office", "supervisor"]
    assert bodies[0].name == "广安市广安区发展和改革委员会（演示）"
    assert authorities("510000")[4].name == "四川省住房和城乡建设厅（演示）"
    assert authorities("511025")[2].name == "资中县财政局（演示）"
    assert len({body.uscc for code in ("510000", "511600", "511602") for body in authorities(code)}) == 31 * 3
    assert all(is_uscc(body.uscc) for body in bodies)
    with pytest.raises(KeyError):
        authorities("519999")


def test_projects_are_what_their_owner_may_want_at_a_usual_price():
    buyers = owners(24, 5)
    by_uscc = {owner.uscc: owner for owner in buyers}
    ideas = project_ideas(200, 5, buyers)
    assert len({idea.name for idea in ideas}) == 200
    for idea in ideas:
        owner, matter, offer = by_uscc[idea.owner_uscc], catalogue.matter(idea.matter), OFFERS[idea.matter]
        assert may_buy(owner, matter)
        if matter.commissioned_by is Commissioner.AUTHORITY:
            assert owner.kind == "bureau"
        assert (idea.region_code, idea.funding) == (owner.region_code, owner.funding)
        assert idea.budget_fen % 100_000 == 0
        assert offer.low * 100 <= idea.budget_fen <= offer.high * 100
        assert offer.days_low <= idea.duration_days <= offer.days_high
        assert idea.deliverables
        assert idea.requirements.count("\n") == 3
        assert not re.search(r"工程工程|项目项目|项目建设项目", idea.name), idea.name
    assert {idea.funding for idea in ideas} == {"fiscal", "social"}


def test_owners_who_cannot_buy_are_told():
    companies = [owner for owner in owners(24, 5) if owner.kind == "company"]
    with pytest.raises(ValueError, match="none of the owners may buy ZJ"):
        project_ideas(200, 5, companies)
