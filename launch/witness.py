"""Two witnesses of draws as processes beside the site: a regulator's, the lead, and the discipline office's.

For demonstrations only, where all run on one machine. WITNESSES or WITNESS_URL in the environment come first, and a
market in earnest (DEMO=0) has no others: a witness of the operator's own proves nothing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from launch.neighbour import Neighbour

CLOCK_FILE = "witness-clock"
_LABELS = {
    "witness": {"zh": "监管部门见证（演示）", "en": "Regulator's witness (demonstration)"},
    "discipline": {"zh": "纪检监察见证（演示）", "en": "Discipline office's witness (demonstration)"},
}
WITNESSES = {
    "witness": Neighbour("witness", "the witness", "WITNESSES"),
    "discipline": Neighbour("witness", "the second witness", "WITNESSES", named="witness-discipline"),
}


def named() -> bool:
    """Whether the environment names witnesses that run elsewhere."""
    return bool(os.environ.get("WITNESSES") or os.environ.get("WITNESS_URL"))


def start(data: Path) -> str:
    """Start what does not run of a demonstration's witnesses. Gives them as WITNESSES has them; raises Problem."""
    entries = []
    for name, neighbour in WITNESSES.items():
        running = neighbour.noted(data)
        # A demonstration plays months in minutes: the witnesses' clocks go with it where this file says so.
        more = ["--clock-file", str(data / CLOCK_FILE), "--name", name]
        url = running[0] if running else neighbour.start(data, more)
        entries.append({"name": name, "url": url, "label": _LABELS[name]})
    return json.dumps(entries, ensure_ascii=False)


def silent(data: Path) -> str:
    """The name of one that was started and no longer answers; empty where all do."""
    for neighbour in WITNESSES.values():
        if (data / f"{neighbour.name}.json").exists() and neighbour.noted(data) is None:
            return neighbour.name
    return ""


def stop(data: Path) -> None:
    """End this DATA's witnesses, where they run."""
    for neighbour in WITNESSES.values():
        neighbour.stop(data)
