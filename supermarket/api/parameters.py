"""Query parameters: declared, strictly read, each refusal named. What is not declared is refused, never ignored."""

import re
from typing import Annotated

from flask_babel import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from werkzeug.datastructures import MultiDict

from supermarket.api.cursors import opened
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.paging import MOST, USUAL, Slice

_DIGITS = re.compile(r"-?[0-9]{1,9}", re.ASCII)


def _plain_digits(value: object) -> object:
    """pydantic would read "1_0" and "5.0" as whole numbers."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("int_parsing", "not a whole number")
    return value


Whole = Annotated[int, BeforeValidator(_plain_digits)]
RegionCode = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="GB/T 2260")]
Words = Annotated[str, Field(max_length=100, description="words to look for")]
UsccText = Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$", description="unified social credit code (GB 32100)")]


class Query(BaseModel):
    """The parameters of one address; the base has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Query):
    """A list's parameters: how many, and after which cursor."""

    size: Whole = Field(USUAL, ge=1, le=MOST, alias="page[size]", description="rows of a page")
    after: str | None = Field(
        None, min_length=1, max_length=600, alias="page[after]", description="`next` of the page before"
    )

    def part(self) -> Slice:
        """What part of the list is wanted."""
        return Slice(size=self.size, after=self.after)


def read_query(kind: type[Query], given: "MultiDict[str, str]") -> Query:
    """The parameters of a request. Raises InvalidInput naming each that is unknown, there twice or out of range."""
    errors = []
    for name, values in given.lists():
        if len(values) > 1:
            errors.append(FieldError(_shown(name), "repeated", _("Give this parameter once.")))
        elif "\x00" in name or "\x00" in values[0]:
            errors.append(FieldError(_shown(name), "invalid", _("Remove the invisible characters.")))
    if errors:
        raise InvalidInput(_("Some parameters cannot be read."), errors=errors)
    try:
        found = kind.model_validate(given.to_dict(flat=True))
    except ValidationError as error:
        errors = [_sentence(item) for item in error.errors(include_url=False)]
        raise InvalidInput(_("Some parameters cannot be read."), errors=errors) from error
    if isinstance(found, PageQuery) and found.after is not None:
        return found.model_copy(update={"after": opened(found.after)})
    return found


def _shown(name: str) -> str:
    return name.replace("\x00", "")[:100]


def _sentence(item: ErrorDetails) -> FieldError:
    name = _shown(".".join(str(step) for step in item["loc"]))
    kind, more = item["type"], item.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return FieldError(name, "unknown_parameter", _("This parameter is not known here; remove it."))
        case "int_parsing" | "int_type" | "int_from_float":
            return FieldError(name, "wrong_type", _("Give a whole number."))
        case "greater_than_equal":
            return FieldError(name, "out_of_range", _("Give at least %(least)s.", least=more["ge"]))
        case "less_than_equal":
            return FieldError(name, "out_of_range", _("Give at most %(most)s.", most=more["le"]))
        case "string_too_long":
            return FieldError(name, "too_long", _("Give at most %(most)s characters.", most=more["max_length"]))
        case "enum" | "literal_error":
            return FieldError(name, "unknown_value", _("Choose one of: %(names)s.", names=more["expected"]))
        case "missing":
            return FieldError(name, "missing", _("Please fill this in."))
        case _:
            return FieldError(name, "malformed", _("This is not well-formed; the API's description has the form."))
