"""Search: three engines, one behaviour."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from supermarket.gateways.search import Document, Hits, MemorySearch, Search, SearchError
from supermarket.gateways.search_postgres import PostgresSearch
from supermarket.gateways.search_whoosh import WhooshSearch
from supermarket.gateways.words import index_words, query_words
from tests.servers import TestDatabase

STUDY = Document(
    kind="matter",
    id="ZJ003",
    name="可行性研究报告编制",
    text="发展改革部门",
    filters={"region": ["510000", "510100"], "stage": ["立项"]},
    numbers={"price": 5},
)
IMPACT = Document(
    kind="matter",
    id="ZJ004",
    name="环境影响评价",
    text="可行性研究之后",
    filters={"region": ["510000"], "stage": ["开工"]},
    numbers={"price": -2},
)
SOIL = Document(
    kind="matter",
    id="ZJ005",
    name="水土保持方案编制",
    text="水利部门",
    filters={"region": ["510000"], "stage": ["开工"]},
)
AGENCY = Document(
    kind="agency",
    id="91510100MA61T2XX0H",
    name="锦程工程咨询有限公司",
    text="可行性研究",
    filters={"region": ["510100"]},
    numbers={"stars": 450},
)
DOCUMENTS = [STUDY, IMPACT, SOIL, AGENCY]


@pytest.fixture(params=["memory", "whoosh", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Search]:
    if request.param == "postgres":
        database: TestDatabase = request.getfixturevalue("database")
        search = PostgresSearch(database.url, database.owner_url)
        try:
            search.rebuild([])
            yield search
        finally:
            search.close()
    else:
        yield MemorySearch() if request.param == "memory" else WhooshSearch(tmp_path / "search")


def ids(hits: Hits) -> tuple[str, ...]:
    return hits.ids


def test_words_of_one_kind_the_better_match_first(engine: Search) -> None:
    engine.index(DOCUMENTS)
    engine.index(DOCUMENTS)
    assert engine.search("可行性研究", kind="matter") == Hits(2, ("ZJ003", "ZJ004"))
    assert engine.search("可行性研究报告", kind="matter") == Hits(1, ("ZJ003",))
    assert engine.search("zj004", kind="matter") == Hits(1, ("ZJ004",))
    assert engine.search("91510100ma61t2xx0h", kind="agency") == Hits(1, ("91510100MA61T2XX0H",))
    assert engine.search("锦程 环境", kind="agency") == Hits(0, ())
    assert engine.search("，。", kind="matter") == Hits(0, ())


def test_filters_bounds_sorting_and_facets(engine: Search) -> None:
    engine.index(DOCUMENTS)
    found = engine.search("", kind="matter", sort="price", facets=["region", "stage"])
    assert found.ids == ("ZJ004", "ZJ003", "ZJ005")
    assert found.facets == {"region": {"510000": 3, "510100": 1}, "stage": {"开工": 2, "立项": 1}}
    assert ids(engine.search("", kind="matter", sort="-price")) == ("ZJ003", "ZJ004", "ZJ005")
    assert ids(engine.search("编制", kind="matter", filters={"stage": ["开工", "竣工"]})) == ("ZJ005",)
    assert ids(engine.search("", kind="matter", filters={"region": ["510100"], "stage": ["开工"]})) == ()
    assert ids(engine.search("", kind="matter", filters={"region": []})) == ()
    assert ids(engine.search("", kind="matter", bounds={"price": (None, 0)})) == ("ZJ004",)
    assert ids(engine.search("", kind="matter", bounds={"price": (5, 5)})) == ("ZJ003",)
    assert ids(engine.search("", kind="agency", bounds={"stars": (451, None)})) == ()


def test_pages(engine: Search) -> None:
    engine.index(DOCUMENTS)
    assert engine.search("", kind="matter", offset=1, limit=1) == Hits(3, ("ZJ004",))
    assert engine.search("", kind="matter", offset=5, limit=1) == Hits(3, ())


def test_removal_and_rebuild(engine: Search) -> None:
    engine.index(DOCUMENTS)
    engine.remove("matter", ["ZJ003", "not there"])
    assert engine.search("报告", kind="matter") == Hits(0, ())
    assert engine.rebuild(iter(DOCUMENTS[:1])) == 1
    assert engine.search("", kind="matter") == Hits(1, ("ZJ003",))
    assert engine.search("", kind="agency") == Hits(0, ())
    assert engine.alive()


def test_a_failed_rebuild_leaves_the_old_index(engine: Search) -> None:
    def broken() -> Iterator[Document]:
        yield DOCUMENTS[0]
        raise OSError("disk full")

    engine.index(DOCUMENTS)
    with pytest.raises(OSError, match="disk full"):
        engine.rebuild(broken())
    assert engine.search("", kind="matter").total == 3
    engine.index(DOCUMENTS[:1])


def test_what_cannot_be_asked(engine: Search) -> None:
    for question in (
        {"sort": "weight"},
        {"bounds": {"weight": (1, 2)}},
        {"offset": -1},
        {"offset": 9_999, "limit": 20},
    ):
        with pytest.raises(SearchError):
            engine.search("", kind="matter", **question)


def test_whoosh_rebuild_keeps_one_older_folder_for_its_readers(tmp_path: Path) -> None:
    engine = WhooshSearch(tmp_path)
    for _ in range(4):
        engine.rebuild(DOCUMENTS)
    assert len(list(tmp_path.glob("index-*"))) == 2


def test_numbers_are_whole() -> None:
    for numbers in ({"stars": 4.5}, {"stars": True}, {"weight": 1}):
        with pytest.raises(SearchError):
            Document("agency", "x", "x", numbers=numbers)  # type: ignore[arg-type]  # wrong on purpose


def test_words() -> None:
    assert query_words("可行性研究报告的编制") == ["可行", "研究", "可行性", "报告", "编制"]
    assert set(query_words("环境影响评价")) <= set(index_words("建设项目环境影响评价文件"))
    assert query_words("Ｐ-2026-000456") == ["p_2026_000456"]
