"""The analyser of the search: Chinese text to the words that are indexed and asked for.

This module's path is written into index folders: keep it. rjieba's tokens equal jieba's.
"""

from __future__ import annotations

import importlib
import unicodedata
from functools import cache
from types import ModuleType
from typing import Final

# Words that every text has and nobody searches for.
_STOP: Final = frozenset("的了和与及或等在为由") | {"the", "a", "an", "of", "and", "or", "to", "in"}
_LONGEST_PART: Final = 3


@cache
def _rjieba() -> ModuleType:
    # Its dictionary takes 32 MB: only where words are really cut.
    return importlib.import_module("rjieba")


def index_words(text: str) -> list[str]:
    """All words of a text and the shorter words inside them, in order, with repeats."""
    return _kept(_rjieba().cut_for_search(_normal(text)))


def query_words(text: str) -> list[str]:
    """The words that a text must have to match: of a long word its parts, since another text may cut it otherwise."""
    words: list[str] = []
    for word in _rjieba().cut(_normal(text)):
        parts = [part for part in _kept(_rjieba().cut_for_search(word)) if len(part) <= _LONGEST_PART]
        words.extend(_kept([word]) if word.isascii() or not parts else parts)
    return list(dict.fromkeys(words))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _kept(words: list[str]) -> list[str]:
    # Codes such as p-2026-000456 stay one word, without what an index would take for its own signs.
    clean = ("".join(c if c.isalnum() else "_" for c in word).strip("_") for word in words)
    return [word for word in clean if word and word not in _STOP]
