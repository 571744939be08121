"""Complaints (投诉). May import core … standing."""
