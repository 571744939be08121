#!/usr/bin/env python3
"""Check the public record of a live auction: python3 auction_verify.py auction.json. Needs Python 3.9 or newer only.
Exit code 0: it holds; 1: it does not hold; 2: it cannot be read as such a record."""

import json
import re
import sys
from datetime import datetime, timedelta
from hashlib import sha256

TERMS = ("ceiling", "floor", "start", "step", "low_line")
TERMS += ("seconds", "extension_seconds", "cap_seconds", "step_doubles_seconds")
FIELDS = "aliases entries project refused state statements version"
INSIDE = {
    "entries": "body hash seq",
    "aliases": "alias id salt",
    "statements": "accepted decided_at explains_from given_at uscc",
    "refused": "after_seq amount at code id would_be_accepted",
}
MOMENT = re.compile(r"[0-9]{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
SAYS = {
    "chain": "its number or its hash differs",
    "opening": "it is not the opening of this project's auction",
    "entry": "it does not follow the one before it",
    "bid": "this bid could not have been accepted",
    "step": "this step was not in force",
    "line": "below the line no cost statement was accepted that explains it",
    "end": "the auction would have run until another moment",
    "alias": "the opening named somebody else",
    "open": "the auction was not closed",
    "fields": "fields are missing or unknown",
    "unreadable": "the rest cannot be read",
}


def number(text):
    if not re.fullmatch("0|[1-9][0-9]{0,14}", text):
        raise ValueError(f"{text[:40]}: not a whole number")
    return int(text)


def moment(text):
    if not MOMENT.fullmatch(text):
        raise ValueError(f"{text[:40]}: not a moment")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 – all are UTC


def opening(lines):  # (terms, when it opened, until when, alias → commitment) of entry 0
    numbers = [number(each) for line in lines[4:6] for each in line.split(" ")]
    fixed = [line.split(" ") for line in lines[6:-1]]
    if len(numbers) != len(TERMS) or lines[-1] or any(not re.fullmatch("[0-9a-f]{64}", c) for _alias, c in fixed):
        raise ValueError("the opening does not have its lines")
    return {name: numbers[place] for place, name in enumerate(TERMS)}, moment(lines[2]), moment(lines[3]), dict(fixed)


def doublings(terms, ran):  # of the step, once the auction has run so long
    past = ran - timedelta(seconds=terms["cap_seconds"])
    return 0 if past < timedelta(0) else min(64, 1 + past // timedelta(seconds=terms["step_doubles_seconds"]))


def steps(terms, ran, stood, most):  # every step that can have been in force; stood: the least and the most pause
    found = range(doublings(terms, ran - most), doublings(terms, ran - stood) + 1)
    return {min(terms["ceiling"], terms["step"] << times) for times in found}


def explained(statements, uscc, amount, at):  # whether a statement that was accepted by then explains the amount
    mine = [each for each in statements if each["uscc"] == uscc and each["accepted"] and each["decided_at"]]
    return any(each["explains_from"] <= amount and moment(each["decided_at"]) <= at for each in mine)


def bids(record):  # (alias, amount) of each bid in order
    lines = [entry["body"].split("\n") for entry in record["entries"]]
    return [(each[4], number(each[5])) for each in lines if each[0] == "auction-entry-v1" and each[3] == "bid"]


def check(record):  # yields (code of what differs, which entry or alias)
    previous, lowest, over, paused, who, fixed = bytes(32), None, False, None, {}, {}
    for each in record["aliases"] or []:
        who[each["alias"]] = each["id"]
    for n, entry in enumerate(record["entries"]):
        lines = entry["body"].split("\n")
        previous = sha256(previous + entry["body"].encode()).digest()
        if entry["seq"] != n or entry["hash"] != previous.hex():
            yield "chain", n
        if n == 0:
            terms, opened, ends, fixed = opening(lines)
            last, least, most = opened, timedelta(0), timedelta(0)
            if lines[:2] != ["auction-v1", record["project"]] or list(fixed) != sorted(fixed):
                yield "opening", n
            if ends != opened + timedelta(seconds=terms["seconds"]):
                yield "end", n
            continue
        version, project, seq, kind, alias, amount, step, at, until, end = lines
        at, until, extended = moment(at), moment(until), timedelta(seconds=terms["extension_seconds"])
        known = version == "auction-entry-v1" and project == record["project"] and seq == str(n) and end == ""
        blank = kind == "bid" or (alias, amount, step) == ("-", "-", "-")
        going = paused is None or kind == "resumed"
        if not known or not blank or not going or over or at < last:
            yield "entry", n
        if kind == "bid":
            amount, step = number(amount), number(step)
            top = terms["start"] if lowest is None else lowest - step
            if not max(1, terms["floor"]) <= amount <= top or at >= ends or alias not in fixed:
                yield "bid", n
            if step not in steps(terms, at - opened, least, most):
                yield "step", n
            told = record["statements"] is None or amount >= terms["low_line"]
            if not told and not explained(record["statements"], who.get(alias), amount, at):
                yield "line", n
            lowest = amount
        elif kind == "paused":
            paused = at
        elif kind == "resumed":
            # Of an outage the chain says when it was over, and that it began after the last entry.
            least, most = least + (at - paused if paused else timedelta(0)), most + (at - (paused or last))
            paused = None
        elif kind != "closed" or at < ends:
            yield "entry", n
        if until != (max(ends, at + extended) if kind in ("bid", "resumed") else ends):
            yield "end", n
        over, last, ends = kind == "closed", at, until
    for each in record["aliases"] or []:
        text = f"auction-alias-v1\n{record['project']}\n{each['alias']}\n{each['id']}\n{each['salt']}\n"
        if fixed.get(each["alias"]) != sha256(text.encode()).hexdigest():
            yield "alias", each["alias"]
    if record["aliases"] is not None and [each["alias"] for each in record["aliases"]] != sorted(fixed):
        yield "alias", "–"
    if record["state"] == "closed" and not over:
        yield "open", len(record["entries"]) - 1


def differences(record):  # [(step, code, about)] of everything that differs, never raises
    if not isinstance(record, dict) or sorted(record) != FIELDS.split():
        return [("form", "fields", "–")]
    found = []
    for name, names in INSIDE.items():
        for place, each in enumerate(record[name] or []):
            if not isinstance(each, dict) or sorted(each) != names.split():
                return [("form", "fields", f"{name}[{place}]")]
    try:
        for code, about in check(record):
            found.append(("auction", code, str(about)))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        found.append(("auction", "unreadable", ""))
    return list(dict.fromkeys(found))


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice in it")
    return dict(pairs)


def main(arguments):
    try:
        with open(arguments[0], "rb") as file:  # noqa: PTH123
            record = json.loads(file.read().decode(), object_pairs_hook=once)
        if record["version"] != "auction-v1":
            raise ValueError("its version is not auction-v1")
    except Exception as broken:
        print(f"it cannot be read as the record of a live auction: {broken!r}")
        return 2
    wrong = [f"{about}: {SAYS[code]}" for _step, code, about in differences(record)]
    if wrong:
        print("\n".join(wrong))
    else:
        hashes = [entry["hash"] for entry in record["entries"]] or ["–"]
        print(f"all {len(record['entries'])} entries hold; the last hash is {hashes[-1]}")
    if record.get("aliases") is None:
        print("not checked: who stood behind the numbers, and cost statements (public from the announcement on)")
    print("not checked: the bids that were refused, the registers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
