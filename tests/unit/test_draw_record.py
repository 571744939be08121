"""The public record, its verification here and by the stand-alone script."""

import json
import random
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from supermarket.core.draw import (
    DrandSource,
    DrawError,
    Excluded,
    Member,
    PartiesSource,
    PublishedSource,
    Receipt,
    Record,
    Source,
    commitment,
    draw_key,
    draw_order,
    lottery_value,
    parse_record,
    parties_value,
    pool_file,
    pool_hash,
    reveal,
    sign_receipt,
    verify_record,
)

SCRIPT = Path(__file__).parents[2] / "static" / "verify" / "draw_verify.py"
WITNESS = SigningKey(bytes(range(32)))
KEYS = {"witness": bytes(WITNESS.verify_key)}
AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
SEEDS = (b"\x01" * 32, b"\x02" * 32)
PARTIES = PartiesSource((commitment(SEEDS[0]), commitment(SEEDS[1])))
REVEALS = parties_value([reveal(SEEDS[0], 0), reveal(SEEDS[1], 0)])


def make_record(
    source: Source = PARTIES,
    value: str = REVEALS,
    *,
    members: int = 5,
    refused: tuple[str, ...] = (),
    entered_by: tuple[str, ...] = ("operator", "witness"),
    purpose: str = "main",
) -> Record:
    pool = [Member(f"91510100MA61T2XX{n:02d}", 1 + n % 3) for n in range(members)]
    file = pool_file("P-1", purpose, source, pool)
    digest = pool_hash(file)
    key = draw_key(digest, value)
    return Record(
        pool_file=file.decode(),
        pool_hash=digest,
        receipt=Receipt(AT, "witness", sign_receipt(bytes(WITNESS), "P-1", purpose, digest, AT)),
        source_time=AT + (PublishedSource.earliest if refused else source.earliest),
        value=value,
        entered_by=entered_by,
        refused=refused,
        drawn_at=AT + (PublishedSource.earliest if refused else source.earliest) + timedelta(seconds=1),
        key=key,
        order=draw_order(pool, key),
        excluded=(Excluded("91510100MA61T2XX99", "qualification_missing"),),
    )


def run_script(data: bytes, folder: Path) -> tuple[int, str]:
    path = folder / "draw.json"
    path.write_bytes(data)
    done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def changed(record: Record, change: Callable[[dict[str, object]], None]) -> bytes:
    content = json.loads(record.to_json())
    change(content)
    return json.dumps(content).encode()


def test_the_record_has_exactly_the_fields_of_the_rules_in_their_order() -> None:
    content = json.loads(make_record().to_json())
    assert list(content) == [
        "version", "pool_file", "pool_hash", "receipt", "source_time", "value",
        "entered_by", "refused", "drawn_at", "key", "order", "excluded",
    ]  # fmt: skip
    assert list(content["receipt"]) == ["at", "by", "signature"]
    assert content["receipt"]["at"] == "2026-11-27T10:00:00Z"
    assert content["excluded"] == [{"id": "91510100MA61T2XX99", "code": "qualification_missing"}]


def test_a_record_read_again_is_the_same() -> None:
    record = make_record()
    assert parse_record(record.to_json()) == record
    early = Record(pool_file=record.pool_file, pool_hash=record.pool_hash)
    assert parse_record(early.to_json()) == early
    assert json.loads(early.to_json())["order"] is None


@pytest.mark.parametrize(
    ("source", "value", "refused", "not_checked"),
    [
        (PARTIES, REVEALS, (), ()),
        (PARTIES, "03 03 09", ("witness",), ("bulletin",)),
        (PARTIES, "03 03 09", ("operator", "witness"), ("bulletin",)),
        (PublishedSource("kl8"), lottery_value(list(range(1, 21))), (), ("bulletin",)),
        (DrandSource("a" * 64), "b" * 64, (), ("drand signature",)),
    ],
)
def test_a_true_record_holds_and_what_was_not_checked_is_named(
    source: Source, value: str, refused: tuple[str, ...], not_checked: tuple[str, ...], tmp_path: Path
) -> None:
    data = make_record(source, value, refused=refused).to_json()
    checked = verify_record(data, KEYS)
    assert (checked.ok, checked.differences, checked.not_checked) == (True, (), not_checked)
    checked = verify_record(data)
    assert (checked.ok, checked.not_checked) == (True, ("receipt signature", *not_checked))
    code, said = run_script(data, tmp_path)
    assert code == 0
    last = ", ".join(("receipt signature", *not_checked))
    assert said == f"The order follows from the pool and the value.\nnot checked: {last}\n"


