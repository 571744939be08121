#!/usr/bin/env python3
"""Check the public record of a draw (draw-v2): python3 draw_verify.py draw.json. Needs Python 3.9 or newer only."""

import json
import re
import sys
from datetime import datetime
from hashlib import sha256

FIELDS = "drawn_at entered_by excluded key order pool_file pool_hash receipt refused source_time value version"
HEX, NUMBERS = "[0-9a-f]{64}", "[0-9]{2}( [0-9]{2})*"
VALUES = {f"drand:{HEX}": HEX, "published:[a-z0-9]+(:[0-9]+)?": NUMBERS, f"parties(:{HEX}){{2,}}": f"{HEX}(:{HEX})+"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HEAD = re.compile(r"draw-v2\n([\w.-]+)\n(main|panel|tie[1-9]\d*)\n(\S+)\n((?:[\w.-]+ [1-9]\d?\n)+)", re.ASCII)


def check(record):  # yields what differs (False: nothing does); the last item is what was not checked
    parts = [(record, FIELDS), (record["receipt"], "at by signature"), *((e, "code id") for e in record["excluded"])]
    yield any(sorted(part) != names.split() for part, names in parts) and "fields: some are missing or unknown"
    value, receipt, refused, data = (record[name] for name in ("value", "receipt", "refused", "pool_file"))
    source, listed = HEAD.fullmatch(data).group(3, 4)
    kind = next(kind for kind in VALUES if re.fullmatch(kind, source))
    parties, drand, bulletin = kind[:2] == "pa", kind[:2] == "dr", kind[:2] == "pu" or bool(refused)
    tickets = dict(line.split(" ") for line in listed.splitlines())
    yield [line.split(" ")[0] for line in listed.splitlines()] != sorted(tickets) and "pool_file: not in ASCII order"
    pool_hash = sha256(data.encode())
    yield record["version"] != "draw-v2" and "version: not draw-v2"
    yield record["pool_hash"] != pool_hash.hexdigest() and f"pool_hash: computed {pool_hash.hexdigest()}"
    key = sha256(b"draw-v2\n" + pool_hash.digest() + value.encode())
    yield record["key"] != key.hexdigest() and f"key: computed {key.hexdigest()}"
    left, order = [name for name in tickets for _ in range(int(tickets[name]))], []
    while left:
        be16 = (len(order) + 1).to_bytes(2, "big")
        order.append(left[int.from_bytes(sha256(be16 + key.digest() + be16).digest(), "big") % len(left)])
        left = [name for name in left if name != order[-1]]
    yield record["order"] != order and f"order: computed {order}"
    yield not re.fullmatch(NUMBERS if bulletin else VALUES[kind], value) and "value: not one that this source gives"
    if parties and not refused:
        hashed = [sha256(bytes.fromhex(r)).hexdigest() for r in value.split(":")]
        yield source.split(":")[1:] != hashed and "value: SHA256(r) is not c"
    yield not re.fullmatch("[0-9a-f]{128}", receipt["signature"]) and "receipt: not 128 lower-case hex digits"
    times = [TIME.fullmatch(time)[0] for time in (receipt["at"], record["source_time"], record["drawn_at"])]
    at, source_time, drawn_at = (datetime.strptime(time, "%Y-%m-%dT%H:%M:%S%z") for time in times)
    early = (source_time - at).total_seconds() < (600 if drand else 3600 if bulletin else 0)
    yield early and "source_time: too early after the receipt"
    yield drawn_at < source_time and "drawn_at: before source_time"
    yield ["receipt signature"] + ["drand signature"] * drand + ["bulletin"] * bulletin


found = []
try:
    text = open(sys.argv[1], "rb").read().decode()  # noqa: SIM115, PTH123
    record = json.loads(text, object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else {})
    found.extend(check(record))
except Exception as broken:
    found += [f"not a whole record of a draw: {broken!r}", ["the rest"]]
*found, not_checked = found
print("\n".join(filter(None, found)) or "The order follows from the pool and the value.")
sys.exit(print("not checked: " + ", ".join(not_checked)) or any(found))
