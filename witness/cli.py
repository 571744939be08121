"""The commands of the witness, for the clerk who installs it; what they say is Chinese first, then English."""

import argparse
import getpass
import ipaddress
import json
import re
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

from witness import backups, catching
from witness.api import Api
from witness.book import Book, load_key
from witness.catch_up import catch_up, is_behind
from witness.checking import Check
from witness.clock import Clock
from witness.errors import CannotStart, Refused
from witness.journal import NAME, Entry, read_lines
from witness.limits import Tokens
from witness.serving import serve
from witness.unit_file import unit_file
from witness.version import VERSION, one_file

NAMES = r"[a-z0-9][a-z0-9.-]{0,39}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="witness", description="见证程序：签署一次，永不更改。 Signs once and for good what it is shown."
    )
    parser.add_argument(
        "--version", action="store_true", help="版本与本文件的 SHA-256 (version, and SHA-256 of this file)"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, text: str, *, home: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        if home:
            made.add_argument(
                "--home", type=Path, required=True, help="密钥与记录所在文件夹 (folder of key and journal)"
            )
        return made

    begun = add("init", "建立密钥与记录 (make key and journal, without serving)")
    begun.add_argument("--name", default="witness", help="名称，启用后不得更改 (its name, for ever)")
    _serving(add("serve", "提供服务 (answer over HTTP)"))
    add("status", "签署了什么、多少条、最后时间 (what it has signed)").add_argument(
        "--json", action="store_true", help="供程序读取 (for programs)"
    )
    add("check", "核验全部记录、签名与链 (verify the whole journal)")
    backup = add("backup", "备份为一个加密文件 (one sealed file; while it serves, too)")
    backup.add_argument("--to", type=Path, required=True, help="备份文件 (file to write)")
    restore = add("restore", "由备份恢复到空文件夹 (make a home from a backup)")
    restore.add_argument("backup", type=Path, help="备份文件 (the backup)")
    restore.add_argument("--mirror", type=Path, help="第二份记录所在文件夹 (folder of the second copy)")
    for each in (backup, restore):
        each.add_argument("--passphrase-file", type=Path, help="口令文件，首行为口令 (file whose first line it is)")
    caught = add("catch-up", "恢复后补齐此后的签署记录 (take back what was signed since the backup)")
    caught.add_argument(
        "--from", dest="places", action="append", required=True, help="市场网站、其他见证方的地址或文件"
    )
    caught.add_argument("--only-market", action="store_true", help="没有其他来源 (there is no place beside the market)")
    caught.add_argument("--clock-file", type=Path, help=argparse.SUPPRESS)
    _serving(add("install", "输出 systemd 服务文件 (print a systemd unit for these options)"))
    return parser


def _serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True, help="端口；0 表示自动选择 (TCP port; 0 takes a free one)")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址，默认仅本机 (default: this machine only)")
    parser.add_argument("--name", help="名称，写在回执上 (the name that receipts carry)")
    parser.add_argument("--token-file", type=Path, help="运营方令牌文件 (the operator's tokens, one a line)")
    parser.add_argument("--mirror", type=Path, help="第二份记录的文件夹，最好在另一块磁盘 (folder of a second copy)")
    parser.add_argument(
        "--ask",
        action="append",
        default=[],
        help="启动时询问的地址：市场、其他见证方 (asked at the start what it signed)",
    )
    parser.add_argument("--clock-file", type=Path, help="仅演示用 (demo only): seconds to add, or the time itself")


def _tokens(path: Path | None, host: str) -> Tokens | None:
    """The operator's tokens; without them only this machine may ask. Raises CannotStart."""
    if path is not None:
        return Tokens(path)
    if not ipaddress.ip_address(host).is_loopback:
        raise CannotStart(
            "Beyond this machine a --token-file is needed: whoever may ask first gets the receipt.",
            "监听本机以外的地址必须使用 --token-file：谁先请求，谁就得到唯一的回执。",
        )
    return None


def _name(name: str | None) -> str | None:
    if name is not None and re.fullmatch(NAMES, name) is None:
        raise CannotStart(
            "A name has lower-case letters, digits, dots and dashes, at most 40.",
            "名称只能用小写字母、数字、点和短横线，最多 40 个字符。",
        )
    return name


