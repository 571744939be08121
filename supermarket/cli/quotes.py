"""`flask quotes`: does a kept file of a sealed quote hold?"""

from pathlib import Path

import click
from flask.cli import AppGroup

from supermarket.core.permissions import SYSTEM
from supermarket.projects.queries import project_for
from supermarket.selection.quote_book import quote_book
from supermarket.selection.quotes_body import QuoteError
from supermarket.selection.quotes_kept import Json, parse_book, parse_kept
from supermarket.selection.quotes_proved import check_with_log, read_proof

group = AppGroup("quotes", help="Sealed quotes.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group.command("check")
@click.argument("file", type=FILE)
@click.option("--book", type=FILE, help="The public book (quotes.json); without it, that of this market.")
@click.option("--proof", type=FILE, help="The proof from the log (log-proof-v1).")
@click.option("--offline", is_flag=True, help="Look at the file alone.")
def check(file: Path, book: Path | None, proof: Path | None, offline: bool) -> None:
    """Check the kept FILE (quote-kept-v1) against the public book and the log; exit code 0 if nothing differs,
    1 if anything does, 2 if one of the files cannot be read."""
    try:
        kept = parse_kept(file.read_bytes())
        public: Json | None = parse_book(book.read_bytes()) if book is not None else None
        proved = read_proof(proof.read_bytes()) if proof is not None else None
    except QuoteError as error:
        click.echo(f"this is no such file: {error.code}")
        raise SystemExit(2) from error
    if public is None and not offline:
        public = quote_book(project_for(kept.project, SYSTEM))
    found = check_with_log(kept, public, proved)
    for step in found.steps:
        click.echo(f"{step.state.value}: {step.name} {step.shown}".rstrip())
    click.echo("the quote holds" if found.ok else "the quote does NOT hold")
    if not found.ok:
        raise SystemExit(1)
