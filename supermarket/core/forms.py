"""One form class per use case, read by the page and by the API alike; unknown JSON keys are refused, nothing is guessed."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectFieldBase
from wtforms.validators import StopValidation
from wtforms.widgets import DateTimeLocalInput, TextInput

from supermarket.core.clock import LOCAL
from supermarket.core.errors import FieldError, InvalidInput
from supermarket.core.identifiers import IdentifierError, parse_uscc
from supermarket.core.money import MoneyError, parse_yuan, yuan_text

# Controls, which neither PDF nor XML can hold, and marks that turn the reading direction of what stands behind them.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Marks without any width, which come along when something is copied: nobody sees that they go, and nobody could remove
# them by hand, but with them two names that read alike would differ.
_WIDTHLESS = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2060-\u2064\ufeff]")
_LINE_ENDS = re.compile("\\s*[\t\n\r\u2028\u2029]\\s*")
_WHOLE = re.compile("[+-]?[0-9]{1,18}")


class WholeField(IntegerField):  # type: ignore[misc]  # WTForms ships no types
    """A whole number in figures, full-width ones too; nothing else that Python would take for one (1_000, ١٠٠)."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number. Raises ValueError with what to do."""
        text = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        figures = text if _WHOLE.fullmatch(text) else ""
        with suppress(ValueError):  # there is no number then
            super().process_formdata([figures])
        if text and not figures:
            raise ValueError(_("Give a whole number."))

    def pre_validate(self, form: FlaskForm) -> None:
        """What is no number lies in no range: one sentence is enough."""
        if self.process_errors:
            raise StopValidation


class YuanField(Field):  # type: ignore[misc]  # WTForms ships no types
    """An amount in yuan as people write it; its data is whole fen."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else yuan_text(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read yuan text. Raises ValueError with what to do."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            self.data = parse_yuan(valuelist[0])
        except MoneyError as error:
            self.data = None
            raise ValueError(_(error.message)) from error


class UsccField(StringField):  # type: ignore[misc]  # WTForms ships no types
    """A unified social credit code (GB 32100); its data is the normalised code."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read and normalise. Raises ValueError with what is wrong."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        self.data = valuelist[0]
        try:
            self.data = parse_uscc(valuelist[0]).value
        except IdentifierError as error:
            raise ValueError(_(error.message)) from error


class MomentField(Field):  # type: ignore[misc]  # WTForms ships no types
    """A moment: local time in a page (2026-11-27T18:00), ISO 8601 with offset in the API; its data is aware."""

    widget = DateTimeLocalInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.data.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the moment. Raises ValueError with what to do."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            moment = datetime.fromisoformat(valuelist[0].strip())
            self.data = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
            self.data.astimezone(LOCAL)
        except (ValueError, OverflowError) as error:
            self.data = None
            raise ValueError(_("Give date and time like 2026-11-27 18:00.")) from error


class IdentifiersField(SelectMultipleField):  # type: ignore[misc]  # WTForms ships no types
    """Several record numbers; whether they exist and may be named is the operation's question."""

    def __init__(self, label: object = None, **kwargs: object) -> None:
        super().__init__(label, coerce=int, choices=[], validate_choice=False, **kwargs)


class CommandForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The base of every form."""

    @classmethod
    def from_json(cls, payload: object) -> Self:
        """Read an API body. Raises InvalidInput for a wrong type or an unknown key, naming each."""
        probe = cls(formdata=None, meta={"csrf": False})
        errors: list[FieldError] = []
        flat: MultiDict[str, str] = MultiDict()
        _flatten(probe, payload, "", flat, errors)
        if errors:
            raise InvalidInput(_("Some fields cannot be read."), errors=errors)
        return cls(formdata=flat, meta={"csrf": False})

    def checked(self) -> Self:
        """The form itself once it is valid. Raises InvalidInput naming every field that is not."""
        if not self.validate():
            raise InvalidInput(_("Some fields need to be mended."), errors=list(field_errors(self)))
        return self


def field_errors(form: FlaskForm) -> Iterable[FieldError]:
    """Every error of a form as (field, code, sentence), nested fields as `deliverables.0.name`."""
    for field in form:
        yield from _errors_of(field, field.short_name)


def _errors_of(field: Field, name: str) -> Iterable[FieldError]:
    if isinstance(field, FormField):
        for inner in field.form:
            yield from _errors_of(inner, f"{name}.{inner.short_name}")
    elif isinstance(field, FieldList) and field.entries:
        for number, entry in enumerate(field.entries):
            yield from _errors_of(entry, f"{name}.{number}")
    else:
        for message in field.errors:
            yield FieldError(name, "invalid", str(message))


def _flatten(
    form: FlaskForm, payload: object, prefix: str, flat: "MultiDict[str, str]", errors: list[FieldError]
) -> None:
    if not isinstance(payload, Mapping):
        errors.append(
            FieldError(
                prefix.rstrip("-").replace("-", ".") or "body", "wrong_type", _("A JSON object is expected here.")
            )
        )
        return
    fields = {field.short_name: field for field in form if field.short_name != "csrf_token"}
    for key, value in payload.items():
        if key not in fields:
            errors.append(
                FieldError(
                    f"{prefix}{key}".replace("-", "."), "unknown_field", _("This field is not known here; remove it.")
                )
            )
        elif value is not None:
            _flatten_value(fields[key], value, f"{prefix}{key}", flat, errors)


def _flatten_value(
    field: Field, value: object, name: str, flat: "MultiDict[str, str]", errors: list[FieldError]
) -> None:
    def wrong(message: str) -> None:
        errors.append(FieldError(name.replace("-", "."), "wrong_type", message))

    if isinstance(field, FieldList):
        if not isinstance(value, list):
            wrong(_("A JSON list is expected here."))
            return
        for number, item in enumerate(value):
            entry = field.append_entry()
            _flatten_value(entry, item, f"{name}-{number}", flat, errors)
    elif isinstance(field, FormField):
        _flatten(field.form, value, f"{name}-", flat, errors)
    elif isinstance(field, YuanField):
        if (
            not isinstance(value, Mapping)
            or set(value) != {"amount", "currency"}
            or value["currency"] != "CNY"
            or not isinstance(value["amount"], str)
            or not value["amount"].strip()
        ):
            wrong(_('Give an amount like {"amount": "12345.67", "currency": "CNY"}.'))
        else:
            flat.add(name, value["amount"])
    elif isinstance(field, BooleanField):
        if not isinstance(value, bool):
            wrong(_("Give true or false."))
        elif value:
            flat.add(name, "y")
    elif isinstance(field, IntegerField):
        if isinstance(value, bool) or not isinstance(value, int):
            wrong(_("Give a whole number."))
        else:
            flat.add(name, str(value))
    elif isinstance(field, SelectMultipleField):
        kinds: tuple[type, ...] = (int,) if isinstance(field, IdentifiersField) else (str,)
        if not isinstance(value, list) or any(isinstance(item, bool) or not isinstance(item, kinds) for item in value):
            wrong(_("A JSON list is expected here."))
        else:
            for item in value:
                flat.add(name, str(item))
    elif not isinstance(value, str):
        wrong(_("Give a text."))
    elif isinstance(field, MomentField) and value.strip() and not _has_offset(value):
        wrong(_("Give date and time with an offset, like 2026-11-27T18:00:00+08:00."))
    else:
        flat.add(name, value)


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is not None
    except ValueError:
        return True  # the field itself says what is wrong


class Text:
    """Validator: text of `least` to `most` characters once trimmed, without control characters but tabs and line ends.

    Where a page has one line, a line end counts as a space; characters without width are dropped.
    """

    def __init__(self, least: int = 0, most: int = 200) -> None:
        self.least, self.most = least, most
        # WTForms turns these flags into the attributes that tell a browser.
        self.field_flags = {"maxlength": most} | ({"required": True} if least else {})

    def __call__(self, form: FlaskForm, field: Field) -> None:
        text = _WIDTHLESS.sub("", field.data or "").strip()
        if not isinstance(field, TextAreaField):
            text = _LINE_ENDS.sub(" ", text)
        if _INVISIBLE.search(text):
            raise ValidationError(_l("Remove the invisible characters."))
        if len(text) < self.least:
            message = (
                _l("Please fill this in.") if not text else _l("Give at least %(least)s characters.", least=self.least)
            )
            raise ValidationError(message)
        if len(text) > self.most:
            raise ValidationError(_l("Give at most %(most)s characters.", most=self.most))
        field.data = text


class Needed:
    """Validator: a value must be given (0 counts as one)."""

    field_flags = {"required": True}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if field.data is not None:
            return
        nothing = not any(str(item).strip() for item in field.raw_data or ())
        if nothing:
            # WTForms calls an empty day or number “not valid”, and a choice that nobody made too.
            field.errors = []
        if field.errors:
            raise StopValidation  # one sentence is enough
        choice = isinstance(field, SelectFieldBase)
        raise StopValidation(_l("Please choose.") if choice else _l("Please fill this in."))
