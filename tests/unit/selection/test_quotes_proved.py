"""A bidder's proof from the log: the market, the stand-alone script and (tests/browser) the browser say the same of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from config import ROOT
from supermarket.core.log_proof import head_text
from supermarket.selection.quotes_body import QuoteError
from supermarket.selection.quotes_kept import parse_book, parse_kept
from supermarket.selection.quotes_proved import check_proof, check_with_log, read_proof
from tests.factories.trees import Tree
from tests.unit.selection.test_quotes_fuzzed import whole

SCRIPT = ROOT / "static" / "verify" / "quote_check.py"
SIGNERS = {"regulator": SigningKey(b"r" * 32), "discipline": SigningKey(b"d" * 32)}
SIGNED_AT = "2026-03-02T03:00:00Z"
Content = dict[str, object]
# A salt is drawn with each: one for all tests.
KEPT, BOOK = whole()


def body_for(kept: Content, **changes: object) -> str:
    """The event with which a kept quote came in."""
    receipt = kept["receipt"]
    at = receipt["at"] if isinstance(receipt, dict) else "2026-03-02T02:00:00Z"
    event: Content = {
        "agency": kept["uscc"],
        "at": f"{str(at)[:19]}.123456+00:00",
        "data": {"agency_uscc": kept["uscc"], "commitment": kept["commitment"], "seq": kept["seq"]},
        "project": kept["project"],
        "public": False,
        "subject": ["project", kept["project"]],
        "tag": "quote.received",
        "withheld": "5a" * 32,
    }
    return json.dumps(event | changes, separators=(",", ":"))


def make_proof(body: str, place: int = 6, size: int = 21, by: tuple[str, ...] = ("regulator", "discipline")) -> Content:
    """A proof of a body among other leaves, signed by these witnesses."""
    tree = Tree(size, instead={place - 1: body.encode()})
    root = tree.root(size)
    signatures = [
        {
            "by": name,
            "key": bytes(SIGNERS[name].verify_key).hex(),
            "at": SIGNED_AT,
            "signature": SIGNERS[name].sign(head_text("events", size, root, SIGNED_AT)).signature.hex(),
        }
        for name in by
    ]
    path = tree.path(place - 1, size)
    return {
        "format": "log-proof-v1",
        "log": "events",
        "place": place,
        "body": body,
        "size": size,
        "root": root,
        "path": path,
        "signatures": signatures,
    }


def proofs() -> list[tuple[str, Content | None]]:
    """Proofs of the whole kept file, and each with one thing wrong: the name says what must differ ("": nothing)."""
    kept = KEPT
    good, other = make_proof(body_for(kept)), make_proof(body_for(kept, at="2026-03-02T02:00:01+00:00"))
    data = {"agency_uscc": kept["uscc"], "commitment": kept["commitment"], "seq": kept["seq"]}
    first, second = good["signatures"]  # type: ignore[misc]  # a list of two
    path = good["path"]
    assert isinstance(path, list)
    return [
        ("", good),
        ("", None),
        ("", make_proof(body_for(kept), by=())),
        ("", make_proof(body_for(kept), by=("discipline",))),
        ("", make_proof(body_for(kept), place=1, size=1)),
        ("log_event", other),
        ("log_event", make_proof(body_for(kept, tag="quote.body_given"))),
        ("log_event", make_proof(body_for(kept, project="P-2026-000002"))),
        ("log_event", make_proof(body_for(kept, data=data | {"seq": 1}))),
        ("log_event", make_proof(body_for(kept, data=data | {"commitment": "ab" * 32}))),
        ("log_event", make_proof(body_for(kept, data=data | {"agency_uscc": "91510100MA61T2XX01"}))),
        ("log_event", make_proof(body_for(kept, data=data | {"more": 1}))),
        ("log_inclusion", good | {"body": body_for(kept, withheld="00" * 32)}),
        ("log_inclusion", good | {"place": 7}),
        ("log_inclusion", good | {"path": path[1:]}),
        ("log_inclusion", good | {"path": [*path, "00" * 32]}),
        ("log_inclusion", good | {"path": ["00" * 32, *path[1:]]}),
        ("log_inclusion", good | {"root": "00" * 32}),
        ("log_head", good | {"root": "00" * 32}),
        ("log_head", good | {"size": 20}),
        ("log_head", good | {"log": "other"}),
        ("log_head", good | {"signatures": [first, {**second, "signature": "00" * 64}]}),
        ("log_head", good | {"signatures": [{**first, "at": "2026-03-02T03:00:01Z"}, second]}),
        ("log_head", good | {"signatures": [{**first, "key": second["key"]}, second]}),
        ("log_head", good | {"signatures": [{**first, "key": "ff" * 32}]}),
    ]


def run(tmp_path: Path, *files: Content) -> tuple[int, str, str]:
    """The stand-alone script over these files."""
    names = []
    for number, file in enumerate(files):
        names.append(str(tmp_path / f"{number}.json"))
        Path(names[-1]).write_text(json.dumps(file))
    done = subprocess.run([sys.executable, "-I", str(SCRIPT), *names], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("wrong", "proof"), proofs(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_market_and_the_script_say_the_same(tmp_path: Path, wrong: str, proof: Content | None) -> None:
    kept, book = KEPT, BOOK
    given = None if proof is None else read_proof(json.dumps(proof).encode())
    found = check_with_log(parse_kept(json.dumps(kept).encode()), parse_book(json.dumps(book).encode()), given)
    states = {step.name: step.state.value for step in found.steps}
    assert found.ok == (not wrong)
    assert not wrong or states[wrong] == "differs"
    assert ("log" in found.not_checked) == (proof is None)
    assert ("log_keys" in found.not_checked) == (proof is not None), (
        "nobody but the reader can check whose keys they are"
    )
    code, said, trouble = run(tmp_path, *([kept, book] if proof is None else [proof, kept, book]))
    assert (code, trouble) == (1 if wrong else 0, ""), said
    assert ("DIFFERS - log" in said) == bool(wrong)
    for name in ("log_event", "log_inclusion", "log_head"):
        words = {
            "log_event": "is that of this quote",
            "log_inclusion": "leads to the root",
            "log_head": "signed this head",
        }
        lines = [line for line in said.splitlines() if words[name] in line]
        told = {"holds": "holds", "differs": "DIFFERS", "unknown": "not checked"}.get(states.get(name, ""), "")
        assert not lines if proof is None else any(line.startswith(told) for line in lines), (name, said)


def test_a_proof_by_itself_proves_any_event(tmp_path: Path) -> None:
    kept = KEPT
    proof = make_proof(body_for(kept, tag="project.published", data={}))
    found = check_proof(read_proof(json.dumps(proof).encode()))
    assert found.ok and [step.state.value for step in found.steps] == ["holds", "holds", "holds", "unknown"]
    assert found.steps[0].shown == "project.published 2026-03-02T02:00:00.123456+00:00"
    code, said, trouble = run(tmp_path, proof)
    assert (code, trouble) == (0, "")
    assert "holds - log: the event is project.published of 2026-03-02T02:00:00.123456+00:00" in said
    assert said.count("compare it with the witness's own page") == 2
    assert "not checked" in said


@pytest.mark.parametrize("body", ["", "[]", "7", "{", '{"a": 1, "a": 2}'])
def test_a_body_that_says_nothing_differs(body: str) -> None:
    found = check_proof(read_proof(json.dumps(make_proof(body)).encode()))
    assert [step.name for step in found.steps if step.state.value == "differs"] == ["log_event"]


def test_files_are_taken_once_each_and_in_any_order(tmp_path: Path) -> None:
    kept, book = KEPT, BOOK
    proof = make_proof(body_for(kept))
    assert run(tmp_path, book, proof, kept)[0] == 0
    for files in ((kept, kept), (book,), (proof, proof), (kept, proof, proof), (kept, {"format": "other"}), ()):
        code, said, trouble = run(tmp_path, *files)
        assert (code, said) == (2, "")
        assert len(trouble.strip().splitlines()) == 1 and "Traceback" not in trouble


@pytest.mark.parametrize("change", [{"path": None}, {"signatures": [{}]}, {"size": "x"}, {"body": None}, {"place": []}])
def test_what_is_no_whole_proof_is_one_line(tmp_path: Path, change: Content) -> None:
    kept = KEPT
    proof = make_proof(body_for(kept)) | change
    with pytest.raises(QuoteError) as refused:
        read_proof(json.dumps(proof).encode())
    assert refused.value.code == "bad_proof"
    code, said, trouble = run(tmp_path, kept, proof)
    assert (code, said) == (2, "")
    assert trouble.startswith("not a whole file") and len(trouble.strip().splitlines()) == 1
