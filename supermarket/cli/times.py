"""`flask supervise` and `flask review`: what falls due."""

from datetime import datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from supermarket.cli.saying import Moment, refusals, shown
from supermarket.standing.monthly import review_all
from supermarket.supervision.supervise import Supervised, market_now, supervise, supervise_now


@click.command("supervise")
@click.option("--at", "moment", type=Moment(), help="Move the demo clock to this time, doing what is due on the way.")
@with_appcontext
def supervise_command(moment: datetime | None) -> None:
    """Do what is due."""
    with refusals():
        done = supervise_now() if moment is None else supervise(moment)
    _say(done)
    if done.ticked.failures:
        raise SystemExit(1)


@click.command("review")
@click.option("--at", "moment", type=Moment(), help="Review the months up to this time (demo and test databases only).")
@with_appcontext
def review_command(moment: datetime | None) -> None:
    """Review stars and credit of all agencies for every month that has not been reviewed."""
    if moment is not None and not current_app.config["DEMO"]:
        raise click.ClickException("--at is for demo and test databases only")
    at = moment or market_now()
    with refusals():
        outcome = review_all(at)
    click.echo(f"reviewed up to {shown(at)}")
    for name, count in outcome.items():
        click.echo(f"  {name}: {count}")


COMMANDS = (supervise_command, review_command)


def _say(done: Supervised) -> None:
    click.echo(f"{shown(done.at)}  {done.ticked.total} things were due and are done")
    for name, count in sorted(done.ticked.done.items()):
        click.echo(f"  {name}: {count}")
    for name, count in sorted(done.jobs.items()):
        click.echo(f"  job {name}: {count}")
    for name, count in sorted(done.ticked.waiting.items()):
        click.echo(f"  {name}: {count} waiting for the outside world")
    for failure in done.ticked.failures:
        click.echo(f"  FAILED {failure.kind} {failure.thing_id}: {failure.message}", err=True)
