"""Which registry answers which question, and where it is: configured, loaded as a snapshot, or this market's own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from flask import has_app_context

from supermarket.agencies.checks.base import Answers, Question
from supermarket.agencies.models import RegistryList, RegistryRow
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.registries import Answer, Registry, Snapshot, SnapshotRegistry
from supermarket.gateways.registries_entries import (
    DISHONESTY,
    ENTERPRISES,
    PENALTIES,
    PRACTITIONERS,
    QUALIFICATIONS,
    QUESTIONS,
    Routes,
    read_entries,
)

__all__ = ["DISHONESTY", "ENTERPRISES", "PENALTIES", "PRACTITIONERS", "QUALIFICATIONS", "QUESTIONS"]

# The six of the product's own list (supermarket/data/registries.json) and register 3.
SOCIAL_CREDIT, DATA_SHARING = "social-credit", "data-sharing"
ASSET_APPRAISAL, CONSTRUCTION_MARKET = "asset-appraisal", "construction-market"
NATIONAL_DISHONESTY, PENALTY_LIST = "national-dishonesty", "administrative-penalties"
MARKET_LISTS = "market-lists"

_OWN: dict[str, Registry] = {}


@cache
def _usual() -> Routes:
    return Routes(read_entries(None))


def routes() -> Routes:
    """Which registries there are: as configured, or the product's own list outside of an application."""
    return current().registries.routes if has_app_context() else _usual()


def registries_of(question: str, kind: str = "") -> tuple[str, ...]:
    """Every registry that answers: by the kind of certificate or licence where one names it, else the general ones."""
    return routes().of(question, kind)


def registry_of(question: str, kind: str = "") -> str:
    """The one registry that keeps the record; empty where none is configured for it."""
    return next(iter(registries_of(question, kind)), "")


def registry_label(name: str, language: str = "zh") -> str:
    """A registry's name for people."""
    return routes().label(name, language)


def provide(registry: Registry) -> None:
    """Put in a registry that a higher room keeps (register 3's lists); called once by the wiring."""
    _OWN[registry.name] = registry


def registry(name: str, at: datetime) -> Registry:
    """The registry of a name; one without an address answers from its loaded list, or not at all."""
    if name in _OWN:
        return _OWN[name]
    registries = current().registries
    if name in registries.names:
        return registries.get(name)
    entry = registries.routes.entry(name)
    return SnapshotRegistry(
        name,
        lambda question, codes: _snapshot(name, question, codes),
        max_age=None if entry is None else entry.stale_after,
        now=lambda: at,
    )


def ask(questions: Iterable[Question], at: datetime) -> Answers:
    """Ask the registries, each question once; the same question about many agencies goes together where it can.

    To be called outside of a transaction where a registry is far away. Never raises for a failure of a registry.
    """
    together: dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[str, Question]] = {}
    for question in questions:
        terms = dict(question.terms)
        code = terms.pop("uscc")
        key = (question.registry, question.question, tuple(sorted(terms.items())))
        together.setdefault(key, {})[code] = question
    found: dict[Question, Answer] = {}
    for (name, asked, more), by_code in together.items():
        answers = registry(name, at).ask_many(asked, list(by_code), dict(more))
        found.update({by_code[code]: answer for code, answer in answers.items() if code in by_code})
    return found


def _snapshot(name: str, question: str, codes: Sequence[str]) -> Snapshot | None:
    loaded = db.session.get(RegistryList, (name, question))
    if loaded is None:
        return None
    rows: Sequence[Mapping[str, str]] = db.session.scalars(
        sa.select(RegistryRow.row)
        .where(RegistryRow.registry_name == name, RegistryRow.question == question, RegistryRow.uscc.in_(codes))
        .order_by(RegistryRow.id)
    ).all()
    return Snapshot(loaded.loaded_at, loaded.label, rows)
