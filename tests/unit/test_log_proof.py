"""The proof that an event stands in the log: read strictly, and never believed once anything of it is changed."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from supermarket.core.log_proof import (
    LARGEST,
    HeadSignature,
    LogProof,
    ProofError,
    head_text,
    parse_proof,
)
from tests.factories.trees import Tree

TREE, KEY = Tree(40), SigningKey(b"\x07" * 32)
AT = "2026-03-02T03:00:00Z"
Content = dict[str, object]


def make_proof(index: int = 10, size: int = 33, signed: bool = True) -> LogProof:
    signature = KEY.sign(head_text("events", size, TREE.root(size), AT)).signature.hex()
    signatures = (HeadSignature("regulator", bytes(KEY.verify_key).hex(), AT, signature),) if signed else ()
    body, path = TREE.leaves[index].decode(), tuple(TREE.path(index, size))
    return LogProof("events", index + 1, body, size, TREE.root(size), path, signatures)


def read(content: object) -> LogProof:
    return parse_proof(json.dumps(content).encode())


@given(st.integers(0, 32), st.integers(33, 40))
def test_a_proof_comes_back_as_it_was_and_stands(index: int, size: int) -> None:
    proof = make_proof(index, size)
    assert read(proof.content()) == proof
    assert proof.stands() and proof.false_signatures() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"place": 12},
        {"size": 65},
        {"body": "11"},
        {"root": "0" * 64},
        {"path": TREE.path(10, 33)[1:]},
        {"path": [*TREE.path(10, 33), "0" * 64]},
        {"path": TREE.path(10, 33)[::-1]},
        {"path": []},
        {"place": 33, "size": 33},
    ],
)
def test_what_is_changed_no_longer_stands(change: Content) -> None:
    proof = read(make_proof().content() | change)
    assert not proof.stands()


@pytest.mark.parametrize(
    "change", [{"at": "2026-03-02T03:00:01Z"}, {"key": "0" * 64}, {"key": "f" * 64}, {"signature": "0" * 128}]
)
def test_a_signature_of_something_else_does_not_hold(change: dict[str, str]) -> None:
    content = make_proof().content()
    signature = make_proof().signatures[0].content() | change
    proof = read(content | {"signatures": [signature]})
    assert proof.false_signatures() == proof.signatures
    assert read(content | {"log": "other"}).false_signatures()
    # A path fits sizes of the same shape: that it is this size is what the witness signs.
    other = read(content | {"size": 34})
    assert other.stands() and other.false_signatures() == other.signatures


@pytest.mark.parametrize(
    "change",
    [
        {"format": "log-proof-v2"},
        {"more": 1},
        {"place": 0},
        {"place": 34},
        {"place": True},
        {"place": "11"},
        {"place": 11.0},
        {"size": 0},
        {"size": 2**62},
        {"size": None},
        {"body": None},
        {"body": "\ud800"},
        {"root": "A" * 64},
        {"root": "a" * 63},
        {"root": 5},
        {"path": ["x"]},
        {"path": "a" * 64},
        {"path": None},
        {"path": ["a" * 64] * 63},
        {"log": "a b"},
        {"log": ""},
        {"log": "events\n"},
        {"signatures": {}},
        {"signatures": [{}]},
        {"signatures": [[]]},
        {"signatures": [make_proof().signatures[0].content()] * 65},
        {"signatures": [make_proof().signatures[0].content() | {"x": "y"}]},
        {"signatures": [make_proof().signatures[0].content() | {"at": "2026-13-02T03:00:00Z"}]},
        {"signatures": [make_proof().signatures[0].content() | {"at": "yesterday"}]},
        {"signatures": [make_proof().signatures[0].content() | {"by": "a\nb"}]},
        {"signatures": [make_proof().signatures[0].content() | {"signature": "00"}]},
    ],
)
def test_what_is_no_proof_is_refused(change: Content) -> None:
    with pytest.raises(ProofError):
        read(make_proof().content() | change)


@pytest.mark.parametrize(
    "make",
    [
        lambda content: b"",
        lambda content: b"[]",
        lambda content: b"null",
        lambda content: b"\xff",
        lambda content: b"[" * 100_000,
        lambda content: json.dumps(content).encode()[:-1],
        lambda content: json.dumps(content).encode().replace(b'"place": 11', b'"place": 11, "place": 11'),
        lambda content: json.dumps({name: content[name] for name in content if name != "path"}).encode(),
        lambda content: b" " * LARGEST + json.dumps(content).encode(),
    ],
)
def test_what_cannot_be_read_is_refused(make: Callable[[Content], bytes]) -> None:
    with pytest.raises(ProofError):
        parse_proof(make(make_proof().content()))


@pytest.mark.parametrize("body", ["10", "[]", "{", '{"a": 1, "a": 2}', "[" * 100_000])
def test_a_body_that_is_no_object_says_nothing(body: str) -> None:
    assert LogProof("events", 1, body, 1, "0" * 64, (), ()).event() is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["a" * 64, "0" * 128, AT, "events"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()), st.data())
def test_any_bytes_are_refused_or_read_and_nothing_else_happens(data: bytes, draw: st.DataObject) -> None:
    if draw.draw(st.booleans()):
        content = make_proof().content()
        name = draw.draw(st.sampled_from(sorted(content)))
        content[name] = draw.draw(values)
        data = json.dumps(content).encode()
    elif draw.draw(st.booleans()):
        whole = bytearray(json.dumps(make_proof().content()).encode())
        place = draw.draw(st.integers(0, len(whole) - 1))
        whole[place] = draw.draw(st.integers(0, 255))
        data = bytes(whole)
    try:
        proof = parse_proof(data)
    except ProofError:
        return
    assert parse_proof(json.dumps(proof.content()).encode()) == proof
    good = make_proof()
    sound = proof.stands() and not proof.false_signatures() and bool(proof.signatures)
    same = proof.content() | {"signatures": []} == good.content() | {"signatures": []}
    assert not sound or same, "something else than what was signed was believed"
