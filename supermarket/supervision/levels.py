"""When a step gets which card: pure (supervision spec, Levels per finding)."""

from datetime import datetime

from supermarket.core.working_days import Calendar, is_late
from supermarket.supervision.models import Level

SHARE = 5  # 20 % of the limit is a fifth


def level_of(started: datetime, limit: datetime, at: datetime, days: Calendar) -> Level | None:
    """Reminder with 1 working day or 20 % of the limit left, yellow when over by as little, red when over by more.

    None while there is time. Raises ValueError for naive moments.
    """
    margin = (limit - started) / SHARE
    if is_late(limit, at):
        little = days.overdue(limit, at) <= 1 or at - limit <= margin
        return Level.YELLOW if little else Level.RED
    if days.remaining(limit, at) <= 1 or limit - at <= margin:
        return Level.REMINDER
    return None
