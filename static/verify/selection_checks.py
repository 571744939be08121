"""Who may be in the pool (selection rules, section 2): everybody was asked the same rules, and what each said follows from its
evidence. Part of selection_verify.py, which needs it in the same folder.
"""

from datetime import datetime, timedelta

from selection_fields import OBJECTS, fields
from selection_notice import unlike
from selection_parts import counting
from selection_stages import by_rate, rate_of

# The rules in their order: what the evidence of each must be stands in selection_fields.py, as evidence_ and unmet_.
ASKED = [name.partition("_")[2] for name in OBJECTS if name.startswith("evidence_")]
MOMENTS = ["enrolment", "freeze", "award"]
# What is the same for everybody, because it is the purchase's.
OF_THE_PURCHASE = [
    ("offers_matter", "matter"),
    ("stars", "floor"),
    ("credit", "floor"),
    ("credit_direct", "direct_with_fiscal"),
    ("reissue", "reissue_of"),
    ("practitioners", "needed"),
]


def local_day(at):  # of a moment, in China
    return f"{datetime.strptime(at, '%Y-%m-%dT%H:%M:%SZ') + timedelta(hours=8):%Y-%m-%d}"  # noqa: DTZ007


def met(code, e, at):
    """Whether the rule is met by its evidence; None where the evidence alone does not tell."""
    if code == "standing":
        return e["standing"] == "active"
    if code == "enrolment_frozen":
        return e["credit"] != "D" if e["frozen_until"] is None else local_day(at) >= e["frozen_until"]
    if code == "stars":
        return e["floor"] is None or (3 if e["stars"] is None else e["stars"]) >= e["floor"]
    if code == "credit":
        return e["floor"] is None or e["credit"] <= e["floor"]
    if code == "credit_direct":
        return not e["direct_with_fiscal"] or e["credit"] in ("A", "B")
    if code == "practitioners":
        return e["not_registered"] == 0 and e["named"] >= e["needed"]
    if code == "practitioner_load":
        return e["full"] == 0
    listed = {"qualifications": "missing", "qualifications_valid": "expired", "reissue": "decliners"}.get(code)
    return e[listed] == [] if listed else None


def of_rules(check, about):
    """Yields what is wrong with what the rules said in one check."""
    wanted = ASKED if check["moment"] == "award" else ASKED[:-1]
    if [rule["code"] for rule in check["rules"]] != wanted:
        yield "rules", about
        return
    for rule in check["rules"]:
        code, evidence = rule["code"], rule["evidence"]
        kind = f"evidence_{code}" if rule["ok"] or f"unmet_{code}" not in OBJECTS else f"unmet_{code}"
        named = not any(fields(evidence, kind, ""))
        said = met(code, evidence, check["at"]) if named else None
        warned = code == "linked" and check["moment"] == "enrolment" and rule["ok"]
        if not named or (said is not None and said != rule["ok"]) or (rule["warning"] and not warned):
            yield "evidence", f"{about} {code}"
    by_code = {rule["code"]: rule["evidence"] for rule in check["rules"] if isinstance(rule["evidence"], dict)}
    if (
        len(by_code) == len(wanted)
        and len({str(by_code[code].get("credit")) for code in ("enrolment_frozen", "credit", "credit_direct")}) > 1
    ):
        yield "evidence", f"{about} credit"


def checks(r):
    """Yields what is wrong with the checks of all enrolments."""
    n, first = r["notice"], None
    ended = [award for series in r["superseded"] for award in series["awards"]]
    won = {award["uscc"]: award for award in [*ended, *r["awards"]]}
    for e in r["enrolments"]:
        u, places, before = e["uscc"], [], {}
        award = won.get(u, {})
        frozen = n["frozen_at"] if n["has_enrolment"] else award.get("announced_at")
        due = {"enrolment": [e["enrolled_at"]], "freeze": [frozen]}
        mine = [each for each in [*ended, *r["awards"]] if each["uscc"] == u]
        due["award"] = [each[name] for each in mine for name in ("notice_at", "ended_at")]
        for check in e["checks"]:
            about = f"{u} {check['moment']}"
            places.append(MOMENTS.index(check["moment"]))
            if check["at"] not in due[check["moment"]]:
                yield "moment", about
            if check["ok"] != all(rule["ok"] for rule in check["rules"]):
                yield "check", about
            odd = list(of_rules(check, about))
            yield from odd
            now = {rule["code"]: rule for rule in check["rules"]}
            yield from changed(check, before, now, about)
            before = now
            if odd:
                continue
            own = [now[code]["evidence"][name] for code, name in OF_THE_PURCHASE]
            first = own if first is None else first
            if own != first:
                yield "evidence", f"{about} notice"
            figures = e["figures"]
            if check["moment"] == "freeze" and figures is not None and n["has_enrolment"]:
                said = (now["credit"]["evidence"]["credit"], now["stars"]["evidence"]["stars"])
                if said != (figures["credit_level"], figures["star_level"]):
                    yield "evidence", f"{about} figures"
        if places != sorted(set(places)) or 0 not in places:
            yield "checks", u
        if award.get("notice_at") is not None and 2 not in places:
            yield "checks", u
        if award.get("announced_at") is not None and 1 not in places:
            yield "checks", u


