"""The list of witnesses in the configuration: what it may say, and what is refused by name but without a secret."""

import json
import time
from pathlib import Path

import pytest

from supermarket.gateways import ConfigError, build
from supermarket.gateways.witness import HttpWitness, WitnessError
from supermarket.gateways.witness_entries import read_witnesses
from tests.unit.gateways.loopback import Answer, Loopback

ONE = {"name": "regulator", "url": "http://127.0.0.1:1/w/", "key": "0" * 64}


def test_a_list_a_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t" * 40)
    full = {
        "name": "discipline",
        "url": "https://b.test",
        "page": "https://b.test/public",
        "label": {"zh": "纪检见证", "en": "Discipline office"},
        "token_file": str(tmp_path / "token"),
    }
    (tmp_path / "witnesses.json").write_text(json.dumps([ONE, full]))
    for given in ([ONE, full], json.dumps([ONE, full]), str(tmp_path / "witnesses.json")):
        first, second = read_witnesses(given)
        assert (first.name, first.url, first.page, first.key) == (
            "regulator",
            "http://127.0.0.1:1/w",
            first.url,
            "0" * 64,
        )
        assert (first.label, first.token) == ({"zh": "regulator"}, "")
        assert (second.page, second.token, second.label["en"]) == (
            "https://b.test/public",
            "t" * 40,
            "Discipline office",
        )
        assert "t" * 40 not in repr(second)
    assert read_witnesses(None) == read_witnesses("") == ()


def test_the_first_is_the_lead_and_each_knows_its_name(tmp_path: Path) -> None:
    config: dict[str, object] = {"DATA": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1"}
    made = build(config | {"WITNESSES": [ONE, {**ONE, "name": "b", "url": "http://127.0.0.1:2", "key": ""}]})
    assert made.witness is made.witnesses[0]
    assert [each.name() for each in made.witnesses] == ["regulator", "b"]
    assert made.witness_named("b") is made.witnesses[1]
    assert made.witness_named("c") is None


@pytest.mark.parametrize(
    "given",
    [
        "{}",
        "[]",
        "[1]",
        "/nowhere/witnesses.json",
        [ONE] * 17,
        [{**ONE, "name": "A"}],
        [{**ONE, "name": "operator"}],
        [{**ONE, "name": "x" * 41}],
        [{**ONE, "url": "ftp://x"}],
        [{**ONE, "url": "http://me:secret@x"}],
        [{"name": "a"}],
        [{**ONE, "key": "secret"}],
        [{**ONE, "key": 1}],
        [{**ONE, "label": {}}],
        [{**ONE, "label": 3}],
        [{**ONE, "token": "secret"}],
        [{**ONE, "token_file": "/nowhere"}],
        [ONE, ONE],
        [ONE, {**ONE, "name": "b", "url": "http://b"}],
    ],
)
def test_what_is_refused(given: object) -> None:
    with pytest.raises(ConfigError) as refused:
        read_witnesses(given)
    assert "secret" not in str(refused.value)


def test_a_silent_witness_is_left_alone_for_a_moment() -> None:
    """Else each thing that is due would wait for it anew."""
    witness = HttpWitness("http://127.0.0.1:1", "0" * 64, name="b", label={"zh": "乙", "en": "B"}, rest=0.3)
    assert (witness.shown("en"), witness.shown("fr"), witness.page()) == ("B", "乙", "http://127.0.0.1:1")
    with pytest.raises(WitnessError):
        witness.reveal("P-1", "main")
    with Loopback(Answer(409, b'{"error": "no_receipt"}')) as server:
        witness._base_url = server.url
        with pytest.raises(WitnessError) as resting:
            witness.reveal("P-1", "main")
        assert resting.value.again
        time.sleep(0.35)
        with pytest.raises(WitnessError) as answered:
            witness.reveal("P-1", "main")
        assert answered.value.params["reason"] == "no_receipt"
