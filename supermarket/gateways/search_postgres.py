"""Search for many machines: PostgreSQL, tsvector `simple` over rjieba words with a GIN index.

The table is this gateway's own, in a schema of its own: no foreign key leads there, and it may be dropped and rebuilt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.exc import SQLAlchemyError

from supermarket.core.msgids import N_
from supermarket.gateways.search import NUMBERS, Bounds, Document, Hits, Question, SearchError, ask, mark
from supermarket.gateways.words import index_words

_BATCH: Final = 500
_SCHEMA: Final = "search"
_metadata = sa.MetaData(schema=_SCHEMA)
_table = sa.Table(
    "documents",
    _metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("words", pg.TSVECTOR, nullable=False),
    sa.Column("marks", pg.ARRAY(sa.Text), nullable=False),
    *(sa.Column(name, sa.BigInteger) for name in NUMBERS),
    sa.Index("ix_documents_words", "words", postgresql_using="gin"),
    sa.Index("ix_documents_marks", "marks", postgresql_using="gin"),
)


class PostgresSearch:
    """The index in a database. Where its table is missing, `rebuild` makes it as `owner_url` (the role of migrations)
    for the role of `url`; until then SearchError.
    """

    def __init__(self, url: str, owner_url: str = "") -> None:
        self._engine = sa.create_engine(url, pool_size=2, max_overflow=2, pool_pre_ping=True)
        self._owner_url = owner_url or url

    def index(self, documents: Iterable[Document]) -> None:
        with self._writing() as connection:
            _write(connection, documents)

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        with self._writing() as connection:
            connection.execute(_table.delete().where(_table.c.kind == kind, _table.c.id.in_(list(ids))))

    def rebuild(self, documents: Iterable[Document]) -> int:
        # One transaction: readers see the old rows until it commits.
        self._prepare()
        with self._writing() as connection:
            connection.execute(_table.delete())
            return _write(connection, documents)

    def search(
        self,
        query: str,
        *,
        kind: str,
        filters: Mapping[str, Collection[str]] | None = None,
        bounds: Bounds | None = None,
        sort: str | None = None,
        offset: int = 0,
        limit: int = 20,
        facets: Sequence[str] = (),
    ) -> Hits:
        question = ask(
            query, kind=kind, filters=filters, bounds=bounds, sort=sort, offset=offset, limit=limit, facets=facets
        )
        if question is None:
            return Hits(0, ())
        matching = _conditions(question)
        page = (
            sa.select(_table.c.id)
            .where(*matching)
            .order_by(*_order(question))
            .offset(question.offset)
            .limit(question.limit)
        )
        try:
            with self._engine.connect() as connection:
                total = connection.scalar(sa.select(sa.func.count()).select_from(_table).where(*matching)) or 0
                ids = tuple(connection.scalars(page))
                return Hits(total, ids, _facets(connection, matching, question.facets) if question.facets else {})
        except SQLAlchemyError as error:
            raise SearchError("search_down", N_("The search index cannot be read. Rebuild it.")) from error

    def alive(self) -> bool:
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.select(_table.c.id).limit(1))
        except SQLAlchemyError:
            return False
        return True

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise SearchError("search_down", N_("The search index cannot be read. Rebuild it.")) from error

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            if sa.inspect(connection).has_table(_table.name, schema=_SCHEMA):
                return
        owner = sa.create_engine(self._owner_url, poolclass=sa.NullPool)
        with owner.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('search.documents'))"))
            connection.execute(sa.schema.CreateSchema(_SCHEMA, if_not_exists=True))
            _metadata.create_all(connection)
            role = connection.dialect.identifier_preparer.quote(self._engine.url.username or "")
            if role:
                connection.execute(sa.text(f"GRANT USAGE ON SCHEMA {_SCHEMA} TO {role}"))
                connection.execute(sa.text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_SCHEMA}.documents TO {role}"))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _vector(document: Document) -> sa.ColumnElement[object]:
    def weighed(words: list[str], weight: str) -> sa.ColumnElement[object]:
        return sa.func.setweight(sa.func.to_tsvector("simple", " ".join(words)), sa.literal_column(f"'{weight}'"))

    name = weighed(index_words(document.id) + index_words(document.name), "A")
    return name.concat(weighed(index_words(document.text), "C"))


def _write(connection: sa.Connection, documents: Iterable[Document]) -> int:
    count, rest = 0, iter(documents)
    while batch := {(document.kind, document.id): document for document in islice(rest, _BATCH)}:
        rows = [
            {
                "kind": document.kind,
                "id": document.id,
                "words": _vector(document),
                "marks": document.marks,
                **{name: document.numbers.get(name) for name in NUMBERS},
            }
            for document in batch.values()
        ]
        insert = pg.insert(_table).values(rows)
        changed = {column.name: insert.excluded[column.name] for column in _table.c if not column.primary_key}
        connection.execute(insert.on_conflict_do_update(index_elements=["kind", "id"], set_=changed))
        count += len(batch)
    return count


def _tsquery(question: Question) -> sa.ColumnElement[object]:
    return sa.func.plainto_tsquery("simple", " ".join(question.words))


def _conditions(question: Question) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [_table.c.kind == question.kind]
    if question.words:
        conditions.append(_table.c.words.bool_op("@@")(_tsquery(question)))
    for name, values in question.filters.items():
        conditions.append(_table.c.marks.overlap([mark(name, value) for value in values]))
    for name, (low, high) in question.bounds.items():
        column = _table.c[name]
        conditions.append(column.is_not(None))
        conditions += [] if low is None else [column >= low]
        conditions += [] if high is None else [column <= high]
    return conditions


def _order(question: Question) -> list[sa.ColumnElement[object]]:
    if question.sort_field:
        column = _table.c[question.sort_field]
        return [(column.desc() if question.descending else column.asc()).nulls_last(), _table.c.id]
    if question.words:
        return [sa.func.ts_rank(_table.c.words, _tsquery(question)).desc(), _table.c.id]
    return [_table.c.id]


def _facets(
    connection: sa.Connection, matching: list[sa.ColumnElement[bool]], names: Sequence[str]
) -> dict[str, dict[str, int]]:
    marks = sa.select(sa.func.unnest(_table.c.marks).label("mark")).where(*matching).subquery()
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for term, count in connection.execute(sa.select(marks.c.mark, sa.func.count()).group_by(marks.c.mark)):
        name, _, value = term.partition("=")
        if name in counts:
            counts[name][value] = count
    return counts
