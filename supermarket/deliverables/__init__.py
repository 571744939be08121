"""Submissions and acceptance (成果). May import core … payments."""
