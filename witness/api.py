"""What can be asked of the witness: a table of paths, JSON in, JSON out; knows nothing of sockets."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from witness import page
from witness.book import Book
from witness.draws import Draws
from witness.errors import Refused
from witness.heads import Heads, Peers
from witness.journal import Entry
from witness.quotes import Quotes
from witness.shelf import Shelf
from witness.state import read_state
from witness.tree_heads import TreeHeads
from witness.version import VERSION

PAGE = 1000
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Given = Mapping[str, Json]
Answer = Mapping[str, object]


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON."""

    data: bytes
    kind: str


def text(given: Given, name: str) -> str:
    """The text field `name`; Refused(422) for anything that is not a text of whole letters."""
    value = given[name]
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Refused(422, "invalid", f"{name} must be a text.")
    return value


def number(given: Given, name: str) -> int:
    """The whole-number field `name`; Refused(422) for anything else."""
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(422, "invalid", f"{name} must be a whole number.")
    return value


def texts_of(given: Given, name: str) -> list[str]:
    """The field `name`, a list of texts; Refused(422) for anything else."""
    value = given[name]
    if not isinstance(value, list):
        raise Refused(422, "invalid", f"{name} must be a list of texts.")
    return [text({name: item}, name) for item in value]


@dataclass(frozen=True)
class Post:
    """One thing that can be asked for: its exact fields, the largest body in bytes, who may ask."""

    fields: frozenset[str]
    largest: int
    carry_out: Callable[[Given], Answer]
    open_to_all: bool = False


class Api:
    """The witness's answers."""

    def __init__(self, book: Book) -> None:
        trees = TreeHeads(book)
        draws, heads, peers, quotes = Draws(book), Heads(book, trees), Peers(book), Quotes(book)
        book.replay()
        self._book = book
        small, files, boxes = 4 * 1024, 4 * 1024 * 1024, 8 * 1024 * 1024
        self.posts: dict[str, Post] = {
            "/receipts": Post(frozenset({"pool_file"}), files, lambda g: draws.sign_receipt(text(g, "pool_file"))),
            "/heads": Post(
                frozenset({"log", "seq", "head"}),
                small,
                lambda g: heads.sign(text(g, "log"), number(g, "seq"), text(g, "head")),
            ),
            "/tree-heads": Post(
                frozenset({"log", "size", "root", "from", "proof"}),
                4 * small,
                lambda g: trees.sign(
                    text(g, "log"), number(g, "size"), text(g, "root"), number(g, "from"), texts_of(g, "proof")
                ),
            ),
            "/commitments": Post(frozenset({"project"}), small, lambda g: draws.commit(text(g, "project"))),
            "/reveals": Post(
                frozenset({"project", "purpose"}),
                small,
                lambda g: draws.reveal(text(g, "project"), text(g, "purpose")),
            ),
            "/states": Post(frozenset({"state"}), small, lambda g: peers.take(read_state(g["state"]))),
            "/quote-keys": Post(
                frozenset({"project", "opens_at"}),
                small,
                lambda g: quotes.key(text(g, "project"), text(g, "opens_at")),
            ),
            "/quote-lists": Post(
                frozenset({"project", "list"}),
                files,
                lambda g: quotes.countersign(text(g, "project"), text(g, "list")),
            ),
            "/quote-openings": Post(
                frozenset({"project", "list_hash", "ciphertexts"}),
                boxes,
                lambda g: {"opened": quotes.open(text(g, "project"), text(g, "list_hash"), texts_of(g, "ciphertexts"))},
            ),
        }
        self.shelves: dict[str, Shelf] = {
            "receipts": draws.receipts,
            "tree_heads": trees.shelf,
            "heads": heads.shelf,
            "reveals": draws.reveals,
            "states": peers.shelf,
            "quote_keys": quotes.keys,
            "quote_lists": quotes.lists,
        }
        self._commitments = draws.commitments
        self._last_tree = trees.last
        self._peers = peers.all

    def get(self, path: str, query: str) -> Answer | Content:
        """Answer a GET: the key, the state, a page of a list, narrowed by its one filter; `next` is the next `after`."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        if path == "/":
            return Content(self._page(given).encode(), "text/html; charset=utf-8")
        if path == "/style.css" and not given:
            return Content(page.STYLE.encode(), "text/css; charset=utf-8")
        if path == "/key" and not given:
            return self._key()
        if path == "/state" and not given:
            with self._book.lock:
                return {**self._book.state().shown(), "catching_up": self._book.catching_up is not None}
        if path == "/tree-heads/last" and given.keys() == {"log"}:
            return self._last_tree(given["log"])
        return self._list(path.removeprefix("/").replace("-", "_"), given)

    def _key(self) -> Answer:
        book = self._book
        return {
            "name": book.name,
            "key": book.public_key,
            "since": book.since,
            "version": VERSION,
            "catching_up": book.catching_up is not None,
            "at": book.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _list(self, name: str, given: dict[str, str]) -> Answer:
        by = {"commitments": "project", "log": ""}.get(name)
        if by is None:
            if name not in self.shelves:
                raise Refused(404, "not_found", "There is no such page.")
            by = {"peer_key": "key"}.get(self.shelves[name].by, self.shelves[name].by)
        after = given.pop("after", "0")
        if given.keys() - {by} or not re.fullmatch("[0-9]{1,9}", after):
            raise Refused(422, "unknown_field", f"This list takes {by or 'nothing else'} and after (a number) only.")
        start = int(after)
        with self._book.lock:
            found = self._found(name, given.get(by), start)
        following = start + PAGE if len(found) > PAGE else None
        return {name: found[:PAGE], "next": following}

    def _found(self, name: str, narrowed: str | None, start: int) -> list[Entry]:
        """One more than a page has, if there is."""
        if name == "log":
            return self._book.entries(start, PAGE + 1)
        if name == "commitments":
            return self._commitments(narrowed, start, PAGE + 1)
        signed = {} if name == "states" and narrowed is None else {"by": self._book.name}
        return [{**entry, **signed} for entry in self.shelves[name].page(narrowed, start, PAGE + 1)]

    def _page(self, given: dict[str, str]) -> str:
        project = given.get("project", "")[:64].strip()
        with self._book.lock:
            facts = page.Facts(
                name=self._book.name,
                since=self._book.since,
                state=self._book.state(),
                version=VERSION,
                behind=None if self._book.catching_up is None else self._book.catching_up.at,
                counts={name: shelf.count() for name, shelf in self.shelves.items()},
                project=project,
                found={name: shelf.newest(project or None, page.ROWS) for name, shelf in self.shelves.items()},
                peers=self._peers(),
            )
        return page.made(facts)

    def post(self, path: str, body: bytes) -> Answer:
        """Carry out a POST whose body is a JSON object with exactly the fields of its path."""
        asked = self.asked(path)
        try:
            given = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused(400, "not_json", "The body is not JSON in UTF-8.") from None
        if not isinstance(given, dict) or given.keys() != asked.fields:
            names = ", ".join(sorted(asked.fields))
            raise Refused(422, "unknown_field", f"The body has exactly these fields: {names}.")
        return asked.carry_out(given)

    def asked(self, path: str) -> Post:
        """What a path stands for. Raises Refused(404)."""
        if path not in self.posts:
            raise Refused(404, "not_found", "There is no such page.")
        return self.posts[path]
