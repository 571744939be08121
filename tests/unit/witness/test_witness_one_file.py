"""The one file for a regulator's machine: the same bytes from every build, run by a Python that has nothing installed."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from config import ROOT
from launch import one_file as building
from tests.unit.witness.test_witness_draws import make_pool
from witness import one_file
from witness.version import VERSION


@pytest.fixture(scope="module")
def wheels() -> dict[str, bytes]:
    """From var/wheels, where pip puts them the first time."""
    return building.wheels(ROOT / "var" / "wheels", ROOT / "var" / "logs" / "witness-build.log")


@pytest.fixture(scope="module")
def built(wheels: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dist") / "witness.pyz"
    path.write_bytes(building.archive(building.contents(wheels)))
    return path


def plain_python() -> str:
    """The interpreter that this environment was made from, which has no packages."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)))


def run(file: Path, *arguments: object) -> tuple[int, str]:
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [plain_python(), "-I", str(file), *map(str, arguments)],
        cwd=file.parent, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_two_builds_are_the_same_bytes(wheels: dict[str, bytes], built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pyz"
    code = (
        "import sys; from pathlib import Path; from launch import one_file as b;"
        "Path(sys.argv[1]).write_bytes(b.archive(b.contents(b.wheels(Path(sys.argv[2]), Path(sys.argv[3])))))"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati"}
    subprocess.run(
        [sys.executable, "-c", code, str(again), str(ROOT / "var" / "wheels"), str(tmp_path / "log")],
        cwd=ROOT, env=environment, check=True,
    )  # fmt: skip
    assert again.read_bytes() == built.read_bytes()


def test_it_holds_what_was_published_and_what_the_lock_names(built: Path, wheels: dict[str, bytes]) -> None:
    lock = (ROOT / "requirements.txt").read_text()
    with zipfile.ZipFile(built) as archive:
        for name in archive.namelist():
            assert archive.getinfo(name).date_time == (1980, 1, 1, 0, 0, 0)
        packed = {name.split("/")[1]: archive.read(name) for name in archive.namelist() if name.endswith(".whl")}
        code = {name for name in archive.namelist() if name.endswith(".py")}
    assert packed == wheels and len(packed) == 10
    assert code == {"__main__.py", *(f"witness/{path.name}" for path in (ROOT / "witness").glob("*.py"))}
    for name, data in packed.items():
        package, version = name.split("-")[:2]
        block = lock[lock.index(f"{package}=={version} ") :]
        block = block[: re.search(r"\n(?=[a-z])", block).start()]  # type: ignore[union-attr]  # others follow
        assert f"--hash=sha256:{sha256(data).hexdigest()}" in block, f"{name} is not what requirements.txt locks"


def test_it_runs_in_a_fresh_folder_and_signs(built: Path, tmp_path: Path) -> None:
    file = tmp_path / "witness.pyz"
    shutil.copy(built, file)
    nothing = subprocess.run([plain_python(), "-I", "-c", "import nacl"], capture_output=True)
    assert nothing.returncode != 0, "this Python has packages: it proves nothing"
    code, said = run(file, "--version")
    assert (code, said.splitlines()[1]) == (0, f"SHA-256 {sha256(built.read_bytes()).hexdigest()}  witness.pyz")
    assert said.startswith(f"witness {VERSION} ")
    code, said = run(file, "init", "--home", tmp_path / "home", "--name", "regulator")
    assert code == 0, said
    key = re.search(r"公钥：([0-9a-f]{64})", said)
    assert key is not None
    process = subprocess.Popen(
        [plain_python(), "-I", str(file), "serve", "--home", str(tmp_path / "home"), "--port", "0"],
        cwd=tmp_path, env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"witness regulator ([0-9a-f]{64}) listens on (http://127\.0\.0\.1:[0-9]+)\n", line)
    assert found is not None and found[1] == key[1]
    asked = urllib.request.Request(  # noqa: S310 -- our own address
        f"{found[2]}/receipts", json.dumps({"pool_file": make_pool()}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 -- our own address
        assert json.loads(answer.read())["project"] == "P-1"
    process.terminate()
    _out, trouble = process.communicate(timeout=20)
    assert (process.returncode, trouble) == (0, "")
    assert run(file, "check", "--home", tmp_path / "home")[0] == 0
    assert run(file, "status", f"--home={tmp_path / 'home'}")[0] == 0
    code, said = run(file, "install", "--home", tmp_path / "home", "--port", 8765, "--token-file", "/etc/witness/token")
    assert code == 0
    assert f"ReadWritePaths={tmp_path / 'home'}" in said and "NoNewPrivileges=yes" in said
    assert (
        f"{file} serve --home {tmp_path / 'home'} --port 8765 --host 127.0.0.1 --token-file /etc/witness/token" in said
    )


def test_what_was_laid_down_is_held_against_the_file_at_every_start(built: Path, tmp_path: Path) -> None:
    assert run(built, "init", "--home", tmp_path / "home")[0] == 0
    (library,) = (tmp_path / "home" / "lib").rglob("_sodium*.so")
    library.chmod(0o600)
    library.write_bytes(library.read_bytes()[:-1] + b"x")
    code, said = run(built, "status", "--home", tmp_path / "home")
    assert (code, "was changed since it was laid down" in said) == (1, True)
    library.unlink()
    assert run(built, "status", "--home", tmp_path / "home")[0] == 0


def test_a_damaged_file_does_not_start(built: Path, tmp_path: Path) -> None:
    data = bytearray(built.read_bytes())
    with zipfile.ZipFile(built) as archive:
        (wheel,) = (
            each for each in archive.infolist() if "/pynacl-" in each.filename and platform.machine() in each.filename
        )
    data[wheel.header_offset + wheel.file_size // 2] ^= 1
    (tmp_path / "witness.pyz").write_bytes(bytes(data))
    code, said = run(tmp_path / "witness.pyz", "init", "--home", tmp_path / "home")
    assert code == 1 and ("damaged" in said or "Bad CRC" in said)
    assert not (tmp_path / "home" / "key").exists()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_each_python_and_machine_gets_its_own(machine: str, minor: int) -> None:
    names = [f"wheels/{name}" for name in building.pinned()]
    found = one_file.fitting(names, machine, (3, minor))
    assert sorted(name.split("/")[1].split("-")[0] for name in found) == ["cffi", "pynacl"]
    assert all(machine in name for name in found)
    assert any(f"cp3{minor}-cp3{minor}" in name for name in found)


@pytest.mark.parametrize(("machine", "version"), [("loongarch64", (3, 11)), ("x86_64", (3, 15)), ("arm64", (3, 11))])
def test_another_machine_is_told_what_the_file_holds(machine: str, version: tuple[int, int]) -> None:
    with pytest.raises(one_file.CannotUnpack, match=r"3\.11, 3\.12, 3\.13, 3\.14 on Linux x86_64 and aarch64"):
        one_file.fitting([f"wheels/{name}" for name in building.pinned()], machine, version)
