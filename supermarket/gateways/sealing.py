"""Sealed boxes for quotes (specs: selection, section 4): two layers, so that neither key holder alone can read."""

from __future__ import annotations

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError


class BoxClosed(GatewayError):
    """The box does not open with this key."""


def seal(body: bytes, *, operator_key: bytes, witness_key: bytes) -> bytes:
    """`box(operator key, box(witness key, body))`; both keys are the 32 bytes of a project's public key."""
    inner = SealedBox(PublicKey(witness_key)).encrypt(body)
    return SealedBox(PublicKey(operator_key)).encrypt(inner)


def unseal(box: bytes, private_key: bytes) -> bytes:
    """Open one layer with the 32 bytes of a private key. Raises BoxClosed."""
    try:
        return SealedBox(PrivateKey(private_key)).decrypt(box)
    except (CryptoError, ValueError, TypeError) as error:
        raise BoxClosed("box_closed", N_("The sealed quote does not open with the project's key.")) from error


def new_private_key() -> bytes:
    """32 fresh bytes for `unseal`."""
    return bytes(PrivateKey.generate())


def public_key(private_key: bytes) -> bytes:
    """The 32 public bytes that belong to a private key."""
    return bytes(PrivateKey(private_key).public_key)
