"""What a witness signs for a pool file: one receipt per project and purpose, ever.

Ed25519 (RFC 8032) over this UTF-8 text, LF after every line, no blank line:

    receipt-v1
    <project code>
    <purpose>
    <pool_hash, 64 lower-case hex digits>
    <at, YYYY-MM-DDTHH:MM:SSZ>

The signature travels as 128 lower-case hex digits. The witness program signs the same bytes with code of its own.
"""

import re
from datetime import datetime

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from supermarket.core.draw.times import format_time

_SIGNATURE = re.compile(r"[0-9a-f]{128}")


def receipt_body(project: str, purpose: str, pool_hash: str, at: datetime) -> bytes:
    """The bytes under the signature. Raises DrawError for a naive time or a fraction of a second."""
    return f"receipt-v1\n{project}\n{purpose}\n{pool_hash}\n{format_time(at, 'receipt.at')}\n".encode()


def sign_receipt(key: bytes, project: str, purpose: str, pool_hash: str, at: datetime) -> str:
    """The signature in hex, by the 32-byte secret `key`; for tests and for a witness that runs in the same program."""
    return SigningKey(key).sign(receipt_body(project, purpose, pool_hash, at)).signature.hex()


def receipt_holds(
    public_key: bytes, signature: str, *, project: str, purpose: str, pool_hash: str, at: datetime
) -> bool:
    """Whether `signature` (hex) is the one of the witness with the 32-byte `public_key`."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    try:
        VerifyKey(public_key).verify(receipt_body(project, purpose, pool_hash, at), bytes.fromhex(signature))
    except BadSignatureError:
        return False
    return True
