"""Secrets that must not lie in the database: a folder of the operator's machine, or memory in tests.

Whoever copies the database gets none of them; whoever runs the site keeps a copy of the folder apart from its backups.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from nacl.signing import SigningKey

from supermarket.core.draw import ChainExhausted, commitment, new_seed, reveal_for
from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.sealing import new_private_key, public_key, unseal

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_SEED_BYTES: Final = 32


class KeyRingError(GatewayError):
    """A secret is missing, unreadable, or not the one that sealed this."""


class KeyRing(Protocol):
    """What the house asks of its secrets. Every secret is made once, at its first use."""

    def chain_commitment(self, project: str) -> str:
        """The operator's c for the `parties` source, hex; published before enrolment."""

    def chain_reveal(self, project: str, committed: str) -> str:
        """The operator's r with SHA-256(r) = `committed`, hex: what the pool file names. Only after the receipt!

        Raises KeyRingError where the chain has no such link, or none is left.
        """

    def quote_public_key(self, project: str) -> bytes:
        """The operator's half for sealing quotes of a project, 32 bytes."""

    def holds_quote_key(self, project: str, public: bytes) -> bool:
        """Whether the secret that belongs to this public key is here; none is made."""

    def open_quote(self, project: str, ciphertext: bytes) -> bytes:
        """Take off the operator's layer; what is inside is still sealed for the witness.

        Raises BoxClosed, or KeyRingError (`secret_missing`) where the project's secret is not here.
        """

    def encrypt(self, text: str) -> bytes:
        """A field that is never shown, such as an identity number."""

    def decrypt(self, token: bytes) -> str:
        """Raises KeyRingError."""

    def rotate(self, token: bytes) -> bytes:
        """The same field under the newest key. Raises KeyRingError."""

    def add_field_key(self) -> None:
        """From now on new fields are encrypted with a fresh key; older ones stay readable."""

    def field_keys(self) -> int:
        """How many keys read fields; the newest one writes them."""

    def under_newest(self, token: bytes) -> bool:
        """Whether a field is encrypted with the newest key."""

    def drop_old_field_keys(self) -> None:
        """Keep the newest key only: whatever an older one wrote can never be read again."""

    def keyed_hash(self, purpose: str, value: str) -> str:
        """HMAC-SHA256 in hex: equal values can be found without being kept; purposes do not mix."""

    def sign(self, message: bytes) -> str:
        """Ed25519 signature of the operator, hex (receipts for quotes)."""

    def verify_key(self) -> str:
        """The operator's public Ed25519 key, hex."""


