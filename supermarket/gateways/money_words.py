"""Amounts in Chinese capital numerals (大写), as contracts and vouchers carry them beside the figures."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿")
LARGEST_FEN: Final = 10**14 - 1


def rmb_in_words(fen: int) -> str:
    """An amount in fen in words, e.g. 140950 → 人民币壹仟肆佰零玖元伍角.

    Rule and examples: 支付结算办法 (银发〔1997〕393号), annex 1.
    Raises ValueError below zero or from 10^12 yuan (1 万亿) on.
    """
    if isinstance(fen, bool) or not 0 <= fen <= LARGEST_FEN:
        raise ValueError(f"not an amount in fen: {fen!r}")
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    words = "人民币"
    if yuan or not rest:
        words += _yuan(yuan) + "元"
    if not rest:
        return words + "整"
    # 零 stands for the empty place: before 分 without 角, and before 角 after a round 元.
    if yuan and (not jiao or yuan % 10 == 0):
        words += "零"
    if jiao:
        words += _DIGITS[jiao] + "角"
    if cents:
        words += _DIGITS[cents] + "分"
    return words


def rmb_in_figures(fen: int) -> str:
    """An amount in fen as figures with thousands separators, e.g. 140950 → 1,409.50."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def _yuan(yuan: int) -> str:
    if yuan == 0:
        return "零"
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    words, gap = "", False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group == 0:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words += _group(group) + _GROUPS[index]
        gap = False
    return words


def _group(group: int) -> str:
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return words
