"""/api/v1/openapi.json and /api/docs: the description for programs, and the same for people, made by our own templates."""

import orjson
from flask import Blueprint, Response, current_app, render_template

from supermarket.api import openapi
from supermarket.api.examples import curl, example_of
from supermarket.api.form_schema import Schema
from supermarket.api.routes import PREFIX, ROUTES, Route
from supermarket.web.access import public


def describe() -> Response:
    """The OpenAPI document."""
    return Response(orjson.dumps(openapi.document()) + b"\n", mimetype="application/json")


def show() -> str:
    """The same as a page."""
    groups: dict[str, list[dict[str, object]]] = {}
    for made in ROUTES:
        groups.setdefault(made.tag, []).append(_shown(made))
    document = openapi.document()
    components = document["components"]
    if not isinstance(components, dict):
        raise TypeError("the document has components")
    return render_template(
        "api/docs.html",
        groups=groups,
        shapes={name: _fields(schema) for name, schema in components["schemas"].items()},
        titles=openapi.TITLES,
        site_url=str(current_app.config["SITE_URL"]),
    )


def _shown(made: Route) -> dict[str, object]:
    described = openapi.operation(made)
    body = openapi.body_of(made)
    content = body["content"] if body else {}
    schema = next(iter(content.values()))["schema"] if isinstance(content, dict) and content else None
    return {
        "anchor": made.name,
        "method": made.method,
        "path": PREFIX + made.path,
        "operation": described,
        "gives": made.gives.__name__ if made.gives else "",
        "many": made.many,
        "status": made.status,
        "problems": openapi.possible_problems(made),
        "body": _fields(schema) if schema else [],
        "curl": curl(made, str(current_app.config["SITE_URL"]), example_of(schema) if schema else None),
        "public": made.access.public,
    }


def _fields(schema: Schema) -> list[dict[str, object]]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return []
    return [
        {
            "name": name,
            "required": name in required,
            "type": type_of(value),
            "description": value.get("description", ""),
            "limits": _limits(value),
        }
        for name, value in properties.items()
    ]


def type_of(value: Schema) -> str:
    """A schema's type in a few words."""
    if isinstance(reference := value.get("$ref"), str):
        return reference.rpartition("/")[2]
    if isinstance(either := value.get("anyOf"), list):
        return " | ".join(type_of(item) for item in either)
    if value.get("type") == "array" and isinstance(items := value.get("items"), dict):
        return f"{type_of(items)}[]"
    if isinstance(choices := value.get("enum"), list):
        return " | ".join(str(choice) for choice in choices)
    kind = value.get("type", "")
    name = " | ".join(str(item) for item in kind) if isinstance(kind, list) else str(kind)
    return f"{name} ({value['format']})" if "format" in value else name


_LIMITS = {"minLength": "≥", "maxLength": "≤", "minimum": "≥", "maximum": "≤", "minItems": "≥", "maxItems": "≤"}


def _limits(value: Schema) -> str:
    return " ".join(f"{sign} {value[name]}" for name, sign in _LIMITS.items() if name in value)


blueprint = Blueprint("api_docs", __name__)
blueprint.add_url_rule(f"{PREFIX}/openapi.json", "openapi", public(describe))
blueprint.add_url_rule("/api/docs", "docs", public(show))
