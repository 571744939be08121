"""Registries are entries of a file: a fifth one is no code, and a wrong entry is refused at the start."""

import json
from pathlib import Path

import pytest

from supermarket.gateways.errors import ConfigError
from supermarket.gateways.registries_entries import Routes, read_entries

GOOD: dict[str, object] = {
    "name": "fifth",
    "answers": ["qualifications"],
    "kinds": ["Q021"],
    "url": "https://r.test/api/",
}
KEEPER: dict[str, object] = {"name": "all", "answers": ["enterprises", "qualifications", "practitioners"]}


def test_the_product_has_four_over_http_and_two_lists() -> None:
    entries = read_entries(None, "http://127.0.0.1:1")
    assert [entry.name for entry in entries if entry.http] == [
        "social-credit", "data-sharing", "asset-appraisal", "construction-market",
    ]  # fmt: skip
    assert [entry.name for entry in entries if not entry.http] == ["national-dishonesty", "administrative-penalties"]
    assert entries[0].url == "http://127.0.0.1:1/social-credit"
    routes = Routes(entries)
    assert routes.of("dishonesty") == ("social-credit", "national-dishonesty")
    assert routes.of("qualifications", "Q009") == ("construction-market",)
    assert routes.of("qualifications", "Q016") == ("asset-appraisal",)
    assert routes.of("qualifications", "Q021") == ("data-sharing",)
    assert routes.label("social-credit", "en") == "Social-credit platform of Sichuan"
    assert routes.label("nobody") == "nobody"


def test_a_fifth_registry_is_an_entry_of_a_file(tmp_path: Path) -> None:
    token, file = tmp_path / "token", tmp_path / "registries.json"
    token.write_text("secret-token\n")
    fifth = {**GOOD, "token_file": str(token), "rate": "5/second", "batch": 50, "stale_after_hours": 24}
    file.write_text(json.dumps({"registries": [KEEPER, fifth]}))
    entries = read_entries(str(file))
    assert (entries[1].url, entries[1].token, entries[1].batch) == ("https://r.test/api", "secret-token", 50)
    assert "secret-token" not in repr(entries)
    assert Routes(entries).of("qualifications", "Q021") == ("fifth",)
    assert read_entries(json.dumps([KEEPER]))[0].url == ""


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([], "list"),
        ("{", "JSON"),
        ("/nowhere.json", "cannot be read"),
        ([GOOD, GOOD], "two registries"),
        ([KEEPER, {**KEEPER, "name": "other"}], "both answer"),
        ([{**GOOD, "name": "Big Name"}], "no name"),
        ([{**GOOD, "name": "market-lists"}], "market's own"),
        ([{**GOOD, "url": "ftp://r.test"}], "address"),
        ([{**GOOD, "url": "https://user:geheim@r.test"}], "address"),
        ([{**GOOD, "url": "https://r.test?key=geheim"}], "address"),
        ([{**GOOD, "source": "snapshot"}], "no address"),
        ([{**GOOD, "source": "fax"}], "source"),
        ([{**GOOD, "answers": []}], "nothing"),
        ([{**GOOD, "answers": ["weather"]}], "weather"),
        ([{**GOOD, "kinds": ["Q999"]}], "Q999"),
        ([{**GOOD, "rate": "often"}], "rate"),
        ([{**GOOD, "batch": -1}], "whole number"),
        ([{**GOOD, "token_file": "/nowhere"}], "token"),
        ([{**GOOD, "adress": ""}], "adress"),
        (["x"], "object"),
    ],
)
def test_a_wrong_entry_is_named_at_the_start(entries: object, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_entries(entries if isinstance(entries, str) else json.dumps(entries))
    assert what in str(refused.value)
    assert "geheim" not in str(refused.value)
