"""Several witnesses in memory instead of the one that tests have."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import current_app

from supermarket.gateways import current
from supermarket.gateways.witness import Witness
from supermarket.gateways.witness_fake import MemoryWitness


@contextmanager
def witnessed_by(*witnesses: Witness) -> Iterator[None]:
    """Let the market have these witnesses, the first the lead."""
    before = current()
    current_app.extensions["gateways"] = replace(before, witnesses=witnesses)
    try:
        yield
    finally:
        current_app.extensions["gateways"] = before


def make_witnesses(*names: str) -> tuple[MemoryWitness, ...]:
    """One for each name."""
    return tuple(MemoryWitness(name) for name in names)
