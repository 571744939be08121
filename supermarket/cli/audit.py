"""`flask audit`: does the chain of events hold?"""

import click
from flask.cli import AppGroup

from supermarket.core.events import verify_chain
from supermarket.core.unit import unit
from supermarket.supervision.sealing import seal_all

group = AppGroup("audit", help="The chain of events.")


@group.command("verify")
def verify() -> None:
    """Seal what is not sealed, then compute the whole chain again; exit code 1 where it is broken."""
    sealed = seal_all()
    with unit():
        audit = verify_chain()
    if sealed:
        click.echo(f"{sealed} events were sealed just now")
    click.echo(f"{audit.sealed} events, head {audit.head}")
    if audit.broken_at is not None:
        click.echo(f"the chain is BROKEN at {audit.broken_at}")
        raise SystemExit(1)
    click.echo("the chain holds")
