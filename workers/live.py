"""The live process: server-sent events of auctions for any number of watchers, beside the ordinary web workers.

    GET /live/auctions/<project code>[?after=SEQ]     Last-Event-ID counts before `after`
    GET /live/healthz

Public, without cookies: what it sends is on the public page too. docs/auction.md says how a reverse proxy maps it.
"""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from flask import Flask

from workers.keeper import Keeper, site_answers
from workers.live_hub import Hub

# As the ASGI specification has them: values of many kinds.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_PATH = re.compile(r"/live/auctions/([A-Z]{1,3}[0-9-]{3,24})", re.ASCII)
_SEQ = re.compile(r"-1|[0-9]{1,9}", re.ASCII)
_COMMON = [
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    # Proxies that collect answers would hold bids back.
    (b"x-accel-buffering", b"no"),
]


class Live:
    """The ASGI application."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        looking = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                looking = await self._hub.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                self._hub.stop()
                if looking is not None:
                    looking.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        if path == "/live/healthz":
            await _plain(send, 200, b'{"status": "alive"}')
            return
        found = _PATH.fullmatch(path)
        if found is None or scope["method"] != "GET":
            await _plain(send, 404, b'{"status": "nothing here"}')
            return
        messages = await self._hub.watch(found[1], _after(scope))
        if messages is None:
            await _plain(send, 404, b'{"status": "no auction"}')
            return
        head = [(b"content-type", b"text/event-stream; charset=utf-8"), *_COMMON]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        # Come back after so many milliseconds where the line breaks.
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
        gone = _gone(receive)
        try:
            async with aclosing(messages):
                async for message in messages:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": message, "more_body": True})
        except asyncio.CancelledError:
            # We are told to stop: the browser comes back by itself, with its last seq.
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


async def _plain(send: Send, status: int, body: bytes) -> None:
    head = [(b"content-type", b"application/json"), *_COMMON]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _after(scope: Scope) -> int:
    """The last seq that the watcher has: of its Last-Event-ID, else of the address; -1 for none, or for what is no seq."""
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"), None)
    if given is None:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("after", ["-1"])[0]
    return int(given) if _SEQ.fullmatch(given) else -1


def _gone(receive: Receive) -> "asyncio.Task[None]":
    """Done once the watcher has left."""

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            continue

    return asyncio.create_task(wait())


def run(app: Flask, host: str, port: int) -> None:
    """Serve, and keep auctions alive, until told to stop."""
    stop = threading.Event()
    site = str(app.config["SITE_URL"])
    keeper = threading.Thread(target=Keeper(app, lambda: site_answers(site)).run, args=(stop,), name="keeper")
    keeper.start()
    try:
        uvicorn.run(
            Live(Hub(app)),
            host=host,
            port=port,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    finally:
        stop.set()
        keeper.join()
