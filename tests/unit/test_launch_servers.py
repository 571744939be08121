"""The database and the queue of a DATA folder: found, started once, stopped by the last that uses them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from launch import postgres, servers, valkey, witness
from launch.places import ROOT, Problem
from launch.processes import wait_until

# Another process that uses the servers until its input ends.
_USER = """
import sys
from launch.servers import ensure
found = ensure(sys.argv[1], throwaway=True)
print(found.started, found.database_url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "WITNESS_URL", "WITNESSES"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    yield folder
    servers.stop(folder)
    servers.release(folder)
    postgres.remove(folder)


def make_user(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _USER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=60)
    assert user.returncode == 0


def test_the_first_user_starts_them_and_the_last_one_stops_them(data: Path) -> None:
    first = make_user(data)
    assert first.stdout is not None
    said = first.stdout.readline().split()
    second = make_user(data)
    assert second.stdout is not None
    assert (said[0], second.stdout.readline().split()) == ("True", ["False", said[1]])
    leave(first)
    assert servers.running(data)
    leave(second)
    assert not servers.running(data)
    assert not (data / "servers.json").exists()


def test_a_killed_user_keeps_nothing_running_for_ever(data: Path) -> None:
    killed = make_user(data)
    assert killed.stdout is not None
    killed.stdout.readline()
    killed.kill()
    killed.communicate()
    assert servers.running(data)
    found = servers.ensure(data)
    assert not found.started
    servers.release(data)
    assert not servers.running(data)


def test_a_data_folder_that_was_deleted_by_hand_leaves_no_rows_to_the_next_one(data: Path) -> None:
    """Its keys and its witnesses went with it; old rows beside new keys would look like a forgery."""
    found = servers.ensure(data, keep=True)
    plain = make_url(found.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as link:
        link.execute("CREATE TABLE old AS SELECT '中介' AS word")
    servers.release(data)
    servers.stop(data)
    left = data.with_name("kept-cluster-path")
    if (data / "cluster-path").exists():
        shutil.copy(data / "cluster-path", left)
    shutil.rmtree(data)
    again = servers.ensure(data)
    plain = make_url(again.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as link:
        assert link.execute("SELECT to_regclass('old')").fetchone() == (None,)
    servers.release(data)
    if left.exists():
        shutil.rmtree(left.read_text(encoding="utf-8").strip())


def test_what_is_kept_stays_until_it_is_stopped_and_keeps_its_rows(data: Path) -> None:
    found = servers.ensure(data, keep=True)
    plain = make_url(found.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as link:
        link.execute("CREATE TABLE kept AS SELECT '中介' AS word")
    servers.release(data)
    assert servers.running(data)
    assert servers.stop(data)
    assert not servers.stop(data)
    again = servers.ensure(data)
    assert again.started
    with psycopg.connect(plain) as link:
        assert link.execute("SELECT word, current_user FROM kept").fetchone() == ("中介", "supermarket")
        assert link.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'supermarket_app'").fetchone() == (1,)
        assert link.execute("SHOW shared_buffers").fetchone() == ("64MB",)
        assert link.execute("SELECT '中介' ~ '^[[:alpha:]]+$'").fetchone() == (True,)


def test_the_server_accepts_nothing_from_the_network(data: Path) -> None:
    found = servers.ensure(data, throwaway=True)
    plain = make_url(found.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as link:
        assert link.execute("SHOW listen_addresses").fetchone() == ("",)
    assert found.redis_url.startswith("redis://:")
    assert valkey.answers(found.redis_url)
    assert not valkey.answers(found.redis_url.replace("redis://:", "redis://:wrong"))
    assert (data / "servers.json").stat().st_mode & 0o777 == 0o600
    assert postgres.place(data).sockets.stat().st_mode & 0o777 == 0o700


def test_a_server_that_stopped_answering_is_named(data: Path) -> None:
    servers.ensure(data, throwaway=True)
    assert servers.silent(data) == ""
    noted = servers._read(data)
    assert noted is not None
    valkey.stop(noted.valkey_pid)
    assert servers.silent(data) == "valkey"


def test_servers_named_in_the_environment_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", f"postgres://me:secret@127.0.0.1:{port}/market")
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/3")
        monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
        found = servers.ensure(tmp_path / "data")
    url = f"postgresql+psycopg://me:secret@127.0.0.1:{port}/market"
    assert found == servers.Servers(url, url, None, f"redis://127.0.0.1:{port}/3", started=False)
    assert not (tmp_path / "data").exists()


def test_a_named_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{port}/market")
        with pytest.raises(Problem, match=rf"DATABASE_URL names 127\.0\.0\.1:{port}, where nothing answers"):
            servers.ensure()


def test_a_stale_note_of_a_crashed_server_does_not_block_the_next(data: Path) -> None:
    servers.ensure(data, throwaway=True)
    servers.release(data)
    cluster = postgres.place(data).cluster
    stale = cluster / "postmaster.pid"
    stale.write_text(
        f"{os.getpid()}\n{cluster}\n1700000000\n5432\n{postgres.place(data).sockets}\n\n", encoding="utf-8"
    )
    assert servers.ensure(data, throwaway=True).started


def test_a_demonstration_has_two_witnesses_of_its_own(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO", raising=False)
    servers.ensure(data, throwaway=True)
    started = json.loads(servers.ensure_witnesses(data))
    assert [entry["name"] for entry in started] == ["witness", "discipline"]
    keys = set()
    for entry in started:
        with urllib.request.urlopen(f"{entry['url']}/key", timeout=10) as answer:  # noqa: S310 -- our own address
            shown = json.loads(answer.read())
        assert shown["name"] == entry["name"]
        keys.add(shown["key"])
    assert len(keys) == 2
    assert json.loads(servers.ensure_witnesses(data)) == started, "found running, not started again"
    noted = witness.WITNESSES["discipline"].noted(data)
    assert noted is not None
    os.kill(noted[1], signal.SIGKILL)
    assert wait_until(lambda: servers.silent(data) == "witness-discipline", 10)
    servers.release(data)
    assert witness.WITNESSES["witness"].noted(data) is None, "they stop with the servers"


def test_a_market_in_earnest_has_only_the_witnesses_that_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "0")
    assert servers.ensure_witnesses(data) == ""
    monkeypatch.setenv("WITNESSES", '[{"name": "a", "url": "http://127.0.0.1:1"}]')
    assert servers.ensure_witnesses(data) == '[{"name": "a", "url": "http://127.0.0.1:1"}]'
    monkeypatch.delenv("WITNESSES")
    monkeypatch.delenv("DEMO")
    monkeypatch.setenv("WITNESS_URL", "http://127.0.0.1:1")
    assert servers.ensure_witnesses(data) == "", "then WITNESS_URL counts"
    assert not data.exists()
