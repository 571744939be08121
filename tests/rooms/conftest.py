"""Rooms are tested with one set of fakes for all: who was switched off is switched on again afterwards."""

from collections.abc import Iterator

import pytest
from flask import Flask

from supermarket.gateways import Gateways
from supermarket.gateways.beacon import MemoryBeacon
from supermarket.gateways.witness_fake import MemoryWitness


@pytest.fixture(autouse=True)
def neighbours_answer_again(app: Flask) -> Iterator[None]:
    """The witness and the beacon are up for the next test, whatever this one did."""
    yield
    gateways = app.extensions["gateways"]
    assert isinstance(gateways, Gateways)
    for neighbour in (gateways.witness, gateways.beacon):
        if isinstance(neighbour, MemoryWitness | MemoryBeacon):
            neighbour.down = False
