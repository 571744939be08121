"""The REST API: how a resource is declared, answered and described. One file per resource stands under v1. May import every room."""

from flask import Flask

from supermarket.api import docs, v1
from supermarket.extensions import csrf, limiter


def register(app: Flask) -> None:
    """Bind version 1, its description and the page that shows it. A bearer token is no cookie, so CSRF has no hold."""
    blueprint = v1.blueprint()
    csrf.exempt(blueprint)
    v1.limited(limiter, blueprint)
    app.register_blueprint(blueprint)
    app.register_blueprint(docs.blueprint())
