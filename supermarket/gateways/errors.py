"""The one family of errors that the outside world may raise into the house."""

from __future__ import annotations


class GatewayError(Exception):
    """Something outside refused or failed.

    `code` is stable and for programs; `_(error.msgid, **error.params)` is the sentence in the reader's language.
    """

    def __init__(self, code: str, msgid: str, /, **params: str | int) -> None:
        super().__init__(msgid % params if params else msgid)
        self.code = code
        self.msgid = msgid
        self.params = params


class ConfigError(GatewayError):
    """The configuration names a gateway that does not exist or lacks what it needs."""
