"""The commands of specs/api.md; each a thin call of operations."""

from flask import Flask


def register(app: Flask) -> None:
    """Bind the commands."""
