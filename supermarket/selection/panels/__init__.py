"""Panels of experts (评审小组): drawn, seated, scoring blind, their record (selection.md §6).

Nobody learns who sits on a panel, nor a score, before the announcement. Pure: `avoidance`, `commitment`, `summary`.
"""
