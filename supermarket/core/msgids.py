"""Sentences of the pure cores: English msgids with named parameters, translated by whoever shows them.

The cores know neither request nor language. They mark a msgid with ``N_`` (which Babel extracts) and hand it out with
its parameters; a page calls ``sentence.text(gettext)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def N_(msgid: str) -> str:
    """Mark a msgid for extraction and give it back unchanged."""
    return msgid


@dataclass(frozen=True, slots=True)
class Sentence:
    """A msgid with the values of its ``%(name)s`` places; values are plain text, numbers or dates, never markup."""

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] | None = None) -> str:
        """The sentence in the language of ``translate`` (``gettext``), in English without one."""
        template = translate(self.msgid) if translate is not None else self.msgid
        return template % self.params if self.params else template
