"""What several files of tests of pages share: a unified identity platform that tests can bend."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.identity import Identities
from tests.factories.identity import BentPlatform, platform, provider_of
from tests.factories.policies import CHENGDU_WUHOU, make_region


@pytest.fixture(scope="module")
def running() -> Iterator[BentPlatform]:
    """The platform, started once for a file of tests."""
    with platform() as bent:
        yield bent


@pytest.fixture
def bent(running: BentPlatform, app: Flask, session: Session) -> Iterator[BentPlatform]:
    """The platform, configured for this test's application."""
    make_region(CHENGDU_WUHOU)
    db.session.commit()
    identities: Identities = current().identities
    identities.add(provider_of(running))
    yield running
    running.bend, running.write, running.answers = None, None, {}
    identities._by_name.clear()
