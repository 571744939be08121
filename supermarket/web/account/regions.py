"""The region picker: province, city, county, each list following from the choice above it."""

from flask_babel import gettext as _
from wtforms import SelectChoice

from supermarket.core.forms import CommandForm
from supermarket.policies.queries import ancestors, children

STEPS = ("province", "city", "county")


def offer(form: CommandForm) -> str | None:
    """Fill the three lists from what is chosen, dropping what does not lie below; gives the deepest region chosen."""
    above: str | None = None
    deepest: str | None = None
    open_below = True
    for step in STEPS:
        field = form[step]
        rows = children(above) if open_below else []
        known = {row.code for row in rows}
        if field.data not in known:
            field.data = ""
        field.choices = [SelectChoice("", _("Please choose")), *(SelectChoice(row.code, row.name) for row in rows)]
        above = field.data or None
        open_below = above is not None
        deepest = above or deepest
    return deepest


def set_region(form: CommandForm, code: str) -> None:
    """Choose a region with what it lies in."""
    path = list(reversed(ancestors(code)))
    for step, part in zip(STEPS, path, strict=False):
        form[step].data = part
