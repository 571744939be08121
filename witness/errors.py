"""What the witness may refuse with."""


class Refused(Exception):
    """A request that is not carried out and has changed nothing: HTTP status, stable code, an English sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class CannotStart(Exception):
    """A command that is not carried out; the message says what to do, in Chinese first for the clerk who reads it."""

    def __init__(self, message: str, chinese: str = "") -> None:
        super().__init__(f"{chinese}\n         {message}" if chinese else message)
