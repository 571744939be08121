"""The program that a bidder downloads, against a real site: sealed there, received here, kept in a file."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from config import ROOT
from supermarket.accounts.models import User
from supermarket.core.clock import now
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.selection.models import Quote
from supermarket.selection.quotes_kept import parse_kept
from tests.factories.api import program_of
from tests.factories.bidding import Bidding, make_bidding
from tests.threads import committing_app

SCRIPT = ROOT / "static" / "verify" / "quote_seal.py"


@pytest.fixture
def site(worker_id: str, redis_address: str, tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """The application on a port of this machine."""
    with committing_app(f"{worker_id}_client", redis_address, tmp_path) as app:
        app.config["SERVER_NAME"] = None
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield app, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)
        server.server_close()


def run(url: str, token: str, folder: Path, made: Bidding, *more: str) -> "subprocess.CompletedProcess[str]":
    """The program, in a folder of its own."""
    command = [sys.executable, str(SCRIPT), "--site", url, "--project", made.code, *more]
    env = os.environ | {"QUOTE_TOKEN": token}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_program_seals_keeps_and_hands_in(site: tuple[Flask, str], tmp_path: Path) -> None:
    app, url = site
    with app.app_context():
        made = make_bidding(now() - timedelta(minutes=10), bidders=1)
        agency, actor = made.bidders[0]
        uscc = agency.uscc
        with unit() as session:
            token = program_of(app.test_client(), session.get_one(User, actor.user_id)).token
    folder = tmp_path / "bidder"
    folder.mkdir()
    done = run(url, token, folder, made, "--uscc", uscc, "--amount", "81234.50")
    assert done.returncode == 0, done.stderr
    file = folder / f"{made.code}-quote-1.json"
    assert file.stat().st_mode & 0o077 == 0
    kept = parse_kept(file.read_bytes())
    assert kept.body.split(b"\n")[4] == b"8123450"
    with app.app_context():
        row = db.session.scalars(sa.select(Quote)).one()
        assert (row.commitment, row.seq) == (kept.commitment, 1)
        assert kept.receipt is not None and kept.receipt.holds(bytes.fromhex(current().keys.verify_key()))
    again = run(url, token, folder, made, "--resend", str(file))
    assert again.returncode == 0 and "quote no. 1" in again.stdout
    for wrong in ("1e3", "-5", "0", "12.345", "NaN", ""):
        refused = run(url, token, folder, made, "--uscc", uscc, f"--amount={wrong}")
        assert refused.returncode != 0 and "Traceback" not in refused.stderr, wrong
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Quote)) == 1
    stranger = run(url, "no-token-of-ours", folder, made, "--uscc", uscc, "--amount", "5")
    assert stranger.returncode != 0 and "refused (401)" in stranger.stderr
