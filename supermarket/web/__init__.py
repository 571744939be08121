"""Thin pages by audience: public, owner, agency, regulator, operator, account. May import every room."""

from flask import Flask

from supermarket.web import context, errors
from supermarket.web.routes import BLUEPRINTS


def register(app: Flask) -> None:
    """Bind the pages, what templates know everywhere, and the error pages."""
    context.register(app)
    errors.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
