"""USCC, identity numbers, masked names and our own codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from supermarket.core.identifiers import (
    USCC_ALPHABET,
    IdentifierError,
    contract_code,
    identity_check_digit,
    is_document_code,
    is_identity_number,
    is_uscc,
    make_uscc,
    mask_name,
    organisation_check_digit,
    parse_uscc,
    project_code,
    uscc_check_digit,
)

REAL = "91110000600037341L"  # the example of python-stdnum


def test_a_real_code_and_its_parts() -> None:
    code = parse_uscc(REAL)
    assert (str(code), code.department, code.division, code.organisation_code) == (REAL, "9", "110000", "600037341")
    assert code.organisation_code_fits


@pytest.mark.parametrize(
    "text", [REAL.lower(), f" {REAL} ", "9 1 110000-600037341-L", "９１１１００００６０００３７３４１Ｌ"]
)
def test_typed_forms_are_mended(text: str) -> None:
    assert parse_uscc(text).value == REAL
    assert not is_uscc(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("　", "empty"),
        (REAL[:-1], "length"),
        (REAL + "0", "length"),
        ("91110000O00037341L", "characters"),
        ("91I10000600037341L", "characters"),
        ("91A10000600037341L", "characters"),
        ("91110000600037341中", "characters"),
        ("9111000060003734١L", "characters"),
        ("91110000600037341M", "check_digit"),
        ("91110000600037431L", "check_digit"),
    ],
)
def test_refused_codes_say_why(text: str, code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        parse_uscc(text)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def test_departments_with_letters_are_codes_too() -> None:
    first = "N2510100" + "MAX000001"
    assert is_uscc(first + uscc_check_digit(first))


def test_organisation_check_digit() -> None:
    assert organisation_check_digit("60003734") == "1"
    assert organisation_check_digit("D2143569") == "X"  # the example of GB 11714


@given(st.sampled_from(["91510100", "91511602", "52510000", "11510100"]), st.integers(0, 99_999))
def test_invented_codes_are_valid(prefix: str, serial: int) -> None:
    made = make_uscc(prefix, serial)
    assert is_uscc(made)
    assert parse_uscc(made).organisation_code_fits
    assert uscc.is_valid(made)
    assert made[8:11] == "MAX"


@given(st.integers(0, 99_999), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_is_always_found(serial: int, place: int, letter: str) -> None:
    made = make_uscc("91510100", serial)
    changed = made[:place] + letter + made[place + 1 :]
    assert is_uscc(changed) == (changed == made)


@pytest.mark.parametrize(("prefix", "serial"), [("9151010", 1), ("9151010A", 1), ("I1510100", 1), ("91510100", -1)])
def test_make_uscc_refuses(prefix: str, serial: int) -> None:
    with pytest.raises(ValueError, match="the"):
        make_uscc(prefix, serial)


def test_serial_above_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="99 999"):
        make_uscc("91510100", 100_000)


def test_identity_numbers() -> None:
    assert identity_check_digit("11010519491231002") == "X"  # the example of GB 11643
    assert is_identity_number("11010519491231002X")
    assert ric.is_valid("11010519491231002X")
    assert not is_identity_number("11010519491231002x")
    assert not is_identity_number("110105194912310021")
    assert not is_identity_number("1101051949123100")
    thirteenth_month = "11010519491331002"
    assert not is_identity_number(thirteenth_month + identity_check_digit(thirteenth_month))


@pytest.mark.parametrize(
    ("name", "masked"), [("张三丰", "张**"), ("张三", "张*"), ("张", "张"), (" 欧阳修 ", "欧**"), ("", "")]
)
def test_mask_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_our_codes() -> None:
    assert project_code(2026, 123) == "P-2026-000123"
    assert contract_code(2026, 1_234_567) == "C-2026-1234567"
    assert is_document_code("P-2026-000123", "P")
    assert not is_document_code("P-2026-000123", "C")
    assert not is_document_code("P-2026-123", "P")
    assert not is_document_code("P-２０２６-000123", "P")
    with pytest.raises(ValueError, match="serial from 1"):
        project_code(2026, 0)
