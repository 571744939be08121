"""The components, seen through the gallery: whole, within the content security policy, usable with assistive tools."""

import re
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.gallery import ERRORS, NOW, make_gallery_app

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OURS = [*sorted((ROOT / "templates" / "components").glob("*.html")), ROOT / "templates" / "base.html"]
MACRO = re.compile(r"{%-?\s*macro\s+([a-z]\w*)\(")
PAGES = ("/gallery", "/gallery/form", "/gallery?lang=en", "/error/404", "/error/500")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def make_client(*, signed_in: bool = True) -> FlaskClient:
    return make_gallery_app(signed_in=signed_in).test_client()


class Page(HTMLParser):
    """Elements with their attributes and whether every element is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.broken: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "p" and "p" in self.open:
            self.broken.append("p in p")
        if tag in {"details", "div", "ul", "ol", "dl", "table", "section", "form", "h2"} and "p" in self.open:
            self.broken.append(f"{tag} in p")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.broken.append(f"/{tag}")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def make_page(path: str, *, signed_in: bool = True) -> Page:
    return Page(make_client(signed_in=signed_in).get(path).get_data(as_text=True))


@pytest.mark.parametrize("path", PAGES)
def test_page_is_well_formed_and_ids_are_unique(path: str) -> None:
    page = make_page(path)
    assert page.broken == []
    assert page.open == []
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert {name for name, count in ids.items() if count > 1} == set()


@pytest.mark.parametrize("path", PAGES)
def test_nothing_inline_and_nothing_from_elsewhere(path: str) -> None:
    page = make_page(path)
    for tag, attributes in page.elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "action"):
            assert (attributes.get(name) or "/").startswith("/"), (tag, attributes)
    assert all(attributes.get("src") for attributes in page.all("script"))
    assert all((attributes["href"] or "").startswith("/static/") for attributes in page.all("link"))


def test_every_public_macro_is_shown_in_the_gallery() -> None:
    shown = "".join(
        (ROOT / "templates" / name).read_text() for name in ("gallery.html", "gallery_form.html", "base.html")
    )
    inside = "".join(path.read_text() for path in OURS)
    missing = {
        name
        for path in OURS
        for name in MACRO.findall(path.read_text())
        if not re.search(rf"\b{name}\(", shown) and len(re.findall(rf"\b{name}\(", inside)) < 2
    }
    assert missing == set()


def test_every_class_of_ours_has_a_rule_and_every_icon_a_drawing() -> None:
    css = "".join(path.read_text() for path in (ROOT / "static" / "css").glob("*.css"))
    icons = set(re.findall(r'symbol id="(\w+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
    without_rule: set[str] = set()
    used_icons = set()
    for path in PAGES:
        for _tag, attributes in make_page(path).elements:
            classes = (attributes.get("class") or "").split()
            without_rule |= {name for name in classes if name.startswith("sm-") and f".{name}" not in css}
            if "icons.svg#" in (attributes.get("href") or ""):
                used_icons.add((attributes["href"] or "").split("#")[1])
    assert without_rule == BASE_LOOK
    assert used_icons - icons == set()


# These name a variant whose look is the base rule.
BASE_LOOK = {
    "sm-notice--info",
    "sm-pill--neutral",
    "sm-due--calm",
    "sm-finding--not_applicable",
    "sm-steps__item--todo",
}


@pytest.mark.parametrize("path", ["/gallery", "/gallery/form"])
def test_every_input_has_a_label_and_described_ids_exist(path: str) -> None:
    page = make_page(path)
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    labelled = {attributes.get("for") for attributes in page.all("label")}
    for tag, attributes in page.elements:
        if tag in {"input", "select", "textarea"} and attributes.get("type") not in {"hidden", "submit"}:
            assert attributes.get("id") in labelled, attributes
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attributes.get(name) or "").split()) <= ids, attributes


def test_wrong_form_names_each_mistake_above_and_at_the_field() -> None:
    client = make_client()
    client.application.config["WTF_CSRF_ENABLED"] = False
    answer = client.post(
        "/gallery/form", data={"title": "", "budget": "3.5万", "mode": "random", "fund": "fiscal", "days": "30"}
    )
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    page = Page(html)
    links = {attributes["href"] for attributes in page.all("a")}
    assert {"#title", "#budget", "#confirm"} <= links
    title = next(attributes for attributes in page.all("input") if attributes.get("id") == "title")
    assert title["aria-invalid"] == "true"
    assert title["aria-describedby"] == "title-error title-help"
    assert '<p class="sm-error" id="title-error">' in html
    assert 'value="3.5万"' in html


def render(source: str) -> str:
    app = make_gallery_app()
    with app.test_request_context("/"):
        text: str = app.jinja_env.from_string(
            '{% import "components/status.html" as status with context %}' + source
        ).render(site={"now": NOW}, current_locale="en", now=NOW)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)).strip()


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "¥0.00"),
        (1234567, "¥12,345.67"),
        (-5, "−¥0.05"),
        (9999999, "¥99,999.99"),
        (10000000, "¥100,000.00 10 ×10k CNY"),
        (12850000, "¥128,500.00 12.85 ×10k CNY"),
        (123455000, "¥1,234,550.00 123.46 ×10k CNY"),
        (None, "–"),
    ],
)
def test_money_is_exact_in_fen_and_repeated_in_wan_when_large(fen: int | None, words: str) -> None:
    assert render(f"{{{{ status.money({'none' if fen is None else fen}) }}}}") == words


@pytest.mark.parametrize(
    ("shift", "arguments", "words"),
    [
        ("days=4", "working_days=3", "3 working days left by 27 Nov 09:30"),
        ("hours=86.5", "working_days=none", "3 days left by 26 Nov 24:00"),
        ("hours=5", "", "5 hours left by 23 Nov 14:30"),
        ("seconds=20", "", "1 minute left by 23 Nov 09:30"),
        ("seconds=0", "", "overdue since today by 23 Nov 09:30"),
        ("days=-2", "", "2 days overdue by 21 Nov 09:30"),
        ("days=60", "", "60 days left by 22 Jan 2027 09:30"),
        ("hours=5", "met=true", "done in time by 23 Nov 14:30"),
    ],
)
def test_due_moment_in_words(shift: str, arguments: str, words: str) -> None:
    source = (
        f"{{{{ status.due(now + shift({shift}), {arguments}) }}}}"
        if arguments
        else f"{{{{ status.due(now + shift({shift})) }}}}"
    )
    app = make_gallery_app()
    app.jinja_env.globals["shift"] = timedelta
    with app.test_request_context("/?lang=en"):
        text = app.jinja_env.from_string(
            '{% import "components/status.html" as status with context %}' + source
        ).render(site={"now": NOW}, current_locale="en", now=NOW)
    assert re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip() == words


def test_visitor_sees_public_sections_and_no_work() -> None:
    html = make_client(signed_in=False).get("/gallery").get_data(as_text=True)
    for url in (
        "/matters",
        "/agencies",
        "/projects",
        "/results",
        "/contracts",
        "/credit",
        "/statistics",
        "/verify",
        "/sign-in",
    ):
        assert f'href="{url}"' in html
    assert "/sign-out" not in html


@pytest.mark.parametrize("code", ERRORS)
def test_error_page_says_what_to_do(code: int) -> None:
    answer = make_client().get(f"/error/{code}")
    html = answer.get_data(as_text=True)
    assert answer.status_code == code
    assert f'<p class="sm-errorpage__code">{code}</p>' in html
    assert html.count("<h1>") == 1
    assert "7f3a9c" in html


def test_no_component_file_is_longer_than_four_hundred_lines() -> None:
    files = [*TEMPLATES, *(ROOT / "static" / "css").glob("*.css"), *(ROOT / "static" / "js").glob("*.js")]
    assert {path.name: n for path in files if (n := len(path.read_text().splitlines())) > 400} == {}
