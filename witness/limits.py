"""Who may ask for anything, and how often: the operator's token, which can be changed while the witness runs, and limits."""

import hmac
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from witness.errors import CannotStart

SHORTEST = 32
MOST_TOKENS = 8
MOST_KNOWN = 10_000


class Tokens:
    """The tokens in a file, one a line; read again whenever the file has changed, so that the next one can be added, the
    operator's program given it, and the old one taken out, without a restart.
    """

    def __init__(self, path: Path) -> None:
        """Raises CannotStart where the file cannot be read, is readable by others, or holds no good token."""
        self._path = path
        self._lock = Lock()
        self._seen = self._mark()
        self._tokens = self._read()

    def _mark(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    def _read(self) -> list[bytes]:
        try:
            if self._path.stat().st_mode & 0o077:
                raise CannotStart(
                    f"{self._path} can be read by others: chmod 600 it, and make a new token.",
                    f"令牌文件 {self._path} 可被他人读取：请执行 chmod 600，并更换令牌。",
                )
            lines = [line.strip() for line in self._path.read_text("ascii").splitlines()]
        except (OSError, UnicodeDecodeError):
            raise CannotStart(f"{self._path} cannot be read.", f"令牌文件 {self._path} 无法读取。") from None
        tokens = [line for line in lines if line and not line.startswith("#")]
        if not 1 <= len(tokens) <= MOST_TOKENS or any(len(token) < SHORTEST for token in tokens):
            raise CannotStart(
                f"{self._path} must hold 1 to {MOST_TOKENS} tokens of {SHORTEST} characters or more, one a line.",
                f"令牌文件 {self._path} 应含 1 至 {MOST_TOKENS} 个令牌，每行一个，每个不少于 {SHORTEST} 个字符。",
            )
        return [token.encode() for token in tokens]

    def holds(self, header: str) -> bool:
        """Whether this `Authorization` header bears one of the tokens. A file that has become bad changes nothing."""
        with self._lock:
            mark = self._mark()
            if mark != self._seen:
                try:
                    self._tokens, self._seen = self._read(), mark
                except CannotStart:
                    self._seen = mark
            tokens = list(self._tokens)
        given = header.encode("utf-8", "replace")
        # Each is compared, so that the time says nothing of which one it was.
        matches = [hmac.compare_digest(given, b"Bearer " + token) for token in tokens]
        return any(matches)


class Limit:
    """So many at once from one address and so many a second after that; an IPv6 caller is its /64."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def takes(self, address: str) -> bool:
        """Count one; False where it is one too many."""
        who = network_of(address)
        with self._lock:
            now = self._clock()
            left, seen = self._known.pop(who, (float(self._burst), now))
            left = min(self._burst, left + (now - seen) * self._rate)
            allowed = left >= 1
            self._known[who] = (left - 1 if allowed else left, now)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
            return allowed


class Places:
    """How many connections there may be, in all and from one address."""

    def __init__(self, most: int, from_one: int) -> None:
        self._most, self._from_one = most, from_one
        self._open: dict[str, int] = {}
        self._lock = Lock()

    def take(self, address: str) -> bool:
        """One more; False where there is no place."""
        who = network_of(address)
        with self._lock:
            if sum(self._open.values()) >= self._most or self._open.get(who, 0) >= self._from_one:
                return False
            self._open[who] = self._open.get(who, 0) + 1
            return True

    def give_back(self, address: str) -> None:
        """One less."""
        who = network_of(address)
        with self._lock:
            left = self._open.get(who, 0) - 1
            if left > 0:
                self._open[who] = left
            else:
                self._open.pop(who, None)


def network_of(address: str) -> str:
    """What counts as one caller."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found.ipv4_mapped if found.version == 6 else found)
