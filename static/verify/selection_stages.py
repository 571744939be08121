"""The stages of a selection, computed again from their candidates, parameters and facts as selection-v1 has them.

Part of selection_verify.py, which needs it in the same folder. The same rules as selection_stages.js; no number is rounded
but the total of a score.
"""

import re
from fractions import Fraction
from hashlib import sha256

NEWCOMER = Fraction(85)
SOURCE = r"drand:[0-9a-f]{64}|published:[a-z][a-z0-9]{0,15}(:[0-9]{1,16})?|parties(:[0-9a-f]{64}){2,}"
WORD = r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
POOL = re.compile(
    rf"draw-v2\n({WORD})\n(main|panel|tie[1-9][0-9]{{0,4}})\n({SOURCE})\n((?:{WORD} [1-9][0-9]?\n)+)", re.ASCII
)


class Broken(ValueError):
    """A stage that cannot have run like this; the code says why."""


def need(holds, code):
    if not holds:
        raise Broken(code)


def exact(text):
    """A decimal number as a fraction; no float, no rounding."""
    found = re.fullmatch(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,30}))?(?:E([+-]?[0-9]{1,2}))?", text)
    need(found, "number")
    sign, before, after, power = found.groups(default="")
    digits = int(before + after) * (-1 if sign else 1)
    return digits * Fraction(10) ** (int(power or 0) - len(after))


def pool_of(pool_file):
    """(project, purpose, source, id → tickets) of a pool file of draw-v2."""
    found = POOL.fullmatch(pool_file)
    need(found, "pool")
    lines = [line.split(" ") for line in pool_file.split("\n")[4:-1]]
    ids = [name for name, _tickets in lines]
    need(ids == sorted(set(ids)), "pool")
    return found[1], found[2], found[3], {name: int(tickets) for name, tickets in lines}


def order_of(pool_file, tickets, value):
    """The whole order of a draw."""
    key = sha256(b"draw-v2\n" + sha256(pool_file.encode()).digest() + value.encode()).digest()
    left, order = [u for u in tickets for _ in range(tickets[u])], []
    while left:
        place = (len(order) + 1).to_bytes(2, "big")
        order.append(left[int.from_bytes(sha256(place + key + place).digest(), "big") % len(left)])
        left = [u for u in left if u != order[-1]]
    return order


def drawn(purpose, tickets, facts):
    """The order of the draw of this purpose among those who hold these tickets."""
    fact = facts["draws"].get(purpose)
    need(fact is not None, "undrawn")
    project, name, _source, listed = pool_of(fact["pool_file"])
    need(project == facts["project"] and name == purpose and listed == tickets, "other_pool")
    need(fact["receipted"] and fact["value"] is not None, "undrawn")
    return order_of(fact["pool_file"], listed, fact["value"])


def rank(candidates, place, facts):
    """By place(), smallest first, then higher credit, then a draw for each tie; and who stood in which tie."""
    order, ties, number = [], {}, 0
    places = {c["uscc"]: (*place(c), -c["credit_points"]) for c in candidates}
    for key in sorted(set(places.values())):
        tied = sorted(u for u in places if places[u] == key)
        if len(tied) > 1:
            number += 1
            tied = drawn(f"tie{number}", dict.fromkeys(tied, 1), facts)
            ties.update(dict.fromkeys(tied, f"tie{number}"))
        order += tied
    return order, ties


def done(order, passed_on, figures, excluded):
    out = [{"uscc": uscc, "code": code} for uscc, code in excluded]
    return {"order": order, "passed_on": passed_on, "figures": figures, "excluded": out}


def wrong_quote(quote, bounds):
    """None for a valid quote in fen, else the code of what is wrong with it."""
    return ("quote_missing" if quote is None else "quote_not_positive" if quote < 1 else
            "quote_below_floor" if quote < bounds["floor"] else
            "quote_above_ceiling" if quote > bounds["ceiling"] else None)  # fmt: skip


