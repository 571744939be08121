"""Measurements, each beside something bare in the same run, so that a figure means something on another machine."""
