"""What changed in an enrolment's eligibility between two runs of the rules (selection.md §2): pure, over findings as stored.

A change is a rule that says something else now, or says the same on other grounds (stars 4, then 3, both enough).
"""

from collections.abc import Iterable, Mapping, Sequence

Stored = Mapping[str, object]

# A rule that only one moment has, and one whose grounds are about others until the freeze.
_ONE_MOMENT = frozenset({"registries"})


def changes(before: Iterable[Stored], after: Iterable[Stored]) -> list[dict[str, object]]:
    """Every rule of both runs that changed, in the order of the later one: `code`, `was` and `now` (whether it was met),
    `before` and `after` (its evidence).
    """
    earlier = {str(item["code"]): item for item in before}
    found: list[dict[str, object]] = []
    for item in after:
        code = str(item["code"])
        old = earlier.get(code)
        if old is None or code in _ONE_MOMENT:
            continue
        was, now = bool(old["ok"]), bool(item["ok"])
        if was == now and old.get("evidence") == item.get("evidence"):
            continue
        found.append(
            {"code": code, "was": was, "now": now, "before": old.get("evidence"), "after": item.get("evidence")}
        )
    return found


def lost(changed: Sequence[Stored]) -> list[str]:
    """The codes of the rules that were met and no longer are."""
    return [str(item["code"]) for item in changed if item["was"] and not item["now"]]
