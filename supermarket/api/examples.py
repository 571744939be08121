"""Examples for the docs page, made from the same schemas."""

import json

from supermarket.api.form_schema import Schema
from supermarket.api.routes import PREFIX, Route

_PLACES = {
    "code": "P-2026-000123",
    "uscc": "91510100MAX00001XX",
    "purpose": "main",
    "kind": "black",
    "number": "1",
    "region": "510100",
    "id": "1",
    "mode": "random",
    "change": "kF0pS2m9cQwXy7VbR3tL1uZ8aJ4hE6dN",
    "commitment": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
}
_CODES = {"matters": "ZJ001", "contracts": "C-2026-000045"}
_DEPTH = 6


def example_of(schema: Schema, depth: int = 0) -> object:
    """A value of a schema's form."""
    if depth > _DEPTH:
        return None
    if isinstance(either := schema.get("anyOf"), list):
        return example_of(either[0], depth + 1)
    if isinstance(examples := schema.get("examples"), list):
        return examples[0]
    if isinstance(choices := schema.get("enum"), list):
        return choices[0]
    kind = schema.get("type")
    name = kind[0] if isinstance(kind, list) else kind
    match name:
        case "object":
            return _object(schema, depth)
        case "array":
            items = schema.get("items")
            return [example_of(items, depth + 1)] if isinstance(items, dict) else []
        case "integer":
            least = schema.get("minimum")
            return max(1, least) if isinstance(least, int) else 1
        case "boolean":
            return True
    return _text(schema)


def _object(schema: Schema, depth: int) -> dict[str, object]:
    properties, required = schema.get("properties"), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return {}
    return {name: example_of(value, depth + 1) for name, value in properties.items() if name in required}


def _text(schema: Schema) -> str:
    match schema.get("format"):
        case "date-time":
            return "2026-11-27T18:00:00+08:00"
        case "date":
            return "2026-11-27"
    pattern = str(schema.get("pattern", ""))
    if pattern.startswith("^[0-9]{6}"):
        return "510100"
    if pattern.startswith("^[0-9A-HJ"):
        return "91510100MAX00001XX"
    return "…"


def curl(made: Route, site: str, body: object) -> str:
    """A command line that asks this address."""
    path = made.path
    for name in made.places:
        kind = path.split("/")[1]
        path = path.replace(f"{{{name}}}", _CODES.get(kind, _PLACES[name]) if name == "code" else _PLACES[name])
    lines = [f"curl -X {made.method} '{site}{PREFIX}{path}'"]
    if not made.access.public:
        lines.append("  -H 'Authorization: Bearer sm_…'")
    if made.writes:
        lines.append("  -H 'Idempotency-Key: 7d0f6a2e-1c0b-4d54-9a4f-2f8e5b7f1a11'")
    if made.form is not None and made.upload:
        names = body if isinstance(body, dict) else {}
        lines.extend(f"  -F '{name}={'@result.pdf' if name == 'file' else value}'" for name, value in names.items())
    elif made.form is not None:
        lines.append("  -H 'Content-Type: application/json'")
        lines.append(f"  -d '{json.dumps(body, ensure_ascii=False)}'")
    return " \\\n".join(lines)
