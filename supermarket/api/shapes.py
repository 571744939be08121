"""What the API's answers are made of: amounts as text with their currency, moments with their offset, lists with a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, Literal, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from supermarket.core.clock import LOCAL, now
from supermarket.core.money import yuan_text
from supermarket.core.paging import decode_cursor, encode_cursor
from supermarket.core.permissions import Actor
from supermarket.web.access import present_actor


class Shape(BaseModel):
    """The base of every answer; its JSON Schema stands in the OpenAPI document."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


Item = TypeVar("Item", bound=Shape)


class Money(Shape):
    """An amount in yuan with two decimals."""

    amount: str = Field(pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["12345.67"])
    currency: Literal["CNY"]


def _with_offset(moment: datetime) -> str:
    return moment.astimezone(LOCAL).isoformat()


Moment = Annotated[
    datetime,
    PlainSerializer(_with_offset, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-27T18:00:00+08:00"]}),
]


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """One page of a list and the cursor of what follows (None: nothing)."""

    items: Sequence[Item]
    next: str | None = None


class Acting(TypedDict):
    """Who acts and when, as every operation takes it."""

    actor: Actor
    at: datetime


def acting() -> Acting:
    """The token's owner and the market's time."""
    return {"actor": present_actor(), "at": now()}


def money(fen: int) -> Money:
    """An amount in fen as the API writes it."""
    return Money(amount=yuan_text(fen), currency="CNY")


def money_or_none(fen: int | None) -> Money | None:
    """The same where there may be none."""
    return None if fen is None else money(fen)


def number_after(cursor: str | None) -> int | None:
    """The record number that a cursor of ours names. Raises InvalidInput at `page[after]`."""
    if cursor is None:
        return None
    value = decode_cursor(cursor, (int,))[0]
    return value if isinstance(value, int) else None


def cursor_at(number: int | None) -> str | None:
    """The cursor that goes on after a record number."""
    return None if number is None else encode_cursor([number])
