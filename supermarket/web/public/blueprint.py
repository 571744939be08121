"""The blueprint of the public pages; it also gives every template the words of `presenting` and `listing`."""

from flask import Blueprint

from supermarket.web import listing, presenting

blueprint = Blueprint("public", __name__)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """`presenting` and `listing` in every template."""
    return {"presenting": presenting, "listing": listing}
