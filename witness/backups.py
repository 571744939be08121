"""A backup is one file, sealed with a passphrase: the key and the whole journal, secrets included.

`witness-backup-v1`, LF, one line of JSON in the clear (whose, how far, how the passphrase is stretched), LF, then a
libsodium secretbox over the compressed key and journal; its key is made from the passphrase by Argon2id.
"""

import json
import os
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.signing import SigningKey
from nacl.utils import random

from witness import catching
from witness.book import KEY, hold
from witness.checking import Check
from witness.errors import CannotStart
from witness.journal import NAME, Line, Place, read_lines, sync_folder, write_whole

MAGIC = b"witness-backup-v1\n"
SHORTEST_PASSPHRASE = 12
OPSLIMIT, MEMLIMIT = 4, 64 * 1024 * 1024
MOST_OPSLIMIT, MOST_MEMLIMIT = 16, 1024 * 1024 * 1024


@dataclass(frozen=True)
class Label:
    """What stands on a backup in the clear."""

    name: str
    key: str
    n: int
    at: str
    salt: str
    opslimit: int = OPSLIMIT
    memlimit: int = MEMLIMIT


def _stretched(passphrase: str, label: Label) -> SecretBox:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CannotStart(
            f"A passphrase has {SHORTEST_PASSPHRASE} characters or more.",
            f"备份口令不得少于 {SHORTEST_PASSPHRASE} 个字符。",
        )
    salt = bytes.fromhex(label.salt)
    return SecretBox(argon2id.kdf(SecretBox.KEY_SIZE, passphrase.encode(), salt, label.opslimit, label.memlimit))


def make(home: Path, target: Path, passphrase: str) -> Label:
    """Write a backup of a home, which a witness may be serving. Raises CannotStart."""
    try:
        key, data = (home / KEY).read_text("ascii").strip(), (home / NAME).read_bytes()
    except OSError as error:
        raise CannotStart(
            f"{home} is no home of a witness: {error.strerror}.", f"{home} 不是见证程序的文件夹。"
        ) from None
    lines = [line for line, _place in read_lines(data, str(home / NAME))]
    if not lines:
        raise CannotStart(
            f"{home} has no entries yet: start the witness first.", f"{home} 尚无任何记录：请先启动见证程序。"
        )
    first, last = lines[0].entry, lines[-1].entry
    label = Label(
        str(first["name"]), str(first["key"]), int(last["n"]), str(last["at"]), random(argon2id.SALTBYTES).hex()
    )
    whole = data[: data.rfind(b"\n") + 1]
    sealed = _stretched(passphrase, label).encrypt(zlib.compress(key.encode() + b"\n" + whole))
    if target.exists():
        raise CannotStart(f"{target} exists already; choose another name.", f"{target} 已存在，请换一个文件名。")
    write_whole(target, MAGIC + json.dumps(asdict(label)).encode() + b"\n" + sealed)
    return label


def read_label(data: bytes) -> Label:
    """What stands on a backup. Raises CannotStart for a file that is none."""
    try:
        if not data.startswith(MAGIC):
            raise ValueError
        label = Label(**json.loads(data[len(MAGIC) :].split(b"\n", 1)[0]))
        good = (
            isinstance(label.opslimit, int)
            and isinstance(label.memlimit, int)
            and 1 <= label.opslimit <= MOST_OPSLIMIT
            and 8192 <= label.memlimit <= MOST_MEMLIMIT
            and len(bytes.fromhex(label.salt)) == argon2id.SALTBYTES
        )
    except (ValueError, TypeError):
        good = False
    if not good:
        raise CannotStart("This file is no backup of a witness.", "该文件不是见证程序的备份。")
    return label


def _opened(data: bytes, passphrase: str) -> tuple[str, bytes]:
    """(key, journal) of a backup. Raises CannotStart."""
    label = read_label(data)
    try:
        plain = zlib.decompress(_stretched(passphrase, label).decrypt(data[len(MAGIC) :].split(b"\n", 1)[1]))
    except (CryptoError, zlib.error, IndexError, ValueError):
        raise CannotStart("The passphrase is wrong, or the backup is damaged.", "口令不正确，或备份已损坏。") from None
    key, _, journal = plain.partition(b"\n")
    return key.decode("ascii"), journal


@dataclass(frozen=True)
class PutBack:
    """What a restored home has: how many entries, the last of when, and how many of them came from the second copy."""

    name: str
    key: str
    n: int
    at: str
    from_mirror: int


def restore(backup: Path, home: Path, passphrase: str, mirror: Path | None) -> PutBack:
    """Make a home from a backup, and the second copy where there is one; it signs nothing new until it has caught up.

    Raises CannotStart where the home has something in it, or backup and second copy do not belong together.
    """
    try:
        data = backup.read_bytes()
    except OSError as error:
        raise CannotStart(f"{backup} cannot be read: {error.strerror}.", f"备份文件 {backup} 无法读取。") from None
    key, journal = _opened(data, passphrase)
    longer, whole = (journal, False) if mirror is None else _longer(journal, mirror)
    lines, place = _checked(longer, key)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any((home / name).exists() for name in (NAME, KEY)):
        raise CannotStart(
            f"{home} holds a witness already. Restore into an empty folder; keep the old one until all is well.",
            f"{home} 中已有见证程序的数据。请恢复到空文件夹，旧文件夹保留到一切正常为止。",
        )
    guard = hold(home)
    last = str(lines[-1].entry["at"])
    # The mark first: whatever happens in between, no home is ever there without it.
    catching.begin(home, place.n, last, whole=whole)
    (home / KEY).parent.mkdir(mode=0o700, exist_ok=True)
    write_whole(home / KEY, key.encode() + b"\n")
    sync_folder(home)
    write_whole(home / NAME, longer)
    own = journal.count(b"\n")
    first = lines[0].entry
    found = PutBack(str(first["name"]), str(first["key"]), place.n, last, place.n - own)
    os.close(guard)
    return found


def _longer(journal: bytes, mirror: Path) -> tuple[bytes, bool]:
    """The longer of the two, and whether that is the second copy, to which each entry was written at once."""
    try:
        other = (mirror / NAME).read_bytes()
    except OSError as error:
        raise CannotStart(
            f"{mirror / NAME} cannot be read: {error.strerror}.", f"第二份记录 {mirror / NAME} 无法读取。"
        ) from None
    copied = other[: other.rfind(b"\n") + 1]
    if copied.startswith(journal):
        return copied, True
    if journal.startswith(copied):
        return journal, False
    raise CannotStart("Backup and second copy are not of one journal.", "备份与第二份记录不属于同一见证方。")


def _checked(journal: bytes, key: str) -> tuple[list[Line], Place]:
    found = list(read_lines(journal, "the backup"))
    if not found:
        raise CannotStart("The backup has no entries.", "备份中没有任何记录。")
    check = Check(bytes(SigningKey(bytes.fromhex(key)).verify_key).hex())
    for line, _place in found:
        check.look(line)
    grave = [each for each in check.findings if "lies before" not in each]
    if grave:
        raise CannotStart(f"The backup does not hold: {grave[0]}.", f"备份校验未通过：{grave[0]}。")
    return [line for line, _place in found], found[-1][1]