def _say(chinese: str, english: str) -> None:
    print(f"{chinese}\n{english}\n", flush=True)


def _init(given: argparse.Namespace) -> int:
    book = Book(given.home, Clock(), _name(given.name))
    Api(book)
    _say(
        f"见证方 {book.name} 已就绪。\n  公钥：{book.public_key}\n"
        "请将名称与公钥公布在贵单位网站，并交市场运营方配置；密钥文件请勿外传，并立即备份。",
        f"The witness {book.name} is ready.\n  Public key: {book.public_key}\n"
        "Publish name and key on your own site and give them to the market's operator. Make a backup now; keep the key file to "
        "yourself.",
    )
    book.close()
    return 0


def _serve(given: argparse.Namespace) -> int:
    tokens = _tokens(given.token_file, given.host)
    book = Book(given.home, Clock(given.clock_file), _name(given.name), given.mirror)
    api = Api(book)
    behind, silent = is_behind(book, given.ask)
    for each in silent:
        print(f"witness: did not answer: {each}", file=sys.stderr, flush=True)
    if behind:
        book.fall_behind()
    if book.catching_up is not None:
        print(
            "witness: 本机记录是旧的状态，补齐之前不再签署任何新内容（witness catch-up）。\n"
            "witness: this home is an older state; nothing new is signed until it has caught up (witness catch-up).",
            file=sys.stderr,
            flush=True,
        )
    serve(book, api, given.host, given.port, tokens)
    return 0


def _read(home: Path) -> tuple[Check, Entry]:
    """Go along a home's journal without taking it: a witness may be serving it. Raises CannotStart."""
    try:
        data = (home / NAME).read_bytes()
    except OSError as error:
        raise CannotStart(
            f"{home} is no home of a witness: {error.strerror}.", f"{home} 不是见证程序的文件夹。"
        ) from None
    check = Check(bytes(load_key(home, make=False).verify_key).hex())
    facts: Entry = {"name": "", "key": check.key, "since": "", "epoch": 1, "n": 0, "head": "", "at": ""}
    for line, place in read_lines(data, str(home / NAME)):
        check.look(line)
        entry = line.entry
        if place.n == 1:
            facts |= {"name": entry.get("name", ""), "since": entry["at"]}
        facts |= {"epoch": entry["epoch"], "n": place.n, "head": place.head, "at": entry["at"]}
    facts["catching_up"] = int(catching.read(home) is not None)
    return check, facts


_WORDS = {
    "receipt": ("名单回执", "receipts"),
    "chain": ("随机值承诺", "commitments"),
    "reveal": ("已公开随机值", "reveals"),
    "tree_head": ("日志树首部", "heads of the log's tree"),
    "head": ("日志首部", "log heads"),
    "quote_key": ("报价公钥", "quote keys"),
    "quote_list": ("报价清单", "quote lists"),
    "peer": ("其他见证方状态", "states of other witnesses"),
    "restored": ("恢复", "restorations"),
}


def _counted(counts: Counter[str]) -> str:
    return "\n".join(f"  {zh} {en}: {counts[kind]}" for kind, (zh, en) in _WORDS.items())


def _status(given: argparse.Namespace) -> int:
    check, facts = _read(given.home)
    if given.json:
        print(json.dumps({**facts, "counts": dict(check.counts), "findings": len(check.findings)}, indent=1))
        return 0
    print(f"见证方 Witness: {facts['name']}\n公钥 Public key: {facts['key']}\n启用 Since: {facts['since']}")
    print(
        f"记录 Entries: {facts['n']}（第 {facts['epoch']} 期 epoch）\n最后 Last: {facts['at']}\n首部 Head: {facts['head']}"
    )
    print(_counted(check.counts))
    if facts["catching_up"]:
        _say("正在补齐：不签署任何新内容。", "Catching up: nothing new is signed.")
    return 0


def _check(given: argparse.Namespace) -> int:
    check, facts = _read(given.home)
    print(_counted(check.counts))
    if not check.findings:
        _say(
            f"核验通过：{facts['n']} 条记录，链与签名全部有效。",
            f"All is well: {facts['n']} entries, every signature and every chain holds.",
        )
        return 0
    for each in check.findings:
        print(f"  ✗ {each}")
    _say(f"核验发现 {len(check.findings)} 处问题。", f"{len(check.findings)} findings.")
    return 1


