"""The regulator's witness of draws, as a process beside the site: for a demonstration both are on one machine.

WITNESS_URL in the environment comes first; else DATA/witness.json names the running one.
"""

from __future__ import annotations

import os
from pathlib import Path

from launch.neighbour import Neighbour

CLOCK_FILE = "witness-clock"
_WITNESS = Neighbour("witness", "the witness", "WITNESS_URL")
noted, stop = _WITNESS.noted, _WITNESS.stop


def start(data: Path) -> str:
    """Start the witness on DATA/witness. Gives its address; raises Problem."""
    # A demonstration plays months in minutes: the witness's clock goes with it where this file says so.
    demo = os.environ.get("DEMO", "1") != "0"
    return _WITNESS.start(data, ["--clock-file", str(data / CLOCK_FILE)] if demo else [])
