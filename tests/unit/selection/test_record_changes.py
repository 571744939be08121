"""A record in which any one thing is changed does not hold – but for what docs/selection.md says that no file can show; and how
the stand-alone programs end.
"""

import copy
import json
import random
import re
import subprocess
import sys
import zipfile
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ROOT
from supermarket.modes.discount import amount_of, rate_of, with_rates, wrong_offer
from supermarket.modes.stages.bounds import Bounds
from supermarket.projects.eligibility import RULES
from supermarket.selection.record.verifying import Kind, stand_alone, verdict_on
from supermarket.web.public.programs import archive
from tests.factories.selection_damage import damages
from tests.factories.selection_records import KINDS, Made, make_selection

FOLDER = ROOT / "static" / "verify"
TRIED = 1_500
TIMEOUT = 60
NUMBERS = {"low_of_ceiling_percent": 60, "low_of_mean_percent": 70}


def not_shown() -> list[str]:
    """The paths of which docs/selection.md says that no change of them shows."""
    text = (ROOT / "docs" / "selection.md").read_text(encoding="utf-8")
    section = text.partition("## What the file alone cannot show")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [path for row in rows for path in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_change_is_named_or_stands_in_the_papers() -> None:
    chance, known = random.Random(20261129), not_shown()
    assert len(known) > 20
    missed = set()
    for kind in KINDS:
        record = make_selection(chance, kind)
        changed = list(damages(record))
        for damage in chance.sample(changed, min(len(changed), TRIED)):
            if not stand_alone().check(json.dumps(damage.done_to(record)).encode())[0]:
                missed.add(damage.name.partition(" ")[2])
    assert {path for path in missed if path not in known} == set()


def test_the_rules_of_the_programs_are_those_of_the_market() -> None:
    asked = sys.modules["selection_checks"].ASKED
    assert len(asked) == len(RULES) + 1
    assert asked[-1] == "registries"


def run(program: str, *files: Path | str) -> tuple[int, str]:
    command = [sys.executable, "-I", str(FOLDER / program), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


UNREADABLE = {
    "empty": b"",
    "not_utf8": b"\xff\xfe",
    "not_json": b'{"version": "selection-v1"',
    "deep": b"[" * 100_000,
    "huge": b'{"version": ' + b"9" * 9_999 + b"}",
    "nan": b'{"version": "selection-v1", "project": NaN}',
    "twice": b'{"version": "selection-v1", "version": "selection-v1"}',
    "float": b'{"version": "selection-v1", "project": 1.5}',
    "another": b'{"version": "selection-v9"}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_ends_with_2_and_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(UNREADABLE[name])
    for program in ("selection_verify.py", "auction_verify.py", "verify.py"):
        if program == "verify.py" and name in ("nan", "twice", "float"):
            continue  # what it calls says so
        code, said = run(program, path)
        assert (code, len(said.strip().splitlines())) == (2, 1), said
    found = verdict_on(UNREADABLE[name])
    assert (found.kind, found.exit_code, len(found.differs)) == (None, 2, 1)


def test_a_missing_file_or_none_ends_with_2() -> None:
    for program in ("selection_verify.py", "auction_verify.py", "draw_verify.py", "quote_check.py", "verify.py"):
        for files in ((), ("/nowhere/record.json",), (str(ROOT),)):
            assert run(program, *files)[0] == 2
    assert run("compare_witnesses.py")[0] == 2


def written(record: Made, path: Path) -> Path:
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_a_record_ends_with_0_and_a_changed_one_with_1_also_out_of_the_archive(tmp_path: Path) -> None:
    record = make_selection(random.Random(4), "merit")
    good = written(record, tmp_path / "good.json")
    bad = written({**record, "order": []}, tmp_path / "bad.json")
    packed = tmp_path / "programs.zip"
    packed.write_bytes(archive())
    with zipfile.ZipFile(packed) as content:
        assert {"__main__.py", "selection_verify.py", "draw_verify.py"} <= set(content.namelist())
    for program in ("selection_verify.py", "verify.py", str(packed)):
        code, said = run(program, good)
        assert (code, "The award follows from the record." in said) == (0, True), said
        assert "not checked: " in said
        code, said = run(program, bad)
        assert (code, "This record does NOT hold." in said) == (1, True), said
        assert "order: " in said


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda r: r["notice"].update(zzz=1), ("form", "unknown_field", "notice.zzz")),
        (lambda r: r["notice"]["terms"].pop("keep"), ("form", "missing", "notice.terms.keep")),
        (lambda r: r["enrolments"][0].update(state="gone"), ("form", "wrong", "enrolments[0].state")),
        (lambda r: r["quotes"][0].update(seq="1"), ("form", "wrong", "quotes[0].seq")),
        (lambda r: r["runs"][0]["inputs"]["facts"].update(x=[]), ("form", "unknown_field", "runs[0].inputs.facts.x")),
        (lambda r: r["notice"]["numbers"].update(low_of_mean_percent=71), ("notice", "stage_parameter", "1 price bounds.low_of_mean")),
        (lambda r: r["notice"].update(ceiling=999_999), ("notice", "stage_parameter", "1 price bounds.ceiling")),
        (lambda r: r["notice"]["rules"]["stages"][0].update(rule="nearest_mean"), ("notice", "other_row", "bidding")),
        (lambda r: r["enrolments"][0]["checks"][1]["rules"].pop(), ("checks", "rules", "91510100MA61T2XX00 freeze")),
    ],
)  # fmt: skip
def test_the_place_of_a_fault_is_named(damage: object, said: tuple[str, str, str]) -> None:
    record = make_selection(random.Random(4), "bidding")
    assert callable(damage)
    damage(record)
    assert said in stand_alone().check(json.dumps(record).encode())[0]


