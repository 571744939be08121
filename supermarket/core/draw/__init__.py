"""The verifiable draw, draw-v2: pure functions, no clock, no network, no database.

Rule: the product's selection rules, section 3 (in the spirit of RFC 3797, with SHA-256). Everything here can be
repeated by anybody from the public record alone. Modules: `pool` (the frozen file), `order` (key and order),
`sources` (where the value comes from), `chain` (a party's half of the source `parties`), `receipt` (what a witness
signs), `record` (the public record), `verify` (does a record hold?).
"""

from supermarket.core.draw.chain import (
    CHAIN_LENGTH,
    ChainExhausted,
    commitment,
    is_reveal_of,
    new_seed,
    next_commitments,
    parties_value,
    reveal,
    reveal_for,
)
from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.order import draw_key, draw_order
from supermarket.core.draw.pool import Member, PoolFile, TicketRule, parse_pool_file, pool_file, pool_hash, tickets_for
from supermarket.core.draw.receipt import receipt_body, receipt_holds, sign_receipt
from supermarket.core.draw.record import Excluded, Receipt, Record, parse_record
from supermarket.core.draw.sources import (
    DrandSource,
    PartiesSource,
    PublishedSource,
    Source,
    check_value,
    lottery_value,
    parse_source,
)
from supermarket.core.draw.times import format_time, parse_time
from supermarket.core.draw.verify import Verification, verify_record

__all__ = [
    "CHAIN_LENGTH",
    "ChainExhausted",
    "DrandSource",
    "DrawError",
    "Excluded",
    "Member",
    "PartiesSource",
    "PoolFile",
    "PublishedSource",
    "Receipt",
    "Record",
    "Source",
    "TicketRule",
    "Verification",
    "check_value",
    "commitment",
    "draw_key",
    "draw_order",
    "format_time",
    "is_reveal_of",
    "lottery_value",
    "new_seed",
    "next_commitments",
    "parse_pool_file",
    "parse_record",
    "parse_source",
    "parse_time",
    "parties_value",
    "pool_file",
    "pool_hash",
    "receipt_body",
    "receipt_holds",
    "reveal",
    "reveal_for",
    "sign_receipt",
    "tickets_for",
    "verify_record",
]
