"""A small market for the tests of resources, at the market's present."""

import pytest
from flask.testing import FlaskClient

from supermarket.core.clock import now
from tests.factories.api_world import World, make_world


@pytest.fixture
def market(client: FlaskClient) -> World:
    """One thing of each kind, and a program of every role."""
    return make_world(client, now())
