"""The one table: event tag → handlers. Lower rooms record events; higher rooms learn of them here and nowhere else."""

from supermarket.core.events import HANDLERS, Handler
from supermarket.projects import events as project
from supermarket.selection.awarding import close_live_award, offer_direct, shift_award

TABLE: dict[str, tuple[Handler, ...]] = {
    project.PUBLISHED.name: (offer_direct,),
    project.FAILED.name: (close_live_award,),
    project.WITHDRAWN.name: (close_live_award,),
    project.VOIDED.name: (close_live_award,),
    project.RESUMED.name: (shift_award,),
}


def connect() -> None:
    """Hand the table to the events; safe to call again."""
    HANDLERS.clear()
    HANDLERS.update(TABLE)
