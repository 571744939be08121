"""`flask demo load | play | accounts`."""

import click
from flask.cli import AppGroup

from supermarket.cli.saying import refusals, shown
from supermarket.core.unit import unit
from supermarket.demo import cast
from supermarket.demo.bodies import table
from supermarket.demo.load import load
from supermarket.demo.play import play

group = AppGroup("demo", help="The demonstration: invented bodies, accounts to try, a year of purchases.")


@group.command("load")
@click.option("--agencies", default=cast.AGENCIES, show_default=True, type=click.IntRange(1, 500))
def load_command(agencies: int) -> None:
    """Load facts, catalogue, offices, accounts, owners and agencies; what is there stays."""
    with refusals():
        done = load(agencies=agencies, say=lambda line: click.echo(f"  {line}"))
    click.echo(f"  loaded: {done.matters} matters, {done.owners} owners, {done.admitted} agencies are new")


@group.command("play")
@click.option("--projects", default=40, show_default=True, type=click.IntRange(1, 400))
def play_command(projects: int) -> None:
    """Play whole purchases over simulated days: the first time a year up to now, later from the clock on."""
    with refusals():
        try:
            played = play(projects, say=lambda line: click.echo(f"  {line}"))
        except LookupError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"  played up to {shown(played.ends)}: {played.due.total()} things fell due on the way")
    click.echo("  " + ", ".join(f"{state} {count}" for state, count in sorted(played.states.items())))


@group.command("accounts")
def accounts_command() -> None:
    """Print the accounts to sign in with."""
    with unit():
        rows = list(table())
    click.echo(f"  Accounts of the demonstration; the password of each is {cast.PASSWORD}")
    for email, role, organisations in rows:
        click.echo(f"    {email:<22} {role:<11} {organisations or '(run `flask demo load` first)'}")
