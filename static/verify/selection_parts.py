"""The parts that a selection rests on: draws, sealed quotes, the live auction, the panel. Part of selection_verify.py, which
needs it in the same folder, with the programs for a draw and for an auction by itself.
"""

import json
import re
from hashlib import sha256

import auction_verify
import draw_verify
from selection_notice import unlike
from selection_stages import counted_of, pool_of, wrong_offer

DROPPED = ("declined", "disqualified", "lapsed", "closed")
NOT_YET = ("source_time", "entered_by", "refused", "drawn_at", "key", "order")


def hash_of(text):
    return sha256(text.encode()).hexdigest()


def holds(d):
    """Whether the record of a draw holds; of one that has no value yet, its pool."""
    try:
        pool_of(d["pool_file"])
        if d["value"] is None:
            return (
                sorted(d) == draw_verify.FIELDS.split()
                and hash_of(d["pool_file"]) == d["pool_hash"]
                and not any(d[name] is not None for name in NOT_YET)
            )
        *found, _left = draw_verify.check(d)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, StopIteration):
        return False
    return not any(found)


def draws(r):
    expected, seen = r["notice"]["draw_source"], set()
    for place, d in enumerate(r["draws"]):
        if not holds(d):
            yield "draw", str(place + 1)
            continue
        project, purpose, source, _tickets = pool_of(d["pool_file"])
        if project != r["project"]:
            yield "other_project", purpose
        if purpose in seen:
            yield "drawn_twice", purpose
        seen.add(purpose)
        if expected is not None and (source != expected if ":" in expected else not source.startswith(f"{expected}:")):
            yield "source", purpose
        # What the parties revealed are the commitments of the next draw; where one did not, a lottery decides from then on.
        parties = source.count(":") if source.startswith("parties:") else 0
        if (
            parties
            and d["value"] is not None
            and not d["refused"]
            and not len(set(d["entered_by"])) == len(d["entered_by"]) == parties
        ):
            yield "typists", purpose
        if d["value"] is None:
            expected = None
        elif d["refused"]:
            expected = "published"
        else:
            expected = f"parties:{d['value']}" if source.startswith("parties:") else source
        if purpose != "panel" and unlike_out(r, purpose, d["excluded"]):
            yield "out", purpose
        if d["receipt"] is not None and r["notice"]["frozen_at"] and d["receipt"]["at"] < r["notice"]["frozen_at"]:
            yield "moment", f"{purpose} receipt"


def awards_before(r):
    """The awards of what was computed before, from a mistyped bulletin."""
    return [award for series in r["superseded"] for award in series["awards"]]


def corrections(r):
    """Yields where a typing error was not computed again from the same pool and receipt, as two of two bodies typed alike."""
    begun, now = [], {d["pool_file"].split("\n")[2]: d for d in r["draws"]}
    for place, c in enumerate(r["corrections"]):
        before, purpose = c["before"], c["purpose"]
        after = [x["before"] for x in r["corrections"][place + 1 :] if x["purpose"] == purpose]
        after = after[0] if after else now.get(purpose)
        if not holds(before):
            yield "draw", purpose
        kept = ("pool_file", "receipt", "refused")
        if after is None or before["pool_file"].split("\n")[2] != purpose or any(before[x] != after[x] for x in kept):
            yield "other_pool", purpose
            continue
        typed = {each["role"]: (each["closed_at"], each["value"]) for each in c["entries"]}
        taken = (after["source_time"], after["value"])
        if typed != {"owner": taken, "regulator": taken} or len(c["entries"]) != 2:
            yield "typed", purpose
        if (c["series"] is None) != (before["value"] == after["value"]):
            yield "series", purpose
        if c["series"] is not None:
            begun.append(c["series"])
        if c["taken_at"] < max([before["drawn_at"] or "", *(each["at"] for each in c["entries"])]):
            yield "moment", f"{purpose} correction"
    expected = list(range(1, len(begun) + 1))
    if sorted(begun) != [each + 1 for each in expected] or [each["series"] for each in r["superseded"]] != expected:
        yield "series", "–"
    for award in awards_before(r):
        if award["state"] not in DROPPED or not award["reason"] or award["notice_at"]:
            yield "not_ended", award["uscc"]