def _passphrase(path: Path | None, *, twice: bool) -> str:
    if path is not None:
        return path.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
    given = getpass.getpass("备份口令 Passphrase: ")
    if twice and getpass.getpass("再输入一次 Again: ") != given:
        raise CannotStart("The two entries differ.", "两次输入的口令不一致。")
    return given


def _backup(given: argparse.Namespace) -> int:
    label = backups.make(given.home, given.to, _passphrase(given.passphrase_file, twice=True))
    _say(
        f"已备份到 {given.to}：见证方 {label.name}，共 {label.n} 条记录，截至 {label.at}。文件与口令请分开保管。",
        f"Backup in {given.to}: witness {label.name}, {label.n} entries, the last of {label.at}. Keep file and passphrase apart.",
    )
    return 0


def _restore(given: argparse.Namespace) -> int:
    found = backups.restore(given.backup, given.home, _passphrase(given.passphrase_file, twice=False), given.mirror)
    mirrored = f"，其中 {found.from_mirror} 条来自第二份记录" if given.mirror else ""
    _say(
        f"已恢复见证方 {found.name} 到 {given.home}：共 {found.n} 条记录{mirrored}，截至 {found.at}。\n"
        "补齐此后的签署记录之前，它不签署任何新内容。下一步：\n"
        f"  witness catch-up --home {given.home} --from 市场网址 --from 另一见证方网址",
        f"The witness {found.name} is back in {given.home}: {found.n} entries, the last of {found.at}.\n"
        "It signs nothing new until it has what it signed since. Next: witness catch-up --home … --from MARKET --from WITNESS",
    )
    return 0


def _catch_up(given: argparse.Namespace) -> int:
    book = Book(given.home, Clock(given.clock_file))
    Api(book)
    try:
        found = catch_up(book, given.places, only_market=given.only_market)
    finally:
        book.close()
    sure_zh = (
        "记录确认完整。" if found.complete else "备份之后的随机值链不再使用，相关项目如需抽取，由公布的彩票号码代替。"
    )
    sure_en = (
        "It is certain that nothing lacks."
        if found.complete
        else "Chains of random values from before the restoration reveal no more; for those draws the lottery decides."
    )
    _say(
        f"已补齐 {found.taken} 条记录，现共 {found.n} 条。{sure_zh}现在可以启动：witness serve。",
        f"{found.taken} entries taken back, {found.n} in all. {sure_en} It may serve again.",
    )
    return 0


def _install(given: argparse.Namespace) -> int:
    file = one_file()
    program = ["/usr/bin/env", "python3", str(file or "-m witness"), "serve", "--home", str(given.home)]
    program += ["--port", str(given.port), "--host", given.host]
    for option, value in (("--name", given.name), ("--token-file", given.token_file), ("--mirror", given.mirror)):
        program += [option, str(value)] if value else []
    for each in given.ask:
        program += ["--ask", each]
    writable = [given.home, given.mirror] if given.mirror else [given.home]
    print(unit_file(program, [path.resolve() for path in writable]), end="")
    return 0


def _version() -> int:
    file = one_file()
    print(f"witness {VERSION} (Python {sys.version.split()[0]})")
    if file is None:
        print("由源代码运行，不是单一文件。 It runs from its source, not from one file.")
    else:
        print(f"SHA-256 {sha256(file.read_bytes()).hexdigest()}  {file.name}")
    return 0


_COMMANDS = {
    "init": _init,
    "serve": _serve,
    "status": _status,
    "check": _check,
    "backup": _backup,
    "restore": _restore,
    "catch-up": _catch_up,
    "install": _install,
}


def main() -> int:
    """Carry out the command line; its exit code."""
    parser = _parser()
    given = parser.parse_args()
    if given.version:
        return _version()
    if given.command is None:
        parser.print_help()
        return 2
    try:
        return _COMMANDS[given.command](given)
    except (CannotStart, OSError, ValueError, OverflowError) as error:
        print(f"witness: {error}", file=sys.stderr)
        return 1
    except Refused as refusal:
        print(f"witness: {refusal.message}", file=sys.stderr)
        return 1
