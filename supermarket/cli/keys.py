"""`flask keys`: the keys of protected fields (identity numbers), changed without a stop of the site."""

from collections.abc import Iterator

import click
from flask.cli import AppGroup

from supermarket.agencies.operations.protected import note_rotation, renew_batch
from supermarket.agencies.practitioner_queries import ciphers
from supermarket.cli.saying import refusals
from supermarket.core.clock import now
from supermarket.core.permissions import SYSTEM
from supermarket.core.unit import unit
from supermarket.gateways import current

group = AppGroup("keys", help="Keys of protected fields.")


def _all_ciphers() -> Iterator[bytes]:
    after = 0
    while rows := ciphers(after):
        yield from (cipher for _id, cipher in rows)
        after = rows[-1][0]


def _old() -> int:
    keys = current().keys
    return sum(not keys.under_newest(cipher) for cipher in _all_ciphers())


@group.command("status")
def status() -> None:
    """How many keys there are, and how many fields wait for the newest."""
    with refusals():
        total = sum(1 for _cipher in _all_ciphers())
        old = _old()
        click.echo(f"{current().keys.field_keys()} keys; {total - old} of {total} fields are under the newest")
        if old:
            click.echo("a rotation was stopped: run `keys rotate` to finish it")


@group.command("rotate")
@click.option("--batch", default=500, show_default=True, type=click.IntRange(1, 10_000), help="Rows of a transaction.")
def rotate(batch: int) -> None:
    """Make a fresh key and encrypt every field with it; a rotation that was stopped is finished first, with its own key."""
    with refusals():
        keys = current().keys
        if _old():
            click.echo("going on with the rotation that was stopped")
        else:
            keys.add_field_key()
        after: int | None = 0
        renewed = 0
        while after is not None:
            with unit():
                done = renew_batch(after, size=batch)
            after, renewed = done.last_id, renewed + done.renewed
        with unit():
            note_rotation(renewed, actor=SYSTEM, at=now())
        click.echo(f"{renewed} fields are encrypted anew; {keys.field_keys()} keys")
        click.echo("keep the older keys as long as there are backups that need them; then run `keys retire`")


@group.command("retire")
@click.confirmation_option(prompt="Backups made before the last rotation can then not be read any more. Go on?")
def retire() -> None:
    """Forget all keys but the newest; refused while a field is under an older one."""
    with refusals():
        old = _old()
        if old:
            raise click.ClickException(f"{old} fields are under an older key: run `keys rotate` first")
        current().keys.drop_old_field_keys()
        click.echo("one key is left")
