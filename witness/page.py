"""The witness's own page for people: what it signed, to be looked up by project. Plain HTML, Chinese first, no script."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from witness.journal import Entry
from witness.state import State

ROWS = 100
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f1d; --paper: #fff; --line: #c9cfcc; --soft: #5a625e; --alert: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecea; --paper: #151917; --line: #3c4441; --soft: #a3aba7; --alert: #ff8a80; }
}
body { max-width: 72rem; margin: 0 auto; padding: 1rem; font: 1rem/1.7 "PingFang SC", "Microsoft YaHei", "Noto Sans SC", sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; line-height: 1.3; } h2 { font-size: 1.15rem; margin-top: 2rem; }
small, .en { color: var(--soft); font-size: .875rem; font-weight: normal; }
.en { display: block; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; font-size: .875rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
td.hash { min-width: 14rem; } td.time, th.time { white-space: nowrap; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
label { display: block; } input, button { font: inherit; padding: .4rem .7rem; border: 1px solid var(--soft); border-radius: 4px;
  color: inherit; background: transparent; }
.alert { border-left: 4px solid var(--alert); padding: .5rem 1rem; color: var(--alert); font-weight: bold; }
dt { font-weight: bold; } dd { margin: 0 0 .6rem; }
"""
# What is listed: the words for it, and its columns (field → heading).
LISTS: Mapping[str, tuple[str, str, Mapping[str, tuple[str, str]]]] = {
    "receipts": (
        "名单回执",
        "Receipts for pools, one per project and purpose, ever",
        {"project": ("项目", "Project"), "purpose": ("用途", "Purpose"), "pool_hash": ("名单哈希", "Pool hash")},
    ),
    "reveals": (
        "已公开的随机值",
        "Random values that were revealed, only after the receipt",
        {"project": ("项目", "Project"), "purpose": ("用途", "Purpose"), "reveal": ("随机值", "Value")},
    ),
    "quote_keys": (
        "报价加密公钥",
        "Public keys for sealed quotes, and when they open",
        {"project": ("项目", "Project"), "opens_at": ("开启时间", "Opens at"), "public_key": ("公钥", "Public key")},
    ),
    "quote_lists": (
        "会签的报价清单",
        "Countersigned lists of quotes",
        {"project": ("项目", "Project"), "list_hash": ("清单哈希", "List hash")},
    ),
    "tree_heads": (
        "日志树首部签名",
        "Heads of logs that are trees; each was proved to be the one before, grown on",
        {"log": ("日志", "Log"), "size": ("事件数", "Size"), "root": ("树根哈希", "Root")},
    ),
    "heads": (
        "日志首部签名",
        "Heads of logs that were signed",
        {"log": ("日志", "Log"), "seq": ("序号", "Place"), "head": ("首部哈希", "Head")},
    ),
}
_PURPOSES = {"main": "主抽取", "panel": "专家抽取"}
_OF_A_PROJECT = ("receipts", "reveals", "quote_keys", "quote_lists")


@dataclass(frozen=True)
class Facts:
    """What the page says; `behind`: the time of the last entry that a restored home knows, else None."""

    name: str
    since: str
    state: State
    version: str
    behind: str | None
    counts: Mapping[str, int]
    project: str
    found: Mapping[str, list[Entry]]
    peers: list[Entry]


def made(facts: Facts) -> str:
    """The whole page."""
    lists = "".join(_section(name, facts) for name in (_OF_A_PROJECT if facts.project else LISTS) if facts.found[name])
    nothing = _nothing(facts) if not lists else ""
    return (
        f'<!doctype html>\n<html lang="zh-CN">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>见证方 {escape(facts.name)}：签署记录</title><link rel="stylesheet" href="style.css"></head>\n<body>\n<main>\n'
        f"<h1>见证方 {escape(facts.name)}：签署记录 {_en(f'Witness {facts.name}: what it signed')}</h1>\n"
        f"{_behind(facts)}{_search(facts)}{nothing}{lists}{'' if facts.project else _peers(facts)}{_about(facts)}"
        f"</main>\n</body>\n</html>\n"
    )


def _en(text: str) -> str:
    return f'<span class="en" lang="en">{escape(text)}</span>'


def _behind(facts: Facts) -> str:
    if facts.behind is None:
        return ""
    return (
        f'<p class="alert" role="status">本见证方由备份恢复，已知记录截至 <time>{escape(facts.behind)}</time>；'
        "补齐此后的签署记录之前，不再签署任何新内容。"
        f"{_en('This witness was put back from a backup and signs nothing new until it has what it signed since.')}</p>\n"
    )


def _search(facts: Facts) -> str:
    clear = ' <a href="./">全部 <small lang="en">All</small></a>' if facts.project else ""
    return (
        '<form action="./" method="get" role="search"><label>项目编号 <small lang="en">Project code</small><br>'
        f'<input name="project" maxlength="64" value="{escape(facts.project)}" autocomplete="off" spellcheck="false"></label>'
        f'<button type="submit">查询 <small lang="en">Search</small></button>{clear}</form>\n'
    )


