#!/usr/bin/env python3
"""Check the public record of a selection (selection-v1): python3 selection_verify.py selection.json. Python 3.9+ only."""

import json
import sys
from fractions import Fraction
from hashlib import sha256

FIELDS = "version project name state public_from notice draws corrections quote_list enrolments quotes low_quotes auction scores"
FIELDS = f"{FIELDS} choice runs order awards passed_over superseded failure".split()
DROPPED = {"declined", "disqualified", "lapsed", "closed"}
OUT_FOR_GOOD = DROPPED - {"closed"}


def ranks(place, candidates, draws):  # order by place(), then credit, then a draw for each tie; with the ties' names
    order, ties, number = [], {}, 0
    keys = sorted({(place(c), -c["credit_points"]) for c in candidates})
    for key in keys:
        tied = sorted(c["uscc"] for c in candidates if (place(c), -c["credit_points"]) == key)
        if len(tied) > 1:
            number += 1
            drawn = draws[f"tie{number}"]
            if sorted(drawn) != tied:
                raise ValueError(f"the draw tie{number} is not of those who are tied")
            tied = drawn
            ties.update(dict.fromkeys(tied, f"tie{number}"))
        order += tied
    return order, ties


def wrong_quote(q, bounds):  # None for a valid quote, else the code of what is wrong with it
    return ("quote_missing" if q is None else "quote_not_positive" if q < 1 else
            "quote_below_floor" if q < bounds["floor"] else "quote_above_ceiling" if q > bounds["ceiling"] else None)  # fmt: skip


def sift(candidates, bounds, decisions):  # whose quotes count, who is out, who was abnormally low and why
    out, valid, left, low = [], [], [], {}
    for c in candidates:
        code = wrong_quote(c["quote"], bounds)
        out.append((c["uscc"], code)) if code else valid.append(c)
    for c in valid:
        mean = Fraction(sum(v["quote"] for v in valid), len(valid))
        if c["quote"] * 100 < bounds["ceiling"] * bounds["low_of_ceiling"]:
            low[c["uscc"]] = "below_ceiling_share"
        elif c["quote"] * 100 < mean * bounds["low_of_mean"]:
            low[c["uscc"]] = "below_mean_share"
    for c in valid:
        decision = decisions[c["uscc"]] if c["uscc"] in low else "accepted"
        left.append(c) if decision == "accepted" else out.append((c["uscc"], f"cost_statement_{decision}"))
    return left, out, low


def shortlist(candidates, p, facts):
    value = {
        c["uscc"]: Fraction(85)
        if c["newcomer"]
        else Fraction(c["credit_points" if p["by"] == "credit" else "star_score"])
        for c in candidates
    }
    order = sorted(value, key=lambda u: (-value[u], u))
    kept = [u for u in order if value[u] >= value[order[min(p["keep"], len(order)) - 1]]]
    figures = {u: {"ranked_as": str(value[u]), "kept": int(u in kept)} for u in order}
    return kept, kept, figures, [(u, "not_shortlisted") for u in order if u not in kept]


def draw(candidates, p, facts):
    if not candidates:
        return [], [], {}, []
    order = facts["draws"]["main"]
    if sorted(order) != sorted(c["uscc"] for c in candidates):
        raise ValueError("the main draw is not of these candidates")
    levels = {"A": 3, "B": 2} if p["tickets"] == "credit" else {}
    tickets = {c["uscc"]: levels.get(c["credit_level"], 1) for c in candidates}
    if any(facts["tickets"]["main"][u] != tickets[u] for u in tickets):
        raise ValueError("the tickets of the main draw are not those of the rule")
    return order, order[: p["keep"]], {u: {"rank": n, "tickets": tickets[u]} for n, u in enumerate(order, 1)}, []


