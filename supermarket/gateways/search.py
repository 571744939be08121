"""Search behind one interface: what is indexed, what can be asked, and the fake.

The real ones: `search_whoosh` for one machine, `search_postgres` for many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from supermarket.core.msgids import N_
from supermarket.gateways.errors import GatewayError
from supermarket.gateways.words import index_words, query_words

# What a list may be sorted by or bounded by; all whole numbers: stars are × 100, money is fen, moments are seconds.
NUMBERS: Final = ("stars", "credit", "price", "moment")
DEEPEST: Final = 10_000
NAME_WEIGHT: Final = 3


class SearchError(GatewayError):
    """The question cannot be asked, or the index cannot be read."""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to find. `name` counts more than `text`. `filters`: e.g. {"region": ["510000", "510100"]}."""

    kind: str
    id: str
    name: str
    text: str = ""
    filters: Mapping[str, Collection[str]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.numbers.items():
            if name not in NUMBERS or not isinstance(value, int) or isinstance(value, bool):
                raise SearchError("search_number", N_("Search knows no whole number “%(name)s”."), name=name)

    @property
    def words(self) -> list[str]:
        """All words, the id among them, those of the name repeated by their weight."""
        return index_words(self.id) + index_words(self.name) * NAME_WEIGHT + index_words(self.text)

    @property
    def marks(self) -> list[str]:
        """The filters as single terms."""
        return [mark(name, value) for name, values in self.filters.items() for value in values]


@dataclass(frozen=True, slots=True)
class Hits:
    """`total` of all that match; `ids` of this page; `facets`: name → value → how many of all that match."""

    total: int
    ids: tuple[str, ...]
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


Bounds = Mapping[str, tuple[int | None, int | None]]


@dataclass(frozen=True, slots=True)
class Question:
    """A checked query. Within one filter any value suffices, all filters must hold; bounds include their ends.

    `sort` is a number's name, with `-` for the largest first; without it the best match comes first, then by id.
    """

    words: tuple[str, ...]
    kind: str
    filters: Mapping[str, Collection[str]]
    bounds: Bounds
    sort: str | None
    offset: int
    limit: int
    facets: tuple[str, ...]

    @property
    def sort_field(self) -> str | None:
        """The number to sort by."""
        return self.sort.removeprefix("-") if self.sort else None

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return bool(self.sort) and str(self.sort).startswith("-")


class Search(Protocol):
    """An index. Fed after the commit or by `flask search rebuild`, so it may lag but never decides anything."""

    def index(self, documents: Iterable[Document]) -> None:
        """Add, or replace those with the same kind and id."""

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        """Forget; what is not there is no error."""

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Make the whole index anew and put it in the old one's place at once; the number of documents."""

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
        """See Question. An empty query matches everything of its kind. Raises SearchError."""

    def alive(self) -> bool:
        """Whether it answers (readyz)."""


def ask(
    query: str,
    *,
    kind: str,
    filters: Mapping[str, Collection[str]] | None = None,
    bounds: Bounds | None = None,
    sort: str | None = None,
    offset: int = 0,
    limit: int = 20,
    facets: Sequence[str] = (),
) -> Question | None:
    """The checked question; None if it can have no answer (words of which none can be searched for)."""
    named = [*(bounds or {}), *([sort.removeprefix("-")] if sort else [])]
    for name in named:
        if name not in NUMBERS:
            raise SearchError("search_number", N_("Search knows no whole number “%(name)s”."), name=name)
    if offset < 0 or not 1 <= limit <= 1000 or offset + limit > DEEPEST:
        raise SearchError("search_depth", N_("Search shows the first %(deepest)s results."), deepest=DEEPEST)
    words = tuple(query_words(query))
    if query.strip() and not words:
        return None
    return Question(words, kind, filters or {}, bounds or {}, sort, offset, limit, tuple(facets))


def mark(name: str, value: str) -> str:
    """A filter as one term."""
    return f"{name}={value}"


class MemorySearch:
    """The fake: the same words, compared one by one."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Document] = {}

    def index(self, documents: Iterable[Document]) -> None:
        self.documents.update({(document.kind, document.id): document for document in documents})

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        for id_ in ids:
            self.documents.pop((kind, id_), None)

    def rebuild(self, documents: Iterable[Document]) -> int:
        self.documents = {(document.kind, document.id): document for document in documents}
        return len(self.documents)

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
        found = [document for document in self.documents.values() if _matches(document, question)]
        found.sort(key=lambda document: _rank(document, question))
        page = found[question.offset : question.offset + question.limit]
        counts = {
            name: dict(Counter(value for document in found for value in set(document.filters.get(name, ()))))
            for name in question.facets
        }
        return Hits(len(found), tuple(document.id for document in page), counts)

    def alive(self) -> bool:
        return True


def _matches(document: Document, question: Question) -> bool:
    if document.kind != question.kind or not set(question.words) <= set(document.words):
        return False
    if any(not set(values) & set(document.filters.get(name, ())) for name, values in question.filters.items()):
        return False
    for name, (low, high) in question.bounds.items():
        number = document.numbers.get(name)
        if number is None or (low is not None and number < low) or (high is not None and number > high):
            return False
    return True


def _rank(document: Document, question: Question) -> tuple[bool, int, str]:
    if question.sort_field:
        number = document.numbers.get(question.sort_field)
        # Who has no number comes last in both directions.
        return number is None, (number or 0) * (-1 if question.descending else 1), document.id
    words = Counter(document.words)
    return False, -sum(words[word] for word in question.words), document.id
