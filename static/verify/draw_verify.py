#!/usr/bin/env python3
"""Check the record of a draw: python3 draw_verify.py FILE (Python 3.9+). Exit 0: it holds; 1: not; 2: cannot be read."""

import json
import re
import sys
from datetime import datetime
from hashlib import sha256

FIELDS = "drawn_at entered_by excluded key order pool_file pool_hash receipt refused source_time value version"
HEX, PAIRS, TIME, READ = "[0-9a-f]{64}", r"\d\d( \d\d)*", r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z", "%Y-%m-%dT%H:%M:%SZ"
VALUES = {f"drand:{HEX}": HEX, "published:[a-z0-9]+(:[0-9]+)?": PAIRS, f"parties(:{HEX}){{2,}}": f"{HEX}(:{HEX})+"}
HEAD = re.compile(r"draw-v2\n([\w.-]+)\n(main|panel|tie[1-9]\d*)\n(\S+)\n((?:[\w.-]+ [1-9]\d?\n)+)", re.ASCII)


def check(record):  # yields what differs (False: nothing does); the last item is what was not checked
    drawn, typed, out, k, o, data, digest, receipt, refused, came, value, version = map(record.get, FIELDS.split())
    parts = [(record, FIELDS), (receipt, "at by signature"), *((each, "code id") for each in out)]
    texts = [*typed, *refused, *o, receipt["by"], *(text for each in out for text in each.values())]
    fixed = re.fullmatch("draw-v2[0-9a-f]{128}", version + receipt["signature"])
    odd = any(sorted(part) != names.split() for part, names in parts) or not fixed
    yield (odd or any(type(text) is not str for text in texts)) and "fields: some are unknown, missing or no text"
    source, listed = HEAD.fullmatch(data).group(3, 4)
    kind, form = next((kind[:2], form) for kind, form in VALUES.items() if re.fullmatch(kind, source))
    tickets = dict(map(str.split, listed.splitlines()))
    odd = list(tickets) != sorted(tickets) or len(tickets) < listed.count("\n") or any(e["id"] in tickets for e in out)
    yield odd and "pool_file: not in ASCII order, or somebody excluded is in it"
    pool_hash = sha256(data.encode())
    yield digest != pool_hash.hexdigest() and f"pool_hash: computed {pool_hash.hexdigest()}"
    key = sha256(b"draw-v2\n" + pool_hash.digest() + value.encode())
    yield k != key.hexdigest() and f"key: computed {key.hexdigest()}"
    left, order = [name for name in tickets for _ in range(int(tickets[name]))], []
    while left:
        be16 = (len(order) + 1).to_bytes(2, "big")
        order.append(left[int.from_bytes(sha256(be16 + key.digest() + be16).digest(), "big") % len(left)])
        left = [name for name in left if name != order[-1]]
    yield o != order and f"order: computed {order}"
    given, numbers, bulletin = source.split(":")[1:], value.split(" "), kind == "pu" or refused != []
    revealed = kind == "pa" and not refused and [sha256(bytes.fromhex(r)).hexdigest() for r in value.split(":")]
    fine = given[0] != "kl8" or (len({*numbers}) == len(numbers) == 20 and "00" < numbers[0] <= numbers[-1] < "81")
    odd = (bulletin and not (fine and numbers == sorted(numbers))) or revealed not in (False, given)
    yield (odd or not re.fullmatch(PAIRS if bulletin else form, value, re.A)) and "value: not one of this source's"
    odd = refused and (kind != "pa" or len({*refused}) != len(refused) or len(refused) > len(given))
    yield (odd or (bulletin and len({*typed}) < 2)) and "refused, entered_by: too few, too many, or twice"
    at, came, drawn = (datetime.strptime(re.fullmatch(TIME, x, re.A)[0], READ) for x in (receipt["at"], came, drawn))  # noqa: DTZ007
    yield ((came - at).total_seconds() < (3600 * bulletin or 600 * (kind == "dr")) or drawn < came) and "times: early"
    yield ["receipt signature"] + ["drand signature"] * (kind == "dr") + ["bulletin"] * bulletin


if __name__ == "__main__":
    found, read, once = [], False, lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else {}
    try:
        record = json.loads(open(sys.argv[1], "rb").read().decode(), object_pairs_hook=once)  # noqa: SIM115, PTH123
        read = record["version"] == "draw-v2" or record["its version is not draw-v2"]
        found.extend(check(record))
    except Exception as broken:
        found += [f"not a whole record of a draw: {broken!r}", ["the rest"]]
    print("\n".join(filter(None, found[:-1])) or "The order follows from the pool and the value.")
    sys.exit(print("not checked: " + ", ".join(found.pop())) or (any(found) if read else 2))
