"""One JSON question over HTTP with a limit on time and size; no redirects, no proxies, no cookies."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

LARGEST: Final = 8 * 1024 * 1024
_CHUNK: Final = 64 * 1024


class HttpFailed(Exception):
    """No whole answer within the limits."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with any status; `body` as it came."""

    status: int
    body: bytes

    def json(self) -> dict[str, object]:
        """The body as a JSON object. Raises HttpFailed."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:  # RecursionError: lists in lists without end
            raise HttpFailed("not JSON") from error
        if not isinstance(value, dict):
            raise HttpFailed("not a JSON object")
        return value


def call(
    method: str,
    url: str,
    *,
    timeout: float,
    body: object | None = None,
    form: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One call with a JSON body, an encoded form or nothing; `timeout` in seconds for all of it. Raises HttpFailed."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HttpFailed("not an http address")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    until = time.monotonic() + timeout
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    sent = {"Accept": "application/json", "Connection": "close", **(headers or {})}
    if payload is not None:
        sent["Content-Type"] = "application/json"
    elif form is not None:
        payload = form.encode()
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), payload, sent)
        response = connection.getresponse()
        return Reply(response.status, _read(response, until))
    except (OSError, http.client.HTTPException) as error:
        raise HttpFailed(type(error).__name__) from error
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    content = b""
    while piece := response.read1(_CHUNK):
        content += piece
        if len(content) > LARGEST:
            raise HttpFailed("answer too large")
        if time.monotonic() > until:
            raise HttpFailed("timeout")
    if response.length:
        raise HttpFailed("answer cut off")
    return content
