"""`flask quotes check`, on what the market itself makes."""

import json
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.selection.models import Quote
from supermarket.selection.queries import receipt_of
from supermarket.selection.quote_book import quote_book
from supermarket.selection.quotes_kept import kept_file
from tests.factories.bidding import make_bidding


def test_a_kept_file_is_checked_against_the_market_or_a_book(app: Flask, session: Session, tmp_path: Path) -> None:
    made = make_bidding(now(), 8_000_000, 8_100_000, 8_200_000)
    row = session.query(Quote).order_by(Quote.id).first()
    assert row is not None
    project = made.project
    assert project.quote_keys is not None
    kept = kept_file(made.code, made.bodies[0], row.ciphertext, project.quote_keys, receipt_of(row))
    file, book = tmp_path / "kept.json", tmp_path / "quotes.json"
    file.write_text(json.dumps(kept))
    made.listed_at_deadline()
    book.write_text(json.dumps(quote_book(made.project)))
    runner = app.test_cli_runner()
    for more in ([], ["--book", str(book)]):
        done = runner.invoke(args=["quotes", "check", str(file), *more])
        assert done.exit_code == 0, done.output
        assert "holds: list " in done.output and "holds: countersignature" in done.output
        assert "unknown: opened" in done.output
    assert "unknown: list" in runner.invoke(args=["quotes", "check", str(file), "--offline"]).output
    file.write_text(json.dumps({**kept, "seq": 2}))
    wrong = runner.invoke(args=["quotes", "check", str(file)])
    assert wrong.exit_code == 1 and "differs: body" in wrong.output and "does NOT hold" in wrong.output
    file.write_text("{}")
    assert "bad_kept" in runner.invoke(args=["quotes", "check", str(file)]).output
