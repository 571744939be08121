"""`flask selection`: does a public record of a whole selection hold?"""

from pathlib import Path

import click
from flask.cli import AppGroup

from supermarket.selection.record.verifying import verify_selection

group = AppGroup("selection", help="Whole selections.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Compute the selection of FILE (selection.json) again; exit code 0 if everything holds, 1 if anything differs."""
    differs, not_checked = verify_selection(file.read_bytes())
    for name in not_checked:
        click.echo(f"not checked: {name}")
    for where, what in differs:
        click.echo(f"differs: {where}: {what}")
    click.echo("the record does NOT hold" if differs else "the record holds")
    if differs:
        raise SystemExit(1)
