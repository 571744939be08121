"""Registries that confirm what agencies filed, until a test has them say otherwise or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from flask import Flask

from supermarket.agencies.checks.sources import (
    ASSET_APPRAISAL,
    CONSTRUCTION_MARKET,
    DATA_SHARING,
    DISHONESTY,
    ENTERPRISES,
    NATIONAL_DISHONESTY,
    PENALTIES,
    PENALTY_LIST,
    PRACTITIONERS,
    QUALIFICATIONS,
    SOCIAL_CREDIT,
)
from supermarket.agencies.models import Agency
from supermarket.agencies.queries import agency_file
from supermarket.gateways.registries import MemoryRegistry, Registries

_LISTS = {
    DATA_SHARING: (ENTERPRISES, PRACTITIONERS, QUALIFICATIONS),
    SOCIAL_CREDIT: (DISHONESTY,),
    NATIONAL_DISHONESTY: (DISHONESTY,),
    PENALTY_LIST: (PENALTIES,),
    CONSTRUCTION_MARKET: (QUALIFICATIONS,),
    ASSET_APPRAISAL: (QUALIFICATIONS,),
}
Row = dict[str, str]


@dataclass
class World:
    """What the registries know; `put` after a change of `rows` or `down`."""

    registries: Registries
    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)

    def put(self) -> None:
        """Have the registries answer what stands here."""
        for name, questions in _LISTS.items():
            registry = MemoryRegistry(name)
            for question in questions:
                registry.tell(question, *self.rows.get((name, question), ()))
            registry.down = name in self.down
            self.registries.add(registry)

    def confirm(self, agency: Agency, **register: str) -> None:
        """Know everything that the agency filed, but for `register`'s fields of the enterprise register."""
        row = agency_file(agency.uscc)
        self.forget(row.uscc)
        enterprise = {
            "uscc": row.uscc,
            "name": row.name,
            "status": "存续",
            "legal_representative": row.legal_representative,
            "business_scope": row.business_scope,
        }
        held = [
            {
                "uscc": row.uscc,
                "kind": item.kind_code,
                "number": item.number,
                "level": item.level or "",
                "speciality": item.speciality or "",
                "valid_until": item.valid_until.isoformat() if item.valid_until else "",
            }
            for item in row.qualifications
        ]
        people = [
            {
                "uscc": row.uscc,
                "licence_kind": item.kind_code,
                "licence_number": item.number,
                "registered_until": item.registered_until.isoformat(),
            }
            for person in row.practitioners
            for item in person.live_licences
        ]
        self._add(DATA_SHARING, ENTERPRISES, [enterprise | register])
        self._add(DATA_SHARING, PRACTITIONERS, people)
        for name in (DATA_SHARING, CONSTRUCTION_MARKET, ASSET_APPRAISAL):
            self._add(name, QUALIFICATIONS, held)
        self.put()

    def forget(self, uscc: str) -> None:
        """Know nothing of an agency any more."""
        for rows in self.rows.values():
            rows[:] = [row for row in rows if row["uscc"] != uscc]

    def _add(self, name: str, question: str, rows: list[Row]) -> None:
        self.rows.setdefault((name, question), []).extend(rows)


@contextmanager
def make_world(app: Flask) -> Iterator[World]:
    """Registries in memory instead of the application's own, for as long as the block lasts."""
    gateways = app.extensions["gateways"]
    world = World(Registries(routes=gateways.registries.routes))
    world.put()
    app.extensions["gateways"] = replace(gateways, registries=world.registries)
    try:
        yield world
    finally:
        app.extensions["gateways"] = gateways
