"""What is committed: nothing of one machine, nothing secret, and documents that are true to the code."""

import json
import re
from pathlib import Path

from config import ROOT
from supermarket.experts.states import ExpertStanding
from supermarket.modes.states import ModeState
from supermarket.selection.panels.states import PanelState, SeatState
from tests.architecture.sources import committed, of_every, text_of

# Written apart, so that this file does not find itself.
OF_ONE_MACHINE = {
    "an absolute path of a workplace": re.compile("/wo" + r"rk/|/ro" + r"ot/\.|/ho" + r"me/[a-z]|/Us" + r"ers/[a-z]"),
    "a folder beside the checkout": re.compile(r"(?<![\w./-])sha" + r"red/"),
    "a registry address": re.compile(r"--(extra-)?index-u" + r"rl|\"resol" + r"ved\":|registry-u" + r"rl"),
    "a private key": re.compile("BEGIN [A-Z ]*PRIVATE" + " KEY"),
}
BINARY = {".png", ".ico", ".woff2", ".ttf", ".otf", ".xlsx", ".pdf", ".zip", ".mo", ".jpg"}
# Names of files that say themselves which folders of theirs they mean.
NAMES_PATHS_ON_PURPOSE = {"tests/architecture/test_repository.py"}
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "docs/architecture.md")
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _texts() -> list[str]:
    return [path for path in committed() if Path(path).suffix not in BINARY and path not in NAMES_PATHS_ON_PURPOSE]


@of_every(_texts())
def test_nothing_committed_belongs_to_one_machine(path: str) -> None:
    found = [
        f"line {number}: {what}"
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        for what, pattern in OF_ONE_MACHINE.items()
        if pattern.search(line)
    ]
    assert not found, f"{path}: {'; '.join(found)}"


def test_third_party_files_are_fetched_and_not_committed() -> None:
    carried = [path for path in committed() if path.startswith(("static/vendor/", "node_modules/", "var/", ".venv/"))]
    assert not carried, f"made at set-up, and yet committed: {carried[:5]}"


@of_every(DOCUMENTS)
def test_the_documents_are_there(path: str) -> None:
    assert len(text_of(path)) > 300, f"{path} says too little"


@of_every([path for path in committed() if path.endswith(".md")])
def test_links_between_documents_lead_somewhere(path: str) -> None:
    folder = (ROOT / path).parent
    dead = [
        target
        for target in LINK.findall(text_of(path))
        if not re.match(r"[a-z]+:", target) and not (folder / target).exists()
    ]
    assert not dead, f"{path}: nothing at {dead}"


def _requirements() -> set[str]:
    names = set()
    for file in ("requirements.in", "requirements-dev.in", "requirements-servers.in"):
        for line in text_of(file).splitlines():
            entry = line.partition("#")[0].strip()
            if entry and not entry.startswith("-"):
                names.add(re.split(r"[\[<>=! ]", entry)[0])
    package = json.loads(text_of("package.json"))
    return names | set(package["dependencies"]) | set(package["devDependencies"])


def test_every_dependency_has_its_reason() -> None:
    document = text_of("docs/dependencies.md")
    without = sorted(name for name in _requirements() if f"`{name}`" not in document)
    assert not without, f"docs/dependencies.md gives no reason for {', '.join(without)}"


def test_no_reason_outlives_its_dependency() -> None:
    listed = set(re.findall(r"^\| `([^`]+)`", text_of("docs/dependencies.md"), re.MULTILINE))
    gone = sorted(listed - _requirements())
    assert not gone, f"docs/dependencies.md explains what is not used: {', '.join(gone)}"


def test_decisions_are_numbered_without_gaps_and_have_their_parts() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert re.match(rf"# {int(file.name[:4])}\. \S", text), f"{file.name} begins with its number and title"
        for part in ("## Why", "## So"):
            assert part in text, f"{file.name} has no “{part}”"


def test_every_decision_is_in_the_list() -> None:
    listing = text_of("docs/adr/README.md")
    missing = [file.name for file in (ROOT / "docs" / "adr").glob("[0-9]*.md") if file.name not in listing]
    assert not missing, f"docs/adr/README.md does not list {missing}"


def test_the_lifecycle_names_every_state_of_a_purchase() -> None:
    """docs/lifecycle.md against the state tables themselves."""
    document = text_of("docs/lifecycle.md")
    for path in ("projects", "contracts", "payments", "deliverables", "ratings"):
        states = re.findall(
            r"^    [A-Z_]+ = \"([a-z_]+)\"", _first_enum(text_of(f"supermarket/{path}/states.py")), re.MULTILINE
        )
        assert states, f"no states in supermarket/{path}/states.py"
        missing = [state for state in states if f"`{state}`" not in document]
        assert not missing, f"docs/lifecycle.md does not name {missing} of {path}"


def test_the_lifecycle_names_every_state_of_panels_experts_and_modes() -> None:
    document = text_of("docs/lifecycle.md")
    states = [*PanelState, *SeatState, *ExpertStanding, *ModeState]
    assert [state.value for state in states if f"`{state.value}`" not in document] == []


def _first_enum(text: str) -> str:
    match = re.search(r"^class \w*State\(StrEnum\):.*?(?=^class |^[A-Z_]+\b|\Z)", text, re.MULTILINE | re.DOTALL)
    return match.group(0) if match else ""


def _entries(name: str) -> list[int]:
    """How many entries each part of a change log has."""
    counts: list[int] = []
    for line in text_of(name).splitlines():
        if line.startswith("##"):
            counts.append(0)
        elif line.startswith("- "):
            counts[-1] += 1
    return counts


def test_the_chinese_change_log_has_an_entry_for_each_of_the_english_one() -> None:
    english = _entries("CHANGELOG.md")
    assert english and sum(english) > 10
    assert _entries("CHANGELOG.zh.md") == english
