"""`flask selection`: does a public record hold – of a whole selection, a draw, a live auction, or one's own sealed quote?"""

from pathlib import Path

import click
from flask.cli import AppGroup

from supermarket.selection.record.verifying import verdict_on

group = AppGroup("selection", help="Whole selections.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Compute FILE again: selection.json, draw.json, auction.json or a kept quote; it says itself which it is.

    Exit code 0 if everything holds, 1 if anything differs, 2 if it cannot be read as one of these.
    """
    found = verdict_on(file.read_bytes())
    for name in found.not_checked:
        click.echo(f"not checked: {name}")
    for each in found.differs:
        click.echo(f"differs: {each.where}: {each.code} {each.about}".rstrip())
    if found.kind is None:
        click.echo("this file cannot be read as a public record")
    else:
        click.echo(f"{found.kind.value}: {'the record does NOT hold' if found.differs else 'the record holds'}")
    if found.exit_code:
        raise SystemExit(found.exit_code)
