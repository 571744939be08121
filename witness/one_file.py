"""What the built file `witness.pyz` starts with (it stands there as __main__.py): only Python's own library is needed.

The file holds this program and, as published and unchanged, the packages that it needs with machine code (PyNaCl, cffi),
for several versions of Python and kinds of machine. Machine code cannot be run out of an archive: the two that fit are
laid down in a folder `lib` of the witness's own home, and held byte for byte against the archive at every start.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

PYTHON_AT_LEAST = (3, 11)
LISTING = "wheels/SHA256SUMS"


class CannotUnpack(Exception):
    """Why the program cannot run on this machine, and what to do."""


def fitting(names: list[str], machine: str, version: tuple[int, int]) -> list[str]:
    """The wheels among `names` for this machine and Python: by their own tags, one of each package. Raises CannotUnpack."""
    wanted = re.compile(rf"-(?:cp{version[0]}{version[1]}-cp{version[0]}{version[1]}|cp3\d+-abi3)-\S*_{machine}\.whl$")
    found = [name for name in names if wanted.search(name)]
    packages = {name.split("/")[-1].split("-")[0] for name in names if name.endswith(".whl")}
    if {name.split("/")[-1].split("-")[0] for name in found} != packages:
        have = sorted({match[1] for name in names if (match := re.search(r"-cp(3\d+)-cp3\d+-", name))})
        raise CannotUnpack(
            f"This file holds no packages for Python {version[0]}.{version[1]} on {platform.system()} {machine}; it holds "
            f"those for Python {', '.join(f'3.{each[1:]}' for each in have)} on Linux x86_64 and aarch64. Elsewhere install "
            "the system's own PyNaCl (python3-nacl)."
        )
    return found


def checked(archive: zipfile.ZipFile, name: str, sums: dict[str, str]) -> bytes:
    """A wheel's bytes. Raises CannotUnpack where they are not those that were built in."""
    data = archive.read(name)
    if sha256(data).hexdigest() != sums.get(name.split("/")[-1]):
        raise CannotUnpack(f"{name} in this file is damaged: copy the file again, and compare its SHA-256.")
    return data


def lay_down(wheel: bytes, folder: Path) -> None:
    """Have exactly the wheel's files in `folder`. Raises CannotUnpack where other bytes lie there."""
    with zipfile.ZipFile(BytesIO(wheel)) as packed:
        files = [item for item in packed.infolist() if not item.is_dir()]
        for item in files:
            target = folder / item.filename
            if not target.resolve().is_relative_to(folder.resolve()):
                raise CannotUnpack("A package names a file outside of its folder.")
            data = packed.read(item)
            if target.is_file() and target.read_bytes() == data:
                continue
            if target.exists():
                raise CannotUnpack(
                    f"{target} was changed since it was laid down: delete the folder {folder} and look why."
                )
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = target.with_name(f"{target.name}.{os.getpid()}")
            fresh.write_bytes(data)
            fresh.replace(target)


def home_of(arguments: list[str]) -> Path | None:
    """The home that the command line names, None where it needs none."""
    for place, argument in enumerate(arguments):
        if argument == "--home" and place + 1 < len(arguments):
            return Path(arguments[place + 1])
        if argument.startswith("--home="):
            return Path(argument.partition("=")[2])
    return None


@contextmanager
def folder_for(home: Path | None, mark: str) -> Iterator[Path]:
    """Where the packages lie: in the home, for good; where there is none, in a folder that is gone at the end."""
    if home is None:
        made = Path(tempfile.mkdtemp(prefix="witness-"))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = home / "lib" / mark
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield folder


def start(file: Path, arguments: list[str]) -> int:
    """Lay down what is needed, then run the program; its exit code. Raises CannotUnpack."""
    with zipfile.ZipFile(file) as archive:
        sums = {line.split("  ")[1]: line.split("  ")[0] for line in archive.read(LISTING).decode().splitlines()}
        names = [name for name in archive.namelist() if name.endswith(".whl")]
        try:
            fit = fitting(names, platform.machine(), sys.version_info[:2])
        except CannotUnpack:
            if find_spec("nacl") is None:
                raise
            # Another kind of machine, whose system brings PyNaCl itself.
            print("witness: 使用本机自带的 PyNaCl。 This machine's own PyNaCl is used.", file=sys.stderr)
            fit = []
        wheels = [checked(archive, name, sums) for name in fit]
    mark = sha256(b"".join(sha256(wheel).digest() for wheel in wheels)).hexdigest()[:16]
    with folder_for(home_of(arguments), mark) as folder:
        for wheel in wheels:
            lay_down(wheel, folder)
        sys.path.insert(1, str(folder))
        sys.dont_write_bytecode = True
        # Only now can the program be imported: it needs what has just been laid down.
        code: int = import_module("witness.cli").main()
        return code


def run() -> None:
    """The file was started."""
    if sys.version_info < PYTHON_AT_LEAST:
        sys.exit("witness: 需要 Python 3.11 或更新版本。 Python 3.11 or newer is needed.")
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a stream that is none of ours
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # real streams have it
    try:
        sys.exit(start(Path(sys.argv[0]).resolve(), sys.argv[1:]))
    except (CannotUnpack, zipfile.BadZipFile, OSError) as error:
        sys.exit(f"witness: {error}")
    except ImportError as error:
        sys.exit(
            f"witness: {error}\n  → 如果 --home 所在磁盘以 noexec 挂载，请换一个文件夹。 If the disk of --home is mounted noexec, "
            "choose another folder."
        )


if __name__ == "__main__":
    run()
