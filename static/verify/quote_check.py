#!/usr/bin/env python3
"""Check a sealed quote that its bidder kept: python3 quote_check.py KEPT.json [quotes.json]. Needs Python 3.9 only."""

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


try:
    files = [json.loads(open(name, "rb").read()) for name in sys.argv[1:3]]  # noqa: SIM115, PTH123
    if files[0]["format"] != "quote-kept-v1" or [file["format"] for file in files[1:]] not in ([], ["quote-book-v1"]):
        sys.exit("give a file quote-kept-v1 and then, if you like, one quote-book-v1")
    found = list(check(files[0], files[1] if files[1:] else None))
except Exception as broken:
    sys.exit(f"not a whole file of a sealed quote: {broken!r}")
for what, holds in found:
    print({True: "holds", False: "DIFFERS"}.get(holds, "not checked"), "-", what)
sys.exit(any(holds is False for _what, holds in found))
