#!/usr/bin/env python3
"""Check the public record of a live auction: python3 auction_verify.py auction.json. Needs Python 3.9 or newer only."""

import json
import sys
from hashlib import sha256
from pathlib import Path


def check(record):  # yields what differs
    previous, lowest, ends, last, over, aliases = bytes(32), None, "", "", False, {}
    for number, entry in enumerate(record["entries"]):
        body = entry["body"]
        previous = sha256(previous + body.encode()).digest()
        if entry["seq"] != number or entry["hash"] != previous.hex():
            yield f"entry {number}: number or hash differs"
        lines = body.split("\n")
        if number == 0:
            if lines[:2] != ["auction-v1", record["project"]]:
                yield "entry 0: not the opening of this project's auction"
            last, ends = lines[2:4]
            _ceiling, floor, start, least_step, _line = map(int, lines[4].split())
            aliases = dict(line.split(" ") for line in lines[6:-1])
            continue
        _version, project, seq, kind, alias, amount, step, at, until, _end = lines
        if (project, seq) != (record["project"], str(number)) or over or at < last or until < ends:
            yield f"entry {number}: does not follow the one before it"
        if kind == "bid":
            most = start if lowest is None else lowest - int(step)
            if not floor <= int(amount) <= most or int(step) < least_step or at >= ends or alias not in aliases:
                yield f"entry {number}: this bid could not have been accepted"
            lowest = int(amount)
        over, last, ends = kind == "closed", at, until
    for found in record["aliases"] or []:
        text = f"auction-alias-v1\n{record['project']}\n{found['alias']}\n{found['id']}\n{found['salt']}\n"
        if aliases.get(found["alias"]) != sha256(text.encode()).hexdigest():
            yield f"bidder {found['alias']}: the opening named somebody else"


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    wrong = list(check(read))
    print(
        "\n".join(wrong) or f"all {len(read['entries'])} entries hold; the last hash is {read['entries'][-1]['hash']}"
    )
    if read["aliases"] is None:
        print("not checked: who stood behind the numbers (public from the announcement on)")
    sys.exit(bool(wrong))
