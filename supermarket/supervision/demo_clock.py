"""The demo's clock, moved for site and witness alike: the witness goes by the file DATA/witness-clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import current_app

from supermarket.core import clock
from supermarket.core.draw import format_time
from supermarket.core.errors import RuleBroken
from supermarket.core.unit import unit

WITNESS_CLOCK = "witness-clock"


def whole_second(moment: datetime) -> datetime:
    """The moment itself or the next whole second: the witness's clock counts seconds."""
    down = moment.replace(microsecond=0)
    return down if down == moment else down + timedelta(seconds=1)


def set_clock(moment: datetime) -> None:
    """Move the demo's clock forward to `moment`, and the witness's with it. Raises RuleBroken (clock.move_to)."""
    with unit():
        clock.move_to(moment)
    follow()


def hold(moment: datetime) -> None:
    """Move the demo's clock to `moment`, or leave it where that has just passed; the witness's stands at `moment`."""
    with unit():
        if clock.now() < moment:
            try:
                clock.move_to(moment)
            except RuleBroken as refusal:  # it passed between the two readings
                if refusal.code != "clock_backwards":
                    raise
    _write(format_time(whole_second(moment.astimezone(UTC))))


def follow() -> None:
    """Let the witness's clock run beside the demo's."""
    with unit():
        seconds = clock.offset() / timedelta(seconds=1)
    _write(f"{seconds:.6f}")


def _write(text: str) -> None:
    folder = Path(str(current_app.config["DATA"]))
    draft = folder / f"{WITNESS_CLOCK}.new"
    draft.write_text(text + "\n", encoding="ascii")
    draft.replace(folder / WITNESS_CLOCK)
