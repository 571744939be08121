"""Column types that refuse what must not be stored: naive times, floats as money, unknown states."""

from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware moments, stored and given back as UTC. Raises ValueError for a naive one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must carry its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class Fen(TypeDecorator[int]):
    """Money: whole fen (0.01 CNY). Raises TypeError for anything but an int."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise TypeError("money is stored as whole fen")
        return value


def values_of(kind: type[StrEnum]) -> list[str]:
    """The stored texts of an enumeration."""
    return [member.value for member in kind]


def choice(kind: type[StrEnum], name: str) -> sa.Enum:
    """A text column that a CHECK constraint named `name` holds to the members of `kind`."""
    return sa.Enum(kind, native_enum=False, create_constraint=True, length=32, name=name, values_callable=values_of)


# A missing value is SQL NULL, never JSON null: CHECK constraints look at it.
Json = JSONB(none_as_null=True)