def percent(hundredths):
    """Hundredths of a percent as text with two decimals."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def rate_of(amount, ceiling):
    """The discount in percent, as text, that gives exactly this amount in fen; None where none with two decimals does."""
    if amount is None:
        return None
    rate = ((ceiling - amount) * 20000 + ceiling) // (2 * ceiling)
    return percent(rate) if (ceiling * (10000 - rate) * 2 + 10000) // 20000 == amount else None


def by_rate(notice):
    """Whether agencies offer a discount in percent, of which the amount is sealed."""
    return any(row.get("rule") == "highest_discount" for row in notice["rules"]["stages"] if row["stage"] == "price")


def wrong_offer(amount, notice):
    """None for an amount in fen that counts, else the code of what is wrong with it."""
    code = wrong_quote(amount, notice)
    no_rate = code is None and by_rate(notice) and rate_of(amount, notice["ceiling"]) is None
    return "rate_not_two_decimals" if no_rate else code


def wrong_rate(rate, bounds):
    """None for a valid discount in percent, else the code of what is wrong with it."""
    if rate is None:
        return "rate_missing"
    value, least, most = exact(rate), bounds["min_rate"], bounds["max_rate"]
    return ("rate_not_two_decimals" if re.search(r"\.[0-9]{3}|E-", rate) else
            "rate_below_minimum" if least is not None and value < exact(least) else
            "rate_above_maximum" if most is not None and value > exact(most) else None)  # fmt: skip


def sift(candidates, bounds, facts):
    """Whose quotes count, who is out, and who was abnormally low and why."""
    out, valid, left, low = [], [], [], {}
    for c in candidates:
        code = wrong_quote(c["quote"], bounds)
        out.append((c["uscc"], code)) if code else valid.append(c)
    total = sum(c["quote"] for c in valid)
    for c in valid:
        if c["quote"] * 100 < bounds["ceiling"] * bounds["low_of_ceiling"]:
            low[c["uscc"]] = "below_ceiling_share"
        elif c["quote"] * 100 * len(valid) < total * bounds["low_of_mean"]:
            low[c["uscc"]] = "below_mean_share"
    need(all(uscc in facts["low_decisions"] for uscc in low), "undecided")
    for c in valid:
        decision = facts["low_decisions"][c["uscc"]] if c["uscc"] in low else "accepted"
        left.append(c) if decision == "accepted" else out.append((c["uscc"], f"cost_statement_{decision}"))
    return left, out, low


def shortlist(candidates, p, facts):
    name = {"credit": "credit_points", "stars": "star_score"}[p["by"]]
    value = {c["uscc"]: NEWCOMER if c["newcomer"] else exact(str(c[name])) for c in candidates}
    order = sorted(value, key=lambda u: (-value[u], u))
    kept = [u for u in order if value[u] >= value[order[min(p["keep"], len(order)) - 1]]]
    figures = {u: {"ranked_as": str(value[u]), "kept": int(u in kept)} for u in order}
    return done(kept, kept, figures, [(u, "not_shortlisted") for u in order if u not in kept])


def draw(candidates, p, facts):
    levels = {"A": 3, "B": 2} if p["tickets"] == "credit" else {}
    tickets = {c["uscc"]: levels.get(c["credit_level"], 1) for c in candidates}
    order = drawn("main", tickets, facts) if candidates else []
    figures = {u: {"rank": n, "tickets": tickets[u]} for n, u in enumerate(order, 1)}
    return done(order, order if p["keep"] is None else order[: p["keep"]], figures, [])


def price(candidates, p, facts):
    rule, out = p["rule"], []
    if rule == "highest_discount":
        out = [(c["uscc"], wrong_rate(c["rate"], p["bounds"])) for c in candidates]
        out = [(uscc, code) for uscc, code in out if code]
    left, more, low = sift([c for c in candidates if c["uscc"] not in dict(out)], p["bounds"], facts)
    amounts = sorted(c["quote"] for c in left)
    counted = amounts[1:-1] if len(amounts) >= 5 else amounts
    mean = Fraction(sum(counted), len(counted)) if counted else Fraction(0)
    distinct = sorted(set(amounts))
    second = distinct[1] if len(distinct) > 1 else None
    place = {
        "lowest": lambda c: (c["quote"],),
        "highest_discount": lambda c: (-exact(c["rate"]),),
        "nearest_mean": lambda c: (abs(c["quote"] - mean), c["quote"]),
        "second_lowest": lambda c: (0 if c["quote"] == second else 1, c["quote"]),
    }[rule]
    order, ties = rank(left, place, facts)
    figures, of = {}, {c["uscc"]: c for c in left}
    for n, u in enumerate(order, 1):
        figures[u] = {"rank": n, "credit_points": of[u]["credit_points"], "quote": of[u]["quote"]}
        if rule == "highest_discount":
            figures[u]["rate"] = of[u]["rate"]
        if rule == "nearest_mean":
            figures[u].update(mean=str(mean), distance=str(abs(of[u]["quote"] - mean)))
        figures[u].update({name: d[u] for name, d in (("low", low), ("tie", ties)) if u in d})
    return done(order, order, figures, out + more)


def counted_of(given):
    """The mean of the experts' points; with five or more, one highest and one lowest are dropped."""
    points = sorted(given)
    points = points[1:-1] if len(points) >= 5 else points
    return Fraction(sum(points), len(points))


