"""What every template knows: the site, the reader's sections with what waits, languages, formats."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app, g, request, url_for
from flask_babel import get_locale
from flask_login import current_user

from supermarket import __version__
from supermarket.core.clock import LOCAL, now
from supermarket.core.permissions import Role
from supermarket.policies.queries import region_name
from supermarket.web.matter_words import field_label
from supermarket.web.navigation import sections_of
from supermarket.web.rule_words import rule_label


@dataclass(frozen=True)
class Site:
    """The market as templates see it; `now` is the market's time, local."""

    name: str
    version: str
    demo: bool
    now: datetime


@dataclass(frozen=True)
class Section:
    """A line of the side column."""

    label: str
    url: str
    active: bool
    count: int


@dataclass(frozen=True)
class Language:
    """A language and the address that switches to it."""

    code: str
    label: str
    url: str
    active: bool


def _languages() -> list[Language]:
    present = str(get_locale())
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return [
        Language(code, label, url_for("account.language", code=code, next=here), present.startswith(code[:2]))
        for code, label in (("zh_CN", "中文"), ("en", "English"))
    ]


def _navigation() -> list[Section]:
    if not current_user.is_authenticated:
        return []
    if "navigation" not in g:
        g.navigation = [
            Section(label, url, request.path == url or (url != "/home" and request.path.startswith(url + "/")), count)
            for label, url, count in sections_of(current_user.actor())
        ]
    sections: list[Section] = g.navigation
    return sections


def site_name() -> str:
    """The market's name in the reader's language."""
    return str(current_app.config["SITE_NAME" if str(get_locale()).startswith("zh") else "SITE_NAME_EN"])


def values() -> dict[str, object]:
    """The context of every template."""
    return {
        "site": Site(site_name(), __version__, bool(current_app.config["DEMO"]), now().astimezone(LOCAL)),
        "languages": _languages(),
        "navigation": _navigation(),
        "rule_label": rule_label,
        "field_label": field_label,
        "current_locale": str(get_locale()),
        "drafts": "settle",
        # What one person typed is not put back for the next one at the same computer.
        "draft_owner": f"user-{current_user.id}" if current_user.is_authenticated else "out",
        "region_name": region_name,
        "Role": Role,
    }


def register(app: Flask) -> None:
    """Bind the context."""
    app.context_processor(values)
