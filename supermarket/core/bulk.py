"""Many rows in one statement whose text does not depend on how many they are: each column travels as one array."""

from collections.abc import Mapping, Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.sql.selectable import TableValuedAlias

from supermarket.extensions import Base, db

Row = Mapping[str, object]


def given(model: type[Base], rows: Sequence[Row]) -> TableValuedAlias:
    """The rows as a table named `given`, with the columns that the first of them names. Raises KeyError where one lacks a name."""
    columns = {name: sa.inspect(model).columns[name].type for name in rows[0]}
    arrays = [sa.cast([row[name] for row in rows], ARRAY(kind)) for name, kind in columns.items()]
    named = [sa.column(name, kind) for name, kind in columns.items()]
    return sa.func.unnest(*arrays).table_valued(*named).render_derived(name="given")


def insert_of(model: type[Base], rows: Sequence[Row]) -> Insert:
    """One INSERT of all rows, in their order; every row names the same columns. The database gives the ids."""
    return insert(model).from_select(list(rows[0]), sa.select(*given(model, rows).c))


def update_many(model: type[Base], rows: Sequence[Row], **more: object) -> None:
    """One UPDATE that gives each row, named by its `id`, its own values, and the expressions `more` to all.

    Objects of the session do not learn of it. Nothing happens where there are no rows.
    """
    if not rows:
        return
    new = given(model, rows)
    values = {name: new.c[name] for name in rows[0] if name != "id"}
    table = cast("sa.Table", model.__table__)
    db.session.execute(
        sa.update(model).where(table.c.id == new.c.id).values(**values, **more),
        execution_options={"synchronize_session": False},
    )