def unlike_out(r, purpose, named):
    """Whether others stand beside the pool of a draw than those who were out by then."""
    if purpose != "main":
        return named != []
    stages = [each["stage"] for each in r["notice"]["stages"]]
    from_draw = r["runs"][stages.index("draw") :] if "draw" in stages else r["runs"]
    later = {each["uscc"] for run in from_draw for each in run["outputs"]["excluded"]}
    out = {e["uscc"]: e["excluded"]["code"] for e in r["enrolments"] if e["excluded"] and e["uscc"] not in later}
    return named != [{"id": uscc, "code": out[uscc]} for uscc in sorted(out)]


def counting(r):
    """USCC → fen of every quote that counts."""
    return {q["uscc"]: q["amount"] for q in r["quotes"] if q["body"] is not None and q["invalid"] is None}


def quotes(r):
    bounds, listed = r["notice"], r["quote_list"]
    last = {}
    for q in r["quotes"]:
        last[q["uscc"]] = max(q["seq"], last.get(q["uscc"], 0))
    enrolled = {e["uscc"] for e in r["enrolments"]}
    for q in r["quotes"]:
        name = f"{q['uscc']} {q['seq']}"
        if q["uscc"] not in enrolled:
            yield "not_enrolled", q["uscc"]
        if q["received_at"] > (bounds["enrol_until"] or q["received_at"]) or q["received_at"] < bounds["published_at"]:
            yield "moment", f"{name} received_at"
        if q["opened_at"] is not None and (listed is None or q["opened_at"] < listed["published_at"]):
            yield "moment", f"{name} opened_at"
        if (q["opened_at"] is None) != (q["body"] is None and q["invalid"] is None):
            yield "half_open", name
        if q["seq"] != last[q["uscc"]] and q["opened_at"] is not None:
            yield "replaced_opened", name
        if q["seq"] == last[q["uscc"]] and q["opened_at"] is None and r["runs"]:
            yield "not_opened", name
        if q["body"] is None:
            if q["amount"] is not None:
                yield "amount_alone", name
            continue
        if hash_of(q["body"]) != q["commitment"]:
            yield "other_body", name
        head = f"quote-v1\n{r['project']}\n{q['uscc']}\n{q['seq']}\n{q['amount']}\n"
        if not q["body"].startswith(head) or not re.fullmatch("[0-9a-f]{64}\n", q["body"][len(head) :]):
            yield "body_says", name
        if q["invalid"] != wrong_offer(q["amount"], bounds):
            yield "validity", name
    lines = sorted(r["quotes"], key=lambda q: (q["uscc"], q["seq"]))
    said = [f"{q['uscc']} {q['seq']} {q['commitment']} {q['received_at']}" for q in lines]
    body = "".join(f"{line}\n" for line in ["quote-list-v1", r["project"], *said])
    if lines != r["quotes"] or len({(q["uscc"], q["seq"]) for q in lines}) != len(lines):
        yield "list", ""
    if listed is None:
        if lines or (bounds["needs_quotes"] and r["runs"]):
            yield "list", ""
        return
    if listed["body"] != body:
        yield "list", ""
    if hash_of(listed["body"]) != listed["hash"]:
        yield "list_hash", ""
    if listed["published_at"] < (bounds["enrol_until"] or ""):
        yield "moment", "quote_list published_at"
    signed = listed["countersignature"]
    if signed is not None and signed["at"] < listed["published_at"]:
        yield "moment", "countersignature"
    yield from low_quotes(r)


def low_quotes(r):
    """Yields whoever was asked without having been low, or has half of an answer."""
    every = [run for series in r["superseded"] for run in series["runs"]] + r["runs"]
    low = {u for run in every for u in run["outputs"]["figures"] if "low" in run["outputs"]["figures"][u]}
    low |= {e["uscc"] for run in every for e in run["outputs"]["excluded"] if e["code"].startswith("cost_statement_")}
    asked = [each["uscc"] for each in r["low_quotes"]]
    if asked != sorted(set(asked)) or not low <= set(asked):
        yield "low", " ".join(sorted(low))
    done = len(r["runs"]) == len(r["notice"]["stages"])
    for each in r["low_quotes"]:
        u, given, decided = each["uscc"], each["given_at"], each["decided_at"]
        if done and u not in low:
            yield "low", u
        if (given is None) != (each["statement"] is None) or (each["file"] is not None and given is None):
            yield "low_answer", u
        if decided is None or given is None:
            half = each["accepted"] is True or (decided is None and each["accepted"] is not None)
        else:
            half = each["accepted"] is None
        if half:
            yield "low_answer", u
        if not each["asked_at"] <= (given or each["asked_at"]) <= (decided or given or each["asked_at"]):
            yield "moment", f"{u} cost statement"


