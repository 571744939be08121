"""One decorator says everything of an address: who, what comes in, what goes out. The server and the OpenAPI document read the same."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

import orjson
from flask import Blueprint, Response, request
from flask_babel import gettext as _

from supermarket.api import once
from supermarket.api.bodies import read_form, read_nothing
from supermarket.api.cursors import signed
from supermarket.api.parameters import Query, read_query
from supermarket.api.shapes import Listing, Shape
from supermarket.core.errors import InvalidInput, MarketError, NotFound
from supermarket.core.forms import CommandForm
from supermarket.extensions import db
from supermarket.projects.forms import in_form_names
from supermarket.web.access import Access, label, present_actor
from supermarket.web.errors import market_problem

PUBLIC, SIGNED_IN = Access(public=True), Access()
PREFIX = "/api/v1"
# What may stand at a place of a path; anything else is 404 before the database is asked.
PLACES: Mapping[str, str] = {
    "code": r"[A-Z]{1,3}[0-9-]{3,24}",
    "uscc": r"[0-9A-HJ-NPQRTUWXY]{18}",
    "purpose": r"main|panel|tie[1-9][0-9]?",
    "kind": r"red|black",
    "number": r"[1-9][0-9]{0,3}",
    "region": r"[1-9][0-9]{5}",
    "mode": r"[a-z][a-z0-9_]{1,31}",
    "id": r"[1-9][0-9]{0,8}",
    "change": r"[A-Za-z0-9_-]{32}",
    "commitment": r"[0-9a-f]{64}",
}
_PLACE = re.compile(r"\{([a-z]+)\}")
# The arguments of a view differ by address; the decorator checks what it hands over.
View = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """One method of one address. Texts are msgids."""

    method: str
    path: str
    summary: str
    access: Access
    view: View
    tag: str
    gives: type[Shape] | None = None
    many: bool = False
    media_type: str = "application/json"
    status: int = 200
    query: type[Query] = Query
    form: type[CommandForm] | None = None
    upload: bool = False
    changes: Callable[..., Mapping[str, object]] | None = None
    needed: tuple[str, ...] = ()
    prepare: Callable[..., object] | None = None
    location: str = ""
    problems: frozenset[int] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        """The operationId."""
        return self.view.__name__

    @property
    def places(self) -> tuple[str, ...]:
        """The names of the path's places."""
        return tuple(_PLACE.findall(self.path))

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"


ROUTES: list[Route] = []


def route(method: str, path: str, summary: str, *, access: Access = PUBLIC, **more: Any) -> Callable[[View], View]:
    """Declare a view; `more` are the other fields of Route.

    A GET view gives a Shape or a Listing. A writing view is called inside the unit with `form` (checked) and, where
    `prepare` is named, with `prepared`: what that gave outside of any transaction.
    """

    def declare(view: View) -> View:
        made = Route(method, path, summary, access, view, tag=view.__module__.rpartition(".")[2], **more)
        ROUTES.append(made)
        return view

    return declare


def bind(blueprint: Blueprint) -> None:
    """Put every declared route on the blueprint."""
    for made in ROUTES:
        rule = _PLACE.sub(r"<\1>", made.path)
        answer = label(made.access)(wraps(made.view)(partial(_answer, made)))
        blueprint.add_url_rule(rule, f"{made.name}", answer, methods=[made.method])


def _answer(made: Route, **places: str) -> Response:
    arguments: dict[str, object] = {name: _place(name, text) for name, text in places.items()}
    if made.query is not Query or request.args:
        query = read_query(made.query, request.args)
        if made.query is not Query:
            arguments["query"] = query
    if made.writes:
        return _write(made, arguments)
    result = made.view(**arguments)
    return result if isinstance(result, Response) else _response(made, once.Answer(made.status, dumped(result)))


def _place(name: str, text: str) -> str | int:
    if not re.fullmatch(PLACES[name], text, re.ASCII):
        raise NotFound(_("There is nothing at this address."))
    return int(text) if name in {"number", "id"} else text


def _write(made: Route, arguments: dict[str, object]) -> Response:
    key = once.wanted_key()
    user_id = present_actor().user_id
    if made.form is None:
        body_hash = read_nothing()
    else:
        present = None if made.changes is None else made.changes(**arguments)
        arguments["form"], body_hash = read_form(made.form, upload=made.upload, present=present, needed=made.needed)
    wanted = once.request_hash(body_hash)
    if key is not None and user_id is not None and (kept := once.earlier(user_id, key, wanted)) is not None:
        return _response(made, kept)
    if made.prepare is not None:
        places = {name: value for name, value in arguments.items() if name in made.places}
        arguments["prepared"] = made.prepare(**places)

    def act() -> once.Answer:
        try:
            result = made.view(**arguments)
        except InvalidInput as error:
            raise in_form_names(error) from error
        db.session.flush()
        return once.Answer(made.status, dumped(result))

    if key is None or user_id is None:
        return _response(made, once.execute(act))
    return _response(made, once.execute_once(user_id, key, wanted, act, _refused))


def _refused(error: MarketError) -> once.Answer:
    problem = market_problem(error)
    return once.Answer(problem.status_code, problem.get_json())


def dumped(result: object) -> once.Json | None:
    """The JSON of a view's result."""
    if isinstance(result, Shape):
        return result.model_dump(mode="json")
    if isinstance(result, Listing):
        return {"items": [item.model_dump(mode="json") for item in result.items], "next": signed(result.next)}
    if result is None:
        return None
    raise TypeError(f"a view gave {type(result).__name__}, which is no shape")


def _response(made: Route, answer: once.Answer) -> Response:
    content = b"" if answer.body is None else orjson.dumps(answer.body) + b"\n"
    problem = answer.status >= 400
    response = Response(content, answer.status, mimetype="application/problem+json" if problem else made.media_type)
    if answer.body is None:
        del response.headers["Content-Type"]
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    if made.location and not problem and isinstance(answer.body, dict):
        response.headers["Location"] = PREFIX + made.location.format(**answer.body)
    return response
