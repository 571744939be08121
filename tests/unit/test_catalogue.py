"""The facts that the product carries: counts, references between files, and the rules of docs/data.md."""

from collections import Counter

import pytest

from supermarket.data import catalogue
from supermarket.data.facts import (
    Commissioner,
    FeeBearer,
    FeeKind,
    Holder,
    KindStatus,
    MatterStatus,
    RegionLevel,
)
from supermarket.data.requirements import (
    AllOf,
    AnyOf,
    KindNeeded,
    LicenceNeeded,
    RequirementError,
    parse_licences,
    parse_requirement,
)

DRAFTS = {"ZJ035", "ZJ060", "ZJ107", "ZJ137"}


def codes(path):
    return [region.code for region in path]


def matter(code):
    return next(found for found in catalogue.matters() if found.code == code)


def test_regions_are_the_whole_country():
    levels = Counter(region.level for region in catalogue.regions())
    assert levels == {RegionLevel.PROVINCE: 34, RegionLevel.PREFECTURE: 333, RegionLevel.COUNTY: 2847}
    sichuan = Counter(region.level for region in catalogue.regions() if region.code.startswith("51"))
    assert sichuan == {RegionLevel.PROVINCE: 1, RegionLevel.PREFECTURE: 21, RegionLevel.COUNTY: 183}


def test_a_path_goes_up_to_the_province():
    assert codes(catalogue.region_path("511602")) == ["511602", "511600", "510000"]
    # A municipality's district stands directly under it.
    assert codes(catalogue.region_path("500101")) == ["500101", "500000"]
    assert codes(catalogue.region_path("510000")) == ["510000"]
    with pytest.raises(KeyError):
        catalogue.region_path("519999")


def test_every_path_ends_at_a_province_above_its_parts():
    for region in catalogue.regions():
        path = catalogue.region_path(region.code)
        assert path[-1].level is RegionLevel.PROVINCE
        assert len(path) == len(set(path)) <= 3


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("510122", ["510116"]),  # 双流县 → 双流区
        ("510200", ["500000"]),  # 重庆市 as a city of Sichuan
        ("510104", ["510104"]),  # in force: itself
        ("330202", ["330203"]),  # 镇明区 → 海曙区
        ("652524", ["654203"]),  # 沙湾县 → 沙湾市
        ("130629", ["130629"]),  # 容城县 is in force
        ("519000", []),  # a heading, no place
        ("000000", []),
    ],
)
def test_an_old_code_resolves_to_what_is_in_force(old, now):
    assert codes(catalogue.region_successors(old)) == now


def test_all_but_24_of_the_abolished_codes_resolve():
    changes = catalogue.region_changes()
    assert len(changes) == 3991
    assert sum(not catalogue.region_successors(change.old_code) for change in changes) == 24


def test_kinds_of_qualification():
    kinds = catalogue.qualification_kinds()
    assert Counter(kind.holder for kind in kinds) == {Holder.ORGANISATION: 58, Holder.PERSON: 33}
    assert catalogue.qualification_kind("Q001").status is KindStatus.ABOLISHED
    assert not catalogue.qualification_kind("Q007").live
    assert catalogue.qualification_kind("Q050").live
    assert catalogue.qualification_kind("Q048").levels == ("甲级", "乙级", "丙级")
    with pytest.raises(KeyError):
        catalogue.qualification_kind("Q999")


@pytest.mark.parametrize(
    ("kind", "held", "needed", "covered"),
    [
        ("Q021", "甲级", "乙级", True),
        ("Q021", "乙级", "甲级", False),
        ("Q021", "乙级", "乙级", True),
        ("Q021", "丙级", "丙级", False),  # abolished level: not in the list
        ("Q009", "综合甲级", "专项乙级", True),
        ("Q009", "行业乙级", "专业乙级", True),
        ("Q009", "行业乙级", "专业甲级", False),  # listed higher, yet does not include it
        ("Q009", "专业甲级", "行业乙级", False),
        ("Q009", "综合甲级", "事务所", False),
        ("Q036", "检测机构", "专项检验机构", False),
        ("Q036", "综合检验机构A级", "综合检验机构B级", True),
        ("Q055", "一级", "四级", True),
    ],
)
def test_a_level_covers_what_it_includes(kind, held, needed, covered):
    assert catalogue.qualification_kind(kind).covers(held, needed) is covered


def test_speciality_and_level_together():
    surveying, design = catalogue.qualification_kind("Q021"), catalogue.qualification_kind("Q009")
    assert surveying.satisfies("乙级", "工程测量", None, "工程测量")
    assert not surveying.satisfies("甲级", "工程测量", None, "界线与不动产测绘")
    assert not surveying.satisfies(None, "工程测量", "乙级", "工程测量")
    assert surveying.satisfies("乙级", None, None, None)
    assert design.satisfies("综合甲级", None, "行业乙级", "市政行业")
    assert not design.satisfies("行业甲级", None, None, "市政行业")


def test_a_higher_licence_counts_as_the_lower():
    assert catalogue.licence_kinds_accepted("Q060") == ("Q060", "Q059")
    assert catalogue.licence_kinds_accepted("Q059") == ("Q059",)


