"""Forms read JSON strictly: unknown keys, wrong types, nested lists, amounts and moments, each named at its place."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, FormField, SelectMultipleField, StringField
from wtforms.form import Form
from wtforms.validators import NumberRange

from supermarket.core.errors import InvalidInput
from supermarket.core.forms import (
    CommandForm,
    IdentifiersField,
    MomentField,
    Needed,
    Text,
    UsccField,
    WholeField,
    YuanField,
)
from supermarket.core.identifiers import make_uscc

NO_CSRF = {"csrf": False}
GOOD_USCC = make_uscc("91510107", 10_001)


class Part(Form):  # type: ignore[misc]  # WTForms ships no types
    """A line of a list."""

    name = StringField(validators=[Text(1, 10)])
    days = WholeField(validators=[Needed(), NumberRange(0, 100)])


class Everything(CommandForm):
    """One field of each kind."""

    title = StringField(validators=[Text(2, 20)])
    price = YuanField()
    until = MomentField()
    agency = UsccField()
    urgent = BooleanField()
    people = IdentifiersField()
    kinds = SelectMultipleField(choices=[], validate_choice=False)
    parts = FieldList(FormField(Part))
    notes = FieldList(StringField(validators=[Text(1, 5)]))


@pytest.fixture(autouse=True)
def _request(app: Flask) -> object:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def refused(payload: object) -> list[tuple[str, str]]:
    """The fields and codes that `from_json` names."""
    with pytest.raises(InvalidInput) as refusal:
        Everything.from_json(payload)
    assert refusal.value.status == 422
    return [(error.field, error.code) for error in refusal.value.errors]


def invalid(payload: object) -> list[tuple[str, str]]:
    """The fields and codes that `checked` names."""
    with pytest.raises(InvalidInput) as refusal:
        Everything.from_json(payload).checked()
    return [(error.field, error.code) for error in refusal.value.errors]


def test_a_whole_body_is_read() -> None:
    form = Everything.from_json(
        {
            "title": "  测绘  ",
            "price": {"amount": "12345.67", "currency": "CNY"},
            "until": "2026-11-27T18:00:00+08:00",
            "agency": GOOD_USCC.lower(),
            "urgent": True,
            "people": [3, 1, 2],
            "kinds": ["a", "b"],
            "parts": [{"name": "初稿", "days": 0}, {"name": "终稿", "days": 30}],
            "notes": ["x", "y"],
        }
    ).checked()
    assert form.title.data == "测绘"
    assert form.price.data == 1_234_567
    assert form.until.data == datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    assert form.agency.data == GOOD_USCC
    assert form.urgent.data is True
    assert form.people.data == [3, 1, 2]
    assert form.kinds.data == ["a", "b"]
    assert form.parts.data == [{"name": "初稿", "days": 0}, {"name": "终稿", "days": 30}]
    assert form.notes.data == ["x", "y"]


def test_null_is_as_if_it_were_not_there() -> None:
    form = Everything.from_json({"title": "标题", "price": None, "parts": None, "urgent": None}).checked()
    assert (form.price.data, form.parts.data, form.urgent.data) == (None, [], False)


@pytest.mark.parametrize("payload", [None, [], "text", 3, [{"title": "x"}]])
def test_a_body_is_an_object(payload: object) -> None:
    assert refused(payload) == [("body", "wrong_type")]


def test_unknown_keys_are_named_wherever_they_stand() -> None:
    payload = {
        "title": "标题",
        "titel": "x",
        "parts": [{"name": "a", "days": 1}, {"name": "b", "days": 1, "colour": 1}],
    }
    assert refused(payload) == [("titel", "unknown_field"), ("parts.1.colour", "unknown_field")]


def test_the_token_of_pages_is_no_field_of_the_api() -> None:
    assert refused({"title": "标题", "csrf_token": "x"}) == [("csrf_token", "unknown_field")]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"title": 3}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": {"x": 1}}, "title"),
        ({"title": True}, "title"),
        ({"urgent": "yes"}, "urgent"),
        ({"urgent": 1}, "urgent"),
        ({"people": "1"}, "people"),
        ({"people": ["1"]}, "people"),
        ({"people": [True]}, "people"),
        ({"people": [1.5]}, "people"),
        ({"kinds": [1]}, "kinds"),
        ({"parts": {"name": "x"}}, "parts"),
        ({"parts": ["x"]}, "parts.0"),
        ({"parts": [{"days": "1"}]}, "parts.0.days"),
        ({"parts": [{"days": 1}, {"days": 1.0}]}, "parts.1.days"),
        ({"parts": [{"days": True}]}, "parts.0.days"),
        ({"notes": "x"}, "notes"),
        ({"notes": ["x", 2]}, "notes.1"),
        ({"price": "35000"}, "price"),
        ({"price": 35000}, "price"),
        ({"price": {"amount": 35000, "currency": "CNY"}}, "price"),
        ({"price": {"amount": "35000"}}, "price"),
        ({"price": {"amount": "35000", "currency": "USD"}}, "price"),
        ({"price": {"amount": "35000", "currency": "CNY", "tax": "0"}}, "price"),
        ({"price": {"amount": " ", "currency": "CNY"}}, "price"),
        ({"until": 1_790_000_000}, "until"),
        ({"until": "2026-11-27T18:00:00"}, "until"),
        ({"until": "2026-11-27"}, "until"),
    ],
)
def test_a_wrong_type_is_named_at_its_place(payload: object, field: str) -> None:
    assert refused(payload) == [(field, "wrong_type")]


def test_everything_wrong_is_named_at_once() -> None:
    assert refused({"title": 3, "urgent": 1, "parts": [{"days": "x", "name": 2}], "other": 0}) == [
        ("title", "wrong_type"),
        ("urgent", "wrong_type"),
        ("parts.0.days", "wrong_type"),
        ("parts.0.name", "wrong_type"),
        ("other", "unknown_field"),
    ]


@pytest.mark.parametrize("amount", ["3.5万", "-1", "1e5", "12.345", "abc", "1,23", "NaN", "∞"])
def test_an_amount_that_is_none_is_named(amount: str) -> None:
    assert invalid({"title": "标题", "price": {"amount": amount, "currency": "CNY"}}) == [("price", "invalid")]


@pytest.mark.parametrize(
    "until", ["soon", "2026-13-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_moment_that_is_none_is_named(until: str) -> None:
    assert invalid({"title": "标题", "until": until}) == [("until", "invalid")]


@pytest.mark.parametrize("code", ["91510107MA61T2XX0", "91510107MA61T2XX0O", "0", GOOD_USCC[:-1] + "I"])
def test_a_code_with_a_wrong_digit_is_named(code: str) -> None:
    assert invalid({"title": "标题", "agency": code}) == [("agency", "invalid")]


def test_errors_of_nested_lines_carry_their_number() -> None:
    payload = {
        "title": "标题",
        "parts": [{"name": "a", "days": 1}, {"name": "", "days": None}],
        "notes": ["ok", "too long"],
    }
    assert invalid(payload) == [("parts.1.name", "invalid"), ("parts.1.days", "invalid"), ("notes.1", "invalid")]


@pytest.mark.parametrize("mark", ["\x00", "\x07", "\x1b", "\x85", "\u202e", "\u2066"])
def test_invisible_characters_are_refused(mark: str) -> None:
    assert invalid({"title": f"a{mark}b"}) == [("title", "invalid")]


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u2060", "\u00ad", "\u200e"])
def test_marks_without_width_go_unseen(mark: str) -> None:
    """They come along with what is copied: two names that read alike must not differ by one."""
    assert Everything.from_json({"title": f"{mark}标{mark}题"}).checked().title.data == "标题"
    assert invalid({"title": mark * 5}) == [("title", "invalid")]


@pytest.mark.parametrize("title", ["标\n题", "标\r\n 题", "标\t题", "标\u2028题"])
def test_where_there_is_one_line_a_line_end_counts_as_a_space(title: str) -> None:
    """A browser sends a hidden field's line ends otherwise than they came: such a name could not be named again."""
    assert Everything.from_json({"title": title}).checked().title.data == "标 题"


