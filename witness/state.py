"""What a witness signs of its own journal, so that nobody can take it back unseen."""

from dataclasses import asdict, dataclass, fields

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from witness.clock import parse_time
from witness.errors import Refused
from witness.journal import Entry

STATE_FIELDS = ("name", "key", "epoch", "n", "head", "at", "signature")


@dataclass(frozen=True)
class State:
    """After the `n`-th entry the journal of the witness with this `key` had the hash `head`; `at`: that entry's time.

    `epoch` is 1, and one more after each restoration: whoever has seen (epoch, n) sees if it ever goes back.
    """

    name: str
    key: str
    epoch: int
    n: int
    head: str
    at: str
    signature: str

    def lines(self) -> tuple[str | int, ...]:
        """What is signed."""
        return ("state-v1", self.name, self.epoch, self.n, self.head, self.at)

    def holds(self) -> bool:
        """Whether `key` signed exactly this, written as the rules say."""
        try:
            parse_time(self.at)
            lowered = all(len(text) == 64 and text == text.lower() for text in (self.key, self.head))
            body = "".join(f"{line}\n" for line in self.lines()).encode()
            VerifyKey(bytes.fromhex(self.key)).verify(body, bytes.fromhex(self.signature))
        except (ValueError, TypeError, BadSignatureError):
            return False
        return lowered

    def shown(self) -> Entry:
        """As JSON has it."""
        return asdict(self)


def read_state(given: object) -> State:
    """A state from JSON. Raises Refused(422) for anything else; whether it is signed `holds` says."""
    if not isinstance(given, dict) or set(given) != {field.name for field in fields(State)}:
        raise Refused(422, "unknown_field", f"A state has exactly these fields: {', '.join(STATE_FIELDS)}.")
    for field in fields(State):
        value = given[field.name]
        if isinstance(value, bool) or not isinstance(value, int if field.name in ("epoch", "n") else str):
            raise Refused(422, "invalid", f"{field.name} is not as it must be.")
    return State(**given)
