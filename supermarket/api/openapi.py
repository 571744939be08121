"""The OpenAPI 3.1 document, made from the declared routes: what it says is what the server checks."""

from collections.abc import Mapping

from flask_babel import gettext as _
from pydantic.json_schema import models_json_schema

from supermarket import __version__
from supermarket.api.form_schema import Schema, schema_of
from supermarket.api.once import HEADER
from supermarket.api.parameters import Query
from supermarket.api.routes import PLACES, PREFIX, ROUTES, Route
from supermarket.api.shapes import Shape
from supermarket.core.msgids import N_
from supermarket.web.context import site_name

PROBLEM_TYPE = "application/problem+json"
TITLES = {
    401: N_("The token is missing or not valid"),
    403: N_("Who: the account may not do this here"),
    404: N_("There is no such thing, or the reader may not know of it"),
    409: N_("When: not in this state, a duplicate, a stale version, or a used key"),
    413: N_("The body is too large"),
    415: N_("The body is of a type that is not read here"),
    422: N_("Input that cannot be read (errors), or rules that say no (findings)"),
    429: N_("Too many requests; Retry-After says when"),
}
_REFERENCE = "#/components/schemas/{model}"
_LIMIT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def document() -> Schema:
    """The document, with sentences in the reader's language."""
    paths: dict[str, dict[str, object]] = {}
    for made in ROUTES:
        paths.setdefault(made.path, {})[made.method.lower()] = operation(made)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": site_name(),
            "version": __version__,
            "description": _(
                "Amounts are texts in yuan with their currency, times have an offset, lists go on with a cursor, and "
                "every refusal is a problem document (RFC 9457) that says what to do."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "tags": [{"name": name} for name in dict.fromkeys(made.tag for made in ROUTES)],
        "security": [{}],
        "paths": paths,
        "components": {
            "schemas": _shapes() | {"Problem": _problem()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": _("Made in your account, or by `flask --app wsgi accounts token EMAIL`."),
                }
            },
        },
    }


def _shapes() -> Schema:
    wanted = {made.gives for made in ROUTES if made.gives is not None}
    models = [(shape, "serialization") for shape in sorted(wanted, key=lambda item: item.__name__)]
    _names, schema = models_json_schema(models, ref_template=_REFERENCE)  # type: ignore[arg-type]  # its Literal is lost in a list
    found: Schema = schema.get("$defs", {})
    return found


def _problem() -> Schema:
    text: Schema = {"type": "string"}
    finding = {
        "type": "object",
        "properties": {"code": text, "message": text, "evidence": {"type": "object"}},
        "required": ["code", "message", "evidence"],
    }
    wrong = {
        "type": "object",
        "properties": {"field": text, "code": text, "message": text},
        "required": ["field", "code", "message"],
    }
    return {
        "type": "object",
        "description": "RFC 9457",
        "properties": {
            "type": text,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "title": text | {"description": _("what is wrong and what to do, in the language of Accept-Language")},
            "code": text | {"description": _("stable, for programs")},
            "errors": {"type": "array", "items": wrong},
            "findings": {"type": "array", "items": finding},
            "state": text,
            "allowed": {"type": "array", "items": text},
        },
        "required": ["type", "status", "title", "code"],
    }


def possible_problems(made: Route) -> list[int]:
    """The refusals that an address may answer with, in order."""
    found = {401, 422, 429} | made.problems
    if made.places:
        found.add(404)
    if not made.access.public:
        found.add(403)
    if made.writes:
        found |= {404, 409, 413, 415}
    return sorted(found)


def operation(made: Route) -> Schema:
    """One operation of the document."""
    description = " ".join((made.view.__doc__ or "").split())
    found: Schema = {
        "operationId": made.name,
        "tags": [made.tag],
        "summary": _(made.summary),
        "description": description,
        "parameters": parameters_of(made),
        "responses": {str(made.status): _success(made)}
        | {str(status): _refusal(status) for status in possible_problems(made)},
        "security": [{"token": []}] if not made.access.public else [{}, {"token": []}],
    }
    if made.access.permissions:
        roles = sorted(role.value for role in made.access.roles())
        found["x-roles"] = roles
        found["x-permissions"] = [permission.value for permission in made.access.permissions]
    if (body := body_of(made)) is not None:
        found["requestBody"] = body
    return found


def body_of(made: Route) -> Schema | None:
    """The request body, generated from the command form."""
    if made.form is None:
        return None
    partial = made.needed if made.changes is not None else None
    content: Schema = {"application/json": {"schema": schema_of(made.form, partial=partial)}}
    if made.upload:
        content = {"multipart/form-data": {"schema": schema_of(made.form, multipart=True)}} | content
    return {"required": True, "content": content}


def parameters_of(made: Route) -> list[Schema]:
    """Places of the path, query parameters, and the key of writes."""
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": _place(name)} for name in made.places
    ]
    found.extend(_query_parameters(made.query))
    if made.writes:
        found.append(
            {
                "name": HEADER,
                "in": "header",
                "required": False,
                "description": _("The same key and body give the first answer again."),
                "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
            }
        )
    return found


def _place(name: str) -> Schema:
    if name in {"number", "id"}:
        return {"type": "integer", "minimum": 1, "maximum": 9999 if name == "number" else 999_999_999}
    return {"type": "string", "pattern": f"^({PLACES[name]})$"}


def _query_parameters(kind: type[Query]) -> list[Schema]:
    schema = kind.model_json_schema(by_alias=True, mode="validation")
    shared: Mapping[str, Schema] = schema.get("$defs", {})
    found = []
    for name, value in schema.get("properties", {}).items():
        plain = _without_null(value, shared)
        plain.pop("title", None)
        described = {"description": plain.pop("description")} if "description" in plain else {}
        required = name in schema.get("required", [])
        found.append({"name": name, "in": "query", "required": required, "schema": plain} | described)
    return found


def _without_null(value: Schema, shared: Mapping[str, Schema]) -> Schema:
    """A parameter is there or it is not; null cannot be sent. References are put in place."""
    plain = dict(value)
    if isinstance(either := plain.pop("anyOf", None), list):
        plain = either[0] | plain
    if isinstance(reference := plain.pop("$ref", None), str):
        plain = dict(shared[reference.rpartition("/")[2]]) | plain
    if plain.get("default", "") in (None, ""):
        plain.pop("default", None)
    return plain


def _reference(shape: type[Shape]) -> Schema:
    return {"$ref": _REFERENCE.format(model=shape.__name__)}


def _success(made: Route) -> Schema:
    headers: dict[str, object] = {name: {"schema": {"type": "integer"}} for name in _LIMIT_HEADERS}
    if made.writes:
        headers["Idempotency-Replayed"] = {
            "description": _("“true” where this is the first answer to the key again"),
            "schema": {"type": "string", "enum": ["true"]},
        }
    if made.location:
        headers["Location"] = {"schema": {"type": "string", "format": "uri-reference"}}
    answer: Schema = {"description": _(made.summary), "headers": headers}
    if made.gives is None:
        if made.media_type != "application/json":
            answer["content"] = {made.media_type: {"schema": {"type": "string"}}}
        return answer
    schema = _reference(made.gives)
    if made.many:
        schema = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": schema},
                "next": {"type": ["string", "null"], "description": _("the cursor of what follows")},
            },
            "required": ["items", "next"],
        }
    return answer | {"content": {made.media_type: {"schema": schema}}}


def _refusal(status: int) -> Schema:
    answer: Schema = {
        "description": _(TITLES[status]),
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status == 429:
        answer["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
    return answer