@pytest.mark.parametrize(
    "typed", ["1_0", "١٠", "1e1", "10.0", "0x1", "9" * 19, "9" * 5000, "十", "+ 1", "--1", "1\x00"]
)
def test_a_whole_number_is_written_in_figures(typed: str) -> None:
    form = Everything(formdata=MultiDict({"title": "标题", "parts-0-name": "a", "parts-0-days": typed}), meta=NO_CSRF)
    assert not form.validate()
    assert len(form.parts[0].form.days.errors) == 1
    assert form.parts[0].form.days._value() == typed


def test_a_number_that_is_missing_or_none_gets_one_sentence() -> None:
    for typed in ("", " ", "viel"):
        data = MultiDict({"title": "标题", "parts-0-name": "a", "parts-0-days": typed})
        form = Everything(formdata=data, meta=NO_CSRF)
        assert not form.validate()
        assert len(form.parts[0].form.days.errors) == 1


@pytest.mark.parametrize(("typed", "read"), [("３", 3), (" 3 ", 3), ("03", 3), ("+3", 3)])
def test_full_width_figures_are_figures(typed: str, read: int) -> None:
    form = Everything(formdata=MultiDict({"title": "标题", "parts-0-name": "a", "parts-0-days": typed}), meta=NO_CSRF)
    assert form.checked().parts[0].form.days.data == read


@pytest.mark.parametrize("title", ["", "a", "x" * 21, "   "])
def test_a_text_has_its_length(title: str) -> None:
    assert invalid({"title": title}) == [("title", "invalid")]


def test_a_page_reads_local_time_and_amounts_as_people_write_them() -> None:
    body = MultiDict(
        {"title": "标题", "until": "2026-11-27T18:00", "price": "35,000.50", "parts-0-name": "a", "parts-0-days": "3"}
    )
    form = Everything(formdata=body, meta={"csrf": False}).checked()
    assert form.until.data == datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    assert form.price.data == 3_500_050
    assert form.parts.data == [{"name": "a", "days": 3}]


def test_what_was_typed_wrong_is_still_there() -> None:
    form = Everything(formdata=MultiDict({"title": "标题", "price": "3.5万", "until": "morgen"}), meta={"csrf": False})
    assert not form.validate()
    assert (form.price._value(), form.until._value()) == ("3.5万", "morgen")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["title", "price", "until", "agency", "urgent", "people", "kinds", "parts", "notes", "other"])


@given(payload=st.dictionaries(NAMES, JSON, max_size=5))
def test_no_body_brings_a_form_down(app: Flask, payload: dict[str, object]) -> None:
    """Whatever comes: a form, or a refusal that names fields."""
    with app.test_request_context():
        try:
            Everything.from_json(payload).checked()
        except InvalidInput as refusal:
            assert refusal.errors
            assert all(error.message for error in refusal.errors)
