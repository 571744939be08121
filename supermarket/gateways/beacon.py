"""Rounds of the public beacon drand: fetched from its relays, believed only when their signature holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from supermarket.core.draw.curve import G2, compress_G1, compress_G2, hash_to_G1, multiply
from supermarket.core.draw.drand import CHAINS, DOMAIN, QUICKNET, Chain, randomness, round_message, signature_holds
from supermarket.core.draw.errors import DrawError
from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.http_json import HttpFailed, call

TIMEOUT_SECONDS: Final = 5.0
_KEY_HALF: Final = 48


class BeaconError(GatewayError):
    """The round cannot be had now, or the chain is not known."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round of a chain whose signature was checked; `randomness` is the value of the draw.

    `previous`: the signature before it, which belongs to the proof in a linked chain; else empty.
    """

    number: int
    signature: str
    previous: str = ""

    @property
    def randomness(self) -> str:
        """SHA-256 of the signature, lower-case hex."""
        return randomness(self.signature)


class Beacon(Protocol):
    """What the market asks of a beacon."""

    def default_chain(self) -> Chain:
        """The chain that publications name."""

    def chain(self, chain_hash: str) -> Chain:
        """A chain by its hash. Raises BeaconError."""

    def round(self, chain_hash: str, number: int) -> Round:
        """The checked round of that number. Raises BeaconError where nobody gives one that holds."""


def checked(chain: Chain, number: int, signature: str, previous: str = "") -> Round:
    """The round, if its signature holds; what a chain that is not linked needs not is dropped. Raises BeaconError."""
    before = previous if chain.linked else ""
    if not signature_holds(chain, number, signature, before):
        raise BeaconError(
            "beacon_signature", N_("This is not the beacon's signature of round %(number)s."), number=number
        )
    return Round(number, signature, before)


class _Chains:
    def __init__(self, chains: Mapping[str, Chain], default: Chain) -> None:
        self._chains, self._default = dict(chains), default

    def default_chain(self) -> Chain:
        return self._default

    def chain(self, chain_hash: str) -> Chain:
        if chain_hash not in self._chains:
            raise BeaconError("beacon_chain", N_("There is no beacon with this chain hash."))
        return self._chains[chain_hash]


class HttpBeacon(_Chains):
    """The real one: relays asked in turn, `GET <url>/<chain>/public/<round>`; without any, rounds are handed in."""

    def __init__(self, urls: Iterable[str], *, chains: Mapping[str, Chain] = CHAINS) -> None:
        super().__init__(chains, QUICKNET)
        self._urls = tuple(url.rstrip("/") for url in urls)

    def round(self, chain_hash: str, number: int) -> Round:
        chain = self.chain(chain_hash)
        for url in self._urls:
            given = self._fields(f"{url}/{chain_hash}/public/{number}")
            signature, previous = given.get("signature"), given.get("previous_signature", "")
            if given.get("round") != number or not isinstance(signature, str) or not isinstance(previous, str):
                continue
            try:
                return checked(chain, number, signature, previous)
            except BeaconError:
                continue  # a relay that says what the beacon did not sign: the next one is asked
        raise BeaconError("beacon_silent", N_("The beacon does not answer now; anybody may hand its round in."))

    @staticmethod
    def _fields(url: str) -> Mapping[str, object]:
        try:
            reply = call("GET", url, timeout=TIMEOUT_SECONDS)
            return reply.json() if reply.status == 200 else {}
        except HttpFailed:
            return {}


class MemoryBeacon(_Chains):
    """The fake: a chain with a secret of its own, so that tests have any round; `down` like a relay that is silent."""

    def __init__(self, secret: int = 3797) -> None:
        high, low = compress_G2(multiply(G2, secret))
        key = int(high).to_bytes(_KEY_HALF, "big") + int(low).to_bytes(_KEY_HALF, "big")
        own = Chain("7e57" * 16, key.hex(), QUICKNET.genesis, QUICKNET.period)
        super().__init__({own.hash: own, QUICKNET.hash: QUICKNET}, own)
        self._secret = secret
        self.down = False

    def sign(self, number: int) -> str:
        """The signature of a round of the fake's own chain, hex."""
        point = multiply(hash_to_G1(round_message(number), DOMAIN, sha256), self._secret)  # type: ignore[arg-type]  # as in core.draw.drand
        return int(compress_G1(point)).to_bytes(_KEY_HALF, "big").hex()

    def round(self, chain_hash: str, number: int) -> Round:
        chain = self.chain(chain_hash)
        if self.down or chain is not self.default_chain():
            raise BeaconError("beacon_silent", N_("The beacon does not answer now; anybody may hand its round in."))
        try:
            return checked(chain, number, self.sign(number))
        except (DrawError, OverflowError) as error:
            raise BeaconError("beacon_chain", N_("There is no such round.")) from error
