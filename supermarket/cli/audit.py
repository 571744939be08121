"""`flask audit`: do the chain of events, the tree over them and its signed heads hold?"""

import click
from flask.cli import AppGroup

from supermarket.core.events import verify_chain
from supermarket.core.unit import unit
from supermarket.supervision.sealing import seal_all
from supermarket.witnesses.log_queries import audit_heads

group = AppGroup("audit", help="The chain of events.")


@group.command("verify")
def verify() -> None:
    """Seal what is not sealed, then compute chain, tree and heads again; exit code 1 where something does not hold."""
    sealed = seal_all()
    with unit():
        audit = verify_chain()
        heads = audit_heads() if audit.tree_broken_at is None else None
    if sealed:
        click.echo(f"{sealed} events were sealed just now")
    click.echo(f"{audit.sealed} events, head {audit.head}")
    if audit.broken_at is not None:
        click.echo(f"the chain is BROKEN at {audit.broken_at}")
    if audit.tree_broken_at is not None:
        click.echo(f"the tree is BROKEN at {audit.tree_broken_at}")
    else:
        click.echo(f"tree of {audit.tree} events, root {audit.root}")
    if heads is not None:
        click.echo(f"{heads.heads} heads, {heads.signatures} signatures of witnesses")
        for size in heads.other_root:
            click.echo(f"the head of size {size} is NOT the tree's")
        for size in heads.false_signature:
            click.echo(f"a signature of the head of size {size} does NOT hold")
    if not audit.holds or heads is None or heads.other_root or heads.false_signature:
        raise SystemExit(1)
    click.echo("chain and tree hold")
