"""Pages: nothing inline, nothing from elsewhere, nothing visible that no translator sees."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, nodes

from config import ROOT
from tests.architecture.sources import of_every, templates, text_of

JINJA = Environment(extensions=["jinja2.ext.do", "jinja2.ext.i18n"], autoescape=True)
TRANSLATORS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
SHOWN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "aria-description", "label"}
LOADING_ATTRIBUTES = {"src", "srcset", "poster", "data", "action", "formaction"}
# An XML namespace is a name, no address that anything is loaded from.
NAMESPACES = {"xmlns", "xmlns:xlink"}
# Proper names and notations that are the same in every language.
SAME_EVERYWHERE = re.compile(
    r"\b(API|REST|JSON|CSV|XLSX|XML|PDF|OCDS|OpenAPI|HTTP|GET|POST|PATCH|PUT|DELETE|SHA-?256|USCC|Atom|Bearer|"
    r"Authorization|Idempotency-Key|Python|bash|python3?|flask|curl|draw_verify\.py|px|km|URL|ID)\b"
)
CHINESE = re.compile(r"[一-鿿]")
DATE_PATTERN = re.compile(r"[yMdHm年月日: -]+")
WORDS = re.compile(r"[A-Za-z]{2,}")


def without_jinja(source: str) -> str:
    """The HTML of a template; what Jinja puts in becomes a space, what it calls or comments nothing."""
    source = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", " ", source, flags=re.DOTALL)
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", source, flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", " ", source, flags=re.DOTALL)


class Reader(HTMLParser):
    """Reads a page's visible text, its shown attributes and what the policy would refuse."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[int, str]] = []
        self.refused: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        names = {name for name, _value in attrs}
        if tag in {"script", "style", "code", "pre", "kbd", "samp"}:
            self._silent.append(tag)
        if tag == "style" or (tag == "script" and "src" not in names and ("type", "application/json") not in attrs):
            self.refused.append(f"line {line}: inline <{tag}>")
        for name, value in attrs:
            if name == "style":
                self.refused.append(f"line {line}: style attribute")
            if re.fullmatch(r"on[a-z]+|hx-on.*", name):
                self.refused.append(f"line {line}: {name} handler")
            text = (value or "").strip()
            if text.lower().startswith("javascript:"):
                self.refused.append(f"line {line}: a javascript: address")
            loads = name in LOADING_ATTRIBUTES or (name == "href" and tag in {"link", "use", "image", "base"})
            if loads and name not in NAMESPACES and re.match(r"(https?:)?//", text):
                self.refused.append(f"line {line}: loads {text}")
            if name in SHOWN_ATTRIBUTES and text:
                self.texts.append((line, text))

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append((self.getpos()[0], data.strip()))


def read(source: str) -> Reader:
    """A template's HTML, read."""
    reader = Reader()
    reader.feed(without_jinja(source))
    reader.close()
    return reader


def untranslated(reader: Reader) -> list[str]:
    """Visible texts with words of a language."""
    found = []
    for line, text in reader.texts:
        rest = SAME_EVERYWHERE.sub("", text)
        if CHINESE.search(rest) or WORDS.search(re.sub(r"/[\w./{}<>-]*|[\w.-]+@[\w.-]+|[\w-]+\.[\w.-]+", "", rest)):
            found.append(f"line {line}: {' '.join(text.split())[:60]!r}")
    return found


def _arguments_of_translators(tree: nodes.Template) -> set[int]:
    return {
        id(inner)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATORS
        for inner in call.find_all(nodes.Const)
    }


def untranslated_strings(source: str) -> Iterator[str]:
    """Texts inside Jinja's own expressions that look like sentences for people and go through no translator."""
    tree = JINJA.parse(source)
    translated = _arguments_of_translators(tree)
    for constant in tree.find_all(nodes.Const):
        value = constant.value
        if not isinstance(value, str) or id(constant) in translated or "<" in value:
            continue
        sentence = re.fullmatch(r"[A-Z][a-z]+( [\w’'-]+)+[.?!…:]?", value.strip())
        if (CHINESE.search(value) and not DATE_PATTERN.fullmatch(value)) or sentence:
            yield f"line {constant.lineno}: {value[:60]!r}"