def test_two_hundred_draws_hold_everywhere(tmp_path: Path) -> None:
    numbers = random.Random(7)
    check = runpy.run_path(str(SCRIPT))["check"]  # a process for each of 200 takes too long
    for number in range(200):
        seeds = (numbers.randbytes(32), numbers.randbytes(32))
        parties = PartiesSource((commitment(seeds[0]), commitment(seeds[1])))
        value = parties_value([reveal(seeds[0], 0), reveal(seeds[1], 0)])
        record = make_record(parties, value, members=numbers.randint(1, 60), purpose=f"tie{number + 1}")
        data = record.to_json()
        assert verify_record(data, KEYS).ok
        *found, not_checked = check(json.loads(data))
        assert (any(found), not_checked) == (False, ["receipt signature"])


def flip(text: str) -> str:
    """One character changed in the middle, still of the same kind."""
    middle = len(text) // 2
    return text[:middle] + ("1" if text[middle] != "1" else "2") + text[middle + 1 :]


CHANGES: list[tuple[str, Callable[[dict[str, object]], None]]] = [
    ("version", lambda c: c.update(version="draw-v3")),
    ("pool_file", lambda c: c.update(pool_file=str(c["pool_file"]).replace("P-1", "P-2"))),
    ("pool_file", lambda c: c.update(pool_file=str(c["pool_file"]).replace("00 1\n", "00 2\n"))),
    ("pool_file", lambda c: c.update(pool_file=str(c["pool_file"])[:-1])),
    ("pool_hash", lambda c: c.update(pool_hash=flip(str(c["pool_hash"])))),
    ("pool_hash", lambda c: c.update(pool_hash=str(c["pool_hash"]).upper())),
    ("value", lambda c: c.update(value=flip(str(c["value"])))),
    ("key", lambda c: c.update(key=flip(str(c["key"])))),
    ("order", lambda c: c.update(order=list(c["order"])[::-1])),  # type: ignore[call-overload]  # it is a list
    ("order", lambda c: c.update(order=[flip(x) for x in c["order"]])),  # type: ignore[attr-defined]  # it is a list
    ("order", lambda c: c.update(order=None)),
    ("key", lambda c: c.update(key=None)),
    ("value", lambda c: c.update(value=None)),
    ("receipt", lambda c: c.update(receipt=None)),
    ("receipt", lambda c: c["receipt"].update(signature="x" * 128)),  # type: ignore[attr-defined]  # it is a dict
    ("receipt", lambda c: c["receipt"].update(at="2026-11-27T10:00:00+00:00")),  # type: ignore[attr-defined]
    ("receipt", lambda c: c["receipt"].update(note="")),  # type: ignore[attr-defined]  # it is a dict
    ("source_time", lambda c: c.update(source_time="2026-11-27T09:59:59Z")),
    ("source_time", lambda c: c.update(source_time="2026-11-27T10:00:00.000Z")),
    ("source_time", lambda c: c.update(source_time="2026-11-31T10:00:00Z")),
    ("drawn_at", lambda c: c.update(drawn_at="2026-11-27T09:59:59Z")),
    ("drawn_at", lambda c: c.update(drawn_at=None)),
    ("refused", lambda c: c.update(refused=["witness"])),
    ("refused", lambda c: c.update(refused="witness")),
    ("excluded", lambda c: c.update(excluded=[{"id": "A"}])),
    ("extra", lambda c: c.update(extra=None)),
    ("entered_by", lambda c: c.pop("entered_by")),
]


@pytest.mark.parametrize(("field", "change"), CHANGES)
def test_a_change_is_named_here_and_fails_in_the_script(
    field: str, change: Callable[[dict[str, object]], None], tmp_path: Path
) -> None:
    data = changed(make_record(), change)
    checked = verify_record(data)
    assert not checked.ok
    # A change of the pool shows in the hash that is computed from it.
    named = {difference.split(":")[0].split(".")[0] for difference in checked.differences}
    assert named & {field, "pool_hash" if field == "pool_file" else "value" if field == "refused" else field}
    code, said = run_script(data, tmp_path)
    assert code == (2 if field == "version" else 1)
    assert "not checked: " in said


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, receipt=replace(r.receipt, signature=flip(r.receipt.signature))),
        lambda r: replace(r, receipt=replace(r.receipt, at=AT - timedelta(seconds=1))),
        lambda r: replace(r, receipt=replace(r.receipt, by="witnes")),
    ],
)
def test_a_changed_receipt_fails_where_the_witness_is_known(change: Callable[[Record], Record]) -> None:
    checked = verify_record(change(make_record()).to_json(), KEYS)
    assert not checked.ok
    assert [difference.split(":")[0] for difference in checked.differences] == ["receipt"]


