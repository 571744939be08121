"""`flask bench …`: starts the measurements of benchmarks/ as a program of their own, in a scratch database."""

import subprocess
import sys

import click

from config import ROOT


@click.group("bench")
def group() -> None:
    """Measure, beside something bare in the same run."""


@group.command("pages")
@click.option("--agencies", default=20_000, show_default=True, type=click.IntRange(1, 90_000))
@click.option("--projects", default=20_000, show_default=True, type=click.IntRange(1, 900_000))
@click.option("--seconds", default="3", show_default=True, help="How long each page is asked for.")
def pages_command(agencies: int, projects: int, seconds: str) -> None:
    """List pages of a full market beside bare Flask pages of the same size."""
    asked = ["--agencies", str(agencies), "--projects", str(projects), "--seconds", seconds]
    # Not in this process: it must hold nothing but what it measures.
    command = [sys.executable, "-m", "benchmarks", "pages", *asked]
    raise SystemExit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603 -- our own program


@group.command("reverify")
@click.option("--agencies", default=20_000, show_default=True, type=click.IntRange(1, 90_000))
def reverify_command(agencies: int) -> None:
    """A night of checks against the stand-in registries beside the bare questions."""
    command = [sys.executable, "-m", "benchmarks", "reverify", "--agencies", str(agencies)]
    raise SystemExit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603 -- our own program


@group.command("auction")
@click.option("--seconds", default="5", show_default=True, help="Measured time of each row.")
@click.option("--watchers", default=300, show_default=True, type=click.IntRange(1, 5_000))
def auction_command(seconds: str, watchers: int) -> None:
    """Accepted bids of one auction beside bare commits, and when its watchers hear of them."""
    command = [sys.executable, "-m", "benchmarks", "auction", "--seconds", seconds, "--watchers", str(watchers)]
    raise SystemExit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603 -- our own program
