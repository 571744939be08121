"""The JSON Schema (2020-12) of a command form, and a strict check against it; one source for the document and the door."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    FieldList,
    FileField,
    Form,
    FormField,
    IntegerField,
    MultipleFileField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import Length, NumberRange, Regexp

from supermarket.core.errors import FieldError
from supermarket.core.forms import CommandForm, IdentifiersField, MomentField, Text, UsccField, YuanField
from supermarket.core.msgids import N_

Schema = dict[str, object]
INT32 = 2**31 - 1
AMOUNT: Schema = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$", "examples": ["12345.67"]},
        "currency": {"type": "string", "enum": ["CNY"]},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
# What a container must be before a form can even look inside.
STRUCTURAL = frozenset({"wrong_type", "unknown_field", "too_many", "too_few"})


# Kept per form and language, since a schema carries the labels.
_MADE: dict[tuple[type[CommandForm], bool, str], Schema] = {}


def _made(kind: type[CommandForm], multipart: bool) -> Schema:
    key = (kind, multipart, str(get_locale()))
    if key not in _MADE:
        _MADE[key] = _of_form(kind(formdata=None, meta={"csrf": False}), multipart)
    return _MADE[key]


def schema_of(kind: type[CommandForm], *, partial: Sequence[str] | None = None, multipart: bool = False) -> Schema:
    """The schema of a form's JSON body (or of its multipart body), with labels in the reader's language.

    `partial`: of a change of something that is there already; only these are required.
    """
    whole = _made(kind, multipart)
    if partial is None:
        return whole
    return whole | {"required": list(partial)}


def _of_form(form: Form, multipart: bool = False) -> Schema:
    properties: dict[str, object] = {}
    required = []
    for field in form:
        if field.short_name == "csrf_token" or (isinstance(field, FileField) and not multipart):
            continue
        needed = _required(field)
        schema = _of_text_field(field) if multipart else _of_field(field)
        if description := str(field.description or field.label.text or ""):
            schema = schema | {"description": description}
        properties[field.short_name] = schema if needed or multipart else _or_null(schema)
        if needed:
            required.append(field.short_name)
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | {"required": required} if required else made


def _required(field: Field) -> bool:
    if field.flags.required:
        return True
    if isinstance(field, FieldList):
        return any(isinstance(item, Length) and item.min > 0 for item in field.validators)
    if isinstance(field, SelectField):
        none = any(not choice.value for choice in field.iter_choices())
        return bool(field.validate_choice) and not none and not field.flags.optional and field.default is None
    return isinstance(field, FormField)


def _or_null(schema: Schema) -> Schema:
    kind = schema.get("type")
    if kind == "object" or not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    made = schema | {"type": [kind, "null"]}
    if isinstance(choices := schema.get("enum"), list):
        made["enum"] = [*choices, None]
    return made


def _of_text_field(field: Field) -> Schema:
    """A field of a multipart body: a file, or the text that a page would send."""
    if isinstance(field, FileField):
        return {"type": "string", "contentMediaType": "application/octet-stream"}
    if isinstance(field, YuanField):
        return {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$"}
    return _of_field(field)


def _of_field(field: Field) -> Schema:
    for kinds, make in _MAKERS:
        if isinstance(field, kinds):
            return make(field)
    return _text(field)


def _text(field: Field) -> Schema:
    made: Schema = {"type": "string", "maxLength": 10_000, "pattern": r"^[^\u0000]*$"}
    for validator in field.validators:
        if isinstance(validator, Text):
            made["maxLength"] = validator.most
            if validator.least:
                made["minLength"] = validator.least
                made["pattern"] = r"\S"
    for validator in field.validators:
        if isinstance(validator, Regexp):
            made["pattern"] = validator.regex.pattern
    return made


def _integer(field: Field) -> Schema:
    least, most = -INT32, INT32
    for validator in field.validators:
        if isinstance(validator, NumberRange):
            least = least if validator.min is None else int(validator.min)
            most = most if validator.max is None else int(validator.max)
    return {"type": "integer", "minimum": least, "maximum": most}


def _choices(field: Field) -> list[str]:
    return [str(choice.value) for choice in field.iter_choices() if choice.value]


def _list(field: Field) -> Schema:
    made: Schema = {"type": "array", "items": _of_field(field.append_entry()), "maxItems": 100}
    for validator in field.validators:
        if isinstance(validator, Length):
            made["maxItems"] = validator.max if validator.max > 0 else 100
            if validator.min > 0:
                made["minItems"] = validator.min
    return made


def _identifiers(field: Field) -> Schema:
    items = {"type": "integer", "minimum": 1, "maximum": INT32}
    return {"type": "array", "items": items, "uniqueItems": True, "maxItems": 100}


def _several(field: Field) -> Schema:
    return {
        "type": "array",
        "items": {"type": "string", "enum": _choices(field)},
        "uniqueItems": True,
        "maxItems": 100,
    }


_MAKERS: tuple[tuple[tuple[type, ...], Callable[[Field], Schema]], ...] = (
    ((MultipleFileField,), lambda field: {"type": "array", "items": {"type": "string"}}),
    ((YuanField,), lambda field: AMOUNT),
    ((UsccField,), lambda field: {"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$"}),
    ((MomentField,), lambda field: {"type": "string", "format": "date-time", "maxLength": 40}),
    ((DateField,), lambda field: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
    ((BooleanField,), lambda field: {"type": "boolean"}),
    ((IntegerField,), _integer),
    ((DecimalField,), lambda field: {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"}),
    ((IdentifiersField,), _identifiers),
    ((SelectMultipleField,), _several),
    ((SelectField,), lambda field: {"type": "string", "enum": _choices(field)}),
    ((FormField,), lambda field: _of_form(field.form)),
    ((FieldList,), _list),
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def check(schema: Mapping[str, object], value: object, name: str = "") -> Iterator[FieldError]:
    """What of `value` does not keep to a schema of ours, as (field, code, sentence)."""
    if isinstance(either := schema.get("anyOf"), list):
        if value is not None:
            yield from check(either[0], value, name)
        return
    kinds = schema.get("type", [])
    names = [kinds] if isinstance(kinds, str) else list(kinds) if isinstance(kinds, list) else []
    if not any(_is(value, kind) for kind in names):
        yield FieldError(name or "body", "wrong_type", _(_WANTED[names[0]]))
    elif isinstance(value, dict):
        yield from _check_object(schema, value, name)
    elif isinstance(value, list):
        yield from _check_list(schema, value, name)
    elif value is not None:
        yield from _check_scalar(schema, value, name)


def _is(value: object, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


_WANTED = {
    "object": N_("A JSON object is expected here."),
    "array": N_("A JSON list is expected here."),
    "integer": N_("Give a whole number."),
    "boolean": N_("Give true or false."),
    "string": N_("Give a text."),
}


def _check_object(schema: Mapping[str, object], value: Mapping[str, object], name: str) -> Iterator[FieldError]:
    before = f"{name}." if name else ""
    properties = schema["properties"]
    if not isinstance(properties, dict):
        raise TypeError("a schema of ours has properties")
    for key in value.keys() - properties.keys():
        shown = f"{before}{key}".replace("\x00", "")[:200]
        yield FieldError(shown, "unknown_field", _("This field is not known here; remove it."))
    required = schema.get("required", [])
    for key in required if isinstance(required, list) else []:
        if key not in value:
            yield FieldError(f"{before}{key}", "missing", _("Please fill this in."))
    for key in value.keys() & properties.keys():
        yield from check(properties[key], value[key], f"{before}{key}")


def _check_list(schema: Mapping[str, object], value: Sequence[object], name: str) -> Iterator[FieldError]:
    most, least, items = schema.get("maxItems"), schema.get("minItems"), schema["items"]
    if isinstance(most, int) and len(value) > most:
        yield FieldError(name, "too_many", _("Give at most %(most)s entries.", most=most))
        return
    if isinstance(least, int) and len(value) < least:
        yield FieldError(name, "too_few", _("Give at least %(least)s entries.", least=least))
    if schema.get("uniqueItems") and len({repr(item) for item in value}) != len(value):
        yield FieldError(name, "repeated", _("An entry is there twice."))
    if isinstance(items, dict):
        for number, item in enumerate(value):
            yield from check(items, item, f"{name}.{number}")


def _check_scalar(schema: Mapping[str, object], value: object, name: str) -> Iterator[FieldError]:
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        names = ", ".join(str(item) for item in choices if item is not None)
        yield FieldError(name, "unknown_value", _("Choose one of: %(names)s.", names=names))
    if isinstance(value, str):
        most, least, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
        if isinstance(most, int) and len(value) > most:
            yield FieldError(name, "too_long", _("Give at most %(most)s characters.", most=most))
        elif isinstance(least, int) and len(value) < least:
            yield FieldError(name, "too_short", _("Give at least %(least)s characters.", least=least))
        elif isinstance(pattern, str) and not re.search(pattern, value):
            yield FieldError(name, "malformed", _("This is not well-formed; the API's description has the form."))
    elif isinstance(value, int):
        lowest, highest = schema.get("minimum"), schema.get("maximum")
        if isinstance(lowest, int) and value < lowest:
            yield FieldError(name, "out_of_range", _("Give at least %(least)s.", least=lowest))
        if isinstance(highest, int) and value > highest:
            yield FieldError(name, "out_of_range", _("Give at most %(most)s.", most=highest))
