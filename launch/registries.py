"""The stand-in for the registers of the outside world, as a process beside the site: for demonstrations and tests.

REGISTRIES_URL in the environment comes first; else DATA/registries.json names the running one. Where the market is no
demonstration (DEMO=0), nothing stands in for anything.
"""

from __future__ import annotations

from pathlib import Path

from launch.neighbour import Neighbour

_STAND_IN = Neighbour("registries", "the stand-in registries", "REGISTRIES_URL", {"MALLOC_ARENA_MAX": "1"})
noted, stop = _STAND_IN.noted, _STAND_IN.stop


def start(data: Path) -> str:
    """Start the stand-in on DATA/registries. Gives its address; raises Problem."""
    return _STAND_IN.start(data)
