"""Who: a role for an organisation, within a region's subtree, for industries."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.errors import Forbidden
from supermarket.core.permissions import (
    ANONYMOUS,
    ROLE_PERMISSIONS,
    SYSTEM,
    Actor,
    Grant,
    P,
    Role,
    authorise,
    may,
    region_covers,
    region_stem,
)
from supermarket.data import catalogue

SICHUAN, CHENGDU, WUHOU, GARZE = "510000", "510100", "510107", "513300"
REGIONS = catalogue.regions()
CODES = st.sampled_from([region.code for region in REGIONS])


def make_officer(role: Role = Role.OPERATOR, region: str | None = SICHUAN, industries: tuple[str, ...] = ()) -> Actor:
    """Somebody with one role."""
    return Actor(user_id=7, grants=(Grant(role, 3, region, frozenset(industries)),))


@pytest.mark.parametrize(
    ("code", "stem"),
    [
        ("510000", "51"),
        ("510100", "5101"),
        ("510107", "510107"),
        ("000000", ""),
        ("429004", "429004"),
        ("500100", "5001"),
    ],
)
def test_the_stem_is_what_a_subtree_shares(code: str, stem: str) -> None:
    assert region_stem(code) == stem


@pytest.mark.parametrize(
    ("scope", "code", "covered"),
    [
        (None, WUHOU, True),
        ("000000", WUHOU, True),
        (SICHUAN, SICHUAN, True),
        (SICHUAN, CHENGDU, True),
        (SICHUAN, WUHOU, True),
        (CHENGDU, WUHOU, True),
        (CHENGDU, CHENGDU, True),
        (CHENGDU, SICHUAN, False),
        (CHENGDU, GARZE, False),
        (WUHOU, "510108", False),
        (WUHOU, CHENGDU, False),
        ("520000", WUHOU, False),
        # Counties directly under a province (仙桃, 济源, 五指山) and districts of municipalities.
        ("420000", "429004", True),
        ("410000", "419001", True),
        ("460000", "469001", True),
        ("110000", "110101", True),
        ("500000", "500230", True),
        ("420100", "429004", False),
    ],
)
def test_a_scope_covers_its_subtree(scope: str | None, code: str, covered: bool) -> None:
    assert region_covers(scope, code) is covered


def test_the_whole_country_lies_in_its_provinces() -> None:
    """The rule by digits and the register's own parents say the same of every region."""
    for region in REGIONS:
        above = [item.code for item in catalogue.region_path(region.code)]
        assert all(region_covers(code, region.code) for code in above), region.code
    provinces = [region.code for region in REGIONS if region.parent_code is None]
    for region in REGIONS:
        assert sum(region_covers(province, region.code) for province in provinces) == 1, region.code


@given(scope=CODES, code=CODES)
def test_two_regions_cover_each_other_only_if_they_are_one(scope: str, code: str) -> None:
    assert (region_covers(scope, code) and region_covers(code, scope)) is (scope == code)


@given(role=st.sampled_from(Role), permission=st.sampled_from(P))
def test_a_role_may_what_its_row_says(role: Role, permission: P) -> None:
    assert may(make_officer(role), permission) is (permission in ROLE_PERMISSIONS[role])


def test_the_scope_of_every_dimension_must_fit() -> None:
    officer = make_officer(Role.REGULATOR, CHENGDU, ("transport",))
    fits = {"organisation_id": 3, "region": WUHOU, "industry": "transport"}
    assert may(officer, P.CREDIT_ENTER, **fits)  # type: ignore[arg-type]  # one mapping for three keywords
    for name, other in (("organisation_id", 4), ("region", GARZE), ("industry", "water")):
        assert not may(officer, P.CREDIT_ENTER, **(fits | {name: other})), name  # type: ignore[arg-type]  # as above


def test_no_industries_are_all_industries_and_no_region_is_everywhere() -> None:
    officer = make_officer(Role.REGULATOR, None)
    assert may(officer, P.CREDIT_ENTER, region=GARZE, industry="water")


def test_two_roles_do_not_add_up_to_a_third() -> None:
    """The operator of Chengdu who is supervisor of Garzê reviews in Chengdu and suspends in Garzê, not the other way."""
    officer = Actor(user_id=1, grants=(Grant(Role.OPERATOR, 3, CHENGDU), Grant(Role.SUPERVISOR, 4, GARZE)))
    assert may(officer, P.PROJECT_REVIEW, region=WUHOU) and may(officer, P.PROJECT_SUSPEND, region="513301")
    assert not may(officer, P.PROJECT_REVIEW, region="513301")
    assert not may(officer, P.PROJECT_SUSPEND, region=WUHOU)
    assert officer.organisations_with(P.PROJECT_REVIEW) == {3}


def test_authorise_gives_the_grant_that_let_pass(app: Flask) -> None:
    officer = make_officer()
    assert authorise(officer, P.PROJECT_REVIEW, region=WUHOU) == officer.grants[0]
    assert authorise(SYSTEM, P.PROJECT_REVIEW, region=WUHOU) is None
    for actor in (ANONYMOUS, make_officer(region="520000"), make_officer(Role.OWNER)):
        with app.test_request_context(), pytest.raises(Forbidden) as refusal:
            authorise(actor, P.PROJECT_REVIEW, region=WUHOU)
        assert refusal.value.status == 403


def test_every_permission_is_held_by_somebody() -> None:
    held = frozenset().union(*ROLE_PERMISSIONS.values())
    assert set(P) - held == set()
    assert set(ROLE_PERMISSIONS) == set(Role)
