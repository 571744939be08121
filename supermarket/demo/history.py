"""When the played history begins and ends: a year up to now the first time, then from the demo's clock on."""

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _

from supermarket.core import clock
from supermarket.core.clock import DemoClock, real_now
from supermarket.core.errors import RuleBroken
from supermarket.extensions import db

YEAR = timedelta(days=365)


def clock_is_set() -> bool:
    """Whether this market's clock was ever moved."""
    return db.session.get(DemoClock, 1) is not None


def beginning() -> datetime:
    """Where a first play begins, else where the clock stands; to the second."""
    moment = clock.now() if clock_is_set() else real_now() - YEAR
    return moment.replace(microsecond=0)


def must_be_demo() -> None:
    """Refuse in a real market. Raises RuleBroken."""
    if not current_app.config["DEMO"]:
        raise RuleBroken(_("Only a demonstration can be filled with invented data."), code="not_a_demo")
