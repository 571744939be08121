#!/usr/bin/env python3
"""Compare what witnesses signed, asking only them: python3 compare_witnesses.py https://one https://other. Needs Python 3.9.
Exit code 0: nothing differs; 1: something does; 2: a witness cannot be asked or read."""

import json
import sys
from hashlib import sha256, sha512
from urllib.request import urlopen as get

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE = (15112221349535400772501151409588531511454012693041857206046113283949847762202, 4 * pow(5, -1, P) % P)
SIGNED = """receipt receipt-v1 project purpose pool_hash at
head head-v1 log seq head at
tree_head head-v2 log size root at
chain commitment-v1 project commitment at
quote_list list-v1 project list_hash at
quote_key quote-key-v1 project public_key opens_at at
peer peer-v1 peer_key peer_epoch peer_n peer_head at"""


def add(one, other):  # of points of the curve Ed25519 (RFC 8032)
    (x, y), (u, v) = one, other
    t = D * x * u * y * v
    return (x * v + u * y) * pow(1 + t, -1, P) % P, (y * v + x * u) * pow(1 - t, -1, P) % P


def times(n, point):
    found = (0, 1)
    for bit in bin(n)[2:]:
        found = add(add(found, found), point if bit == "1" else (0, 1))
    return found


def point(data):
    y = int.from_bytes(data, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P:
        raise ValueError("no point of the curve")
    return (P - x if x % 2 != data[31] >> 7 else x), y


def holds(key, signature, lines):
    try:
        data, body = bytes.fromhex(signature), "".join(f"{line}\n" for line in lines).encode()
        s, k = int.from_bytes(data[32:], "little"), sha512(data[:32] + bytes.fromhex(key) + body).digest()
        right = add(point(data[:32]), times(int.from_bytes(k, "little") % L, point(bytes.fromhex(key))))
        return len(data) == 64 and s < L and times(s, BASE) == right
    except (ValueError, IndexError):
        return False


def grown(first, old_root, second, new_root, proof):  # RFC 9162, 2.1.4.2: whether the second tree begins with the first
    place, last, steps = first - 1, second - 1, [bytes.fromhex(each) for each in proof.split()]
    if first & (first - 1) == 0:
        steps.insert(0, bytes.fromhex(old_root))
    while place & 1:
        place, last = place >> 1, last >> 1
    old, new = steps[0], steps[0]
    for step in steps[1:]:
        if place & 1 or place == last:
            old, new = sha256(b"\1" + step + old).digest(), sha256(b"\1" + step + new).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = sha256(b"\1" + new + step).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and (old.hex(), new.hex()) == (old_root, new_root)


def leads_on(before, entry):
    try:
        first, second = before["size"], entry["size"]
        roots = before["root"], entry["root"]
        return entry["from"] == first < second and grown(first, roots[0], second, roots[1], entry["proof"])
    except (ValueError, IndexError, KeyError, TypeError):
        return False


def witness(url):  # asks for its state and log and follows them from the first entry; yields what does not hold
    state, log, head = json.load(get(url + "/state")), [], "0" * 64  # noqa: S310
    while len(log) < state["n"]:
        more = json.load(get(f"{url}/log?after={len(log)}"))["log"]  # noqa: S310
        if not more:
            yield f"{url}: its log ends early"
            return
        log += more
    name, key, heads = state["name"], state["key"], {}
    for n, entry in enumerate(log[: state["n"]], start=1):
        first, *names = signed.get(entry["kind"], "-").split()
        if (entry["n"], entry["prev"]) != (n, head):
            yield f"{name}: entry {n} does not follow the one before"
        if names and not holds(key, entry["signature"], [first, *(entry[each] for each in names)]):
            yield f"{name}: entry {n} ({entry['kind']}) is not signed by {key}"
        if entry["kind"] == "tree_head":
            before = heads.get(entry["log"])
            if not leads_on(before, entry) if before else entry["from"] != 0 or entry["proof"]:
                yield f"{name}: entry {n}: the tree of {entry['size']} events is not the one signed before, grown on"
            heads[entry["log"]] = entry
        head = sha256(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    if not holds(key, state["signature"], ["state-v1", name, state["epoch"], state["n"], head, state["at"]]):
        yield f"{name}: the state that it signed is not that of its log"
    print(f"{name}  {key}  {state['n']} entries, epoch {state['epoch']}, until {state['at']}")
    signed_here = {(e["project"], e["purpose"]): e["pool_hash"] for e in log if e["kind"] == "receipt"}
    trees = {(f"log {e['log']}, {e['size']} events:", "root"): e["root"] for e in log if e["kind"] == "tree_head"}
    read.append((name, signed_here, trees))


signed, read = dict(line.split(" ", 1) for line in SIGNED.splitlines()), []
try:
    found = [problem for url in sys.argv[1:] or ["no address was given"] for problem in witness(url.rstrip("/"))]
except (OSError, ValueError, KeyError, TypeError, AttributeError) as broken:
    sys.exit(print(f"a witness cannot be asked or read: {broken!r}") or 2)
counts = []
for kind, what in ((1, "pools"), (2, "roots")):
    places = sorted({place for each in read for place in each[kind]})
    counts.append(len(places))
    for place in places:
        said = [f"{each[0]} {each[kind][place]}" for each in read if place in each[kind]]
        if len({each.split(" ")[1] for each in said}) > 1:
            found.append(f"{place[0]} {place[1]}: different {what} were signed: {', '.join(said)}")
words = f"{counts[0]} projects and purposes, {counts[1]} heads of logs: every signature, chain and tree holds, no two differ."
print("\n".join(found) or words)
sys.exit(bool(found))
