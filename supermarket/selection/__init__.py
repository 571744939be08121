"""Stages, draw, quotes, order, awards (选取). May import core … projects."""
