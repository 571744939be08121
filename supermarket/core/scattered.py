"""Row numbers as readers see them: each number another one, in no order, so that no gap tells how many rows lie between.

A Feistel network of six rounds over 32 bits, its rounds HMAC-SHA256 under a key, walked until the number fits a row again:
a permutation of 0 … 2³¹−1 that only the holder of the key can turn round.
"""

import hmac
from hashlib import sha256

MOST = 2**31 - 1
_ROUNDS = 6


def scattered(number: int, key: bytes) -> int:
    """The number that stands for `number` (0 … 2³¹−1)."""
    found = _forward(number, key)
    while found > MOST:
        found = _forward(found, key)
    return found


def gathered(number: int, key: bytes) -> int:
    """The number for which `number` stands."""
    found = _backward(number, key)
    while found > MOST:
        found = _backward(found, key)
    return found


def _forward(number: int, key: bytes) -> int:
    left, right = number >> 16, number & 0xFFFF
    for step in range(_ROUNDS):
        left, right = right, left ^ _half(right, step, key)
    return left << 16 | right


def _backward(number: int, key: bytes) -> int:
    left, right = number >> 16, number & 0xFFFF
    for step in reversed(range(_ROUNDS)):
        left, right = right ^ _half(left, step, key), left
    return left << 16 | right


def _half(value: int, step: int, key: bytes) -> int:
    return int.from_bytes(hmac.digest(key, bytes([step]) + value.to_bytes(2), sha256)[:2])
