"""Secrets: made once, kept apart, shown one link at a time."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nacl.signing import VerifyKey

from supermarket.gateways.keys import FolderKeys, KeyRingError, MemoryKeys
from supermarket.gateways.sealing import BoxClosed, new_private_key, public_key, seal, unseal


@pytest.fixture(params=["folder", "memory"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> FolderKeys | MemoryKeys:
    return FolderKeys(tmp_path / "keys") if request.param == "folder" else MemoryKeys()


def test_a_chain_is_shown_from_its_end_link_by_link(keys: FolderKeys | MemoryKeys) -> None:
    c = keys.chain_commitment("P-1")
    assert keys.chain_commitment("P-1") == c
    assert keys.chain_commitment("P-2") != c
    committed = c
    for _draw in range(8):
        r = keys.chain_reveal("P-1", committed)
        assert hashlib.sha256(bytes.fromhex(r)).hexdigest() == committed
        assert keys.chain_reveal("P-1", committed) == r
        committed = r
    for of_none in (committed, keys.chain_commitment("P-2"), "x"):
        with pytest.raises(KeyRingError) as used_up:
            keys.chain_reveal("P-1", of_none)
        assert used_up.value.code == "chain_used_up"


def test_two_layers_need_two_keys(keys: FolderKeys | MemoryKeys) -> None:
    witness = new_private_key()
    box = seal(b"quote-v1\n", operator_key=keys.quote_public_key("P-1"), witness_key=public_key(witness))
    with pytest.raises(BoxClosed):
        unseal(box, witness)
    with pytest.raises(KeyRingError) as missing:
        keys.open_quote("P-2", box)
    assert missing.value.code == "secret_missing"
    other = keys.quote_public_key("P-2")
    with pytest.raises(BoxClosed):
        keys.open_quote("P-2", box)
    assert keys.holds_quote_key("P-1", keys.quote_public_key("P-1"))
    assert not keys.holds_quote_key("P-1", other)
    assert not keys.holds_quote_key("P-3", other)
    assert not keys.holds_quote_key("P-3", other), "looking makes no key"
    inner = keys.open_quote("P-1", box)
    assert b"quote" not in inner
    assert unseal(inner, witness) == b"quote-v1\n"


def test_fields_survive_a_new_key(keys: FolderKeys | MemoryKeys) -> None:
    old = keys.encrypt("110101199003070000")
    keys.add_field_key()
    assert keys.decrypt(old) == "110101199003070000"
    new = keys.rotate(old)
    assert new != old
    assert keys.decrypt(new) == "110101199003070000"
    with pytest.raises(KeyRingError) as unreadable:
        keys.decrypt(b"not ours")
    assert unreadable.value.code == "field_unreadable"


def test_hashes_do_not_mix_purposes_and_signatures_hold(keys: FolderKeys | MemoryKeys) -> None:
    assert keys.keyed_hash("person", "x") == keys.keyed_hash("person", "x")
    assert keys.keyed_hash("person", "x") != keys.keyed_hash("phone", "x")
    signature = bytes.fromhex(keys.sign(b"receipt"))
    assert VerifyKey(bytes.fromhex(keys.verify_key())).verify(b"receipt", signature) == b"receipt"


@pytest.mark.parametrize("name", ["../P-1", "", ".hidden", "a/b", "x" * 81])
def test_a_project_cannot_lead_out_of_the_folder(keys: FolderKeys | MemoryKeys, name: str) -> None:
    with pytest.raises(KeyRingError) as refusal:
        keys.chain_commitment(name)
    assert refusal.value.code == "key_name"


def test_the_folder_is_closed_and_read_again(tmp_path: Path) -> None:
    root = tmp_path / "keys"
    first = FolderKeys(root)
    c, key, token = first.chain_commitment("P-1"), first.quote_public_key("P-1"), first.encrypt("x")
    second = FolderKeys(root)
    assert (second.chain_commitment("P-1"), second.quote_public_key("P-1")) == (c, key)
    assert second.decrypt(token) == "x"
    for path in root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    root.chmod(0o755)
    with pytest.raises(KeyRingError) as refusal:
        FolderKeys(root)
    assert refusal.value.code == "key_folder_open"


def test_many_at_once_make_one_secret(tmp_path: Path) -> None:
    rings = [FolderKeys(tmp_path / "keys") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        commitments = set(pool.map(lambda ring: ring.chain_commitment("P-1"), rings))
        (committed,) = commitments
        links = set(pool.map(lambda ring: ring.chain_reveal("P-1", committed), rings))
    assert len(links) == 1
