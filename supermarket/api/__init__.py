"""The REST API; one file per resource under v1. May import every room."""

from flask import Flask


def register(app: Flask) -> None:
    """Bind the API's versions."""
