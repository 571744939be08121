"""What the commands share: refusals as plain lines with exit code 1, and times as people in China write them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from supermarket.core.clock import LOCAL, local_text
from supermarket.core.errors import InvalidInput, MarketError, RuleBroken
from supermarket.gateways.errors import GatewayError

# No market is older; and calendars can still add to the last year.
FIRST_YEAR, LAST_YEAR = 1900, 2099


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a refusal into a message on standard error and exit code 1."""
    try:
        yield
    except InvalidInput as error:
        lines = [error.message, *(f"  {each.field}: {each.message}" for each in error.errors)]
        raise click.ClickException("\n".join(lines)) from error
    except RuleBroken as error:
        lines = [error.message, *(f"  {each.code}: {each.message}" for each in error.findings)]
        raise click.ClickException("\n".join(lines)) from error
    except MarketError as error:
        raise click.ClickException(error.message) from error
    except GatewayError as error:
        raise click.ClickException(str(error)) from error


class Moment(click.ParamType[datetime]):
    """A moment: ISO 8601; without an offset it is Beijing time, without a time of day it is 00:00."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """An aware moment in UTC. Fails with what would be right."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time; write 2026-11-27, 2026-11-27T18:00 or 2026-11-27T18:00+08:00")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)


def shown(moment: datetime) -> str:
    """A moment in Beijing time, to the minute."""
    return local_text(moment)
