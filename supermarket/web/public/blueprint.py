"""The blueprint of the public pages; it also gives every template the words of `presenting` and `listing`."""

from flask import Blueprint, request
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.web import listing, presenting

blueprint = Blueprint("public", __name__)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """`presenting` and `listing` in every template."""
    return {"presenting": presenting, "listing": listing}


@blueprint.before_app_request
def nothing_has_such_a_name() -> None:
    """No code has a NUL in it, and PostgreSQL takes none. Raises NotFound."""
    if any(isinstance(value, str) and "\x00" in value for value in (request.view_args or {}).values()):
        raise NotFound(_("There is no such page."))