@of_every(templates())
def test_a_page_holds_nothing_that_the_policy_refuses(path: str) -> None:
    refused = read(text_of(path)).refused
    assert not refused, f"{path}: {'; '.join(refused)}"


# 语言 names are written in their own language on purpose; the gallery shows invented data.
def _translated_templates() -> list[str]:
    return [path for path in templates() if not path.startswith("templates/gallery")]


@of_every(_translated_templates())
def test_every_visible_text_goes_through_gettext(path: str) -> None:
    found = untranslated(read(text_of(path)))
    assert not found, f"{path}: {'; '.join(found)} – wrap it in _()"


@of_every(_translated_templates())
def test_every_sentence_in_an_expression_goes_through_gettext(path: str) -> None:
    found = list(untranslated_strings(text_of(path)))
    assert not found, f"{path}: {'; '.join(found)} – wrap it in _()"


def marked_safe(source: str) -> list[str]:
    """Where escaping is switched off for anything but a text that is written out: `"<a …>"|safe|format(…)` escapes."""
    by_hand = [item for item in JINJA.parse(source).find_all(nodes.Filter) if item.name in {"safe", "forceescape"}]
    found = [f"line {item.lineno}: |{item.name}" for item in by_hand if not isinstance(item.node, nodes.Const)]
    return found + re.findall(r"autoescape\s+false", source)


@of_every(templates())
def test_escaping_is_never_switched_off(path: str) -> None:
    found = marked_safe(text_of(path))
    assert not found, f"{path}: {'; '.join(found)} – texts joined to markup are escaped without it"


@of_every(templates())
def test_every_form_that_posts_carries_its_token(path: str) -> None:
    text = text_of(path)
    posting = len(re.findall(r"<form\b[^>]*method=[\"']post", text, re.IGNORECASE))
    tokens = len(re.findall(r"csrf_token|hidden_tag\(", text))
    assert tokens >= posting, f"{path}: {posting} forms post, {tokens} carry a token"


@of_every(sorted(str(item.relative_to(ROOT)) for item in (ROOT / "static" / "css").glob("*.css")))
def test_style_sheets_load_nothing_from_elsewhere(path: str) -> None:
    found = re.findall(r"@import[^;]+;|url\(\s*[\"']?(?:https?:)?//[^)]*\)", text_of(path))
    assert not found, f"{path}: {found}"


@of_every(sorted(str(item.relative_to(ROOT)) for item in (ROOT / "static" / "js").glob("*.js")))
def test_scripts_ask_nobody_else_and_compile_no_text(path: str) -> None:
    found = re.findall(r"\beval\(|new Function\(|[\"'`]https?://[^\"'`]*|document\.write\(", text_of(path))
    assert [item for item in found if "www.w3.org" not in item] == [], f"{path}: {found}"


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("<p onclick='x()'>", "handler"),
        ("<p style='color: red'>", "style attribute"),
        ("<script>x()</script>", "inline <script>"),
        ("<img src='https://elsewhere.example/a.png'>", "loads"),
        ("<a href='javascript:x()'>", "javascript:"),
    ],
)
def test_the_reader_finds_what_the_policy_refuses(bad: str, complaint: str) -> None:
    assert complaint in read(bad).refused[0]


def test_the_reader_finds_escaping_switched_off() -> None:
    assert marked_safe("{{ name|safe }}") == ["line 1: |safe"]
    assert not marked_safe("{{ '<b>%s</b>'|safe|format(name) }}")


def test_the_reader_finds_words_that_nobody_translates() -> None:
    assert untranslated(read("<p>Hello</p>")) == ["line 1: 'Hello'"]
    assert untranslated(read("<p>{{ x }} 元</p>"))
    assert untranslated(read("<img alt='A seal'>"))
    assert list(untranslated_strings("{{ page.head('Hello there') }}")) == ["line 1: 'Hello there'"]
    assert not untranslated(
        read("<p>{{ _('Hello') }} – {% trans %}Hello{% endtrans %} · 12 %</p><code>make run</code>")
    )
    assert not list(untranslated_strings("{{ page.head(_('Hello there'), 'sm-wide') }}"))
