"""What the notice of a purchase fixes: every parameter of every stage follows from the mode's row, the owner's terms and the
policy's numbers of the day. Part of selection_verify.py, which needs it in the same folder.
"""

from selection_stages import exact, percent

# The nine modes (selection rules, section 1): stages with what their row fixes. The live form has an auction for the lowest quote.
NINE = {
    "direct": [{"stage": "choose"}],
    "random": [{"stage": "draw"}],
    "bidding": [{"stage": "price", "rule": "lowest"}],
    "merit": [{"stage": "score"}],
    "credit_merit": [
        {"stage": "shortlist", "by": "credit"},
        {"stage": "draw", "tickets": "credit"},
        {"stage": "choose"},
    ],
    "merit_random": [{"stage": "shortlist"}, {"stage": "draw"}],
    "merit_bidding": [{"stage": "shortlist"}, {"stage": "price", "rule": "lowest"}],
    "random_bidding": [{"stage": "draw"}, {"stage": "price", "rule": "lowest"}],
    "mean_price": [{"stage": "price", "rule": "nearest_mean"}],
}
# The fewest valid enrolments of each, before and after the one extension, unless the region's numbers say otherwise.
FEWEST = dict.fromkeys(NINE, (3, 3)) | {"direct": (1, 1), "random": (3, 2), "merit": (2, 1), "credit_merit": (2, 2)}
DURATIONS = ("seconds", "extension_seconds", "cap_seconds", "step_doubles_seconds")


def live(stages):
    lowest = {"stage": "price", "rule": "lowest"}
    return [{"stage": "auction"} if each == lowest else each for each in stages]


def asks(stages, stage, name):
    """Whether the owner gives a parameter of a stage, because the row does not fix it."""
    return any(each["stage"] == stage and name not in each for each in stages)


def numbers_used(names):
    """Which numbers of the policy the stages rest on; the others are null."""
    sifted = "price" in names or "score" in names
    auction = dict.fromkeys(["auction_step_permille", *(f"auction_{name}" for name in DURATIONS)], "auction" in names)
    return {
        "low_of_ceiling_percent": sifted or "auction" in names,
        "low_of_mean_percent": sifted,
        "succession_price_percent": "price" in names or "auction" in names,
        **auction,
    }


