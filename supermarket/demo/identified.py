"""Legal persons whom the stand-in for the unified identity platform offers, and who are not in the market yet."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from supermarket.data import invent
from supermarket.data.invent import InventedAgency
from supermarket.demo import cast

# One agency comes with certificates and people that the registries confirm, one from a trade of its own.
NEWCOMERS = 2
PEOPLE = "people.json"


@dataclass(frozen=True)
class LegalPerson:
    """An account of the stand-in, with the names of its claims (registries/identity.py)."""

    sub: str
    org_name: str
    uscc: str
    legal_representative: str
    name: str
    assurance_level: str = "high"


def agencies(today: date) -> Sequence[InventedAgency]:
    """The agencies that come through the unified identity: the invented ones behind those of the market."""
    return cast.agencies(cast.AGENCIES + NEWCOMERS, today)[cast.AGENCIES :]


def people(today: date) -> Sequence[LegalPerson]:
    """Two agencies and an owner."""
    owner = invent.owners(cast.OWNERS + 1, cast.SEED)[cast.OWNERS]
    return [
        *(
            LegalPerson(f"demo-{item.uscc}", item.name, item.uscc, item.legal_representative, item.contact.name)
            for item in agencies(today)
        ),
        LegalPerson(f"demo-{owner.uscc}", owner.name, owner.uscc, owner.legal_representative, owner.contact.name),
    ]


def write_people(home: Path, today: date) -> Path:
    """Give the stand-in its people; `home` is the folder that it answers from."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    new, path = home / f"{PEOPLE}.new", home / PEOPLE
    rows = [vars(item) for item in people(today)]
    new.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(path)
    return path
