"""Chinese is complete: every msgid of the code and the pages is there, translated, with the same places to fill."""

import configparser
import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from config import ROOT

CATALOGUE = ROOT / "supermarket" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "N_": None}
NAMED = re.compile(r"%\((\w+)\)[sd]")
CHINESE = re.compile(r"[一-鿿]")


@cache
def extracted() -> frozenset[str | tuple[str, ...]]:
    """Every msgid in code and templates, read as `make translations` reads them."""
    mapping = configparser.ConfigParser(delimiters=("=",))
    mapping.read(ROOT / "babel.cfg", encoding="utf-8")
    methods, options = [], {}
    for section in mapping.sections():
        method, _, pattern = section.partition(": ")
        methods.append((pattern, method))
        options[pattern] = dict(mapping[section])
    return frozenset(
        tuple(found[2]) if isinstance(found[2], tuple | list) else found[2]
        for folder in ("supermarket", "workers", "templates")
        for found in extract_from_dir(
            ROOT / folder,
            # The patterns are relative to the checkout; each folder is read by itself, for the rest is not ours.
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods if pattern.startswith(folder)],
            {pattern.removeprefix(f"{folder}/"): made for pattern, made in options.items()},
            keywords=KEYWORDS,
        )
        if found[2]
    )


@cache
def chinese() -> Catalog:
    """The catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


@cache
def messages() -> tuple[Message, ...]:
    """Its messages, without the head."""
    return tuple(message for message in chinese() if message.id)


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, tuple | list) else [str(value or "")]


def test_something_is_extracted() -> None:
    assert len(extracted()) > 500, "the extraction finds too little to be right"


def test_every_msgid_is_in_the_catalogue() -> None:
    known = {tuple(message.id) if isinstance(message.id, list | tuple) else message.id for message in messages()}
    missing = sorted(str(msgid) for msgid in extracted() - known)
    assert not missing, f"{len(missing)} msgids are not in the catalogue (make translations): {missing[:8]}"


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    known = {tuple(message.id) if isinstance(message.id, list | tuple) else message.id for message in messages()}
    stale = sorted(str(msgid) for msgid in known - extracted())
    assert not stale, f"{len(stale)} msgids are no longer said anywhere (make translations): {stale[:8]}"


def test_nothing_is_untranslated_or_uncertain() -> None:
    empty = [_texts(item.id)[0] for item in messages() if not all(text.strip() for text in _texts(item.string))]
    fuzzy = [_texts(item.id)[0] for item in messages() if item.fuzzy]
    assert not empty, f"{len(empty)} without Chinese: {empty[:8]}"
    assert not fuzzy, f"{len(fuzzy)} uncertain: {fuzzy[:8]}"


def test_placeholders_are_the_same() -> None:
    wrong = [
        _texts(item.id)[0]
        for item in messages()
        for text in _texts(item.string)
        if text and not _same_places(_texts(item.id), text)
    ]
    assert not wrong, f"other places to fill than in English: {wrong[:8]}"


def _same_places(english: list[str], text: str) -> bool:
    """Chinese has one form; it may leave out only a number that a form of the English leaves out too."""
    places = set(NAMED.findall(text))
    wanted = [set(NAMED.findall(form)) for form in english]
    return any(places == form for form in wanted)


def test_a_percent_sign_cannot_break_a_sentence() -> None:
    broken = [
        text[:60]
        for item in messages()
        for text in _texts(item.string)
        if NAMED.search(text) and re.search(r"%(?!\(\w+\)[sd])", text.replace("%%", ""))
    ]
    assert not broken, f"a lone % beside places to fill: {broken[:8]}"


def test_chinese_is_chinese() -> None:
    """A sentence of several English words has at least one Chinese character in its translation."""
    odd = [
        english
        for item in messages()
        for english, text in zip(_texts(item.id), _texts(item.string), strict=False)
        if len(re.findall(r"[A-Za-z]{3,}", NAMED.sub("", english))) > 2 and text and not CHINESE.search(text)
    ]
    assert not odd, f"left in English: {odd[:8]}"


@pytest.mark.parametrize(
    ("english", "text", "same"),
    [
        (["%(n)s of %(m)s"], "共 %(m)s 之 %(n)s", True),
        (["%(n)s of %(m)s"], "%(n)s", False),
        (["one day", "%(num)s days"], "%(num)s 天", True),
    ],
)
def test_the_check_compares_places(english: list[str], text: str, same: bool) -> None:
    assert _same_places(english, text) is same
