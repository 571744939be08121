"""The witness's home: its key, its journal, its clock and the one lock under which anything is decided."""

import fcntl
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from nacl.signing import SigningKey

from witness import catching, old_journal
from witness.clock import Clock, format_time, parse_time
from witness.errors import CannotStart, Refused
from witness.journal import NAME, VERSION, Entry, Journal, Kept, Line, sync_folder
from witness.state import State

KEY = "key/witness.key"
# A date that was set back by so little is waited for: the last signed time is signed again.
STEP_BACK = timedelta(seconds=5)


def load_key(home: Path, *, make: bool) -> SigningKey:
    """The signing key in `home`/key/witness.key (64 hex digits, 0600); made at the first start if `make`.

    Raises CannotStart where it is missing, where others may read it, or where it is not a key.
    """
    path = home / KEY
    if not path.exists():
        if not make:
            raise CannotStart(
                f"{path} is missing, and the journal beside it was signed with it. A new key would be another witness: "
                "put back a backup (witness restore), or start in an empty folder.",
                f"缺少密钥文件 {path}，而旁边的记录是用它签署的。换新密钥就成了另一个见证方：请用备份恢复，或改用空文件夹。",
            )
        _make_key(home, path)
    if path.stat().st_mode & 0o077:
        raise CannotStart(
            f"{path} can be read by others: chmod 600 it, and ask who has read it.",
            f"密钥文件 {path} 可被他人读取：请执行 chmod 600，并查明谁读过它。",
        )
    try:
        return SigningKey(bytes.fromhex(path.read_text("ascii")))
    except ValueError:
        raise CannotStart(
            f"{path} does not hold a key of 64 hex digits.", f"{path} 的内容不是 64 位十六进制密钥。"
        ) from None


def _make_key(home: Path, path: Path) -> None:
    folder = path.parent
    folder.mkdir(mode=0o700, exist_ok=True)
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


def hold(home: Path) -> int:
    """Take the home for this process alone, until the descriptor is closed. Raises CannotStart."""
    guard = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(guard)
        raise CannotStart(f"A witness is already running with {home}.", f"已有一个见证程序正在使用 {home}。") from None
    return guard


