"""Money as integer fen (0.01 CNY): reading what people type and writing it for people. Never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal

from supermarket.core.msgids import N_

FEN_PER_YUAN = 100
FEN_PER_WAN = 10_000 * FEN_PER_YUAN
MAX_FEN = 1_000_000_000_000 * FEN_PER_YUAN - 1

_HOW = N_("Write the amount in yuan as digits, for example 35000 or 35,000.00.")
MESSAGES = {
    "empty": N_("Enter an amount in yuan, for example 35000."),
    "negative": N_("An amount cannot be negative. Enter it without the minus sign."),
    "unit": N_("Enter the full amount in yuan without a unit: 35000, not 3.5万."),
    "exponent": N_("Enter all digits of the amount: 100000, not 1e5."),
    "decimals": N_("An amount has at most two decimals, for example 35000.50."),
    "grouping": N_("The commas are not at the thousands. Enter 35,000.00 or 35000."),
    "too_large": N_("The amount is too large. Check the number of digits; the unit is yuan."),
    "not_a_number": _HOW,
}

# Only the characters that Chinese keyboards give for a number: NFKC would turn "3²" into 32.
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋￥", "0123456789.,-+¥")
_PLAIN = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_GROUPED = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?", re.ASCII)
_EXPONENT = re.compile(r"[+-]?[0-9.,]+[eE][+-]?[0-9]+", re.ASCII)
_WITH_UNIT = re.compile(r"[+-]?[0-9.,]+\s*(?:[百千万萬亿億kKwWmM]|元|圆|角|分).*", re.DOTALL)


class MoneyError(ValueError):
    """An amount that cannot be read: a ``code`` and a msgid ``message`` that says what to do."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = MESSAGES[code]
        super().__init__(self.message)


def parse_yuan(text: str) -> int:
    """Read an amount in yuan ("35000", "35,000.00", "３５０００．５") and give it in fen.

    Raises MoneyError with the code ``empty``, ``negative``, ``unit``, ``exponent``, ``decimals``, ``grouping``,
    ``too_large`` or ``not_a_number``.
    """
    clean = text.translate(_FULL_WIDTH).strip().removeprefix("¥").strip()
    if not clean:
        raise MoneyError("empty")
    match = _PLAIN.fullmatch(clean) or _GROUPED.fullmatch(clean)
    if match is None:
        raise MoneyError(_reason(clean))
    whole, decimals = match[1].replace(",", ""), match[2] or ""
    if len(decimals) > 2:
        raise MoneyError("decimals")
    if len(whole.lstrip("0")) > 12:
        raise MoneyError("too_large")
    return int(whole) * FEN_PER_YUAN + int(decimals.ljust(2, "0"))


def _reason(clean: str) -> str:
    if _EXPONENT.fullmatch(clean):
        return "exponent"
    if _WITH_UNIT.fullmatch(clean):
        return "unit"
    if clean[0] in "-−" and any(letter in "0123456789" for letter in clean):
        return "negative"
    if "," in clean and re.fullmatch(r"[0-9,]+(?:\.[0-9]+)?", clean, re.ASCII):
        return "grouping"
    return "not_a_number"


def yuan_text(fen: int) -> str:
    """An amount in yuan with two decimals and no grouping, for forms and files: ``12345.67``."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{yuan}.{rest:02d}"


def format_yuan(fen: int) -> str:
    """An amount for people: ``¥12,345.67``; the minus sign stands before the currency sign."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}¥{yuan:,}.{rest:02d}"


def in_wan(fen: int) -> str:
    """An amount in 万元 (10 000 CNY), two decimals, half up, grouped: ``123.45``; the caller writes the unit."""
    wan = (Decimal(fen) / FEN_PER_WAN).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{wan:,}"