def bids_of(r):
    """The bids in their order: who and how much."""
    if r["auction"] is None:
        return []
    who = {each["alias"]: each["uscc"] for each in r["auction"]["bidders"]}
    return [{"uscc": who.get(alias), "amount": amount} for alias, amount in auction_verify.bids(r["auction"])]


def auction(r):
    held = [run for run in r["runs"] if run["stage"] == "auction"]
    a = r["auction"]
    if a is None:
        if held and held[0]["inputs"]["candidates"]:
            yield "no_auction", ""
        return
    names = [{"alias": each["alias"], "id": each["uscc"], "salt": each["salt"]} for each in a["bidders"]]
    state = "closed" if held else ""
    record = {"project": r["project"], "entries": a["entries"], "aliases": names, "statements": a["statements"]}
    yield from auction_verify.check({**record, "state": state})
    terms, opened, _ends, fixed = auction_verify.opening(a["entries"][0]["body"].split("\n"))
    for each in a["bidders"]:
        if fixed.get(each["alias"]) != each["commitment"]:
            yield "alias", each["alias"]
    if [each["alias"] for each in a["bidders"]] != sorted({each["alias"] for each in a["bidders"]}):
        yield "alias", "–"
    if f"{opened:%Y-%m-%dT%H:%M:%SZ}" < (r["notice"]["frozen_at"] or ""):
        yield "moment", "auction"
    for each in a["statements"]:
        whole = each["uscc"] in {b["uscc"] for b in a["bidders"]} and each["explains_from"] >= 1
        if not whole or (each["accepted"] is None) != (each["decided_at"] is None):
            yield "statement", each["uscc"]
        if each["decided_at"] is not None and each["decided_at"] < each["given_at"]:
            yield "statement", each["uscc"]
    for run in held:
        if list(unlike(run["parameters"].get("terms"), terms)):
            yield "other_terms", ""
        if sorted(each["uscc"] for each in a["bidders"]) != [c["uscc"] for c in run["inputs"]["candidates"]]:
            yield "bidders", ""


def panel_points(r):
    """Criterion → USCC → the experts' points in the order of the seats, from the panel's record."""
    found = {}
    if r["scores"] is None:
        return found
    record = r["scores"]["record"]
    agency = {each["plan"]: each["agency"] for each in record["plans"]}
    for line in record["scores"]:
        points = [each["points"] for each in line["given"]]
        found.setdefault(line["criterion"], {})[agency.get(line["plan"], line["plan"])] = points
    return found


def dropped(points):
    """The places that do not count: with five or more, the first lowest and the last highest."""
    places = sorted(range(len(points)), key=lambda place: (points[place], place))
    return {places[0], places[-1]} if len(points) >= 5 else set()


def panel(r):
    wanted = [each for each in r["notice"]["terms"]["criteria"] if each["kind"] == "panel"]
    scored = [run for run in r["runs"] if run["stage"] == "score"]
    if r["scores"] is None:
        if wanted and any(run["outputs"]["order"] for run in scored):
            yield "no_panel", ""
        return
    record, experts = r["scores"]["record"], r["scores"]["experts"]
    ids, size = [each["id"] for each in record["experts"]], r["notice"]["terms"]["panel_size"]
    compact = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if hash_of(compact) != r["scores"]["hash"]:
        yield "record_hash", ""
    head = (record["version"], record["project"], record["size"], len(ids))
    if head != ("panel-record-v1", r["project"], size, size):
        yield "record_head", ""
    named = [{"name": k["name"], "weight": k["weight"], "description": k.get("description", "")} for k in wanted]
    if record["criteria"] != named:
        yield "record_criteria", ""
    yield from seats(r, record)
    yield from people(r, record, experts)
    yield from lines(record, ids, [each["name"] for each in wanted])
    rated = {c["uscc"] for run in scored for c in run["inputs"]["candidates"] if c["uscc"] in run["outputs"]["order"]}
    if scored and not rated <= {each["agency"] for each in record["plans"]}:
        yield "plans", ""
    letters = [each["plan"] for each in record["plans"]]
    if len({each["agency"] for each in record["plans"]}) != len(letters) or letters != sorted(
        letters, key=lambda a: (len(a), a)
    ):
        yield "plans", ""
    for each in record["plans"]:
        if each["received_at"] > (r["notice"]["enrol_until"] or each["received_at"]) or each["seq"] < 1:
            yield "plans", each["plan"]


