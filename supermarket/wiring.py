"""The one table: event tag → handlers. Lower rooms record events; higher rooms learn of them here and nowhere else."""

from supermarket.core.events import HANDLERS, Handler

TABLE: dict[str, tuple[Handler, ...]] = {}


def connect() -> None:
    """Hand the table to the events; safe to call again."""
    HANDLERS.clear()
    HANDLERS.update(TABLE)