class Book:
    """Everything that is kept. One process per home: a second one cannot start."""

    def __init__(self, home: Path, clock: Clock, name: str | None = None, mirror: Path | None = None) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home = home
        self._guard = hold(home)
        try:
            self.clock = clock
            self.lock = Lock()
            self._key = load_key(home, make=not (home / NAME).exists())
            old_journal.renew(home, name or "witness", self.public_key)
            self._journal = Journal(home / NAME, mirror)
        except BaseException:
            os.close(self._guard)
            raise
        self._appliers: dict[str, list[Callable[[Line], None]]] = {}
        self.on("journal", self._open_with)
        self.on("restored", self._go_on)
        self._wanted = name
        self._last = ""
        self._signed_until = ""
        self._state: State | None = None
        self._hashes: list[bytes] = []
        self._entries: list[Entry] = []
        self.name = ""
        self.since = ""
        self.epoch = 1
        self.catching_up = catching.read(home)

    @property
    def public_key(self) -> str:
        """The Ed25519 public key, 32 bytes in hex."""
        return bytes(self._key.verify_key).hex()

    def on(self, kind: str, apply: Callable[[Line], None]) -> None:
        """Have every entry of `kind`, old and new, applied by `apply`."""
        self._appliers.setdefault(kind, []).append(apply)

    def replay(self) -> None:
        """Apply what earlier runs have written, or begin the journal; called once, after all `on`. Raises CannotStart."""
        for line in self._journal.replay():
            self._apply(line)
        if not self._journal.place.n:
            named, now = self._wanted or "witness", format_time(self.clock.now())
            self.write("journal", {"version": VERSION, "name": named, "key": self.public_key, "at": now, "epoch": 1})
        if self._wanted not in (None, self.name):
            raise CannotStart(
                f"This home belongs to the witness {self.name}, not {self._wanted}: names never change.",
                f"此文件夹属于见证方 {self.name}，不是 {self._wanted}：名称一经启用不得更改。",
            )

    def _open_with(self, line: Line) -> None:
        if line.entry.get("key") != self.public_key:
            raise CannotStart(
                f"The journal in {self.home} was signed with another key than {self.home / KEY} holds.",
                f"{self.home} 中的记录不是用现有密钥签署的：请核对是否放错了文件。",
            )
        self.name, self.since = str(line.entry["name"]), str(line.entry["at"])

    def _go_on(self, line: Line) -> None:
        self.epoch = int(line.entry["epoch"])

    def _apply(self, line: Line) -> None:
        kind = str(line.entry["kind"])
        if kind not in self._appliers:
            raise CannotStart(
                f"The journal has an entry “{kind}”, which this version does not know: use a newer one.",
                f"记录中有本版本不认识的内容“{kind}”：请使用更新版本的程序。",
            )
        for apply in self._appliers[kind]:
            apply(line)
        self._hashes.append(bytes.fromhex(line.hash))
        self._entries.append(line.entry)
        self._last = str(line.entry["at"])
        if kind != "journal":  # nothing is signed by the beginning
            self._signed_until = max(self._signed_until, str(line.entry["at"]))
        self._state = None

    def write(self, kind: str, entry: Mapping[str, str | int], kept: Kept | None = None) -> Line:
        """Store the entry, then apply it. The caller holds the lock. Raises Refused(503) where it cannot be stored."""
        line = self._journal.append(kind, {"epoch": self.epoch, **entry}, kept)
        self._apply(line)
        return line

    def take_back(self, line: Line) -> None:
        """Enter again a line of this witness's own that a restored home lacks. Raises ValueError, Refused(503)."""
        self._apply(self._journal.add(line))

    @property
    def n(self) -> int:
        """How many entries there are."""
        return self._journal.place.n

    @property
    def head(self) -> str:
        """The hash of the last entry."""
        return self._journal.place.head

    def entries(self, start: int, count: int) -> list[Entry]:
        """At most `count` entries after the `start`-th, as everybody may see them."""
        return self._entries[start : start + count]

    def need_up_to_date(self) -> None:
        """Raises Refused(503) while it is not known again what was signed: nothing new is signed then."""
        if self.catching_up is not None:
            raise Refused(
                503,
                "catching_up",
                "This witness was put back from an older state and signs nothing new until it has taken back what it "
                "signed since (witness catch-up).",
            )

    def fall_behind(self) -> None:
        """Sign nothing new from now on: there is proof that this home is an older state of this witness."""
        if self.catching_up is None:
            self.catching_up = catching.begin(self.home, self.n, self._last)

    def sign(self, *lines: str | int) -> str:
        """The signature, in hex, over the lines with LF after each."""
        return self._key.sign("".join(f"{line}\n" for line in lines).encode()).signature.hex()

    def state(self) -> State:
        """Where the journal stands, signed; the caller holds the lock. For one `n` always the same."""
        if self._state is None:
            bare = State(self.name, self.public_key, self.epoch, self.n, self.head, self._last, "")
            self._state = replace(bare, signature=self.sign(*bare.lines()))
        return self._state

    def knows(self, state: State) -> bool:
        """Whether this journal is that one, grown on; a state of an earlier epoch may have entries that are lost."""
        if state.epoch != self.epoch:
            return state.epoch < self.epoch
        return state.n <= self.n and self._hashes[state.n - 1] == bytes.fromhex(state.head)

    def moment(self) -> datetime:
        """The witness's time; it never goes back behind what was signed. Raises Refused(503) for a clock that did."""
        now = self.clock.now()
        last = parse_time(self._signed_until) if self._signed_until else now
        if now >= last:
            return now
        if last - now <= STEP_BACK:
            return last
        raise Refused(
            503,
            "clock_behind",
            f"This machine's clock says {format_time(now)}, but something was signed at {self._signed_until}. Set the clock.",
        )

    def now(self) -> str:
        """The witness's time as it is written. Raises Refused(503)."""
        return format_time(self.moment())

    def close(self) -> None:
        """Let go of the home, so that another process can start with it."""
        self._journal.close()
        os.close(self._guard)
