"""Taking back what this witness signed since its backup, from places that have it; only then it signs anew.

Nothing is believed but this witness's own signatures: entries count up to a state that it signed itself, chained to the
last entry that the home has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from witness import catching
from witness.book import Book
from witness.checking import is_signed
from witness.errors import CannotStart
from witness.journal import Entry, Line, hash_of
from witness.places import Known, Silent, ask
from witness.state import State


@dataclass(frozen=True)
class Caught:
    """How it went: entries taken back, the last of them, whether it is certain that nothing lacks, places that answered."""

    taken: int
    n: int
    complete: bool
    places: tuple[str, ...]


def is_behind(book: Book, places: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether any place has a state of this witness's own that its home does not know; and which places were silent."""
    silent = []
    for place in places:
        try:
            known = ask(place, book.name, book.public_key, book.n)
        except Silent as error:
            silent.append(f"{place}: {error}")
            continue
        if any(not book.knows(state) for state in known.states):
            return True, silent
    return False, silent


def catch_up(book: Book, places: Sequence[str], *, only_market: bool) -> Caught:
    """Ask the places, enter again what lacks, and let the witness sign again. Raises CannotStart: nothing is changed then."""
    mark = book.catching_up
    if mark is None:
        raise CannotStart("This witness is up to date: nothing was put back.", "本见证方记录完整，无需补齐。")
    answered: list[Known] = []
    silent: list[str] = []
    for place in places:
        try:
            answered.append(ask(place, book.name, book.public_key, book.n))
        except Silent as error:
            silent.append(f"{place}: {error}")
    _need_places(answered, silent, only_market=only_market)
    top = max(
        (state for each in answered for state in each.states), key=lambda state: (state.epoch, state.n), default=None
    )
    lines = (
        [] if top is None or book.knows(top) else _lacking(book, top, [e for each in answered for e in each.entries])
    )
    for line in lines:
        if not is_signed(line.entry, book.public_key):
            raise CannotStart(
                f"Entry {line.entry['n']} is not signed by this witness.",
                f"第 {line.entry['n']} 条记录的签名不是本见证方的。",
            )
    _need_one_history(book, lines, (state for each in answered for state in each.states))
    for line in lines:
        book.take_back(line)
    complete = mark.whole and not lines
    book.write(
        "restored",
        {
            "epoch": book.epoch + 1,
            "known": mark.n,
            "reached": book.n,
            "complete": int(complete),
            "places": "; ".join(each.place for each in answered)[:500],
            "at": book.now(),
        },
    )
    catching.end(book.home)
    book.catching_up = None
    return Caught(len(lines), book.n, complete, tuple(each.place for each in answered))


def _need_places(answered: Sequence[Known], silent: Sequence[str], *, only_market: bool) -> None:
    if silent:
        raise CannotStart(
            "Not every place answered: " + "; ".join(silent) + ". Try again, or leave it out.",
            "部分地址没有应答：" + "；".join(silent) + "。请稍后重试，或去掉该地址。",
        )
    if not any(not each.is_market for each in answered) and not only_market:
        raise CannotStart(
            "Name another place beside the market, best another witness: --from ADDRESS. The market alone could keep back "
            "what it does not like. If there is no other: --only-market, which stands in the log for everybody to see.",
            "除市场网站外，请至少再指定一个来源（最好是另一个见证方）：--from 地址。仅凭市场一方，它可能隐瞒对自己不利的记录。"
            "确无其他来源时加 --only-market，此事将记入公开日志。",
        )


def _lacking(book: Book, top: State, entries: Iterable[Entry]) -> list[Line]:
    """The entries from the home's last to the one that the signed state names, in order. Raises CannotStart."""
    by_hash = {hash_of(entry): entry for entry in entries}
    lines: list[Line] = []
    wanted, n = top.head, top.n
    while n > book.n:
        entry = by_hash.get(wanted)
        if entry is None or entry.get("n") != n:
            raise CannotStart(
                f"This witness signed {top.n} entries; nobody gave back the one numbered {n}. Nothing was changed. Ask more "
                "places, or a file saved from the market's page: --from FILE.",
                f"本见证方共签署过 {top.n} 条记录，但没有任何来源交回第 {n} 条。程序未作任何改动。请再指定其他来源，"
                "或使用从市场网站保存的文件：--from 文件。",
            )
        lines.append(Line(dict(entry), {}, wanted))
        wanted, n = str(entry.get("prev")), n - 1
    if n != book.n or wanted != book.head:
        raise CannotStart(
            "What the places have does not continue this home: with this key two different logs were signed. Do not use it "
            "any more; start a new witness under a new name, and report this.",
            "各来源的记录与本机记录不衔接：同一密钥签署过两份不同的日志。请停止使用该密钥，以新名称启用新的见证方，并报告此事。",
        )
    return lines[::-1]


def _need_one_history(book: Book, lines: Sequence[Line], states: Iterable[State]) -> None:
    heads = {int(line.entry["n"]): line.hash for line in lines}
    epochs = {int(line.entry["epoch"]) for line in lines} | {book.epoch}
    for state in states:
        beyond = state.epoch == max(epochs) and state.n > book.n and heads.get(state.n) != state.head
        within = state.epoch == book.epoch and state.n <= book.n and not book.knows(state)
        if beyond or within:
            raise CannotStart(
                f"The places have two different logs of this witness at entry {state.n}. Do not use this key any more; start "
                "a new witness under a new name, and report this.",
                f"各来源持有本见证方第 {state.n} 条处互不相同的日志。请停止使用该密钥，以新名称启用新的见证方，并报告此事。",
            )
