"""The tree of the log: RFC 9162's definition word for word, the vectors of Certificate Transparency, and whatever is changed."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supermarket.core.merkle import (
    EMPTY,
    Edge,
    consistency_path,
    extends,
    includes,
    inclusion_path,
    leaf_hash,
    node_hash,
    peaks_of,
    root_by_path,
    root_of,
)

# The eight leaves of the well-known test data of Certificate Transparency, and the roots of their first 1 … 8.
LEAVES = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
Hash = bytes


def mth(data: list[bytes]) -> Hash:
    """MTH(D[n]) as RFC 9162 §2.1.1 defines it."""
    if not data:
        return sha256().digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = largest_power(len(data))
    return sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def largest_power(n: int) -> int:
    """k with k < n ≤ 2k."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, data: list[bytes]) -> list[Hash]:
    """PATH(m, D[n]), §2.1.3.1."""
    if len(data) == 1:
        return []
    k = largest_power(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], whole: bool) -> list[Hash]:
    """SUBPROOF(m, D[n], b), §2.1.4.1."""
    if m == len(data):
        return [] if whole else [mth(data)]
    k = largest_power(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole), mth(data[k:])]
    return [*subproof(m - k, data[k:], False), mth(data[:k])]


def reader(data: list[bytes]):
    def read(level: int, position: int) -> Hash:
        part = data[position << level : (position + 1) << level]
        assert len(part) == 1 << level, "a subtree that is not whole was asked for"
        return mth(part)

    return read


trees = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def test_the_published_vectors() -> None:
    assert [mth(LEAVES[:n]).hex() for n in range(1, 9)] == ROOTS
    edge = Edge()
    for leaf, expected in zip(LEAVES, ROOTS, strict=True):
        edge.push(leaf_hash(leaf))
        assert edge.root().hex() == expected
    read = reader(LEAVES)
    assert [step.hex() for step in inclusion_path(0, 8, read)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [step.hex() for step in consistency_path(6, 8, read)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == Edge().root().hex()


@given(trees)
def test_roots_are_those_of_the_definition_and_growing_gives_the_same(data: list[bytes]) -> None:
    edge, rows = Edge(), {}
    for n, leaf in enumerate(data, start=1):
        done = edge.push(leaf_hash(leaf))
        assert len(done) == (n & -n).bit_length(), "a leaf completes one more level than its number has trailing zeros"
        for level, found in enumerate(done):
            rows[level, (n >> level) - 1] = found
        assert edge.root() == mth(data[:n]) == root_of(n, lambda level, position: rows[level, position])
    assert rows == {(level, position): reader(data)(level, position) for level, position in rows}


@given(trees, st.data())
def test_inclusion_paths_are_those_of_the_definition_and_hold(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    found = inclusion_path(index, len(data), reader(data))
    assert found == path(index, data)
    assert len(found) <= (len(data) - 1).bit_length()
    assert includes(mth(data), leaf_hash(data[index]), index, len(data), found)


@given(trees, st.data())
def test_consistency_paths_are_those_of_the_definition_and_hold(data: list[bytes], draw: st.DataObject) -> None:
    first = draw.draw(st.integers(1, len(data)))
    found = consistency_path(first, len(data), reader(data))
    assert found == subproof(first, data, True)
    assert len(found) <= (len(data) - 1).bit_length() + 1
    assert extends(first, mth(data[:first]), len(data), mth(data), found)


def changed(hashes: list[Hash], draw: st.DataObject) -> list[Hash]:
    """Something else than these hashes: one altered, dropped, added or two exchanged."""
    made = list(hashes)
    place = draw.draw(st.integers(0, len(made)))
    how = draw.draw(st.sampled_from(["flip", "drop", "add", "swap", "cut"]))
    if how == "add" or not made:
        made.insert(place, draw.draw(st.binary(min_size=32, max_size=32)))
        return made
    place = min(place, len(made) - 1)
    if how == "flip":
        bit = draw.draw(st.integers(0, 255))
        made[place] = (int.from_bytes(made[place], "big") ^ 1 << bit).to_bytes(32, "big")
    elif how == "drop":
        del made[place]
    elif how == "cut":
        made[place] = made[place][:-1]
    else:
        made[0], made[place] = made[place], made[0]
    return made


@given(trees, st.data())
def test_a_changed_leaf_path_root_or_place_never_verifies(data: list[bytes], draw: st.DataObject) -> None:
    size, index = len(data), draw.draw(st.integers(0, len(data) - 1))
    found, root, leaf = inclusion_path(index, size, reader(data)), mth(data), leaf_hash(data[index])
    other = changed(found, draw)
    assert other == found or not includes(root, leaf, index, size, other)
    assert not includes(root, leaf_hash(data[index] + b"x"), index, size, found)
    assert not includes(node_hash(root, root), leaf, index, size, found)
    elsewhere = draw.draw(st.integers(-2, 2 * size))
    same_leaf = 0 <= elsewhere < size and data[elsewhere] == data[index]
    assert elsewhere == index or same_leaf or not includes(root, leaf, elsewhere, size, found)
    assert size == 1 or not includes(root, leaf, index, 2 * size + 2, found)


@given(trees, st.data())
def test_a_tree_that_is_no_extension_never_verifies(data: list[bytes], draw: st.DataObject) -> None:
    size, first = len(data), draw.draw(st.integers(1, len(data)))
    found, before, after = consistency_path(first, size, reader(data)), mth(data[:first]), mth(data)
    other = changed(found, draw)
    assert other == found or not extends(first, before, size, after, other)
    place = draw.draw(st.integers(0, first - 1))
    altered = [*data[:place], data[place] + b"x", *data[place + 1 :]]
    forged = consistency_path(first, size, reader(altered))
    assert not extends(first, before, size, mth(altered), found)
    assert not extends(first, before, size, mth(altered), forged), "the past was rewritten"
    assert extends(first, mth(altered[:first]), size, mth(altered), forged)
    assert first == size or not extends(first, node_hash(before, before), size, after, found)
    assert first == size or not extends(size, after, first, before, found)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (-1, 3), (4, 3), (0, 0)])
def test_no_proof_is_made_or_believed_for_sizes_that_cannot_be(first: int, second: int) -> None:
    data = [b"a", b"b", b"c"]
    with pytest.raises(ValueError, match="begin with a smaller one"):
        consistency_path(first, second, reader(data))
    assert not extends(first, mth(data), second, mth(data), [])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_path_leads_to_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_path(index, size, reader([b"a", b"b", b"c"]))
    assert root_by_path(leaf_hash(b"a"), index, size, []) is None


def test_an_edge_has_as_many_peaks_as_its_size_has_ones() -> None:
    assert peaks_of(11) == [(3, 0), (1, 4), (0, 10)]
    assert peaks_of(0) == []
    with pytest.raises(ValueError, match="another number of peaks"):
        Edge(3, [b"x" * 32])


def test_what_is_read_grows_with_the_logarithm() -> None:
    asked: list[tuple[int, int]] = []

    def read(level: int, position: int) -> Hash:
        asked.append((level, position))
        return b"h" * 32

    size = 10**9 + 7
    for made in (
        inclusion_path(123_456_789, size, read),
        consistency_path(987_654_321, size, read),
        [root_of(size, read)],
    ):
        assert made
    assert len(asked) < 3 * 2 * 30
