"""`flask witnesses`: who signs, and does each show what this market shows?"""

import click
from flask.cli import AppGroup

from supermarket.core.clock import now
from supermarket.core.unit import unit
from supermarket.witnesses.comparing import Verdict
from supermarket.witnesses.log_queries import head_findings
from supermarket.witnesses.operations import visit_all
from supermarket.witnesses.queries import all_rows, seen, witnesses_shown

group = AppGroup("witnesses", help="The witnesses of draws.")


@group.command("list")
def list_them() -> None:
    """Each witness with its key, its own log and the head that it signed last."""
    with unit():
        for each in witnesses_shown():
            log = "not visited yet" if each.state is None else f"{each.state.n} entries, epoch {each.state.epoch}"
            head = "no head signed" if each.head is None else f"head {each.head.seq}, {each.behind} behind"
            click.echo(f"{each.name}  {each.key}  {log}  {head}  {each.trouble}".rstrip())


@group.command("compare")
@click.option("--stored", is_flag=True, help="Compare what the last visit has stored; ask nobody.")
def compare(stored: bool) -> None:
    """Visit every witness, then name each project and purpose, and each head of the log, that differs; exit code 1 then."""
    troubles = [] if stored else visit_all(now())
    for trouble in troubles:
        click.echo(f"{trouble.witness}: {trouble.code} {dict(trouble.evidence)}")
    with unit():
        rows, heads = list(all_rows()), head_findings(seen())
    for row in rows:
        for cell in row.findings:
            there = cell.shown_there.pool_hash if cell.shown_there else "nothing"
            click.echo(
                f"{row.project} {row.purpose} {cell.witness}: {cell.verdict}; here {row.pool_hash}, there {there}"
            )
    for head in heads:
        for cell in head.findings:
            there = cell.shown_there.pool_hash if cell.shown_there else "nothing"
            click.echo(f"log of {head.size} events {cell.witness}: {cell.verdict}; here {head.root}, there {there}")
    equal = sum(cell.verdict is Verdict.EQUAL for row in rows for cell in row.cells)
    findings = sum(len(row.findings) for row in rows) + sum(len(head.findings) for head in heads)
    click.echo(f"{len(rows)} projects and purposes, {equal} receipts equal, {findings} findings")
    if findings or troubles:
        raise SystemExit(1)
