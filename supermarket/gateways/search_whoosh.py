"""Search for one machine: Whoosh, one text field of rjieba words, filters inside the And.

The schema is pickled into the index folder: the folder counts as code, so it lies where only the site may write.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

with warnings.catch_warnings():
    # Whoosh 2.7.4 (2016) has escapes in its strings that newer Pythons warn of when they compile it.
    warnings.simplefilter("ignore")
    from whoosh import index as whoosh_index
    from whoosh import query as q
    from whoosh import sorting
    from whoosh.analysis import SpaceSeparatedTokenizer

    # Whoosh imports its codec only when it first writes; here, so that its warnings stay inside.
    from whoosh.codec import whoosh3 as _codec
    from whoosh.fields import ID, KEYWORD, NUMERIC, TEXT, Schema

from supermarket.core.msgids import N_
from supermarket.gateways.search import NUMBERS, Bounds, Document, Hits, Question, SearchError, ask, mark

__all__ = ["WhooshSearch"]

_CODEC: Final = _codec.W3Codec
_CURRENT: Final = "current"
_BATCH_MB: Final = 64
_LOW: Final = -(2**62)
_HIGH: Final = 2**62


def _schema() -> Any:  # Whoosh has no types
    numbers = {name: NUMERIC(int, 64, signed=True, sortable=True, default=None) for name in NUMBERS}
    missing = {f"no_{name}": NUMERIC(int, 32, signed=True, sortable=True, default=0) for name in NUMBERS}
    return Schema(
        key=ID(unique=True),
        kind=ID(),
        id=ID(stored=True, sortable=True),
        # The words are cut by `words.py`; Whoosh only splits at the spaces between them.
        words=TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False),
        marks=KEYWORD(commas=True, lowercase=False),
        **numbers,
        **missing,
    )


class WhooshSearch:
    """An index in a local folder. Writers take turns (one machine); readers never wait."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root

    def index(self, documents: Iterable[Document]) -> None:
        with self._writing():
            writer = self._open().writer(limitmb=_BATCH_MB, codec=_CODEC())
            self._write(writer, documents)

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        with self._writing():
            writer = self._open().writer(limitmb=_BATCH_MB, codec=_CODEC())
            for id_ in ids:
                writer.delete_by_term("key", f"{kind}:{id_}")
            writer.commit()

    def rebuild(self, documents: Iterable[Document]) -> int:
        with self._writing():
            folder = self._fresh()
            try:
                writer = whoosh_index.open_dir(folder).writer(limitmb=_BATCH_MB, codec=_CODEC())
                count = self._write(writer, documents, fresh=True)
            except BaseException:
                shutil.rmtree(folder)
                raise
            self._swap(folder)
            return count

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
        with self._open().searcher() as searcher:
            wanted = _query(question)
            results = searcher.search(wanted, limit=question.offset + question.limit, sortedby=_sorting(question))
            ids = tuple(hit["id"] for hit in results[question.offset :])
            counts = _facets(searcher, wanted, question.facets) if question.facets else {}
            return Hits(len(results), ids, counts)

    def alive(self) -> bool:
        try:
            self._open()
        except SearchError:
            return False
        return True

    @staticmethod
    def _write(writer: Any, documents: Iterable[Document], *, fresh: bool = False) -> int:
        count, write = 0, writer.add_document if fresh else writer.update_document
        try:
            for document in documents:
                write(**_fields(document))
                count += 1
        except BaseException:
            writer.cancel()
            raise
        writer.commit()
        return count

    def _open(self) -> Any:
        link = self._root / _CURRENT
        if not link.exists():
            with self._writing(create=False):
                if not link.exists():
                    self._swap(self._fresh())
        try:
            return whoosh_index.open_dir(str(link.resolve()))
        except (whoosh_index.IndexError, OSError) as error:
            # A rebuild may have swapped between resolve and open: the second look sees the new one.
            try:
                return whoosh_index.open_dir(str(link.resolve()))
            except (whoosh_index.IndexError, OSError):
                raise SearchError("search_down", N_("The search index cannot be read. Rebuild it.")) from error

    def _fresh(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="index-", dir=self._root))
        whoosh_index.create_in(str(folder), _schema())
        return folder

    def _swap(self, folder: Path) -> None:
        link, fresh = self._root / _CURRENT, self._root / f".{folder.name}"
        before = link.resolve() if link.exists() else None
        fresh.symlink_to(folder.name)
        fresh.replace(link)
        for other in self._root.glob("index-*"):
            if other not in (folder, before):  # the one before may still be read
                shutil.rmtree(other)

    @contextmanager
    def _writing(self, *, create: bool = True) -> Iterator[None]:
        if create:
            self._open()  # so that the first index is made before, not inside, the lock
        with (self._root / ".lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _fields(document: Document) -> dict[str, object]:
    fields: dict[str, object] = {
        "key": f"{document.kind}:{document.id}",
        "kind": document.kind,
        "id": document.id,
        "words": " ".join(document.words),
        "marks": ",".join(document.marks),
    }
    for name in NUMBERS:
        if name in document.numbers:
            fields[name] = document.numbers[name]
        fields[f"no_{name}"] = int(name not in document.numbers)
    return fields


def _query(question: Question) -> Any:
    parts = [q.Term("kind", question.kind, boost=0.0)]
    parts += [q.Term("words", word) for word in question.words]
    for name, values in question.filters.items():
        parts.append(q.Or([q.Term("marks", mark(name, value)) for value in values]).with_boost(0.0))
    for name, (low, high) in question.bounds.items():
        parts.append(q.NumericRange(name, _LOW if low is None else low, _HIGH if high is None else high, boost=0.0))
    return q.And(parts)


def _sorting(question: Question) -> Any:
    by_id = sorting.FieldFacet("id")
    if question.sort_field:
        number = sorting.FieldFacet(question.sort_field, reverse=question.descending)
        return [sorting.FieldFacet(f"no_{question.sort_field}"), number, by_id]
    return [sorting.ScoreFacet(), by_id] if question.words else by_id


def _facets(searcher: Any, wanted: Any, names: Sequence[str]) -> dict[str, dict[str, int]]:
    grouped = searcher.search(
        wanted, limit=1, groupedby=sorting.FieldFacet("marks", allow_overlap=True, maptype=sorting.Count)
    )
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for term, count in grouped.groups().items():
        name, separator, value = str(term or "").partition("=")
        if separator and name in counts:
            counts[name][value] = count
    return counts