def _nothing(facts: Facts) -> str:
    if facts.project:
        return (
            f"<p>没有为项目 <code>{escape(facts.project)}</code> 签署过任何内容。请核对项目编号（区分大小写）。"
            f"{_en('Nothing was signed for this project. Check its code; capitals count.')}</p>\n"
        )
    return f"<p>尚未签署任何内容。{_en('Nothing is signed yet.')}</p>\n"


def _section(name: str, facts: Facts) -> str:
    chinese, english, columns = LISTS[name]
    rows = facts.found[name]
    all_of_them = facts.counts[name]
    count = f"{len(rows)}" if facts.project or len(rows) == all_of_them else f"最新 {len(rows)} 条，共 {all_of_them} 条"
    heads = "".join(f'<th scope="col">{zh} <small lang="en">{en}</small></th>' for zh, en in columns.values())
    return (
        f'<h2>{chinese}（{count}） {_en(english)}</h2>\n<div class="scroll" tabindex="0" role="region" aria-label="{chinese}">'
        f'<table><thead><tr>{heads}<th scope="col" class="time">签署时间 <small lang="en">Signed at (UTC)</small></th>'
        f'<th scope="col">签名 <small lang="en">Signature</small></th></tr></thead>\n<tbody>\n'
        f"{''.join(_row(columns, row) for row in rows)}</tbody></table></div>\n"
    )


def _row(columns: Iterable[str], row: Entry) -> str:
    cells = "".join(_cell(column, row[column]) for column in columns)
    signature = _cell("signature", row["signature"]) if "signature" in row else "<td>–</td>"
    return f'<tr>{cells}<td class="time"><time datetime="{escape(str(row["at"]))}">{escape(str(row["at"]))}</time></td>{signature}</tr>\n'


def _cell(column: str, value: str | int) -> str:
    text = escape(str(value))
    if column == "project":
        return f'<td class="time"><a href="?project={text}">{text}</a></td>'
    if column == "purpose":
        return f'<td class="time">{_PURPOSES.get(text, "同分抽取")} <small>{text}</small></td>'
    long = len(text) > 40
    return f'<td class="hash"><code>{text}</code></td>' if long else f"<td>{text}</td>"


def _peers(facts: Facts) -> str:
    if not facts.peers:
        return ""
    rows = "".join(
        f"<tr><td>{escape(str(row['peer']))}</td><td>{row['peer_epoch']}</td><td>{row['peer_n']}</td>"
        f'<td class="hash"><code>{escape(str(row["peer_head"]))}</code></td><td class="time">{escape(str(row["peer_at"]))}</td></tr>\n'
        for row in facts.peers
    )
    return (
        f"<h2>其他见证方的日志 {_en('Logs of other witnesses, as they last signed them')}</h2>\n"
        '<div class="scroll" tabindex="0" role="region" aria-label="其他见证方的日志"><table><thead><tr>'
        '<th scope="col">名称 <small lang="en">Name</small></th><th scope="col">期 <small lang="en">Epoch</small></th>'
        '<th scope="col">条数 <small lang="en">Entries</small></th><th scope="col">首部哈希 <small lang="en">Head</small></th>'
        f'<th scope="col" class="time">时间 <small lang="en">Time</small></th></tr></thead><tbody>\n{rows}</tbody></table></div>\n'
    )


def _about(facts: Facts) -> str:
    state = facts.state
    return (
        f"<h2>关于本见证方 {_en('About this witness')}</h2>\n<dl>"
        f'<dt>公钥 <small lang="en">Public key (Ed25519)</small></dt><dd><code>{state.key}</code></dd>'
        f'<dt>启用时间 <small lang="en">Since</small></dt><dd><time>{escape(facts.since)}</time></dd>'
        f'<dt>自身日志 <small lang="en">Its own log, signed</small></dt><dd>第 {state.epoch} 期，共 {state.n} 条，'
        f"截至 <time>{escape(state.at)}</time><br><code>{state.head}</code><br><code>{state.signature}</code></dd>"
        f'<dt>程序版本 <small lang="en">Version</small></dt><dd>{escape(facts.version)}</dd>'
        '<dt>供程序读取 <small lang="en">For programs</small></dt><dd>'
        + " · ".join(
            f'<a href="{path}">{path}</a>'
            for path in (
                "key",
                "state",
                "log",
                "receipts",
                "tree-heads",
                "heads",
                "commitments",
                "reveals",
                "quote-keys",
                "quote-lists",
                "states",
            )
        )
        + "</dd></dl>\n<p>凭以上公钥，任何人都可以核验每一个签名；将本页与市场网站公布的内容对照，二者必须一致。"
        "时间均为世界时（UTC），北京时间加 8 小时。"
        + _en(
            "With this key anybody can check every signature. Compare this page with what the market publishes: "
            "both must be the same."
        )
        + "</p>\n"
    )