def price(candidates, p, facts):
    rule, bounds = p["rule"], p["bounds"]
    left, out, low = sift(candidates, bounds, facts["decisions"])
    amounts = sorted(c["quote"] for c in left)
    counted = amounts[1:-1] if len(amounts) >= 5 else amounts
    mean = Fraction(sum(counted), len(counted)) if counted else Fraction(0)
    distinct = sorted(set(amounts))
    second = distinct[1] if len(distinct) > 1 else None
    place = {
        "lowest": lambda c: (c["quote"],),
        "nearest_mean": lambda c: (abs(c["quote"] - mean), c["quote"]),
        "second_lowest": lambda c: (0 if c["quote"] == second else 1, c["quote"]),
    }[rule]
    order, ties = ranks(place, left, facts["draws"])
    figures, of = {}, {c["uscc"]: c for c in left}
    for n, u in enumerate(order, 1):
        figures[u] = {"rank": n, "credit_points": of[u]["credit_points"], "quote": of[u]["quote"]}
        if rule == "nearest_mean":
            figures[u].update(mean=str(mean), distance=str(abs(of[u]["quote"] - mean)))
        figures[u].update({name: d[u] for name, d in (("low", low), ("tie", ties)) if u in d})
    return order, order, figures, out


def score(candidates, p, facts):
    kinds, out = {c["kind"] for c in p["criteria"]}, []
    days = "lead_time" in kinds
    for c in candidates:
        if days and (c["offered_days"] is None or c["offered_days"] < 1):
            out.append((c["uscc"], "days_missing" if c["offered_days"] is None else "days_below_one"))
    left, more, low = sift([c for c in candidates if c["uscc"] not in dict(out)], p["bounds"], facts["decisions"])
    out += more
    lowest = min((c["quote"] for c in left), default=1)
    shortest = min((c["offered_days"] for c in left if c["offered_days"] is not None), default=1)

    def panel(name, u):
        given = sorted(facts["panel"][name][u])
        given = given[1:-1] if len(given) >= 5 else given
        return Fraction(sum(given), len(given))

    def points(k, c):
        return {
            "price": lambda: Fraction(lowest * 100, c["quote"]),
            "stars": lambda: Fraction(c["star_score"]),
            "credit": lambda: Fraction(max(0, min(c["credit_points"], 100))),
            "experience": lambda: Fraction(max(0, min(c["experience"], 10)) * 10),
            "lead_time": lambda: Fraction(shortest * 100, c["offered_days"]),
            "panel": lambda: panel(k["name"], c["uscc"]),
        }[k["kind"]]()

    got = {c["uscc"]: [(k, points(k, c)) for k in p["criteria"]] for c in left}
    total = {u: sum(Fraction(k["weight"]) * v / 100 for k, v in got[u]) for u in got}
    total = {u: int(total[u] * 10000 + Fraction(1, 2)) for u in total}  # four decimals, half up
    order, ties = ranks(lambda c: (-total[c["uscc"]], c["quote"]), left, facts["draws"])
    figures, of = {}, {c["uscc"]: c for c in left}
    for n, u in enumerate(order, 1):
        figures[u] = {"rank": n, "total": f"{total[u] // 10000}.{total[u] % 10000:04d}", "quote": of[u]["quote"]}
        figures[u]["credit_points"] = of[u]["credit_points"]
        figures[u].update({f"points.{k['kind']}{':' * bool(k['name'])}{k['name']}": str(v) for k, v in got[u]})
        figures[u].update({name: d[u] for name, d in (("low", low), ("tie", ties)) if u in d})
    return order, order, figures, out


def auction(candidates, p, facts):
    lowest, count, most = {}, {}, p["terms"]["start"]
    for u, amount in facts["bids"]:
        if u not in {c["uscc"] for c in candidates} or not p["terms"]["floor"] <= amount <= most:
            raise ValueError("a bid that the rules do not accept")
        most, lowest[u], count[u] = amount - p["terms"]["step"], amount, count.get(u, 0) + 1
    order = sorted(lowest, key=lowest.get)
    figures = {u: {"rank": n, "bid": lowest[u], "bids": count[u]} for n, u in enumerate(order, 1)}
    return order, order, figures, [(c["uscc"], "no_bid") for c in candidates if c["uscc"] not in lowest]


def choose(candidates, p, facts):
    if not candidates:
        return [], [], {}, []
    u, reason = facts["choice"]
    if u not in [c["uscc"] for c in candidates] or not reason.strip():
        raise ValueError("the choice is not one of those left, or has no reason")
    return [u], [u], {u: {"rank": 1, "reason": reason}}, []


