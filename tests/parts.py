"""A pytest plugin for `make test`: which folder of tests ran how long, just before pytest's closing line."""

from collections import defaultdict
from pathlib import PurePosixPath

import pytest


def _part(nodeid: str) -> str:
    folders = PurePosixPath(nodeid.partition("::")[0]).parts
    return folders[1] if len(folders) > 2 else folders[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line per folder: tests, failures, and seconds summed over the processes."""
    counted: dict[str, int] = defaultdict(int)
    failed: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            if not isinstance(report, pytest.TestReport):
                continue
            part = _part(report.nodeid)
            seconds[part] += report.duration
            counted[part] += report.when == "call" or outcome == "skipped"
            failed[part] += outcome in {"failed", "error"}
    terminalreporter.section("parts")
    for part in sorted(seconds):
        broken = f", {failed[part]} failed" if failed[part] else ""
        terminalreporter.write_line(f"{part:<14}{counted[part]:>6} tests {seconds[part]:>8.1f} s{broken}")
