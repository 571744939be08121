"""Stages, draw, quotes, order, awards (选取). May import core … projects.

Pure, without database or request: `stages`, `modes`, `pipeline`, `stored`, `succession`, `merit_criteria`, `quotes_body`.
"""
