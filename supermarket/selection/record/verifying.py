"""The check of a whole selection on the server is the very program that everybody can download."""

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from config import ROOT

PROGRAM = ROOT / "static" / "verify" / "selection_verify.py"


@cache
def stand_alone() -> ModuleType:
    """static/verify/selection_verify.py as a module. Raises LookupError where it is missing."""
    spec = spec_from_file_location("selection_verify", PROGRAM)
    if spec is None or spec.loader is None:
        raise LookupError(f"{PROGRAM} is missing")
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def verify_selection(data: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """(what differs as (where, what), what was not checked); never raises for bad input."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return [("format", "it is not UTF-8")], ["the rest"]
    differs, not_checked = stand_alone().verify(text)
    return list(differs), list(not_checked)
