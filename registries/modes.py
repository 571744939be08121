"""How a registry of the stand-in behaves: well, or badly in one of the ways in which real ones do."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

MODES: Final = {
    "ok": "answers rightly 正常",
    "slow": "answers after some seconds 缓慢",
    "wrong": "answers with another name or level 内容有误",
    "down": "closes the connection without a word 断线",
    "unavailable": "answers 503 暂停服务",
    "contradict": "gives two entries that differ 自相矛盾",
    "malformed": "gives half an answer 格式损坏",
    "other_code": "answers about another body 答非所问",
}
OTHER_CODE: Final = "91510000MA00000005"
_MOST_SECONDS: Final = 120.0
# What `wrong` and `contradict` change of a row, the first that is there.
_CHANGED: Final = ("level", "name", "registered_until", "bars", "document_number")


class Refused(Exception):
    """What somebody asked of the control page cannot be done."""


@dataclass(frozen=True)
class Mode:
    """A mode of `MODES`, its `seconds` where it is slow, the codes that it is for (none: all), and how often it was asked."""

    mode: str = "ok"
    seconds: float = 6.0
    only: tuple[str, ...] = ()

    def applies(self, code: str) -> bool:
        """Whether a question about this code is answered so."""
        return self.mode != "ok" and (not self.only or code in self.only)


class Board:
    """The mode of each registry; safe with threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._modes: dict[str, Mode] = {}
        self._asked: dict[str, int] = {}

    def of(self, registry: str) -> Mode:
        """A registry's mode."""
        return self._modes.get(registry, _GOOD)

    def count(self, registry: str, number: int) -> None:
        """So many bodies more were asked about."""
        with self._lock:
            self._asked[registry] = self._asked.get(registry, 0) + number

    def set(self, given: Mapping[str, object], known: Mapping[str, object]) -> None:
        """Change a registry's mode: {"registry", "mode", "seconds"?, "only"?: [codes]}. Raises Refused."""
        registry, mode, seconds = given.get("registry"), given.get("mode"), given.get("seconds", 6)
        only = given.get("only", [])
        if given.keys() - {"registry", "mode", "seconds", "only"}:
            raise Refused("a field is not known")
        if not isinstance(registry, str) or registry not in known:
            raise Refused("there is no such registry")
        if not isinstance(mode, str) or mode not in MODES:
            raise Refused(f"the modes are: {', '.join(MODES)}")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _MOST_SECONDS:
            raise Refused("seconds are from 0 to 120")
        if not isinstance(only, list) or not all(isinstance(code, str) for code in only):
            raise Refused("only is a list of codes")
        with self._lock:
            self._modes[registry] = replace(_GOOD, mode=mode, seconds=float(seconds), only=tuple(only))

    def state(self, known: Mapping[str, list[str]]) -> dict[str, object]:
        """Every registry with its questions, mode and how many bodies it was asked about."""
        return {
            name: {"questions": questions, **asdict(self.of(name)), "asked": self._asked.get(name, 0)}
            for name, questions in known.items()
        }


_GOOD: Final = Mode()


def spoiled(mode: str, code: str, rows: str) -> tuple[str, str]:
    """The code and the rows (JSON without brackets) that a registry in a bad mode gives."""
    read = json.loads(f"[{rows}]")
    if mode == "other_code":
        code = OTHER_CODE
        read = [{**row, "uscc": OTHER_CODE} for row in read]
    elif mode == "wrong":
        # A list without an entry is wrong by having one.
        read = [_changed(row) for row in read] or [
            {"uscc": code, "document_number": "误列0号", "bars": "是", "until": ""}
        ]
    elif mode == "contradict":
        read = [each for row in read for each in (row, _changed(row))]
    return code, json.dumps(read, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _changed(row: Mapping[str, str]) -> dict[str, str]:
    name = next((each for each in _CHANGED if row.get(each)), "name")
    return {**row, name: f"{row.get(name, '')}（误）"}
