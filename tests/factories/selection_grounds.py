"""What a made selection rests on besides its stages: eligibility checks, and the panel with its signed sheets."""

import random
from collections.abc import Mapping, Sequence

import orjson

from supermarket.modes.merit_criteria import Criterion, dropped_places, half_up, panel_points
from supermarket.selection.panels.commitment import SheetRow, hash_of, person_body, sheet_body

Made = dict[str, object]
Points = Mapping[str, Mapping[str, Sequence[int]]]


def make_rules(level: str, stars: int | None, *, award: bool = False) -> list[Made]:
    """What each rule said of an agency that met them all."""
    said: list[tuple[str, Made]] = [
        ("standing", {"standing": "active"}),
        ("enrolment_frozen", {"credit": level, "frozen_until": None if level != "D" else "2026-01-01"}),
        ("offers_matter", {"matter": "ZJ002"}),
        ("qualifications", {"missing": []}),
        ("qualifications_valid", {"expired": []}),
        ("stars", {"floor": None, "stars": stars}),
        ("credit", {"floor": None, "credit": level}),
        ("credit_direct", {"credit": level, "direct_with_fiscal": False}),
        ("barring_list", {}),
        ("avoidance", {}),
        ("preceding_work", {}),
        ("reissue", {"decliners": [], "reissue_of": None}),
        ("practitioners", {"named": 1, "needed": 1, "not_registered": 0}),
        ("licences", {}),
        ("practitioner_load", {"full": 0}),
        ("linked", {}),
    ]
    said += [("registries", {"silent": []})] if award else []
    return [
        {"code": code, "ok": True, "warning": False, "sentence": "符合要求。", "evidence": evidence}
        for code, evidence in said
    ]


def make_checks(level: str, stars: int | None, moments: Mapping[str, str]) -> list[Made]:
    """The runs of the rules at these moments; nothing changed between them."""
    return [
        {"moment": name, "at": at, "ok": True, "rules": make_rules(level, stars, award=name == "award"), "changed": []}
        for name, at in moments.items()
    ]


def make_people(chance: random.Random, project: str, count: int) -> dict[str, str]:
    """So many experts: the id in the pool file → the body that it binds."""
    bodies = [
        person_body(project, f"E{place:03d}", f"专家{place}", "某设计院", None, chance.randbytes(32).hex())
        for place in range(count)
    ]
    return {hash_of(body): body for body in bodies}


def make_scores(
    project: str,
    criteria: Sequence[Criterion],
    people: Mapping[str, str],
    order: Sequence[str],
    passed: Sequence[int],
    points: Points,
    at: str,
) -> Made:
    """The panel's record: its seats are the head of `order` but for the places `passed`, who declined."""
    size = len(next(iter(next(iter(points.values())).values())))
    called = order[: size + len(passed)]
    seats = [(place, each) for place, each in enumerate(called, 1) if place not in passed]
    usccs = sorted(next(iter(points.values())))
    letters = {uscc: chr(ord("A") + place) for place, uscc in enumerate(usccs)}
    lines: list[Made] = []
    sheets: dict[str, list[SheetRow]] = {each: [] for _place, each in seats}
    for criterion in criteria:
        for uscc in usccs:
            given = points[criterion.name][uscc]
            out, mean = dropped_places(given), panel_points(given)
            cells: list[Made] = []
            for place, (_position, expert) in enumerate(seats):
                sentence = f"针对性给 {given[place]} 分"
                sheets[expert].append(SheetRow(uscc, criterion.name, given[place], sentence))
                cells.append({"expert": expert, "points": given[place], "sentence": sentence, "dropped": place in out})
            line: Made = {"criterion": criterion.name, "plan": letters[uscc], "given": cells}
            lines.append(line | {"mean": f"{half_up(mean):.4f}", "exact": str(mean)})
    salts = {each: people[each].split("\n")[6] for _place, each in seats}
    record: Made = {
        "version": "panel-record-v1",
        "project": project,
        "size": size,
        "criteria": [
            {"name": item.name, "weight": str(item.weight), "description": item.description} for item in criteria
        ],
        "plans": [
            {
                "plan": letters[uscc],
                "agency": uscc,
                "seq": 1,
                "sha256": "ef" * 32,
                "received_at": "2026-11-24T01:00:00Z",
            }
            for uscc in usccs
        ],
        "experts": [
            {
                "id": each,
                "position": place,
                "invited_at": at,
                "accepted_at": at,
                "submitted_at": at,
                "sheet_hash": hash_of(sheet_body(project, each, sheets[each], salts[each])),
            }
            for place, each in seats
        ],
        "passed_over": [{"id": called[place - 1], "position": place, "how": "declined", "at": at} for place in passed],
        "scores": lines,
    }
    return {
        "record": record,
        "hash": hash_of(orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode()),
        "experts": [{"id": each, "body": people[each], "answer": "confirmed", "dissent": ""} for _place, each in seats],
    }
