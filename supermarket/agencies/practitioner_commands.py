"""What one asks about people: frozen values, made by the forms."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class NewLicence:
    """A personal licence; registered with the agency through `registered_until`."""

    kind_code: str
    number: str
    registered_until: date