def test_industries_stages_and_fees():
    assert len(catalogue.industries()) == 28
    assert [stage.code for stage in catalogue.stages()] == [
        "land-and-approval",
        "design-permit",
        "construction-permit",
        "completion-acceptance",
        "operation",
    ]
    assert [stage.in_project for stage in catalogue.stages()] == [True, True, True, True, False]
    assert all(industry.code.isascii() for industry in catalogue.industries())
    assert len(catalogue.fee_references()) == 77


def test_138_matters_of_which_four_are_drafts():
    matters = catalogue.matters()
    assert [found.code for found in matters] == [f"ZJ{number:03d}" for number in range(1, 139)]
    assert {found.code for found in matters if found.status is MatterStatus.DRAFT} == DRAFTS
    for found in matters:
        assert bool(found.legal_basis) is (found.status is MatterStatus.PUBLISHED), found.code


def test_every_matter_names_known_things_and_its_reason():
    industries = {industry.code for industry in catalogue.industries()}
    stages = {stage.code for stage in catalogue.stages()}
    for found in catalogue.matters():
        assert found.industry in industries
        assert found.stage in stages
        assert found.requirement_source, found.code
        assert found.name
        assert found.approval_item
        assert found.result_document


def test_trees_ask_only_for_live_kinds_and_known_levels():
    for found in catalogue.matters():
        for leaf in found.requirement.leaves() if found.requirement else ():
            kind = catalogue.qualification_kind(leaf.kind)
            assert kind.live, found.code
            assert kind.holder is Holder.ORGANISATION, found.code
            assert leaf.level is None or leaf.level in kind.levels, found.code
            assert leaf.speciality is None or leaf.speciality in kind.specialities, found.code
        for licence in found.licences:
            assert catalogue.qualification_kind(licence.kind).live, found.code
            assert catalogue.qualification_kind(licence.kind).holder is Holder.PERSON, found.code
    assert sum(found.requirement is not None for found in catalogue.matters()) == 75


def test_rows_that_were_reviewed_with_care():
    assert matter("ZJ001").requirement is None  # 资信评价 is voluntary
    assert matter("ZJ061").requirement is None
    assert matter("ZJ061").licences == (LicenceNeeded("Q061", 1),)
    assert matter("ZJ029").requirement == KindNeeded("Q021", "界线与不动产测绘")
    assert matter("ZJ087").requirement == AnyOf((KindNeeded("Q009", "水利行业"), KindNeeded("Q009", "电力行业")))
    assert matter("ZJ128").fee_kind is FeeKind.GOVERNMENT_PRICE
    assert matter("ZJ112").fee_bearer is FeeBearer.APPLICANT  # 文物保护法第四十五条


def test_who_commissions_pays():
    exceptions = {"ZJ112": FeeBearer.APPLICANT, "ZJ130": FeeBearer.AUTHORITY}
    for found in catalogue.matters():
        authority = found.commissioned_by is Commissioner.AUTHORITY
        expected = exceptions.get(found.code, FeeBearer.AUTHORITY if authority else FeeBearer.APPLICANT)
        assert found.fee_bearer is expected, found.code


def test_a_tree_goes_through_json_unchanged():
    tree = AllOf((KindNeeded("Q009", "市政行业", "行业乙级"), AnyOf((KindNeeded("Q034"), KindNeeded("Q012")))))
    assert parse_requirement(tree.as_json()) == tree
    assert parse_requirement(None) is None
    for found in catalogue.matters():
        if found.requirement is not None:
            assert parse_requirement(found.requirement.as_json()) == found.requirement


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ([], "tree: an object is needed"),
        ({}, "tree: exactly one of kind, any_of and all_of is needed"),
        ({"any_of": []}, "tree: any_of or all_of with at least one branch is needed"),
        ({"none_of": [{"kind": "Q009"}]}, "tree: any_of or all_of with at least one branch is needed"),
        ({"all_of": [{"kind": ""}]}, "tree.all_of[0].kind: a code is needed"),
        ({"kind": "Q009", "grade": "甲级"}, "tree: only kind, speciality and level belong in a leaf"),
        ({"kind": "Q009", "level": 1}, "tree.level: a text or null is needed"),
        ({"kind": "Q009", "speciality": ""}, "tree.speciality: a text or null is needed"),
    ],
)
def test_what_is_no_tree_is_refused(node, message):
    with pytest.raises(RequirementError) as refused:
        parse_requirement(node)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({}, "licences: a list is needed"),
        ([{"kind": "Q061"}], "licences[0]: exactly the keys kind and count are needed"),
        ([{"kind": "Q061", "count": 0}], "licences[0]: count is from 1 to 9999"),
        ([{"kind": "Q061", "count": True}], "licences[0]: kind is a code and count a whole number from 1"),
        ([{"kind": "Q061", "count": 1}] * 2, "licences[1]: the kind Q061 is there twice"),
    ],
)
def test_what_is_no_list_of_licences_is_refused(items, message):
    with pytest.raises(RequirementError) as refused:
        parse_licences(items)
    assert str(refused.value) == message
