"""Regions, effective-dated numbers, the calendar of working days, job slots (政策). May import core and extensions."""
