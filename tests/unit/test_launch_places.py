"""What is found on a machine, what is refused, and that the lock files name no registry."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launch import binaries, children, run
from launch.places import ROOT, SOCKET_FOLDER_MAX_BYTES, Problem, data_folder, private_folder, socket_folder

LISTS = [
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-servers.txt",
    "launch/pins/uv.txt",
    "launch/pins/node.txt",
]
NPM_LOCKS = ["package-lock.json", "tests/browser/chromium/package-lock.json"]


def make_postgres(folder: Path, version: str) -> Path:
    folder.mkdir()
    for name, said in (
        ("postgres", f"postgres (PostgreSQL) {version}"),
        ("pg_config", str(folder)),
        ("initdb", ""),
        ("psql", ""),
    ):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{said}'\n", encoding="utf-8")
        program.chmod(0o755)
    return folder


def test_the_newest_postgresql_of_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_postgres(tmp_path / "bin", "99.2 (Debian 99.2-1)")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert binaries.machine_postgres() == binaries.Postgres(folder, 99, from_pip=False)


def test_a_postgresql_older_than_16_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_postgres(tmp_path / "bin", "15.18")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    found = binaries.machine_postgres()
    assert found is None or (found.major >= 16 and found.bin != folder)


def test_an_incomplete_postgresql_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_postgres(tmp_path / "bin", "99.2")
    (folder / "initdb").unlink()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    found = binaries.machine_postgres()
    assert found is None or found.bin != folder


def test_data_is_named_by_hand_or_by_the_environment_else_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", str(tmp_path / "named"))
    assert data_folder() == tmp_path / "named"
    assert data_folder(tmp_path / "other") == tmp_path / "other"
    monkeypatch.delenv("DATA")
    assert data_folder() == ROOT / "var"


def test_a_socket_lies_elsewhere_where_its_path_would_be_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = tmp_path / "tmp"
    short.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(short))
    wanted = tmp_path / ("x" * SOCKET_FOLDER_MAX_BYTES)
    found = socket_folder(wanted, tmp_path / "data", os.getuid(), os.getgid())
    assert found.parent == short
    assert found.stat().st_mode & 0o777 == 0o700
    assert not wanted.exists()
    assert socket_folder(tmp_path / "s", tmp_path, os.getuid(), os.getgid()) == tmp_path / "s"


def test_a_folder_that_somebody_put_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "trap").symlink_to(tmp_path / "real")
    with pytest.raises(Problem, match="exists and belongs to another user"):
        private_folder(tmp_path / "trap", os.getuid(), os.getgid())


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(Problem, match=rf"port {port} of 127\.0\.0\.1 is in use") as caught:
            run._check_port("127.0.0.1", port)
    assert caught.value.remedy == f"choose another: make run PORT={port + 1}"


def test_a_child_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    child = children.start("web", [sys.executable, "-c", "print('no such table'); exit(3)"], tmp_path, {**os.environ})
    child.process.wait(20)
    assert children.dead([child]) is child
    log = tmp_path / "logs" / "web.log"
    assert children.obituary(child) == f"web ended with code 3; the end of {log}:\n    no such table"


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    child = children.start("worker", [sys.executable, "-c", deaf], tmp_path, {**os.environ}, patience=0.2)
    while not child.log.read_text(encoding="utf-8"):
        assert child.process.poll() is None
    children.stop([child])
    assert child.process.returncode == -9
    assert "worker does not end by itself" in capsys.readouterr().out


@pytest.mark.parametrize("name", LISTS)
def test_every_package_is_pinned_and_hashed_without_an_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [
        entry for entry in entries if not re.match(r"[\w.\[\],-]+==\S+.*--hash=sha256:[0-9a-f]{64}", entry, re.S)
    ] == []
    assert "://" not in text


@pytest.mark.parametrize("name", NPM_LOCKS)
def test_npm_packages_are_hashed_without_an_address(name: str) -> None:
    packages = json.loads((ROOT / name).read_text(encoding="utf-8"))["packages"]
    assert [path for path, entry in packages.items() if path and "integrity" not in entry] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


def test_the_lists_serve_the_first_release_of_python_3_11() -> None:
    # redis asks for it before 3.11.3, which a list resolved on a newer 3.11 would lack.
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "async-timeout==5.0.1 ; python_full_version < '3.11.3'" in text


def test_the_launcher_imports_nothing_that_is_not_in_the_standard_library() -> None:
    code = (
        "import sys, launch.commands\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'launch', '__main__'}))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_make_lists_its_targets() -> None:
    done = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT)
    for target in ("run", "test", "stop", "servers", "clean-data", "bench", "fmt", "translations"):
        assert re.search(rf"^  make {target} +\w", done.stdout, re.M), target
