"""Where things lie, and the one error that this package shows to people."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# Programs of PostgreSQL and Valkey from pip: not among the site's packages, whose plugins pytest would load.
SERVERS = VENV / "servers"
# unix(4): sun_path holds 104 bytes on macOS (108 on Linux), a closing zero among them; a file name follows the folder.
SOCKET_FOLDER_MAX_BYTES = 104 - 1 - len("/.s.PGSQL.5432")


class Problem(Exception):
    """Something that the person at the keyboard can put right: what is wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}\n  → {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy


def data_folder(named: str | os.PathLike[str] | None = None) -> Path:
    """The folder of databases, files, keys and logs: as named, else the DATA variable, else var/ of the checkout."""
    chosen = named or os.environ.get("DATA")
    return Path(chosen).expanduser().resolve() if chosen else ROOT / "var"


def make_data_folder(data: Path) -> None:
    """Create DATA, readable by its owner alone. Raises Problem where it cannot be written."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Problem(f"{data} cannot be made: {error.strerror}", "choose another folder with DATA=…") from error
    if not os.access(data, os.W_OK):
        raise Problem(f"{data} belongs to another user", "choose another folder with DATA=…")


def short_name(data: Path) -> str:
    """A name for things of this DATA that must lie outside it."""
    return "supermarket-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def private_folder(folder: Path, uid: int, gid: int) -> None:
    """Make a folder of `uid` alone, or refuse one that somebody else has put there. Raises Problem."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != uid:
            raise Problem(f"{folder} exists and belongs to another user", f"remove {folder}") from None
        return
    except OSError as error:
        raise Problem(f"{folder} cannot be made: {error.strerror}", "choose another folder with DATA=…") from error
    if os.getuid() == 0:
        os.chown(folder, uid, gid)


def socket_folder(wanted: Path, data: Path, uid: int, gid: int) -> Path:
    """A private folder for a Unix socket: `wanted`, or one under the temporary folder where that path is too long."""
    folder = wanted
    if len(os.fsencode(folder)) > SOCKET_FOLDER_MAX_BYTES:
        folder = Path(tempfile.gettempdir()) / f"{short_name(data)}-{uid}"
    private_folder(folder, uid, gid)
    return folder


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, for a message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])