def seats(r, record):
    """Yields where the panel is not the head of the drawn order, but for those who were called and passed over."""
    drawn = [d["order"] for d in r["draws"] if d["pool_file"].split("\n")[2] == "panel" and d["order"] is not None]
    called = sorted([*record["experts"], *record["passed_over"]], key=lambda each: each["position"])
    if len(drawn) != 1:
        yield "seats", "–"
        return
    order = [(place, each) for place, each in enumerate(drawn[0][: len(called)], 1)]
    if [(each["position"], each["id"]) for each in called] != order:
        yield "seats", " ".join(str(each["position"]) for each in called)
    for part in (record["experts"], record["passed_over"]):
        if [each["position"] for each in part] != sorted(each["position"] for each in part):
            yield "seats", "–"
    left = sorted(each["at"] for each in record["passed_over"])
    for each in record["experts"]:
        if not each["invited_at"] <= each["accepted_at"] <= each["submitted_at"]:
            yield "moment", f"seat {each['position']}"
        # Who stands behind the first seats is asked only once somebody before has dropped out.
        waits = each["position"] - record["size"]
        if 0 < waits <= len(left) and each["invited_at"] < left[waits - 1]:
            yield "moment", f"seat {each['position']}"


def people(r, record, experts):
    """Yields where a person, or a sheet, is not the one that was bound beforehand."""
    if [each["id"] for each in experts] != [each["id"] for each in record["experts"]]:
        yield "people", "–"
        return
    agency = {each["plan"]: each["agency"] for each in record["plans"]}
    for each, seat in zip(experts, record["experts"]):  # noqa: B905 – Python 3.9
        parts = each["body"].split("\n")
        if hash_of(each["body"]) != each["id"] or parts[:2] != ["expert-v1", r["project"]] or len(parts) != 8:
            yield "people", str(seat["position"])
            continue
        if (each["answer"] == "dissented") != bool(each["dissent"]):
            yield "dissent", str(seat["position"])
        given = [(agency.get(line["plan"], ""), line["criterion"], cell["points"], cell["sentence"])
                 for line in record["scores"] for cell in line["given"] if cell["expert"] == each["id"]]  # fmt: skip
        rows = [f"{uscc} {points} {' '.join(name.split())}: {said}" for uscc, name, points, said in sorted(given)]
        sheet = "".join(f"{line}\n" for line in ["scores-v1", r["project"], each["id"], *rows, parts[6]])
        if hash_of(sheet) != seat["sheet_hash"]:
            yield "sheet", str(seat["position"])


def lines(record, ids, names):
    """Yields where a line of the table does not follow from the points in it."""
    wanted = [(name, each["plan"]) for name in names for each in record["plans"]]
    if [(line["criterion"], line["plan"]) for line in record["scores"]] != wanted:
        yield "lines", "–"
    for line in record["scores"]:
        name, points = f"{line['criterion']} {line['plan']}", [cell["points"] for cell in line["given"]]
        if (
            [cell["expert"] for cell in line["given"]] != ids
            or not all(0 <= each <= 100 for each in points)
            or not points
        ):
            yield "lines", name
            continue
        out, mean = dropped(points), counted_of(points)
        units = int(mean * 10000 * 2 + 1) // 2
        said = (f"{units // 10000}.{units % 10000:04d}", str(mean))
        kept = all(
            cell["dropped"] == (place in out) and cell["sentence"].strip() for place, cell in enumerate(line["given"])
        )
        if (line["mean"], line["exact"]) != said or not kept:
            yield "lines", name
