#!/usr/bin/env python3
"""Check a sealed quote that its bidder kept, and the proof that an event stands in the log; needs Python 3.9 only.

python3 quote_check.py KEPT.json [quotes.json] [proof.json], in any order; proof.json alone proves any event.
Exit code 0: nothing differs; 1: something does; 2: a file cannot be read.
"""

import json
import re
import sys
from hashlib import sha256, sha512

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)
BODY = re.compile(r"quote-v1\n([\w.-]+)\n([0-9A-Z]{18})\n([1-9]\d{0,8})\n(0|[1-9]\d{0,17})\n[0-9a-f]{64}\n", re.ASCII)


def point(data):  # the point (x, y) that 32 bytes stand for
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT % P
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        raise ValueError("not a point of the curve")
    return (P - x if x & 1 != sign else x), y


def add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + t, P - 2, P) % P
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, P - 2, P) % P


def times(number, a):
    out = (0, 1)
    while number:
        out, a, number = (add(out, a) if number & 1 else out), add(a, a), number >> 1
    return out


def signed(lines, signature, key):
    text, data, public = "".join(f"{line}\n" for line in lines).encode(), bytes.fromhex(signature), bytes.fromhex(key)
    s = int.from_bytes(data[32:], "little")
    h = int.from_bytes(sha512(data[:32] + public + text).digest(), "little") % L
    base = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    try:
        return len(data) == 64 and s < L and times(s, base) == add(point(data[:32]), times(h, point(public)))
    except ValueError:  # what should be a point is none: nobody signed this
        return False


def check(kept, book):  # yields (what, whether it holds; None: it could not be checked)
    project, uscc, seq, commitment = (kept[name] for name in ("project", "uscc", "seq", "commitment"))
    body, receipt = BODY.fullmatch(kept["body"]), kept["receipt"]
    yield "commitment: SHA-256 of the body", sha256(kept["body"].encode()).hexdigest() == commitment
    yield "body: this project, bidder and number", bool(body) and body.groups()[:3] == (project, uscc, str(seq))
    lines, key = ["quote-receipt-v1", project, uscc, seq, commitment], (book or receipt or {}).get("receipt_key")
    key = key or (receipt or {}).get("key")
    yield "receipt: signed by the operator", receipt and signed([*lines, receipt["at"]], receipt["signature"], key)
    listed, other = (book or {}).get("list"), (book or {}).get("countersignature")
    digest = sha256((listed or "").encode()).hexdigest()
    at = receipt["at"] if receipt else "[0-9TZ:-]{20}"
    line = re.compile(f"^{uscc} {seq} {commitment} {at}$", re.MULTILINE)
    head = f"quote-list-v1\n{project}\n"
    yield "list: the commitment stands on it", listed and listed.startswith(head) and bool(line.search(listed))
    yield "list: its hash", listed and digest == book["list_hash"]
    witness = other and book["witness_key"]
    lines = ["list-v1", project, digest]
    yield "list: signed by the witness", witness and signed([*lines, other["at"]], other["signature"], witness)
    rows = {(row["uscc"], row["seq"]): row["body"] for row in (book or {}).get("quotes") or []}
    yield "opened: this body", rows.get((uscc, seq)) and rows[uscc, seq] == kept["body"]


def root_of(proof):  # the root that the event's own text and its path lead to (RFC 9162, 2.1.3.2)
    place, last = proof["place"] - 1, proof["size"] - 1
    if not 0 <= place <= last:
        return None
    found = sha256(b"\0" + proof["body"].encode()).digest()
    for step in map(bytes.fromhex, proof["path"]):
        if last == 0:
            return None
        if place & 1 or place == last:
            found = sha256(b"\1" + step + found).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = sha256(b"\1" + found + step).digest()
        place, last = place >> 1, last >> 1
    return found.hex() if last == 0 else None


def check_log(proof, kept):
    if proof is None:
        yield "log: the quote stands under a head that the witnesses signed (give proof.json)", None
        return
    event, names = json.loads(proof["body"]), ("project", "uscc", "seq", "commitment")
    if kept is None:
        yield f"log: the event is {event['tag']} of {event['at']}", True
    else:
        said = [event["project"], *map(event["data"].get, ("agency_uscc", "seq", "commitment"))]
        same = event["tag"] == "quote.received" and len(event["data"]) == 3 and said == [kept[name] for name in names]
        same = same and (not kept["receipt"] or event["at"][:19] + "Z" == kept["receipt"]["at"])
        yield "log: the event is that of this quote, at the time of the receipt", same
    yield "log: the event's text leads to the root", root_of(proof) == proof["root"]
    head, signatures = ["head-v2", proof["log"], proof["size"], proof["root"]], proof["signatures"]
    for each in signatures:
        yield f"log: {each['by']} signed this head", signed([*head, each["at"]], each["signature"], each["key"])
        yield f"log: {each['key']} is the key of {each['by']} (compare it with the witness's own page)", None
    if not signatures:
        yield "log: a witness signed this head", None


FORMATS = {"quote-kept-v1": "kept", "quote-book-v1": "book", "log-proof-v1": "proof"}
try:
    files = [json.loads(open(name, "rb").read()) for name in sys.argv[1:]]  # noqa: SIM115, PTH123
    given = {FORMATS[file["format"]]: file for file in files}
    if len(given) != len(files) or not given.keys() & {"kept", "proof"}:
        raise ValueError("give a file quote-kept-v1, a quote-book-v1 and a log-proof-v1, or some of them; each once")
    kept, proof = given.get("kept"), given.get("proof")
    found = [*(check(kept, given.get("book")) if kept else ()), *check_log(proof, kept)]
except Exception as broken:
    sys.exit(print(f"not a whole file of a sealed quote: {broken!r}", file=sys.stderr) or 2)
for what, holds in found:
    print({True: "holds", False: "DIFFERS"}.get(holds, "not checked"), "-", what)
sys.exit(any(holds is False for _what, holds in found))