def changed(check, before, now, about):
    """Yields where what changed since the check before is told otherwise."""
    wanted = []
    for code in now:
        old, new = before.get(code), now[code]
        if old is None or code == "registries" or (old["ok"], old["evidence"]) == (new["ok"], new["evidence"]):
            continue
        told = {"code": code, "was": old["ok"], "now": new["ok"], "before": old["evidence"], "after": new["evidence"]}
        wanted.append(told)
    # People stand in it by their number only: who they are may have changed while their number did not.
    told = [each for each in check["changed"] if each["before"] != each["after"] or each["was"] != each["now"]]
    if told != wanted:
        yield "changed", about


def whole(r):  # whether every stage has run
    return len(r["runs"]) == len(r["notice"]["stages"])


def excluded_by(r):
    return {each["uscc"]: each["code"] for run in r["runs"] for each in run["outputs"]["excluded"]}


def enrolments(r):
    n, out, asked, expected, last, seen = r["notice"], excluded_by(r), counting(r), [], "", set()
    earlier = {
        each["uscc"] for series in r["superseded"] for run in series["runs"] for each in run["outputs"]["excluded"]
    }
    invalid = {q["uscc"]: q["invalid"] for q in r["quotes"] if q["invalid"] is not None}
    for e in r["enrolments"]:
        u, code = e["uscc"], e["excluded"] and e["excluded"]["code"]
        if e["state"] != "cancelled":
            if u in seen:
                yield "enrolled_twice", u
            seen.add(u)
        if (e["state"] == "cancelled") != (e["cancelled_at"] is not None):
            yield "cancelled", u
        if e["enrolled_at"] < max(last, n["published_at"]) or e["enrolled_at"] > (n["enrol_until"] or e["enrolled_at"]):
            yield "moment", f"{u} enrolled_at"
        if e["cancelled_at"] is not None and not e["enrolled_at"] <= e["cancelled_at"]:
            yield "moment", f"{u} cancelled_at"
        last = e["enrolled_at"]
        freezes = [check for check in e["checks"] if check["moment"] == "freeze"]
        bad = [rule["code"] for rule in freezes[-1]["rules"] if not rule["ok"]] if freezes else []
        if bad and code != bad[0]:
            yield "rule_not_met", f"{u} {bad[0]}"
        if (e["state"] == "excluded") != (e["excluded"] is not None):
            yield "half_out", u
        lacks = (n["needs_quotes"] and u not in asked) or code == "no_proposal" or u in earlier
        if e["state"] == "excluded" and not bad and u not in out and not lacks:
            yield "no_ground", u
        if whole(r) and u in out and e["state"] != "cancelled" and code != out[u]:
            yield "other_code", u
        if u in invalid and code is not None and code != invalid[u]:
            yield "other_code", u
        figures = e["figures"]
        if figures is not None:
            if figures["uscc"] != u or (figures["quote"], figures["rate"]) != (None, None) or e["state"] == "cancelled":
                yield "figures", u
            if n["has_enrolment"] and not freezes:
                yield "no_check", u
            rate = rate_of(asked.get(u), n["ceiling"]) if by_rate(n) else None
            if e["state"] == "live" or u in out:
                expected.append({**figures, "quote": asked.get(u), "rate": rate})
        elif e["state"] == "live" and n["frozen_at"] is not None:
            yield "figures", u
    if not r["runs"]:
        return
    given = {c["uscc"]: c for c in r["runs"][0]["inputs"]["candidates"]}
    expected = {c["uscc"]: c for c in expected}
    for u in sorted({*expected, *given}):
        if u not in given or u not in expected or list(unlike(given[u], expected[u])):
            yield "other_figures", u
    rules, numbers = n["rules"], n["numbers"]
    extended = numbers["fewest_extended"] if numbers["fewest_extended"] is not None else rules["fewest_after_extension"]
    least, valid = (
        extended or numbers["fewest"] or rules["fewest_valid"],
        sum(e["figures"] is not None for e in r["enrolments"]),
    )
    if valid < least:
        yield "too_few", str(valid)
