"""`flask draw`: does a public record of a draw hold?"""

from pathlib import Path

import click
from flask.cli import AppGroup

from supermarket.core.draw import verify_record
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.selection.record.verifying import Kind, kind_of

group = AppGroup("draw", help="The verifiable draw.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="NAME=KEY",
    help="A witness's public Ed25519 key in hex; may repeat.",
)
@click.option("--offline", is_flag=True, help="Do not ask the site's witnesses for their keys.")
def verify(file: Path, witnesses: tuple[str, ...], offline: bool) -> None:
    """Compute the draw of FILE (draw.json) again.

    Exit code 0 if everything holds, 1 if anything differs, 2 if it cannot be read as the record of a draw.
    """
    data = file.read_bytes()
    if kind_of(data) is not Kind.DRAW:
        click.echo("this file cannot be read as the record of a draw (draw-v2)")
        raise SystemExit(2)
    keys = dict(_key(text) for text in witnesses)
    if not keys and not offline:
        keys = _asked()
    result = verify_record(data, keys or None)
    for name in result.not_checked:
        click.echo(f"not checked: {name}")
    for difference in result.differences:
        click.echo(f"differs: {difference}")
    click.echo("the record holds" if result.ok else "the record does NOT hold")
    if not result.ok:
        raise SystemExit(1)


def _key(text: str) -> tuple[str, bytes]:
    name, _, key = text.rpartition("=")
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raw = b""
    if not name or len(raw) != 32:
        raise click.BadParameter(f"{text!r} is not NAME=KEY with a key of 64 hex digits", param_hint="--witness")
    return name, raw


def _asked() -> dict[str, bytes]:
    """The keys that this site's witnesses name; none of those that do not answer."""
    keys = {}
    for witness in current().witnesses:
        try:
            name, key = witness.name(), witness.verify_key()
        except GatewayError as error:
            click.echo(f"the witness {witness.shown('en')} at {witness.page()} was not asked for its key: {error}")
            continue
        click.echo(f"key of witness {name}: {key} (as the site knows it; compare it with what the regulator publishes)")
        keys[name] = bytes.fromhex(key)
    return keys
