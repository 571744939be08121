"""Ways of selection on pages: the office's editor without JavaScript, dry runs, release by a colleague; what the public sees."""

import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from supermarket.accounts.models import OrganisationKind, User
from supermarket.core.permissions import Role
from supermarket.extensions import db
from supermarket.modes.models import ModeVersion
from supermarket.modes.states import ModeState
from tests.factories.accounts import make_organisation, make_user
from tests.factories.modes import CHENGDU, make_released_mode
from tests.factories.pages import enter_as
from tests.factories.policies import make_region

WORDING = {
    "region": CHENGDU,
    "label_zh": "星级入围后抽取",
    "label": "Stars, then a draw",
    "stages-0-stage": "shortlist",
    "stages-0-by": "stars",
    "stages-0-keep": "5",
    "stages-0-tickets": "equal",
    "stages-0-rule": "",
    "stages-1-stage": "draw",
    "stages-1-by": "",
    "stages-1-keep": "",
    "stages-1-tickets": "credit",
    "stages-1-rule": "",
    "fewest_valid": "3",
    "fewest_after_extension": "3",
    "act": "save",
}


@pytest.fixture
def people(session: Session) -> tuple[User, User]:
    """Two people of the operator's office of the province."""
    make_region(CHENGDU)
    office = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    pair = (
        make_user(Role.OPERATOR, office, region_code="510000"),
        make_user(Role.OPERATOR, office, region_code="510000"),
    )
    session.commit()
    return pair


def latest() -> ModeVersion:
    return db.session.scalars(sa.select(ModeVersion).order_by(ModeVersion.id.desc())).all()[0]


def test_a_mode_is_put_together_tried_and_released_page_by_page(client: FlaskClient, people: tuple[User, User]) -> None:
    first, second = people
    enter_as(client, first)
    assert "/office/modes/new" in client.get("/office/modes").text
    made = client.post("/office/modes/new", data=WORDING)
    assert made.status_code == 303
    assert client.get(made.location).status_code == 200
    tried = client.post(f"{made.location}/try")
    assert re.search(r"/modes/m510100_1/trials/\d+$", tried.location)
    assert client.get(tried.location).status_code == 200
    release = {
        "release-reason": "九种方式之外的需要",
        "release-confirm": "y",
        "release-revision": str(latest().revision),
    }
    refused = client.post(f"{made.location}/release", data=release)
    assert refused.status_code == 403
    enter_as(client, second)
    unticked = client.post(f"{made.location}/release", data=release | {"release-confirm": ""})
    assert unticked.status_code == 422
    assert client.post(f"{made.location}/release", data=release).status_code == 303
    assert latest().state is ModeState.RELEASED
    page = client.application.test_client().get("/modes/m510100_1").text
    assert "星级入围后抽取" in page and "九种方式之外的需要" in page
    assert client.application.test_client().get(tried.location).status_code == 200
    csv = client.application.test_client().get(f"{tried.location}?format=csv")
    assert csv.mimetype == "text/csv"


def test_stages_are_added_moved_and_removed_without_javascript(client: FlaskClient, people: tuple[User, User]) -> None:
    enter_as(client, people[0])

    def kinds(act: str) -> list[str]:
        answer = client.post("/office/modes/new", data=WORDING | {"act": act})
        assert answer.status_code == 200
        selects = "".join(re.findall(r'name="stages-\d-stage".*?</select>', answer.text, re.DOTALL))
        return re.findall(r'<option value="(\w+)" selected>', selects)

    assert kinds("down-0") == ["draw", "shortlist"]
    assert kinds("up-1") == ["draw", "shortlist"]
    assert kinds("drop-0") == ["draw"]
    assert kinds("add")[:2] == ["shortlist", "draw"]
    assert kinds("drop-99") == kinds("check") == ["shortlist", "draw"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModeVersion)) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"stages-1-stage": "choose", "stages-0-stage": "price", "stages-0-rule": "lowest"},
        {"stages-0-keep": "many"},
        {"stages-0-stage": "lottery"},
        {"stages-0-tickets": "<script>alert(1)</script>"},
        {"label": ""},
        {"label_zh": "随机抽取"},
        {"fewest_valid": "1"},
        {"region": "110000"},
        {"region": "zz"},
    ],
)
def test_a_mistake_is_named_and_nothing_typed_is_lost(
    client: FlaskClient, people: tuple[User, User], changes: dict[str, str]
) -> None:
    enter_as(client, people[0])
    typed = {"sentence_zh": "保留我写的每个字 <b>&"}
    answer = client.post("/office/modes/new", data=WORDING | typed | changes)
    assert answer.status_code in (403, 422)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModeVersion)) == 0
    if answer.status_code == 422:
        assert 'class="sm-summary"' in answer.text
        assert "保留我写的每个字 &lt;b&gt;&amp;" in answer.text
        assert "<script>alert(1)" not in answer.text