STAGES = {f.__name__: f for f in (shortlist, draw, price, score, auction, choose)}


def drawn(record):  # the order of one draw from its pool file and value, as the rules say
    lines = record["pool_file"].split("\n")
    if record["pool_hash"] != sha256(record["pool_file"].encode()).hexdigest():
        raise ValueError("pool_hash")
    tickets = {line.split(" ")[0]: int(line.split(" ")[1]) for line in lines[4:-1]}
    if record["value"] is None:
        return lines[1], lines[2], tickets, None
    key = sha256(b"draw-v2\n" + bytes.fromhex(record["pool_hash"]) + record["value"].encode()).digest()
    left, order = [u for u in tickets for _ in range(tickets[u])], []
    while left:
        n = (len(order) + 1).to_bytes(2, "big")
        order.append(left[int.from_bytes(sha256(n + key + n).digest(), "big") % len(left)])
        left = [u for u in left if u != order[-1]]
    source = lines[3].split(":")
    if source[0] == "parties" and not record["refused"]:
        hashes = [sha256(bytes.fromhex(r)).hexdigest() for r in record["value"].split(":")]
        if hashes != source[1:]:
            raise ValueError("value: SHA256(r) is not c")
    if record["key"] != key.hex() or record["order"] != order or record["receipt"] is None:
        raise ValueError("key, order or receipt")
    return lines[1], lines[2], tickets, order


def corrected(r):  # a typing error: the same pool and receipt, other numbers that two of two bodies typed alike
    begun, now = [], {d["pool_file"].split("\n")[2]: d for d in r["draws"]}
    for place, c in enumerate(r["corrections"]):
        before, purpose = c["before"], c["purpose"]
        later = [x["before"] for x in r["corrections"][place + 1 :] if x["purpose"] == purpose]
        after = later[0] if later else now[purpose]
        if drawn(before)[1] != purpose or any(before[k] != after[k] for k in ("pool_file", "receipt", "refused")):
            yield "corrections", f"{purpose}: what is computed again has the same pool and receipt"
        typed = {e["role"]: (e["closed_at"], e["value"]) for e in c["entries"]}
        if set(typed) != {"owner", "regulator"} or set(typed.values()) != {(after["source_time"], after["value"])}:
            yield "corrections", f"{purpose}: two of two bodies did not type what it was computed from"
        if (c["series"] is None) != (before["value"] == after["value"]):
            yield "corrections", f"{purpose}: other numbers begin a series, the same ones none"
        begun += [c["series"]] if c["series"] is not None else []
    if sorted(begun) != list(range(2, len(begun) + 2)) or [s["series"] for s in r["superseded"]] != list(
        range(1, len(begun) + 1)
    ):
        yield "superseded", "every correction leaves one series behind, and nothing else does"
    for a in [a for s in r["superseded"] for a in s["awards"]]:
        if a["state"] not in DROPPED or not a["reason"] or a["notice_at"]:
            yield "superseded", f"{a['uscc']}: an award that was computed again has ended, before its notice"


