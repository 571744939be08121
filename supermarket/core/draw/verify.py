"""Does a public record hold? Everything that can be computed again is, and what cannot be checked here is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from supermarket.core.draw.errors import DrawError
from supermarket.core.draw.order import draw_key, draw_order
from supermarket.core.draw.pool import PoolFile, parse_pool_file, pool_hash
from supermarket.core.draw.receipt import receipt_holds
from supermarket.core.draw.record import Record, parse_record
from supermarket.core.draw.sources import DrandSource, PartiesSource, PublishedSource, Source, check_value

RECEIPT_SIGNATURE = "receipt signature"
DRAND_SIGNATURE = "drand signature"
BULLETIN = "bulletin"


@dataclass(frozen=True, slots=True)
class Verification:
    """`ok`: nothing differs. `differences`: "<field>: <what>", English; `not_checked`: what could not be seen."""

    ok: bool
    differences: tuple[str, ...]
    not_checked: tuple[str, ...]


def verify_record(data: bytes, witness_keys: Mapping[str, bytes] | None = None) -> Verification:
    """Check the bytes of a record; never raises for bad input.

    `witness_keys`: the 32-byte Ed25519 public keys of the witnesses by name; without them the receipt's signature is
    named among `not_checked`. A record without an order does not hold: nothing was drawn yet.
    """
    try:
        record = parse_record(data)
    except DrawError as error:
        return Verification(ok=False, differences=(str(error),), not_checked=())
    not_checked: list[str] = []
    if witness_keys is None and record.receipt is not None:
        not_checked.append(RECEIPT_SIGNATURE)
    try:
        pool = parse_pool_file(record.pool_file.encode())
    except DrawError as error:
        return Verification(ok=False, differences=(str(error),), not_checked=tuple(not_checked))
    if record.value is not None:
        if isinstance(pool.source, DrandSource):
            not_checked.append(DRAND_SIGNATURE)
        elif isinstance(pool.source, PublishedSource) or record.refused:
            not_checked.append(BULLETIN)
    differences = tuple(_differences(record, pool, witness_keys))
    return Verification(ok=not differences, differences=differences, not_checked=tuple(not_checked))


def _differences(record: Record, pool: PoolFile, witness_keys: Mapping[str, bytes] | None) -> Iterator[str]:
    computed_hash = pool_hash(record.pool_file.encode())
    if record.pool_hash != computed_hash:
        yield f"pool_hash: computed {computed_hash}, the record says {record.pool_hash}"
    both = {m.id for m in pool.members} & {e.id for e in record.excluded}
    for member in sorted(both):
        yield f"excluded: {member} is in the pool"
    yield from _receipt_differences(record, pool, computed_hash, witness_keys)
    for name in ("source_time", "value", "entered_by", "refused", "drawn_at", "key", "order"):
        if getattr(record, name) is None:
            yield f"{name}: null, so nothing is drawn yet or the record is not whole"
    if record.value is not None:
        yield from _value_differences(record, pool, record.value)
        key = draw_key(computed_hash, record.value)
        order = draw_order(pool.members, key)
        if record.key is not None and record.key != key:
            yield f"key: computed {key}, the record says {record.key}"
        if record.order is not None and record.order != order:
            yield f"order: computed {' '.join(order)}, the record says {' '.join(record.order)}"
    yield from _time_differences(record, pool)


def _receipt_differences(
    record: Record, pool: PoolFile, computed_hash: str, witness_keys: Mapping[str, bytes] | None
) -> Iterator[str]:
    receipt = record.receipt
    if receipt is None:
        yield "receipt: null, and without a receipt there is no draw"
    elif witness_keys is not None:
        if receipt.by not in witness_keys:
            yield f"receipt: no key is known of a witness named {receipt.by}"
        elif not receipt_holds(
            witness_keys[receipt.by],
            receipt.signature,
            project=pool.project,
            purpose=pool.purpose,
            pool_hash=computed_hash,
            at=receipt.at,
        ):
            yield f"receipt: the signature is not that of {receipt.by} for this pool and time"


def _value_differences(record: Record, pool: PoolFile, value: str) -> Iterator[str]:
    try:
        check_value(pool.source, value, refused=bool(record.refused))
    except DrawError as error:
        yield str(error)
    if record.refused and not isinstance(pool.source, PartiesSource):
        yield "refused: only a source of parties has parties that can refuse"
    elif record.refused and not _some_of_the_parties(record.refused, pool.source):
        yield "refused: a name twice, or more names than parties"
    lottery = isinstance(pool.source, PublishedSource) or bool(record.refused)
    if lottery and record.entered_by is not None and len(set(record.entered_by)) < 2:
        yield "entered_by: two must type a bulletin's numbers"


def _some_of_the_parties(refused: tuple[str, ...], source: Source) -> bool:
    parties = len(source.commitments) if isinstance(source, PartiesSource) else 0
    return len(set(refused)) == len(refused) <= parties


def _time_differences(record: Record, pool: PoolFile) -> Iterator[str]:
    if record.receipt is not None and record.source_time is not None:
        # Who refused is named after the receipt, and the lottery's sales close an hour after that.
        earliest = PublishedSource.earliest if record.refused else pool.source.earliest
        if record.source_time < record.receipt.at + earliest:
            yield f"source_time: earlier than {int(earliest.total_seconds())} s after the receipt"
    if record.drawn_at is not None and record.source_time is not None and record.drawn_at < record.source_time:
        yield "drawn_at: earlier than source_time"
