"""Idempotency-Key: the first answer again for the same key and body (specs/api.md; draft-ietf-httpapi-idempotency-key-header).

The key's row is inserted first in the write's own transaction. A second request with the key waits on that row, then
finds the answer; if the first was rolled back, it is the first. So exactly one executes.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from supermarket.accounts.models import IdempotencyKey
from supermarket.core.clock import real_now
from supermarket.core.errors import Conflict, FieldError, InvalidInput, MarketError
from supermarket.core.unit import unit
from supermarket.extensions import db

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
Json = dict[str, object] | list[object]


@dataclass(frozen=True)
class Answer:
    """What a write answered: its status and JSON; `replayed` if it was kept from the first time."""

    status: int
    body: Json | None
    replayed: bool = False


def wanted_key() -> str | None:
    """The request's key. Raises InvalidInput for one that is no key."""
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):
        message = _("A key has 1 to 128 visible ASCII characters; a UUID is a good one.")
        raise InvalidInput(message, errors=[FieldError(HEADER, "malformed", message)])
    return key


def request_hash(body_hash: str) -> str:
    """What must be the same for a key to be the same request: method, address and body."""
    return hashlib.sha256(f"{request.method}\n{request.path}\n{body_hash}".encode()).hexdigest()


def earlier(user_id: int, key: str, wanted: str) -> Answer | None:
    """The kept answer of a key, or None. Raises Conflict if the key was for something else."""
    row = db.session.get(IdempotencyKey, (user_id, key), populate_existing=True)
    if row is None:
        return None
    if row.request_hash != wanted:
        raise Conflict(
            _("This Idempotency-Key was used for another request. Take a new key for a new request."),
            code="idempotency_key_reused",
        )
    return Answer(row.status or 200, row.body, replayed=True)


def execute(act: Callable[[], Answer]) -> Answer:
    """Act in one unit, without a key. Raises what the operation raises."""
    with unit():
        return act()


def execute_once(
    user_id: int, key: str, wanted: str, act: Callable[[], Answer], refused: Callable[[MarketError], Answer]
) -> Answer:
    """Act in one unit, or give the answer of the request that was first with this key.

    A refusal of the operation is an answer too: its changes go back to the savepoint, the answer is kept. Raises
    Conflict if the key was for something else, or if the database says that another came first (then nothing is kept).
    """
    with unit():
        row = {"user_id": user_id, "key": key, "request_hash": wanted, "created_at": real_now()}
        inserted = db.session.execute(
            insert(IdempotencyKey).values(row).on_conflict_do_nothing().returning(IdempotencyKey.key)
        ).first()
        if inserted is None:
            found = earlier(user_id, key, wanted)
            if found is None:
                raise Conflict(_("Another request with this key is under way. Try again."), code="key_in_use")
            return found
        try:
            with db.session.begin_nested():
                answer = act()
                db.session.flush()
        except MarketError as error:
            answer = refused(error)
        db.session.execute(
            sa.update(IdempotencyKey)
            .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
            .values(status=answer.status, body=answer.body)
            .execution_options(synchronize_session=False)
        )
        return answer