def test_the_preview_says_what_it_will_do_or_what_is_wrong(client: FlaskClient, people: tuple[User, User]) -> None:
    enter_as(client, people[0])
    said = client.post("/office/modes/preview", data=WORDING)
    assert said.status_code == 200
    assert "sm-plan__topics" in said.text
    wrong = client.post("/office/modes/preview", data=WORDING | {"stages-1-stage": "shortlist"})
    assert "sm-error" in wrong.text and "sm-plan__topics" not in wrong.text


def test_everybody_reads_the_nine_and_nobody_reads_a_draft(
    client: FlaskClient, session: Session, people: tuple[User, User], at: datetime
) -> None:
    for name in ("random", "credit_merit", "direct"):
        assert client.get(f"/modes/{name}").status_code == 200
    enter_as(client, people[0])
    client.post("/office/modes/new", data=WORDING)
    nobody = client.application.test_client()
    assert nobody.get("/modes/m510100_1").status_code == 404
    assert client.get("/modes/m510100_1").status_code == 404  # not even its office, on the public page
    assert nobody.get("/modes/m510100_1/trials/1").status_code == 404
    assert nobody.get("/modes/../../etc").status_code == 404


def test_own_words_with_markup_and_percent_signs_are_only_words(
    client: FlaskClient, session: Session, at: datetime
) -> None:
    hostile = "<script>alert(1)</script> %(keep)s %s {{ 7*7 }}"
    make_released_mode(at, label=hostile[:60], label_zh=hostile[:40], sentence=hostile, sentence_zh=hostile)
    session.commit()
    for path in ("/modes", "/modes/m510100_1", "/projects", "/statistics"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "<script>alert(1)" not in answer.text
    assert "%(keep)s" in client.get("/modes/m510100_1").text


def stages(*rows: dict[str, str]) -> dict[str, str]:
    """What the editor sends of its stages."""
    empty = {"by": "", "keep": "", "tickets": "equal", "rule": ""}
    return {f"stages-{place}-{key}": text for place, row in enumerate(rows) for key, text in (empty | row).items()}


BARE = {key: text for key, text in WORDING.items() if not key.startswith("stages-")}


def test_each_fault_stands_once_beside_its_stage_and_with_its_number_in_the_summary(
    client: FlaskClient, people: tuple[User, User]
) -> None:
    enter_as(client, people[0])
    client.get("/language/en?next=/")
    few = stages({"stage": "shortlist", "by": "stars", "keep": "2"}, {"stage": "draw"})
    told = client.post("/office/modes/new", data=BARE | few).text
    sentence = "It keeps fewer than the valid enrolments that are needed (3)."
    assert f"<li>Stage 1: {sentence}</li>" in told
    assert told.partition('id="stage-1-faults"')[2].partition("</div>")[0].count(sentence) == 1
    unread = stages({"stage": "shortlist", "by": "stars", "keep": "viele"}, {"stage": "draw"})
    told = client.post("/office/modes/new", data=BARE | unread).text
    beside = told.partition('id="stage-1-faults"')[2].partition("</div>")[0]
    assert beside.count('class="sm-error"') == 1 and "Give a whole number." in beside
    assert 'value="viele"' in told


def test_what_stood_beside_a_stage_goes_when_it_is_mended(client: FlaskClient, people: tuple[User, User]) -> None:
    """The page asks for the preview at each change; with it comes what is still wrong beside each stage."""
    enter_as(client, people[0])
    alone = client.post("/office/modes/preview", data=BARE | stages({"stage": "shortlist", "keep": "5"})).text
    assert re.search(r'id="stage-1-faults" hx-swap-oob="true"><p class="sm-error">', alone)
    mended = stages({"stage": "shortlist", "keep": "5"}, {"stage": "draw"})
    told = client.post("/office/modes/preview", data=BARE | mended).text
    for number in (1, 2):
        assert f'<div class="sm-stage__faults" id="stage-{number}-faults" hx-swap-oob="true"></div>' in told
    editor = client.post("/office/modes/new", data=BARE | mended | {"act": "check"}).text
    assert re.findall(r'id="stage-(\d)-faults"', editor) == ["1", "2"] and "hx-swap-oob" not in editor


@pytest.mark.parametrize("name", ["随机抽取", "随 机抽取", "Random draw", "ＲＡＮＤＯＭ draw", "随机\u200b抽取"])
@pytest.mark.parametrize("field", ["label", "label_zh"])
def test_a_name_of_the_nine_is_taken_whatever_the_readers_language(
    client: FlaskClient, people: tuple[User, User], field: str, name: str
) -> None:
    enter_as(client, people[0])
    for language in ("en", "zh_CN"):
        client.get(f"/language/{language}?next=/")
        assert client.post("/office/modes/new", data=WORDING | {field: name}).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModeVersion)) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        stages({"stage": "draw"}, {"stage": "draw"}),
        stages({"stage": "choose"}),
        stages({"stage": "score"}, {"stage": "draw"}),
        stages({"stage": "auction"}),
        stages({"stage": "price", "rule": "highest_bid"}),
        stages({"stage": "shortlist", "keep": "-3"}, {"stage": "draw"}),
        stages({"stage": "shortlist", "keep": "9" * 5000}, {"stage": "draw"}),
        stages({"stage": "shortlist", "keep": "٥"}, {"stage": "draw"}),
        stages({"stage": "shortlist", "keep": "9"}, {"stage": "shortlist", "keep": "5"}, {"stage": "draw"}),
        stages(*[{"stage": "shortlist", "keep": "9"}] * 200),
        {},
    ],
)
def test_nonsense_is_never_stored(client: FlaskClient, people: tuple[User, User], wrong: dict[str, str]) -> None:
    enter_as(client, people[0])
    answer = client.post("/office/modes/new", data=BARE | wrong)
    assert answer.status_code == 422
    assert 'class="sm-summary"' in answer.text
    assert client.post("/office/modes/preview", data=BARE | wrong).status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ModeVersion)) == 0


