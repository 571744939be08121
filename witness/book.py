"""The witness's home: its key, its journal, its clock and the one lock under which anything is decided."""

import fcntl
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from nacl.signing import SigningKey

from witness.clock import Clock, format_time
from witness.errors import CannotStart
from witness.journal import Entry, Journal, sync_folder


def load_key(home: Path) -> SigningKey:
    """The signing key in `home`/key/witness.key (64 hex digits, 0600); made at the first start.

    Raises CannotStart where others may read it, or where it is not a key.
    """
    folder = home / "key"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "witness.key"
    if not path.exists():
        fresh = folder / f"new-{secrets.token_hex(8)}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another start was first: its key counts
            os.link(fresh, path)
        fresh.unlink()
        sync_folder(folder)
        sync_folder(home)
    if path.stat().st_mode & 0o077:
        raise CannotStart(f"{path} can be read by others: chmod 600 it, and ask who has read it.")
    try:
        return SigningKey(bytes.fromhex(path.read_text("ascii")))
    except ValueError:
        raise CannotStart(f"{path} does not hold a key of 64 hex digits.") from None


class Book:
    """Everything that is kept. One process per home: a second one cannot start."""

    def __init__(self, home: Path, clock: Clock, name: str) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._guard = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._guard)
            raise CannotStart(f"A witness is already running with {home}.") from None
        self.name = name
        self.clock = clock
        self.lock = Lock()
        self._key = load_key(home)
        self._journal = Journal(home / "journal.jsonl")
        self._appliers: dict[str, Callable[[Entry], None]] = {}

    @property
    def public_key(self) -> str:
        """The Ed25519 public key, 32 bytes in hex."""
        return bytes(self._key.verify_key).hex()

    def on(self, kind: str, apply: Callable[[Entry], None]) -> None:
        """Have every entry of `kind`, old and new, applied by `apply`."""
        self._appliers[kind] = apply

    def replay(self) -> None:
        """Apply what earlier runs have written; called once, after all `on`."""
        for entry in self._journal.replay():
            self._appliers[str(entry["kind"])](entry)

    def write(self, kind: str, entry: Entry) -> None:
        """Store the entry, then apply it. The caller holds the lock. Raises Refused(503) where it cannot be stored."""
        self._journal.append({"kind": kind, **entry})
        self._appliers[kind](entry)

    def sign(self, *lines: str | int) -> str:
        """The signature, in hex, over the lines with LF after each."""
        return self._key.sign("".join(f"{line}\n" for line in lines).encode()).signature.hex()

    def now(self) -> str:
        """The witness's time as it is written."""
        return format_time(self.clock.now())

    def close(self) -> None:
        """Let go of the home, so that another process can start with it."""
        self._journal.close()
        os.close(self._guard)
