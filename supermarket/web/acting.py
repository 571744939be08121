"""How a page acts: one operation in one unit; a refusal goes back to the form with everything typed still there."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import flash, request, url_for
from flask_wtf import FlaskForm

from supermarket.core.errors import InvalidInput, MarketError, RuleBroken
from supermarket.core.unit import unit

Result = TypeVar("Result")


def perform(act: Callable[[], Result]) -> Result:
    """Run one operation and commit it."""
    with unit():
        return act()


def attempt(form: FlaskForm, act: Callable[[], Result]) -> tuple[Result | None, int]:
    """Run the operation if the form is valid: its result and 200, or None and the status to answer with.

    A refusal is put where it belongs: at the field, or in `form.form_errors` (WTForms' place for the whole form), with
    every finding of the rules.
    """
    if not form.validate_on_submit():
        return None, 422
    try:
        return perform(act), 200
    except MarketError as error:
        refuse(form, error)
        return None, error.status


def refuse(form: FlaskForm, error: MarketError) -> None:
    """Put a refusal into the form."""
    if isinstance(error, InvalidInput) and error.errors:
        for item in error.errors:
            head = item.field.split(".")[0]
            if head in form:
                form[head].errors = [*form[head].errors, item.message]
            else:
                form.form_errors.append(item.message)
        return
    if isinstance(error, RuleBroken) and error.findings:
        form.form_errors.extend(finding.message for finding in error.findings)
        return
    form.form_errors.append(error.message)


def tell(message: str, kind: str = "done") -> None:
    """Show `message` on the next page: what happened and what is next. Kinds: done, warning, error."""
    flash(message, kind)


def safe_next(default: str = "public.home") -> str:
    """Where the reader wanted to go, if that is a path of ours; else `default`'s address."""
    target = request.values.get("next", "")
    try:
        parts = urlsplit(target)
    except ValueError:
        return url_for(default)
    if not target.isprintable():
        return url_for(default)
    if target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme:
        return target
    return url_for(default)