def test_the_highest_discount_is_ranked_by_both_bounds_and_ties() -> None:
    stages = sys.modules["selection_stages"]
    bounds = {"ceiling": 99, "floor": 1, "min_rate": "5", "max_rate": "30.50", "low_of_ceiling": 0, "low_of_mean": 0}
    rates = ("12.50", "30.50", "4.99", "30.51", None, "12.505", "7")
    candidates = [
        {"uscc": f"9151010000000000{place:02d}", "credit_points": 100, "quote": 90 + place, "rate": rate}
        for place, rate in enumerate(rates)
    ]
    found = stages.again(
        {"stage": "price", "rule": "highest_discount", "bounds": bounds},
        {"candidates": candidates, "facts": {"project": "P-1", "draws": {}, "low_decisions": {}}},
    )
    assert [uscc[-2:] for uscc in found["order"]] == ["01", "00", "06"]
    assert {each["uscc"][-2:]: each["code"] for each in found["excluded"]} == {
        "02": "rate_below_minimum",
        "03": "rate_above_maximum",
        "04": "rate_missing",
        "05": "rate_not_two_decimals",
    }


@given(st.integers(1, 10**12), st.integers(0, 10_000), st.integers(-2, 2), st.integers(1, 10**12))
def test_a_discount_and_its_amount_are_those_of_the_market(ceiling: int, rate: int, away: int, floor: int) -> None:
    stages, notices = sys.modules["selection_stages"], sys.modules["selection_notice"]
    bounds, amount = Bounds(ceiling, min(floor, ceiling)), amount_of(Decimal(rate).scaleb(-2), ceiling) + away
    rules = {"stages": [{"stage": "price", "rule": "highest_discount"}]}
    row = {"ceiling": ceiling, "floor": bounds.floor, "rules": rules, "terms": {}, "numbers": NUMBERS}
    assert stages.wrong_offer(amount, row) == wrong_offer(amount, bounds, by_rate=True)
    known = rate_of(amount, ceiling) if amount <= ceiling else None
    assert amount > ceiling or stages.rate_of(amount, ceiling) == (None if known is None else str(known))
    found, wanted = notices.derived(row)[0]["bounds"], with_rates(bounds)
    assert (found["min_rate"], found["max_rate"]) == (str(wanted.min_rate), str(wanted.max_rate))


def offered(record: Made, amount: int) -> Made:
    """The record with another amount in the first opened quote, bound by its own hash and list."""
    changed = copy.deepcopy(record)
    listed, row = changed["quote_list"], next(each for each in changed["quotes"] if each["body"])
    body, old = row["body"].replace(f"\n{row['amount']}\n", f"\n{amount}\n"), row["commitment"]
    row.update(body=body, amount=amount, commitment=sha256(body.encode()).hexdigest(), invalid=None)
    listed["body"] = listed["body"].replace(old, row["commitment"])
    listed["hash"] = sha256(listed["body"].encode()).hexdigest()
    return changed


def test_an_amount_that_no_discount_gives_does_not_count() -> None:
    record = make_selection(random.Random(4), "discount")
    for amount, codes in ((500_001, {"validity"}), (500_000, set())):
        found = stand_alone().check(json.dumps(offered(record, amount)).encode())[0]
        assert {code for step, code, _about in found if step == "quotes"} == codes


def test_who_is_out_by_its_quote_is_out_for_its_reason() -> None:
    record = make_selection(random.Random(44), "discount")
    (out,) = (each for each in record["enrolments"] if each["excluded"])
    assert out["excluded"]["code"] == "rate_not_two_decimals"
    out["excluded"]["code"] = "quote_below_floor"
    found = stand_alone().check(json.dumps(record).encode())[0]
    assert found == [("enrolments", "other_code", out["uscc"])]


def test_a_rate_under_another_rule_or_another_one_than_the_quotes_is_named() -> None:
    for kind in ("bidding", "discount"):
        record = make_selection(random.Random(4), kind)
        candidate = record["runs"][0]["inputs"]["candidates"][0]
        candidate["rate"] = "1.25"
        found = stand_alone().check(json.dumps(record).encode())[0]
        assert ("enrolments", "other_figures", candidate["uscc"]) in found
        record["enrolments"][0]["figures"]["rate"] = "1.25"
        found = stand_alone().check(json.dumps(record).encode())[0]
        assert ("enrolments", "figures", record["enrolments"][0]["uscc"]) in found


def test_each_kind_is_known_by_what_it_says() -> None:
    record = make_selection(random.Random(9), "live")
    auction = record["auction"]
    assert isinstance(auction, dict)
    aliases = [{"alias": each["alias"], "id": each["uscc"], "salt": each["salt"]} for each in auction["bidders"]]
    alone = {"version": "auction-v1", "project": record["project"], "state": "closed", "entries": auction["entries"]}
    alone |= {"aliases": aliases, "statements": [], "refused": []}
    draws = make_selection(random.Random(9), "random")["draws"]
    assert isinstance(draws, list)
    kinds = [verdict_on(json.dumps(each).encode()) for each in (record, alone, draws[0])]
    assert [(each.kind, each.exit_code) for each in kinds] == [
        (Kind.SELECTION, 0),
        (Kind.AUCTION, 0),
        (Kind.DRAW, 0),
    ]
    for kind in ("live", "random"):
        data = json.dumps(make_selection(random.Random(9), kind)).encode()
        signed = verdict_on(data, witness_keys={"witness": bytes(32)})
        assert "receipt signature" not in signed.not_checked
        assert [each.code for each in signed.differs] == (["receipt"] if kind == "random" else [])
    alone["entries"] = alone["entries"][:-1]
    assert [each.code for each in verdict_on(json.dumps(alone).encode()).differs] == ["open"]
