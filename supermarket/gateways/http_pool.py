"""Questions to one address over connections that stay open between them; any number of threads may ask at once."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import threading
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from supermarket.gateways.http_json import LARGEST, HttpFailed, Reply

_CHUNK: Final = 64 * 1024
_MOST_IDLE: Final = 16


class KeepAlive:
    """Connections to the host of `base_url`. A connection belongs to one thread while it asks, then to the next.

    `timeout` in seconds: for each wait, and for the body of an answer as a whole. No redirects, proxies or cookies.
    """

    def __init__(self, base_url: str, *, timeout: float) -> None:
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._pid = os.getpid()
        self._parts: SplitResult = urlsplit(base_url)
        self._timeout = timeout

    def call(self, method: str, path: str, *, body: object | None = None, headers: Mapping[str, str]) -> Reply:
        """Ask for a path below the base address. Asks again at once, and only once, where an idle connection was closed.

        Only for questions that change nothing. Raises HttpFailed.
        """
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {"Accept": "application/json", **headers}
        if payload is not None:
            sent["Content-Type"] = "application/json"
        used = self._take()
        if used is not None:
            with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                return self._on(used, method, path, payload, sent)
        return self._on(self._fresh(), method, path, payload, sent, last=True)

    def _on(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        payload: bytes | None,
        headers: Mapping[str, str],
        *,
        last: bool = False,
    ) -> Reply:
        kept = False
        try:
            until = time.monotonic() + self._timeout
            connection.request(method, self._parts.path.rstrip("/") + path, payload, dict(headers))
            response = connection.getresponse()
            reply = Reply(response.status, _read(response, until))
            response.close()  # else the connection takes the next question for one too early
            kept = not response.will_close
            return reply
        except ConnectionError as error:
            # Closed while it lay idle: the caller tries a fresh one.
            if not last:
                raise
            raise HttpFailed(type(error).__name__) from error
        except (OSError, http.client.HTTPException) as error:
            raise HttpFailed(type(error).__name__) from error
        finally:
            if kept:
                self._give_back(connection)
            else:
                connection.close()

    def _fresh(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return kind(str(self._parts.hostname), self._parts.port, timeout=self._timeout)

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            if self._pid != os.getpid():  # a fork must not share its parent's connections
                self._idle, self._pid = [], os.getpid()
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if self._pid == os.getpid() and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close what lies idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(_CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise HttpFailed("answer too large")
        if time.monotonic() > until:
            raise HttpFailed("timeout")
    if response.length:
        raise HttpFailed("answer cut off")
    return b"".join(pieces)