def derived(n):
    """The stages with all their parameters, as the notice must have them."""
    terms, stages, numbers = n["terms"], n["rules"]["stages"], {k: v or 0 for k, v in n["numbers"].items()}
    ceiling, floor = n["ceiling"], n["floor"]
    bounds = {"ceiling": ceiling, "floor": floor, "min_rate": None, "max_rate": None}
    bounds["low_of_ceiling"] = numbers["low_of_ceiling_percent"]
    bounds["low_of_mean"] = numbers["low_of_mean_percent"]
    found = []
    for place, row in enumerate(stages):
        stage, last = row["stage"], place + 1 == len(stages)
        out = {"stage": stage}
        if stage == "shortlist":
            out["by"] = row.get("by", terms["shortlist_by"])
            out["keep"] = int(row["keep"]) if "keep" in row else terms["keep"]
        elif stage == "draw":
            out["tickets"] = row.get("tickets", terms["tickets"])
            out["keep"] = None if last else int(row["keep"]) if "keep" in row else terms["draw_keep"]
        elif stage == "price":
            out["rule"], out["bounds"] = row.get("rule"), bounds
            if out["rule"] == "highest_discount":
                most = 10000 * (2 * (ceiling - floor) + 1) // (2 * ceiling)  # its amount is not below the floor
                rates = {"min_rate": percent(0), "max_rate": percent(most)}
                out["bounds"] = {**bounds, **rates}
        elif stage == "score":
            out["criteria"], out["bounds"], out["panel_size"] = terms["criteria"], bounds, terms["panel_size"]
        elif stage == "auction":
            out["terms"] = {"ceiling": ceiling, "floor": floor, "start": ceiling}
            out["terms"]["step"] = max(1, ceiling * numbers["auction_step_permille"] // 1000)
            out["terms"]["low_line"] = -(-ceiling * numbers["low_of_ceiling_percent"] // 100)
            out["terms"].update({name: numbers[f"auction_{name}"] for name in DURATIONS})
        found.append(out)
    return found


def unlike(one, other, path=""):
    """The names under which two values differ; a list differs as a whole."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            inside = f"{path}.{name}" if path else name
            if name not in one or name not in other:
                yield inside
            else:
                yield from unlike(one[name], other[name], inside)
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield path


def wrong_criteria(terms, scored):
    criteria, panel = terms["criteria"], any(each["kind"] == "panel" for each in terms["criteria"])
    if bool(criteria) != scored or (terms["panel_size"] > 0) != panel or terms["panel_size"] < 0:
        return True
    named = all((each["kind"] == "panel") == bool(each["name"].strip()) for each in criteria)
    weights = [exact(each["weight"]) for each in criteria]
    once = len({(each["kind"], each["name"]) for each in criteria}) == len(criteria)
    return bool(criteria) and not (named and once and min(weights) > 0 and sum(weights) == 100)


def notice(r):
    """Yields (code, about) for what does not follow."""
    n, rules, terms, stages = r["notice"], r["notice"]["rules"], r["notice"]["terms"], r["notice"]["rules"]["stages"]
    names = [each["stage"] for each in stages]
    if n["mode"] != rules["name"]:
        yield "other_mode", rules["name"]
    nine = NINE.get(rules["name"])
    if nine is not None and stages not in (nine, live(nine)):
        yield "other_row", rules["name"]
    quoted, enrolled = "price" in names or "score" in names, rules["name"] != "direct"
    flags = {"needs_quotes": quoted, "has_enrolment": enrolled}
    for name, wanted in flags.items():
        if rules[name] != wanted or n[name] != wanted:
            yield "flag", name
    if n["priced"] != ("price" in names or "auction" in names):
        yield "flag", "priced"
    fewest = (rules["fewest_valid"], rules["fewest_after_extension"])
    if nine is not None and (fewest, rules["owner_accepts_fewer"]) != (FEWEST[rules["name"]], rules["name"] == "merit"):
        yield "flag", "fewest"
    if not 1 <= rules["fewest_after_extension"] <= rules["fewest_valid"]:
        yield "flag", "fewest"
    if not 1 <= n["floor"] <= n["ceiling"]:
        yield "bounds", ""
    used = numbers_used(names)
    for name in used:
        if (n["numbers"][name] is not None) != used[name]:
            yield "numbers", name
    later = any(each["stage"] == "draw" and "keep" not in each for each in stages[:-1])
    given = {"keep": asks(stages, "shortlist", "keep"), "draw_keep": later}
    for name in given:
        if (terms[name] is not None) != given[name] or (terms[name] is not None and terms[name] < 1):
            yield "terms", name
    if terms["shortlist_by"] != "credit" and not asks(stages, "shortlist", "by"):
        yield "terms", "shortlist_by"
    if terms["live"] != ("auction" in names):
        yield "terms", "live"
    if terms["tickets"] != "equal":
        yield "terms", "tickets"
    if wrong_criteria(terms, "score" in names):
        yield "terms", "criteria"
    wanted = derived(n)
    if len(wanted) != len(n["stages"]):
        yield "stages", str(len(n["stages"]))
    for place, (one, other) in enumerate(zip(wanted, n["stages"]), 1):  # noqa: B905 – Python 3.9
        for name in unlike(one, other):
            yield "stage_parameter", f"{place} {one['stage']} {name}"
    if (n["named"] is None) != enrolled:
        yield "named", ""
    if (n["draw_source"] is None) == enrolled:
        yield "source", "notice"
    yield from moments(r)


def moments(r):
    """Yields what comes too early or too late."""
    n = r["notice"]
    enrol, select = n["enrol_until"], n["select_at"]
    if n["has_enrolment"]:
        if enrol is None or select is None or not n["published_at"] <= enrol <= select:
            yield "moment", "enrol_until"
        elif n["frozen_at"] is not None and n["frozen_at"] < enrol:
            yield "moment", "frozen_at"
    elif enrol is not None or select is not None or n["frozen_at"] != n["published_at"]:
        yield "moment", "enrol_until"
    if n["ended_at"] is not None and n["ended_at"] < n["published_at"]:
        yield "moment", "ended_at"
    awards = [*r["awards"], *(award for series in r["superseded"] for award in series["awards"])]
    first = min((each["announced_at"] for each in awards if each["announced_at"] is not None), default=None)
    if r["public_from"] != (n["ended_at"] if first is None else first):
        yield "moment", "public_from"