def points_of(criterion, c, lowest, shortest, facts):
    kind = criterion["kind"]
    if kind == "price":
        return Fraction(lowest * 100, c["quote"])
    if kind == "stars":
        return exact(c["star_score"])
    if kind == "credit":
        return Fraction(max(0, min(c["credit_points"], 100)))
    if kind == "experience":
        return Fraction(max(0, min(c["experience"], 10)) * 10)
    if kind == "lead_time":
        return Fraction(shortest * 100, c["offered_days"])
    return counted_of(facts["panel"][criterion["name"]][c["uscc"]])


def score(candidates, p, facts):
    panel = [k["name"] for k in p["criteria"] if k["kind"] == "panel"]
    days, out = any(k["kind"] == "lead_time" for k in p["criteria"]), []
    for c in candidates:
        if days and (c["offered_days"] is None or c["offered_days"] < 1):
            out.append((c["uscc"], "days_missing" if c["offered_days"] is None else "days_below_one"))
    left, more, low = sift([c for c in candidates if c["uscc"] not in dict(out)], p["bounds"], facts)
    given = [facts["panel"].get(name, {}).get(c["uscc"], []) for c in left for name in panel]
    need(all(len(each) == p["panel_size"] and all(0 <= x <= 100 for x in each) for each in given), "panel")
    lowest = min((c["quote"] for c in left), default=1)
    shortest = min((c["offered_days"] for c in left if c["offered_days"] is not None), default=1)
    got = {c["uscc"]: [(k, points_of(k, c, lowest, shortest, facts)) for k in p["criteria"]] for c in left}
    total = {u: sum(exact(k["weight"]) * v / 100 for k, v in got[u]) for u in got}
    total = {u: int(total[u] * 10000 + Fraction(1, 2)) for u in total}  # four decimals, half up
    order, ties = rank(left, lambda c: (-total[c["uscc"]], c["quote"]), facts)
    figures, of = {}, {c["uscc"]: c for c in left}
    for n, u in enumerate(order, 1):
        figures[u] = {"rank": n, "total": f"{total[u] // 10000}.{total[u] % 10000:04d}", "quote": of[u]["quote"]}
        figures[u]["credit_points"] = of[u]["credit_points"]
        figures[u].update({f"points.{k['kind']}{':' * bool(k['name'])}{k['name']}": str(v) for k, v in got[u]})
        figures[u].update({name: d[u] for name, d in (("low", low), ("tie", ties)) if u in d})
    return done(order, order, figures, out + more)


def auction(candidates, p, facts):
    if not candidates:
        return done([], [], {}, [])
    need(facts.get("auction") is not None, "no_auction")
    members, lowest, count, most = {c["uscc"] for c in candidates}, {}, {}, p["terms"]["start"]
    for bid in facts["auction"]["bids"]:
        uscc, amount = bid["uscc"], bid["amount"]
        need(uscc in members and p["terms"]["floor"] <= amount <= most, "bid")
        most, lowest[uscc], count[uscc] = amount - p["terms"]["step"], amount, count.get(uscc, 0) + 1
    order = sorted(lowest, key=lambda u: lowest[u])
    figures = {u: {"rank": n, "bid": lowest[u], "bids": count[u]} for n, u in enumerate(order, 1)}
    return done(order, order, figures, [(c["uscc"], "no_bid") for c in candidates if c["uscc"] not in lowest])


def choose(candidates, p, facts):
    if not candidates:
        return done([], [], {}, [])
    chosen = facts["choice"]
    need(
        chosen is not None and chosen["uscc"] in [c["uscc"] for c in candidates] and chosen["reason"].strip(), "choice"
    )
    return done([chosen["uscc"]], [chosen["uscc"]], {chosen["uscc"]: {"rank": 1, "reason": chosen["reason"]}}, [])


STAGES = {each.__name__: each for each in (shortlist, draw, price, score, auction, choose)}


def again(parameters, inputs):
    """The outputs of a stage, computed from what is stored of it. Raises Broken where it cannot have run."""
    candidates = sorted(inputs["candidates"], key=lambda c: c["uscc"])
    need(len({c["uscc"] for c in candidates}) == len(candidates), "twice")
    return STAGES[parameters["stage"]](candidates, parameters, inputs["facts"])
