#!/usr/bin/env python3
"""Seal a quote and hand it in: python3 quote_seal.py --site https://… --project P-… --uscc … --amount 35000.00

Needs Python 3.9 and PyNaCl (pip install pynacl). The token of your program stands in QUOTE_TOKEN. The amount never
leaves this machine: what is sent is a box for the operator around a box for the witness. The file that it writes
(quote-kept-v1) holds the amount and the signed receipt; keep it. Run again with --resend FILE if the connection broke.
"""

import argparse
import json
import os
import re
import secrets
import sys
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from nacl.exceptions import BadSignatureError
from nacl.public import PublicKey, SealedBox
from nacl.signing import VerifyKey

LONGEST_SEQ, LONGEST_AMOUNT, SEAL_BYTES = 999_999_999, "9" * 18, 48


def ask(site, path, token=None, body=None):
    """JSON of one address; SystemExit with the site's own sentence where it refuses."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(f"{site}{path}", data=data, headers=headers), timeout=30) as answer:  # noqa: S310
            return json.load(answer)
    except HTTPError as refused:
        told = json.loads(refused.read() or b"{}")
        errors = "; ".join(f"{each['field']}: {each['message']}" for each in told.get("errors") or [])
        sys.exit(f"refused ({refused.code}): {told.get('detail') or told.get('title')} {errors}")


def signed(key, signature, *lines):
    """Whether the Ed25519 key signed these lines."""
    try:
        VerifyKey(bytes.fromhex(key)).verify("".join(f"{line}\n" for line in lines).encode(), bytes.fromhex(signature))
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def body_of(project, uscc, seq, amount, salt):
    """The body, to the byte; amount in fen."""
    return f"quote-v1\n{project}\n{uscc}\n{seq}\n{amount}\n{salt}\n".encode()


def sealed(body, project, keys):
    """box(operator key, box(witness key, body)); the inner box padded, so that its length does not tell the digits."""
    inner = SealedBox(PublicKey(bytes.fromhex(keys["witness"]))).encrypt(body)
    length = SEAL_BYTES + len(body_of(project, "0" * 18, LONGEST_SEQ, LONGEST_AMOUNT, "0" * 64)) + 1
    return SealedBox(PublicKey(bytes.fromhex(keys["operator"]))).encrypt((inner + b"\x80").ljust(length, b"\0"))


def fen_of(text):
    """An amount in yuan as whole fen."""
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        sys.exit("write the amount in yuan as digits: 35000 or 35000.50")
    if fen != fen.to_integral_value() or fen < 1 or not re.fullmatch(r"[0-9.]+", text):
        sys.exit("write the amount in yuan with at most two decimals: 35000 or 35000.50")
    return int(fen)


def new_quote(given, book, token):
    """A fresh quote, sealed and not sent."""
    keys = book["keys"]
    if keys is None:
        sys.exit("this project takes no sealed quotes")
    words = ("quote-key-v1", given.project, keys["witness"], keys["opens_at"], keys["at"])
    if not signed(given.witness_key or book["witness_key"], keys["signature"], *words):
        sys.exit("the witness has not signed the key of this project; do not quote, and tell the supervisor")
    known = ask(given.site, f"/api/v1/projects/{given.project}/quotes", token)["items"]
    seq = 1 + max((each["seq"] for each in known), default=0)
    body = body_of(given.project, given.uscc, seq, fen_of(given.amount), secrets.token_hex(32))
    return {
        "format": "quote-kept-v1",
        "project": given.project,
        "uscc": given.uscc,
        "seq": seq,
        "body": body.decode(),
        "commitment": sha256(body).hexdigest(),
        "ciphertext": sealed(body, given.project, keys).hex(),
        "keys": {"operator": keys["operator"], "witness": keys["witness"]},
        "receipt": None,
    }


def write(path, kept):
    """Write the kept file for its owner only."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def main():
    """Seal, keep, hand in, keep the receipt."""
    parser = argparse.ArgumentParser(description="Seal a quote on this machine and hand it in.")
    parser.add_argument("--site", required=True, help="address of the market, https://…")
    parser.add_argument("--project", required=True)
    parser.add_argument("--uscc", help="your unified social credit code")
    parser.add_argument("--amount", help="yuan, at most two decimals")
    parser.add_argument("--witness-key", help="the witness's public key as the regulator publishes it")
    parser.add_argument("--resend", type=Path, help="a kept file whose receipt has not come")
    given = parser.parse_args()
    given.site, token = given.site.rstrip("/"), os.environ.get("QUOTE_TOKEN", "")
    if urlsplit(given.site).scheme not in ("http", "https") or not token:
        sys.exit("give the site's address, and your token in QUOTE_TOKEN")
    book = ask(given.site, f"/projects/{given.project}/quotes.json")
    if given.resend:
        kept, path = json.loads(given.resend.read_text(encoding="utf-8")), given.resend
    elif given.uscc and given.amount:
        kept = new_quote(given, book, token)
        path = Path(f"{given.project}-quote-{kept['seq']}.json")
        write(path, kept)
    else:
        parser.error("--uscc and --amount, or --resend")
    sent = {name: kept[name] for name in ("seq", "commitment", "ciphertext")}
    receipt = ask(given.site, f"/api/v1/projects/{given.project}/quotes", token, sent)["receipt"]
    words = ("quote-receipt-v1", kept["project"], kept["uscc"], kept["seq"], kept["commitment"], receipt["at"])
    if not signed(book["receipt_key"], receipt["signature"], *words):
        sys.exit(f"the receipt is not signed by the operator; keep {path} and tell the supervisor")
    write(path, {**kept, "receipt": {name: receipt[name] for name in ("at", "signature", "key")}})
    print(f"quote no. {kept['seq']} was received at {receipt['at']}; keep {path}")


if __name__ == "__main__":
    main()
