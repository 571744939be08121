"""/log: heads of the one log over all projects, proofs between them, and the proof that one event stands in it (ADR 39)."""

import builtins

from pydantic import Field

from supermarket.api.cursors import place_of
from supermarket.api.parameters import PageQuery, Query, Whole
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, cursor_at, number_after
from supermarket.core.errors import InvalidInput
from supermarket.core.log_proof import LogProof
from supermarket.core.msgids import N_
from supermarket.web.access import present_actor
from supermarket.witnesses import log_queries
from supermarket.witnesses.models import LogHead
from supermarket.witnesses.queries import LOG_NAME

MOST_SIZE = 999_999_999


class HeadSignatureShape(Shape):
    """A witness's Ed25519 signature over “head-v2 / log / size / root / at”, LF after every line."""

    by: str = Field(description="the witness's name")
    key: str = Field(description="its public key in hex; compare it with what the office publishes")
    at: str = Field(description="its own time")
    signature: str


class HeadShape(Shape):
    """A head of the log as it was shown to the witnesses, once an hour."""

    log: str
    size: int = Field(description="how many events")
    root: str = Field(description="Merkle root over them (RFC 9162, SHA-256), hex")
    made_at: Moment
    signatures: builtins.list[HeadSignatureShape]


class ConsistencyShape(Shape):
    """The proof (RFC 9162, 2.1.4) that the later log is the earlier one, grown on."""

    log: str
    first: int
    first_root: str
    second: int
    second_root: str
    path: builtins.list[str] = Field(description="hashes in hex; empty where both are the same head")


class ProofShape(Shape):
    """The proof that an event stands in the log, `log-proof-v1`: what leads from its body to a signed root."""

    format: str
    log: str
    place: int = Field(
        description="where its leaf stands, from 1; within an hour leaves stand in the order of their hashes"
    )
    body: str = Field(description="the event; the leaf is SHA-256 of 0x00 and these bytes")
    size: int
    root: str
    path: builtins.list[str] = Field(description="hashes in hex (RFC 9162, 2.1.3)")
    signatures: builtins.list[HeadSignatureShape]


class ConsistencyQuery(Query):
    """Two heads by their sizes."""

    first: Whole = Field(ge=1, le=MOST_SIZE, alias="from", description="size of the earlier head")
    second: Whole = Field(ge=1, le=MOST_SIZE, alias="to", description="size of the later head")


class ProofQuery(Query):
    """Under which head."""

    size: Whole | None = Field(
        None, ge=1, le=MOST_SIZE, description="size of the head; without it the newest signed one"
    )


def _head(row: LogHead) -> HeadShape:
    signatures = [HeadSignatureShape(**each.content()) for each in log_queries.signatures_of(row)]
    return HeadShape(log=LOG_NAME, size=row.size, root=row.root, made_at=row.made_at, signatures=signatures)


def _proof(found: LogProof) -> ProofShape:
    return ProofShape.model_validate(found.content())


@route("GET", "/log/heads", N_("Heads of the log"), gives=HeadShape, many=True, query=PageQuery)
def list_heads(query: PageQuery) -> Listing[HeadShape]:
    """The newest first. Each is signed by a witness only once it is proved to be the one before, grown on."""
    rows, following = log_queries.heads_page(before=number_after(query.after), limit=query.size)
    return Listing([_head(row) for row in rows], cursor_at(following))


@route(
    "GET",
    "/log/consistency",
    N_("Proof from one head to a later one"),
    gives=ConsistencyShape,
    query=ConsistencyQuery,
    problems=frozenset({404}),
)
def get_consistency(query: ConsistencyQuery) -> ConsistencyShape:
    """Between heads of the list alone: how the log grew within an hour is nobody's business."""
    found = log_queries.between(query.first, query.second)
    return ConsistencyShape(
        log=LOG_NAME,
        first=found.first.size,
        first_root=found.first.root,
        second=found.second.size,
        second_root=found.second.root,
        path=list(found.path),
    )


@route("GET", "/log/events/{change}", N_("Proof of a public change"), gives=ProofShape, query=ProofQuery)
def get_event_proof(change: str, query: ProofQuery) -> ProofShape:
    """That an item of /changes, by its `id`, stands in the log. 404 with code `not_in_a_head_yet`: wait for the full hour."""
    try:
        seq = place_of(change)
    except InvalidInput:
        seq = 0
    return _proof(log_queries.proof_of_event(seq, actor=present_actor(), size=query.size))


@route("GET", "/log/quotes/{commitment}", N_("Proof of a sealed quote"), gives=ProofShape, query=ProofQuery)
def get_quote_proof(commitment: str, query: ProofQuery) -> ProofShape:
    """That a sealed quote came in, by its commitment: for its bidder from the next head on, for everybody from the list on."""
    return _proof(log_queries.proof_of_quote(commitment, actor=present_actor(), size=query.size))
