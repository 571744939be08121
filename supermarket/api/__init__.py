"""The REST API: how a resource is declared, answered and described. One file per resource stands under v1. May import every room."""

from flask import Flask

from supermarket.api import docs, v1


def register(app: Flask) -> None:
    """Bind version 1, its description and the page that shows it."""
    app.register_blueprint(v1.blueprint)
    app.register_blueprint(docs.blueprint)
