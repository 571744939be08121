"""The entries of each auction that somebody watches, once in memory; woken by the database, which is the truth.

A watcher is a place in the list of entries: whoever comes back with its last seq is sent what follows, so that a
reconnect loses nothing, and many entries at once are one message. Nothing here is written anywhere.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import orjson
import psycopg
import structlog
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from supermarket.auctions.feed import Json, entries_json, state_json
from supermarket.auctions.queries import auction_by_id, auction_ids_of, lines_of, view_of
from supermarket.core import clock
from supermarket.core.unit import unit

# Even where no word comes from the database, it is asked so often; watchers hear something at least every ten seconds.
LOOK_SECONDS = 1.0
WORD_SECONDS = 10.0
_log = structlog.get_logger(__name__)
Read = TypeVar("Read")


@dataclass
class Channel:
    """One auction as its watchers see it."""

    code: str
    auction_id: int
    entries: list[Json] = field(default_factory=list)
    state: Json = field(default_factory=dict)
    watchers: int = 0
    version: int = 0
    spoken: float = 0
    messages: dict[int, bytes] = field(default_factory=dict)
    pulse: asyncio.Event = field(default_factory=asyncio.Event)
    busy: bool = False
    again: bool = False

    def publish(self, now: float) -> None:
        """Wake everybody who watches."""
        self.version += 1
        self.spoken = now
        self.messages.clear()
        pulse, self.pulse = self.pulse, asyncio.Event()
        pulse.set()

    def message(self, after: int) -> bytes:
        """What somebody who knows the entries up to `after` is sent; the same bytes for all of them."""
        if after not in self.messages:
            news = orjson.dumps({"state": self.state, "entries": self.entries[after + 1 :]})
            self.messages[after] = b"event: news\nid: %d\ndata: %s\n\n" % (len(self.entries) - 1, news)
        return self.messages[after]


class Hub:
    """All channels, and the one thread that reads for them."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._channels: dict[str, Channel] = {}
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()

    async def start(self) -> asyncio.Task[None]:
        """Listen to the database, and look by ourselves all the same."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, name="listener", daemon=True).start()
        return asyncio.create_task(self._look())

    def stop(self) -> None:
        """Let the listener go; watchers are dropped by the server."""
        self._stop.set()
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def watch(self, code: str, after: int) -> AsyncGenerator[bytes, None] | None:
        """Messages from `after` on, for ever; None where there is no such auction."""
        channel = self._channels.get(code)
        if channel is None:
            ids = await self._read(lambda: auction_ids_of([code]))
            if code not in ids:
                return None
            channel = self._channels.setdefault(code, Channel(code, ids[code]))
            await self._refresh(channel)
        return self._messages(channel, after)

    async def _messages(self, channel: Channel, after: int) -> AsyncGenerator[bytes, None]:
        channel.watchers += 1
        version = 0  # nothing is sent before the first reading
        try:
            while True:
                pulse = channel.pulse
                if version == channel.version:
                    await pulse.wait()
                version = channel.version
                yield channel.message(min(after, len(channel.entries) - 1))
                after = len(channel.entries) - 1
        finally:
            channel.watchers -= 1
            if not channel.watchers:
                self._channels.pop(channel.code, None)

    async def _refresh(self, channel: Channel) -> None:
        """Read what is new; one reading at a time, and once more if there was word meanwhile."""
        if channel.busy:
            channel.again = True
            return
        channel.busy = True
        try:
            while True:
                channel.again = False
                entries, state = await self._read(lambda: _news(channel.auction_id, channel.code, len(channel.entries)))
                now = asyncio.get_running_loop().time()
                changed = bool(entries) or _told(state) != _told(channel.state)
                channel.entries += entries
                channel.state = state
                if changed or now - channel.spoken > WORD_SECONDS:
                    channel.publish(now)
                if not channel.again:
                    return
        finally:
            channel.busy = False

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for channel in list(self._channels.values()):
                try:
                    await self._refresh(channel)
                except OperationalError as error:
                    _log.warning("the database is away", error=type(error).__name__)

    async def _read(self, ask: Callable[[], Read]) -> Read:
        def inside() -> Read:
            with self._app.app_context(), unit():
                return ask()

        return await asyncio.get_running_loop().run_in_executor(self._reader, inside)

    def _listen(self) -> None:
        """Word of every entry as its transaction is committed; where the connection breaks, a new one."""
        url = make_url(str(self._app.config["SQLALCHEMY_DATABASE_URI"])).set(drivername="postgresql")
        while not self._stop.is_set():
            try:
                with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
                    connection.execute("LISTEN auction")
                    while not self._stop.is_set():
                        for word in connection.notifies(timeout=1):
                            self._tell(int(word.payload))
            except psycopg.OperationalError as error:
                _log.warning("no word from the database", error=type(error).__name__)
                self._stop.wait(1)

    def _tell(self, auction_id: int) -> None:
        def wake() -> None:
            for channel in self._channels.values():
                if channel.auction_id == auction_id:
                    task = asyncio.ensure_future(self._refresh(channel))
                    task.add_done_callback(_note)

        if self._loop is not None:
            self._loop.call_soon_threadsafe(wake)


def _note(task: "asyncio.Future[None]") -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.warning("an auction could not be read", error=type(error).__name__)


def _told(state: Json) -> Json:
    """A state but for the clock."""
    return {name: value for name, value in state.items() if name != "now"}


def _news(auction_id: int, code: str, known: int) -> tuple[list[Json], Json]:
    row, now = auction_by_id(auction_id), clock.now()
    # The state first, then the entries: what comes between is sent twice over rather than not at all.
    state = state_json(view_of(row, code, now), now)
    return entries_json(lines_of(auction_id, after=known - 1)), state