def test_a_refusal_is_told_where_its_form_is_gone(client: FlaskClient, people: tuple[User, User]) -> None:
    enter_as(client, people[0])
    client.get("/language/en?next=/")
    path = client.post("/office/modes/new", data=WORDING).location
    client.post(f"{path}/try")
    release = {"release-reason": "自己发布", "release-confirm": "y", "release-revision": str(latest().revision)}
    own = client.post(f"{path}/release", data=release)
    assert own.status_code == 403
    assert own.text.partition('class="sm-summary"')[2].partition("</div>")[0].count("a colleague must") == 1
    retire = {"retire-reason": "不再需要", "retire-number": "1"}
    assert client.post(f"{path}/retire", data=retire).status_code == 303
    late = client.post(f"{path}/retire", data=retire)
    assert late.status_code == 409
    assert 'class="sm-summary"' in late.text


def test_of_two_who_word_at_once_the_second_is_told_and_keeps_what_was_typed(
    client: FlaskClient, people: tuple[User, User]
) -> None:
    enter_as(client, people[0])
    path = client.post("/office/modes/new", data=WORDING).location
    seen = {"revision": str(latest().revision)}
    enter_as(client, people[1])
    assert client.post(f"{path}/edit", data=WORDING | seen | {"label": "The colleague's"}).status_code == 303
    enter_as(client, people[0])
    for revision in (seen, {"revision": ""}, {"revision": "9" * 30}):
        late = client.post(f"{path}/edit", data=WORDING | revision | {"label": "Mine, later"})
        assert late.status_code in (409, 422), revision
        assert 'value="Mine, later"' in late.text
    assert latest().rules["label"] == "The colleague's"