class _Ring:
    """The rules, over two ways of keeping: `_kept`, `_once` and `_change`."""

    def _kept(self, name: str) -> bytes | None:
        raise NotImplementedError

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        raise NotImplementedError

    def _change(self, name: str, make: Callable[[], bytes], change: Callable[[bytes], bytes]) -> bytes:
        raise NotImplementedError

    def chain_commitment(self, project: str) -> str:
        return commitment(self._seed(project))

    def chain_reveal(self, project: str, committed: str) -> str:
        try:
            return reveal_for(self._seed(project), committed)
        except ChainExhausted as error:
            raise KeyRingError("chain_used_up", N_("The project's chain of random values is used up.")) from error

    def _seed(self, project: str) -> bytes:
        kept = self._once(_for(project, "chain"), lambda: json.dumps({"seed": new_seed().hex()}).encode())
        return bytes.fromhex(json.loads(kept)["seed"])

    def quote_public_key(self, project: str) -> bytes:
        return public_key(self._once(_for(project, "quotes"), new_private_key))

    def holds_quote_key(self, project: str, public: bytes) -> bool:
        kept = self._kept(_for(project, "quotes"))
        return kept is not None and len(kept) == len(public) and public_key(kept) == public

    def open_quote(self, project: str, ciphertext: bytes) -> bytes:
        kept = self._kept(_for(project, "quotes"))
        if kept is None:
            raise KeyRingError("secret_missing", N_("The project's key for sealed quotes is not on this machine."))
        return unseal(ciphertext, kept)

    def encrypt(self, text: str) -> bytes:
        return self._fields().encrypt(text.encode())

    def decrypt(self, token: bytes) -> str:
        try:
            return self._fields().decrypt(token).decode()
        except InvalidToken as error:
            raise _unreadable() from error

    def rotate(self, token: bytes) -> bytes:
        try:
            return self._fields().rotate(token)
        except InvalidToken as error:
            raise _unreadable() from error

    def add_field_key(self) -> None:
        self._change("fields", Fernet.generate_key, lambda old: Fernet.generate_key() + b"\n" + old)

    def field_keys(self) -> int:
        return len(self._field_keys())

    def under_newest(self, token: bytes) -> bool:
        try:
            Fernet(self._field_keys()[0]).decrypt(token)
        except InvalidToken:
            return False
        return True

    def drop_old_field_keys(self) -> None:
        self._change("fields", Fernet.generate_key, lambda old: old.split(b"\n")[0])

    def _field_keys(self) -> list[bytes]:
        return self._once("fields", Fernet.generate_key).split(b"\n")

    def _fields(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._field_keys()])

    def keyed_hash(self, purpose: str, value: str) -> str:
        key = self._once("hash", lambda: secrets.token_bytes(_SEED_BYTES))
        return hmac.new(key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()

    def sign(self, message: bytes) -> str:
        return self._signing_key().sign(message).signature.hex()

    def verify_key(self) -> str:
        return bytes(self._signing_key().verify_key).hex()

    def _signing_key(self) -> SigningKey:
        return SigningKey(self._once("receipts", lambda: bytes(SigningKey.generate())))


def _for(project: str, what: str) -> str:
    if not _NAME.fullmatch(project):
        raise KeyRingError("key_name", N_("“%(name)s” cannot be the name of a key."), name=project)
    return f"projects/{project}/{what}"


def _unreadable() -> KeyRingError:
    return KeyRingError("field_unreadable", N_("A protected field cannot be read with the keys of this machine."))


class MemoryKeys(_Ring):
    """The fake: the same rules, gone with the process."""

    def __init__(self) -> None:
        self._kept_secrets: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def _kept(self, name: str) -> bytes | None:
        with self._lock:
            return self._kept_secrets.get(name)

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            return self._kept_secrets.setdefault(name, make())

    def _change(self, name: str, make: Callable[[], bytes], change: Callable[[bytes], bytes]) -> bytes:
        with self._lock:
            self._kept_secrets[name] = change(self._kept_secrets.get(name) or make())
            return self._kept_secrets[name]


class FolderKeys(_Ring):
    """Secrets in a folder that only its owner may enter; safe with many processes. Raises OSError, KeyRingError."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if root.stat().st_mode & 0o077:
            raise KeyRingError("key_folder_open", N_("Others may enter the key folder. Take their rights away (0700)."))
        self._root = root

    def _kept(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        path = self._root / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            self._make_folders(path.parent)
        fresh = self._temporary(path, make())
        try:
            os.link(fresh, path)  # unlike a rename this refuses to replace what another process made first
        except FileExistsError:
            return path.read_bytes()
        finally:
            fresh.unlink()
        _sync(path.parent)
        return path.read_bytes()

    def _change(self, name: str, make: Callable[[], bytes], change: Callable[[bytes], bytes]) -> bytes:
        with self._locked():
            old = self._once(name, make)
            new = change(old)
            if new != old:
                path = self._root / name
                self._temporary(path, new).replace(path)
                _sync(path.parent)
        return new

    def _make_folders(self, folder: Path) -> None:
        if folder != self._root:
            self._make_folders(folder.parent)  # mkdir(parents=True) would give the parents the default mode
            folder.mkdir(mode=0o700, exist_ok=True)

    @staticmethod
    def _temporary(path: Path, content: bytes) -> Path:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        return Path(name)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._root / ".lock").open("a") as handle:
            (self._root / ".lock").chmod(0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