def test_one_byte_of_what_is_bound_never_goes_unseen() -> None:
    """Every single character of pool, hash, receipt, value, key and order, changed one at a time."""
    data = make_record(members=2).to_json().decode()
    begin, end = data.index('"version"'), data.index('"excluded"')
    free = ("source_time", "entered_by", "refused", "drawn_at")  # no hash binds these
    seen = 0
    for line in data[begin:end].splitlines():
        if any(f'"{name}"' in line for name in free) or line.strip(' ",]') in {"operator", "witness", ""}:
            continue
        for place in range(len(line)):
            if line[place] in " ":
                continue
            other = line[:place] + ("0" if line[place] != "0" else "1") + line[place + 1 :]
            assert not verify_record(data.replace(line, other, 1).encode(), KEYS).ok, other
            seen += 1
    assert seen > 700


def test_one_who_is_in_the_pool_is_not_excluded() -> None:
    record = replace(make_record(), excluded=(Excluded("91510100MA61T2XX00", "linked"),))
    assert verify_record(record.to_json(), KEYS).differences == ("excluded: 91510100MA61T2XX00 is in the pool",)


def test_a_bulletin_is_typed_by_two() -> None:
    value = lottery_value(list(range(1, 21)))
    record = make_record(PublishedSource("kl8"), value, entered_by=("owner", "owner"))
    assert verify_record(record.to_json(), KEYS).differences == ("entered_by: two must type a bulletin's numbers",)


@pytest.mark.parametrize("refused", [("witness", "witness"), ("operator", "witness", "another")])
def test_no_more_can_refuse_than_there_are_parties(refused: tuple[str, ...]) -> None:
    record = make_record(value="03 03 09", refused=refused)
    assert verify_record(record.to_json(), KEYS).differences == ("refused: a name twice, or more names than parties",)


def test_a_lottery_in_the_place_of_a_party_closes_an_hour_after_the_receipt(tmp_path: Path) -> None:
    record = make_record(value="03 03 09", refused=("witness",))
    record = replace(record, source_time=AT + timedelta(seconds=3599))
    assert verify_record(record.to_json(), KEYS).differences == ("source_time: earlier than 3600 s after the receipt",)
    code, said = run_script(record.to_json(), tmp_path)
    assert (code, said.splitlines()[0]) == (1, "times: early")


def test_a_source_that_comes_too_early_is_named() -> None:
    record = make_record(DrandSource("a" * 64), "b" * 64)
    record = replace(record, source_time=AT + timedelta(seconds=599))
    assert verify_record(record.to_json(), KEYS).differences == ("source_time: earlier than 600 s after the receipt",)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "record"),
        (b"[]", "record"),
        (b"\xff", "record"),
        (b'{"version": NaN}', "record"),
        (b'{"version": ' + b"1" * 5000 + b"}", "record"),
        (b"[" * 100_000, "record"),
        (b'{"version": "draw-v2", "version": "draw-v2"}', "version"),
        ('{"versiön": 1}'.encode(), "record"),
        (b" " * (8 * 1024 * 1024 + 1), "record"),
        (make_record().to_json().replace(b'"operator"', rb'"\ud800"'), "entered_by"),
        (make_record().to_json().replace(b'"operator"', b"7"), "entered_by"),
        (make_record().to_json().replace(b"draw-v2\\n", b"draw-v1\\n").replace(b'"draw-v2"', b"2"), "version"),
    ],
)
def test_what_is_no_record_is_refused_and_never_raises_in_verification(data: bytes, field: str) -> None:
    with pytest.raises(DrawError) as refusal:
        parse_record(data)
    assert refusal.value.field == field
    checked = verify_record(data, KEYS)
    assert (checked.ok, checked.differences) == (False, (str(refusal.value),))


def test_the_script_needs_nothing_and_stays_short(tmp_path: Path) -> None:
    lines = SCRIPT.read_text().splitlines()
    assert len(lines) < 60
    for unreadable in (b"not json", b"\xff", b"[" * 9_999, b"[]", b'{"version": "draw-v3"}', b"9" * 9_999, b"{" * 2):
        code, said = run_script(unreadable, tmp_path)
        assert (code, len(said.splitlines())) == (2, 2), said
    for usage in ((), (str(tmp_path / "not there.json"),), (str(tmp_path),)):
        done = subprocess.run([sys.executable, "-I", str(SCRIPT), *usage], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (2, "")
    twice = make_record().to_json().decode().replace('"version"', '"version": "draw-v2", "version"', 1)
    assert run_script(twice.encode(), tmp_path)[0] == 2


def test_times_are_whole_aware_seconds() -> None:
    with pytest.raises(DrawError):
        replace(make_record(), drawn_at=AT.replace(tzinfo=None)).to_json()
    with pytest.raises(DrawError):
        replace(make_record(), drawn_at=AT.replace(microsecond=1)).to_json()
