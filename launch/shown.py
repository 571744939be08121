"""Progress on the terminal: one line for a step, with its time; what a program printed only where it failed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from launch.places import ROOT, Problem, tail


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title, then the seconds that the block took."""
    print(f"  {title} …", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def call(
    command: Sequence[str | Path],
    log: Path,
    *,
    remedy: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Run a program, its output going to the log. Raises Problem with the output's end where it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                [*map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                env=env,
                cwd=cwd,
            )
        except OSError as error:
            raise Problem(f"{command[0]} cannot be run: {error.strerror}", remedy) from error
    if done.returncode != 0:
        raise Problem(f"`{Path(command[0]).name} {' '.join(map(str, command[1:4]))} …` failed\n{tail(log)}", remedy)


def heading(text: str) -> None:
    """A line that is easily found again in a long log."""
    print(f"\n── {text} " + "─" * max(3, 100 - len(text)), flush=True)
    sys.stdout.flush()