def check(r):  # yields (where, what) for everything that differs
    notice, draws, tickets = r["notice"], {}, {}
    for record in r["draws"]:
        try:
            project, purpose, tickets[record["pool_file"].split("\n")[2]], order = drawn(record)
            if project != r["project"] or purpose in draws:
                raise ValueError("another project's, or twice")
            if order is not None:
                draws[purpose] = order
        except (ValueError, IndexError, KeyError, AttributeError, TypeError) as wrong:
            yield "draws", f"{wrong}"
    yield from corrected(r)
    listed, opened = {}, {}
    if r["quote_list"] is not None:
        body = r["quote_list"]["body"]
        if sha256(body.encode()).hexdigest() != r["quote_list"]["hash"] or body.split("\n")[1] != r["project"]:
            yield "quote_list", "the hash is not that of the list, or it is another project's"
        listed = {tuple(line.split(" ")[:2]): line.split(" ")[2] for line in body.split("\n")[2:-1]}
    bounds = next((stage["bounds"] for stage in notice["stages"] if "bounds" in stage), None)
    for q in r["quotes"]:
        if q["body"] is None and q["amount"] is not None:
            yield "quotes", f"{q['uscc']} {q['seq']} has an amount and was not opened"
        if q["body"] is not None and bounds and q["invalid"] != wrong_quote(q["amount"], bounds):
            yield "quotes", f"{q['uscc']} {q['seq']}: by the bounds it is {wrong_quote(q['amount'], bounds) or 'valid'}"
        if listed.get((q["uscc"], str(q["seq"]))) != q["commitment"]:
            yield "quotes", f"{q['uscc']} {q['seq']} does not stand on the list"
        if q["body"] is not None:
            parts = ["quote-v1", r["project"], q["uscc"], str(q["seq"]), str(q["amount"])]
            if sha256(q["body"].encode()).hexdigest() != q["commitment"] or q["body"].split("\n")[:5] != parts:
                yield "quotes", f"{q['uscc']} {q['seq']}: the body is not the one that was committed to"
            if q["invalid"] is None:
                opened[q["uscc"]] = q["amount"]
    if len(r["quotes"]) != len(listed):
        yield "quotes", "some of the list are left out"
    # who was in the pool: every rule met when it was fixed, a quote that counts where quotes are asked for
    entering, after = {}, {e["uscc"]: e["excluded"]["code"] for e in r["enrolments"] if e["excluded"]}
    every = [run for s in r["superseded"] for run in s["runs"]] + r["runs"]
    gone = {x["uscc"] for run in every for x in run["outputs"]["excluded"]}
    for e in r["enrolments"]:
        checks = [c for c in e["checks"] if c["moment"] == "freeze"]
        bad = [rule["code"] for rule in (checks[-1]["rules"] if checks else []) if not rule["ok"]]
        if bad and (e["excluded"] or {}).get("code") != bad[0]:
            yield "enrolments", f"{e['uscc']} did not meet {bad[0]}"
        quoted = not notice["needs_quotes"] or e["uscc"] in opened
        if e["state"] == "excluded" and not bad and e["uscc"] not in gone and quoted:
            yield "enrolments", f"{e['uscc']} is excluded without a ground in this record"
        if e["figures"] and (e["state"] == "live" or e["uscc"] in gone):
            entering[e["uscc"]] = e["figures"]
    decisions = {
        d["uscc"]: "absent" if d["statement"] is None else "accepted" if d["accepted"] else "rejected"
        for d in r["low_quotes"]
    }
    facts = {"draws": draws, "tickets": tickets, "panel": {}, "bids": [], "choice": None, "decisions": decisions}
    if r["choice"]:
        facts["choice"] = (r["choice"]["uscc"], r["choice"]["reason"])
    if r["runs"] and "facts" in r["runs"][-1]["inputs"]:
        facts["panel"] = r["runs"][-1]["inputs"]["facts"]["panel"]
    if r["auction"]:
        previous, who = bytes(32), {}
        for b in r["auction"]["bidders"]:
            text = f"auction-alias-v1\n{r['project']}\n{b['alias']}\n{b['uscc']}\n{b['salt']}\n"
            if sha256(text.encode()).hexdigest() != b["commitment"]:
                yield "auction", f"the alias {b['alias']} is not the one that was fixed"
            who[b["alias"]] = b["uscc"]
        for entry in r["auction"]["entries"]:
            previous = sha256(previous + entry["body"].encode()).digest()
            parts = entry["body"].split("\n")
            if previous.hex() != entry["hash"]:
                yield "auction", f"the chain breaks at {entry['seq']}"
            if parts[0] == "auction-entry-v1" and parts[3] == "bid":
                facts["bids"].append((who[parts[4]], int(parts[5])))
    # every stage again, each from what the one before passed on
    left, why = sorted(entering), {}
    for number, run in enumerate(r["runs"]):
        if run["parameters"] != notice["stages"][number]:
            yield "runs", f"stage {number + 1} did not run with the published parameters"
        candidates = sorted(run["inputs"]["candidates"], key=lambda c: c["uscc"])
        if [c["uscc"] for c in candidates] != sorted(left):
            yield "runs", f"stage {number + 1} did not take those who were to come"
        for c in candidates:
            frozen = entering.get(c["uscc"], {})
            if {**frozen, "quote": None} != {**c, "quote": None} or c["quote"] != opened.get(c["uscc"]):
                yield "runs", f"{c['uscc']} is not the one of the freeze and of its quote"
        try:
            order, passed, figures, out = STAGES[run["stage"]](candidates, run["parameters"], facts)
        except (KeyError, ValueError, TypeError, ZeroDivisionError, IndexError) as wrong:
            yield "runs", f"stage {number + 1} cannot be computed: {wrong!r}"
            break
        said = run["outputs"]
        if (said["order"], said["passed_on"], said["figures"]) != (order, passed, figures):
            yield "runs", f"stage {number + 1}: computed {' '.join(order)}"
        for u in figures:
            why.setdefault(u, {})[run["stage"]] = figures[u]
        if {(x["uscc"], x["code"]) for x in said["excluded"]} != set(out):
            yield "runs", f"stage {number + 1}: others are excluded"
        if any(after.get(u) != code for u, code in out) and len(r["runs"]) == len(notice["stages"]):
            yield "enrolments", f"stage {number + 1} excluded others"
        left = passed
    whole = len(r["runs"]) == len(notice["stages"])
    order = r["runs"][-1]["outputs"]["order"] if whole else []
    if [(o["position"], o["uscc"]) for o in r["order"]] != list(enumerate(order, 1)):
        yield "order", "it is not that of the last stage"
    if any(o["figures"] != why.get(o["uscc"], {}) for o in r["order"]):
        yield "order", "the figures are not those of the stages"
    bid = dict(facts["bids"])
    prices = {o["uscc"]: o["price"] for o in r["order"]}
    if any(prices[u] != bid.get(u, opened.get(u)) for u in prices):
        yield "order", "a price is not that of the quote"
    # down the stored order: who dropped out is skipped, in priced modes who asks too much above the first winner
    before = [a for s in r["superseded"] for a in s["awards"]]
    skipped, over, first = {a["uscc"] for a in before if a["state"] in OUT_FOR_GOOD}, [], None

    def following():
        for u in order:
            if u in skipped or u in over:
                continue
            most = None if first is None else first * (100 + notice["numbers"]["succession_price_percent"])
            if notice["priced"] and most is not None and prices[u] * 100 > most:
                over.append(u)
                continue
            return u
        return None

    for number, award in enumerate(r["awards"]):
        expected = following()
        if award["uscc"] != expected or award["position"] != order.index(expected) + 1:
            yield "awards", f"{expected} was next"
            break
        if award["price"] != (notice["ceiling"] if prices[expected] is None else prices[expected]):
            yield "awards", "the price is not that of the place"
        dropped = award["state"] in DROPPED
        if (dropped and not award["reason"]) or (not dropped and number + 1 < len(r["awards"])):
            yield "awards", "who drops out has a public reason, and nobody follows a live award"
        if award["notice_at"] and award["notice_at"] < (award["standstill_until"] or ""):
            yield "awards", "the notice came before the standstill's end"
        first = award["price"] if first is None else first
        skipped.add(expected)
    if r["failure"] and r["failure"]["code"] == "order_used_up" and following() is not None:
        yield "awards", "somebody was left in the order"
    if [u for u in order if u in over] != r["passed_over"]:
        yield "passed_over", "others were passed over"


def once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands in it twice")
    return found


def verify(text):
    """(what differs as (where, what), what was not checked)."""
    try:
        record = json.loads(text, object_pairs_hook=once)
        if record["version"] != "selection-v1" or list(record) != FIELDS:
            raise ValueError("not a record of this version, or not its fields")
        if record["public_from"] is None:
            return [("public_from", "nothing is public yet")], []
        found = list(check(record))
    except Exception as broken:
        return [("format", f"not a whole record of a selection: {broken!r}")], ["the rest"]
    return found, ["signatures of witnesses", "beacon or bulletin", "figures of the freeze", "registers", "calendar"]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        differs, not_checked = verify(file.read())
    for where, what in differs:
        print(f"{where}: {what}")
    print("The award follows from the record." if not differs else "This record does NOT hold.")
    print("not checked: " + ", ".join(not_checked))
    sys.exit(bool(differs))
