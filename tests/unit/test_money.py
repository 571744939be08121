"""Money: integer fen, read strictly and written for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.money import MAX_FEN, MoneyError, format_yuan, in_wan, parse_yuan, yuan_text


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("35000", 3_500_000),
        ("35,000.00", 3_500_000),
        ("35000.5", 3_500_050),
        (" 35000.05 ", 3_500_005),
        ("３５０００．５", 3_500_050),
        ("３５，０００", 3_500_000),
        ("¥35,000.00", 3_500_000),
        ("￥ 35000", 3_500_000),
        ("0", 0),
        ("0.01", 1),
        ("999,999,999,999.99", MAX_FEN),
    ],
)
def test_parse_yuan(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("¥", "empty"),
        ("3.5万", "unit"),
        ("３．５万", "unit"),
        ("35000元", "unit"),
        ("35k", "unit"),
        ("-1", "negative"),
        ("－1", "negative"),
        ("−1", "negative"),
        ("1e5", "exponent"),
        ("1E+5", "exponent"),
        ("1.234", "decimals"),
        ("1,000.001", "decimals"),
        ("35,00", "grouping"),
        ("1,0000", "grouping"),
        (",100", "grouping"),
        ("1000000000000", "too_large"),
        ("NaN", "not_a_number"),
        ("inf", "not_a_number"),
        ("1.", "not_a_number"),
        (".5", "not_a_number"),
        ("+1", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1_000", "not_a_number"),
        ("3²", "not_a_number"),
        ("٣٥", "not_a_number"),
        ("1 000", "not_a_number"),
        ("三万五千", "not_a_number"),
    ],
)
def test_parse_yuan_refuses(text: str, code: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse_yuan(text)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def test_writing() -> None:
    assert format_yuan(1_234_567) == "¥12,345.67"
    assert format_yuan(-5) == "-¥0.05"
    assert yuan_text(1_234_567) == "12345.67"
    assert yuan_text(-1_234_500) == "-12345.00"
    assert in_wan(123_450_000) == "123.45"
    assert in_wan(1_234_567_890_000) == "1,234,567.89"
    assert in_wan(5_000) == "0.01"  # 50 CNY is 0.005: half up
    assert in_wan(4_999) == "0.00"


@given(st.integers(min_value=0, max_value=MAX_FEN))
def test_what_is_written_is_read_again(fen: int) -> None:
    assert parse_yuan(yuan_text(fen)) == fen
    assert parse_yuan(format_yuan(fen)) == fen


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        fen = parse_yuan(text)
    except MoneyError as error:
        assert error.code
    else:
        assert 0 <= fen <= MAX_FEN
