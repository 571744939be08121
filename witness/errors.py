"""What the witness may refuse with."""


class Refused(Exception):
    """A request that is not carried out and has changed nothing: HTTP status, stable code, an English sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class CannotStart(Exception):
    """The home folder or the clock file is not as it must be; the message says what to do."""
