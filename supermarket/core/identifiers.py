"""Identifiers: USCC (GB 32100-2015), organisation codes (GB 11714), identity numbers (GB 11643), our own codes."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from supermarket.core.msgids import N_

USCC_LENGTH = 18
# No I, O, S, V, Z: GB 32100 leaves out what is mistaken for digits.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, power, 31) for power in range(USCC_LENGTH - 1))
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"

# The registers have given out MA0… to MAF…; MAX… cannot be a real body for a long time.
_INVENTED_BODY = "MAX"

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SEPARATORS = str.maketrans("", "", " -\t\u00a0\u3000")
_CODE = re.compile(r"[A-Z]{1,3}-[0-9]{4}-[0-9]{6,}", re.ASCII)

_MESSAGES = {
    "empty": N_("Enter the unified social credit code (18 characters)."),
    "length": N_("The unified social credit code has 18 characters. Compare it with the business licence."),
    "characters": N_(
        "The unified social credit code has digits and capital letters without I, O, S, V and Z, and six digits for "
        "the region after the first two. Compare it with the business licence."
    ),
    "check_digit": N_(
        "The last character of the unified social credit code does not fit the others: one of them is mistyped. "
        "Compare it with the business licence."
    ),
}


class IdentifierError(ValueError):
    """An identifier that cannot be right: a ``code`` and a msgid ``message`` that says what to do."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = _MESSAGES[code]
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Uscc:
    """A unified social credit code (统一社会信用代码) whose check digit is right."""

    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def department(self) -> str:
        """The registering department, one character: 9 market regulation, 5 civil affairs, 1 staffing office …"""
        return self.value[0]

    @property
    def division(self) -> str:
        """The six digits of the registering region (GB/T 2260 code of its day)."""
        return self.value[2:8]

    @property
    def organisation_code(self) -> str:
        """The nine characters of the organisation code (GB 11714)."""
        return self.value[8:17]

    @property
    def organisation_code_fits(self) -> bool:
        """Whether the organisation code's own check digit is right; a signal, since GB 32100 does not demand it."""
        return organisation_check_digit(self.value[8:16]) == self.value[16]


def organisation_check_digit(body: str) -> str:
    """The ninth character of an organisation code (GB 11714, modulus 11) for its first eight."""
    total = sum(
        _ORGANISATION_ALPHABET.index(letter) * weight
        for letter, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def uscc_check_digit(first: str) -> str:
    """The 18th character of a USCC (GB 32100, modulus 31) for its first seventeen."""
    total = sum(USCC_ALPHABET.index(letter) * weight for letter, weight in zip(first, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def parse_uscc(text: str) -> Uscc:
    """Read a USCC as people type or paste it (spaces, hyphens, small and full-width letters are mended).

    Raises IdentifierError with the code ``empty``, ``length``, ``characters`` or ``check_digit``.
    """
    value = text.translate(_FULL_WIDTH).translate(_SEPARATORS).strip().upper()
    if not value:
        raise IdentifierError("empty")
    if len(value) != USCC_LENGTH:
        raise IdentifierError("length")
    # isdigit alone would let digits of other scripts through; the alphabet is ASCII.
    if any(letter not in USCC_ALPHABET for letter in value) or not value[2:8].isdigit():
        raise IdentifierError("characters")
    if uscc_check_digit(value[:17]) != value[17]:
        raise IdentifierError("check_digit")
    return Uscc(value)


def is_uscc(text: str) -> bool:
    """Whether a text is exactly a USCC, as it is stored: eighteen characters, nothing to mend."""
    try:
        return parse_uscc(text).value == text
    except IdentifierError:
        return False


def make_uscc(prefix: str, serial: int) -> str:
    """A valid, invented USCC: eight characters of department, kind and region ("91510100"), and a serial below 100 000.

    Both check digits are right. Raises ValueError for a prefix or serial that does not fit.
    """
    if len(prefix) != 8 or not prefix[2:].isdigit() or any(letter not in USCC_ALPHABET for letter in prefix):
        raise ValueError("the prefix has eight characters: department, kind and six digits of the region")
    if not 0 <= serial < 100_000:
        raise ValueError("the serial is from 0 to 99 999")
    body = f"{_INVENTED_BODY}{serial:05d}"
    first = prefix + body + organisation_check_digit(body)
    return first + uscc_check_digit(first)


def identity_check_digit(first: str) -> str:
    """The 18th character of an identity number (GB 11643, ISO 7064 MOD 11-2) for its first seventeen digits."""
    if len(first) != 17 or not (first.isascii() and first.isdigit()):
        raise ValueError("seventeen digits are needed")
    return _IDENTITY_CHECKS[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first)) % 11]


def is_identity_number(text: str) -> bool:
    """Whether a text is a well-formed identity number (公民身份号码): date of birth and check digit are right."""
    if len(text) != 18 or not (text.isascii() and text[:17].isdigit()):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return text[17] == identity_check_digit(text[:17])


def mask_name(name: str) -> str:
    """The name of a natural person as the public sees it: the first character, then stars ("张**")."""
    clean = name.strip()
    return clean[:1] + "*" * (len(clean) - 1)


def document_code(letter: str, year: int, serial: int) -> str:
    """A code of ours, ASCII only: a letter, the year, at least six digits ("P-2026-000123")."""
    code = f"{letter}-{year:04d}-{serial:06d}"
    if serial < 1 or not _CODE.fullmatch(code):
        raise ValueError("a code has one to three capital letters, a year of four digits and a serial from 1")
    return code


def project_code(year: int, serial: int) -> str:
    """The code of a project: ``P-2026-000123``."""
    return document_code("P", year, serial)


def contract_code(year: int, serial: int) -> str:
    """The code of a contract: ``C-2026-000123``."""
    return document_code("C", year, serial)


def is_document_code(text: str, letter: str) -> bool:
    """Whether a text is a code of ours with this letter."""
    return text.startswith(f"{letter}-") and _CODE.fullmatch(text) is not None


def as_read(name: str) -> str:
    """A name as a reader takes it: neither the width or case of its letters nor spaces tell two names apart."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
