"""What people ask of the contracts room, as frozen values; the forms make them."""

from dataclasses import dataclass
from typing import BinaryIO

from supermarket.contracts.models import UrgeAbout


@dataclass(frozen=True)
class Sign:
    """A consent to exactly the bytes with this SHA-256 (lower-case hex)."""

    document_sha256: str
    consent: bool


@dataclass(frozen=True)
class Urging:
    """What the other side is reminded of."""

    about: UrgeAbout


@dataclass(frozen=True)
class Upload:
    """A file as it arrived: its content from the start and the name that its sender gave it."""

    data: bytes | BinaryIO
    name: str
