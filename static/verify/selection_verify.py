#!/usr/bin/env python3
"""Check the public record of a selection (selection-v1): python3 selection_verify.py selection.json. Python 3.9+ only.
Exit code 0: it holds; 1: it does not hold; 2: it cannot be read as such a record.

In the same folder must lie: selection_fields.py, selection_notice.py, selection_stages.py, selection_checks.py,
selection_parts.py, selection_says.py, draw_verify.py and auction_verify.py; verify_programs.zip has them all.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 – it need be no package

from selection_checks import checks, enrolments, whole
from selection_fields import FIELDS, Unfit, load, read, wrong_fields
from selection_notice import notice, unlike
from selection_parts import auction, awards_before, bids_of, corrections, counting, draws, panel, panel_points, quotes
from selection_says import SAYS, UNCHECKED
from selection_stages import Broken, again

DROPPED = ("declined", "disqualified", "lapsed", "closed")
# What a correction cannot undo: who gave up, was put out or let the time pass.
OUT_FOR_GOOD = DROPPED[:3]
# Where a purchase can stand while its last award stands like this; a suspended one can stand anywhere.
STANDS = {
    "offered": ("selecting",),
    "announced": ("announced",),
    "awarded": ("awarded",),
    "contracted": ("in_service", "completed", "archived", "terminated"),
}


def choice(r):  # yields where the choice was not made of those who came to it, or by the notice
    chosen, named = r["choice"], r["notice"]["named"]
    held = [run for run in r["runs"] if run["stage"] == "choose" and run["inputs"]["candidates"]]
    if (chosen is None) != (not held):
        yield "choice", "–"
        return
    for run in held:
        left = [c["uscc"] for c in run["inputs"]["candidates"]]
        if chosen["members"] != left or chosen["chosen_at"] != run["finished_at"]:
            yield "choice", "choose"
        if named is not None and left != [named]:
            yield "named", named


def decisions_of(r):
    found = {}
    for low in r["low_quotes"]:
        if low["decided_at"] is not None:
            said = "absent" if low["statement"] is None else "accepted" if low["accepted"] else "rejected"
            found[low["uscc"]] = said
    return found


def facts_of(r):  # everything that had come in by the end, as the last stage must have had it
    found = {"project": r["project"], "draws": {}, "low_decisions": decisions_of(r), "panel": panel_points(r)}
    for d in r["draws"]:
        fact = {"pool_file": d["pool_file"], "receipted": d["receipt"] is not None, "value": d["value"]}
        found["draws"][d["pool_file"].split("\n")[2]] = {**fact, "refused": bool(d["refused"])}
    found["choice"] = r["choice"] and {"uscc": r["choice"]["uscc"], "reason": r["choice"]["reason"]}
    found["auction"] = r["auction"] and {"bids": bids_of(r), "head": r["auction"]["entries"][-1]["hash"]}
    return found


def facts(r, run, everything):  # yields what a stage rests on and the rest of the record does not show
    own, stage = run["inputs"]["facts"], run["stage"]
    if own["project"] != r["project"]:
        yield "other_project", stage
    for purpose in sorted(own["draws"]):
        fact, known = own["draws"][purpose], everything["draws"].get(purpose)
        drawn_later = known is not None and fact == {
            **known,
            "value": None,
            "refused": False,
            "receipted": fact["receipted"],
        }
        if fact != known and not drawn_later:
            yield "other_draw", f"{stage} {purpose}"
    if own["choice"] not in (None, everything["choice"]):
        yield "choice", stage
    for u in sorted(own["low_decisions"]):
        if own["low_decisions"][u] != everything["low_decisions"].get(u):
            yield "decision", u
    if own["panel"] and own["panel"] != everything["panel"]:
        yield "other_points", stage
    if own.get("auction") is not None and own["auction"] != everything["auction"]:
        yield "other_bids", stage


def runs(r, *, complete=True):  # complete: what the last stage knew is all that came in
    n, everything, before, last = (
        r["notice"],
        facts_of(r),
        None,
        r["notice"]["frozen_at"] or r["notice"]["published_at"],
    )
    again_drawn = {
        each["purpose"] for each in r["corrections"]
    }  # computed later than the stage that it may still hold for
    for place, run in enumerate(r["runs"]):
        name = f"{place + 1} {run['stage']}"
        wanted, own = n["stages"][place] if place < len(n["stages"]) else None, run["inputs"]["facts"]
        if wanted is None or list(unlike(run["parameters"], wanted)) or run["stage"] != run["parameters"]["stage"]:
            yield "parameters", name
            return
        drawn = [
            d["drawn_at"]
            for d in r["draws"]
            if d["value"] and d["pool_file"].split("\n")[2] in {*own["draws"]} - again_drawn
        ]
        if not last <= run["started_at"] <= run["finished_at"] or any(at and at > run["finished_at"] for at in drawn):
            yield "moment", name
        last, candidates = run["started_at"], run["inputs"]["candidates"]
        if [c["uscc"] for c in candidates] != sorted({c["uscc"] for c in candidates}):
            yield "passed_on", name
        if before is not None:
            left = [c for c in before["inputs"]["candidates"] if c["uscc"] in before["outputs"]["passed_on"]]
            if candidates != left:
                yield "passed_on", name
            earlier = before["inputs"]["facts"]
            lost = [u for u in earlier["low_decisions"] if u not in own["low_decisions"]]
            lost += [purpose for purpose in earlier["draws"] if purpose not in own["draws"]]
            if lost or (earlier["choice"] is not None and own["choice"] is None):
                yield "facts", name
        yield from facts(r, run, everything)
        if complete and whole(r) and place + 1 == len(r["runs"]):
            mine = {**own, "auction": own.get("auction")}
            if list(unlike(mine, everything)):
                yield "facts", name
        try:
            found = again(run["parameters"], run["inputs"])
        except Broken as why:
            yield "computed", f"{name}: {why}"
        else:
            if list(unlike(found, run["outputs"])):
                yield "computed", f"{name}: {' '.join(found['order'])}"
        before = run


def final_order(r):
    return r["runs"][-1]["outputs"]["order"] if r["runs"] and whole(r) else []


def order(r):
    last, asked, bids = final_order(r), counting(r), {bid["uscc"]: bid["amount"] for bid in bids_of(r)}
    if [(o["position"], o["uscc"]) for o in r["order"]] != list(enumerate(last, 1)):
        yield "not_the_last", " ".join(last)
    for o in r["order"]:
        u = o["uscc"]
        if o["price"] != bids.get(u, asked.get(u)):
            yield "price", u
        figures = {run["stage"]: run["outputs"]["figures"][u] for run in r["runs"] if u in run["outputs"]["figures"]}
        if list(unlike(o["figures"], figures)):
            yield "figures", u


def awards(r, *, complete=True):  # complete: it is the series that counts, with its end
    n, over, first, last = r["notice"], [], None, r["runs"][-1]["finished_at"] if r["runs"] else ""
    had = [award["uscc"] for award in awards_before(r) if award["state"] in OUT_FOR_GOOD]
    percent = 100 + (n["numbers"]["succession_price_percent"] or 0)

    def following():
        # Down the order: who had an award is skipped; in priced modes also who asks more above the first than may be.
        for o in r["order"]:
            if o["uscc"] in had or o["uscc"] in over:
                continue
            if n["priced"] and first is not None and (o["price"] or 0) * 100 > first * percent:
                over.append(o["uscc"])
                continue
            return o
        return None

    for place, award in enumerate(r["awards"]):
        u, expected = award["uscc"], following()
        if expected is None or (u, award["position"]) != (expected["uscc"], expected["position"]):
            yield "next", f"{place + 1}: {'–' if expected is None else expected['uscc']}"
            return
        if award["price"] != (n["ceiling"] if expected["price"] is None else expected["price"]):
            yield "price", u
        dropped = award["state"] in DROPPED
        if dropped != bool(award["reason"]) or dropped != (award["ended_at"] is not None):
            yield "dropped", u
        if not dropped and place + 1 < len(r["awards"]):
            yield "dropped", u
        yield from award_moments(n, award, last)
        last = award["ended_at"] or last
        first = award["price"] if first is None else first
        had.append(u)
    if complete and not r["awards"] and r["order"] and r["state"] not in ("failed", "withdrawn", "void", "suspended"):
        yield "next", f"1: {r['order'][0]['uscc']}"
    if not complete:
        return
    if r["failure"] and r["failure"]["code"] == "order_used_up" and following() is not None:
        yield "somebody_left", following()["uscc"]
    if [o["uscc"] for o in r["order"] if o["uscc"] in over] != r["passed_over"]:
        yield "passed_over", " ".join(over)
    yield from standing(r)


def award_moments(n, award, last):  # yields what of an award comes too early, or without what belongs to it
    u, announced, until, noticed = award["uscc"], award["announced_at"], award["standstill_until"], award["notice_at"]
    told = announced is not None
    if told and (until is None or not last <= announced <= until):
        yield "moment", f"{u} announced_at"
    if not told and (
        until is not None or noticed is not None or award["state"] in ("announced", "awarded", "contracted")
    ):
        yield "moment", f"{u} announced_at"
    if told and n["has_enrolment"] and announced != last:
        yield "moment", f"{u} announced_at"
    if noticed is not None and (until is None or noticed < until):
        yield "notice_early", u
    number = award["notice_number"] or ""
    if (noticed is None) != (award["notice_number"] is None) or (
        number and not number.endswith(f"-{award['position']}")
    ):
        yield "notice_number", u
    if award["state"] in ("awarded", "contracted") and noticed is None:
        yield "notice_number", u
    if award["ended_at"] is not None and award["ended_at"] < (announced or last):
        yield "moment", f"{u} ended_at"


def standing(r):  # yields where the state of the purchase does not fit the last award, or its end
    ended = r["state"] in ("failed", "withdrawn", "void")
    if ended != (r["failure"] is not None) and r["state"] != "suspended":
        yield "state", r["state"]
    if r["failure"] and r["failure"]["at"] < (r["notice"]["frozen_at"] or r["notice"]["published_at"]):
        yield "moment", "failure"
    live = [award for award in r["awards"] if award["state"] not in DROPPED]
    if live and r["state"] not in (*STANDS[live[-1]["state"]], "suspended"):
        yield "state", r["state"]
    if not live and r["awards"] and not ended and r["state"] != "suspended":
        yield "state", r["state"]


__all__ = ["FIELDS", "SAYS", "UNCHECKED", "Unfit", "check", "load", "main", "verify"]


def as_it_was(r, place):  # the record of a series that was computed again, as it stood before
    series, before = r["superseded"][place], []
    for d in r["draws"]:
        mine = [
            c for c in r["corrections"] if c["purpose"] == d["pool_file"].split("\n")[2] and c["series"] is not None
        ]
        later = [c["before"] for c in mine if c["series"] > series["series"]]
        before.append(later[0] if later else d)
    chosen = [run["inputs"]["facts"]["choice"] for run in series["runs"] if run["stage"] == "choose"]
    parts = {name: series[name] for name in ("runs", "order", "awards")}
    return {
        **r,
        **parts,
        "draws": before,
        "superseded": r["superseded"][:place],
        "choice": chosen[0] if chosen else None,
    }


def superseded(
    r,
):  # yields what does not follow in a series that was computed again: it decides nothing and must have held
    for place, series in enumerate(r["superseded"]):
        old = as_it_was(r, place)
        came = [each["runs"][0]["inputs"]["candidates"] for each in (old, r) if each["runs"]]
        if len(came) == 2 and came[0] != came[1]:
            yield "other_figures", str(series["series"])
        for part in (runs(old, complete=False), order(old), awards(old, complete=False)):
            for code, about in part:
                yield code, f"{series['series']}: {about}"


STEPS = {
    "notice": notice,
    "draws": draws,
    "corrections": corrections,
    "quotes": quotes,
    "auction": auction,
    "panel": panel,
    "enrolments": enrolments,
    "checks": checks,
    "runs": runs,
    "choice": choice,
    "order": order,
    "awards": awards,
    "superseded": superseded,
}


def unchecked(r):
    """What nobody can see from the file alone, by code."""
    kinds = {d["pool_file"].split("\n")[3].split(":")[0] for d in r["draws"] if d["value"] is not None}
    refused = any(d["refused"] for d in r["draws"])
    named = {
        "receipt signature": any(d["receipt"] for d in r["draws"]),
        "drand signature": "drand" in kinds,
        "bulletin": "published" in kinds or refused,
        "countersignature": r["quote_list"] is not None,
        "own_mode": r["notice"]["mode"].startswith("m") and r["notice"]["mode"][1:2].isdigit(),
        "plans": r["scores"] is not None,
        "notice": True,
        "registers": True,
        "calendar": True,
        "unreached": True,
        "people": True,
        "trace": True,
        "texts": True,
    }
    return [name for name, applies in named.items() if applies]


def check(data):
    """([(step, code, about)] of everything that differs, [code] of what was not checked, whether it could be read)."""
    try:
        record = read(data)
    except Unfit as why:
        return [("form", why.code, why.about)], ["rest"], False
    odd = wrong_fields(record)
    if not odd and record["public_from"] is None:
        return [("form", "not_public", "")], ["rest"], False
    if odd:
        return [("form", code, about) for code, about in odd], ["rest"], True
    found = []
    for name, step in STEPS.items():
        try:
            for code, about in step(record):
                found.append((name, code, str(about)))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, ZeroDivisionError, OverflowError):
            found.append((name, "unreadable", ""))
    return list(dict.fromkeys(found)), unchecked(record), True


def verify(data):
    """(what differs as (where, what), what was not checked), in words; data: bytes, or a text."""
    data = data.encode() if isinstance(data, str) else data
    found, left, _read = check(data)
    return [(step, f"{SAYS[code]} {about}".strip()) for step, code, about in found], [UNCHECKED[name] for name in left]


def main(arguments):
    try:
        with open(arguments[0], "rb") as file:  # noqa: PTH123
            data = file.read()
    except (IndexError, OSError) as why:
        print(f"selection_verify.py FILE: {why}")
        return 2
    readable = check(data)[2]
    differs, left = verify(data)
    for where, what in differs:
        print(f"{where}: {what}")
    if readable:
        print("This record does NOT hold." if differs else "The award follows from the record.")
        print("not checked: " + "; ".join(left))
    return 2 if not readable else 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
