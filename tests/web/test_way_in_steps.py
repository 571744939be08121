"""Small things on the way into the register: where it goes on, what is chosen, where one comes back to."""

import re

from flask import Flask
from sqlalchemy.orm import Session

from supermarket.agencies.models import Agency, ChangeState, Onboarding, ProfileChange
from supermarket.core.clock import now
from tests.factories.agencies import make_agency
from tests.factories.matters import make_kinds
from tests.factories.web import words_of
from tests.web.test_way_in import IN, browser_of, make_profile, newcomer


def test_the_way_in_goes_on_where_its_state_says(app: Flask, session: Session) -> None:
    browser, body = newcomer(app)
    browser.post(f"{IN}/profile", data=make_profile(body))
    home = words_of(browser.get("/home").get_data(as_text=True))
    assert "not sent in yet" in home and "Look at the open purchases" not in home and "Credit" not in home
    row = session.query(Agency).one()
    for state, place in ((Onboarding.REFUSED, "review"), (Onboarding.WAITING, "progress")):
        row.onboarding, row.decision_due_at = state, now() if state is Onboarding.WAITING else None
        session.flush()
        assert browser.get(IN).location == f"{IN}/{place}"
    assert "Ask the registries again now" in words_of(browser.get(f"{IN}/progress").get_data(as_text=True))


def test_people_are_filed_inside_of_the_way_in(app: Flask, session: Session) -> None:
    browser, body = newcomer(app)
    browser.post(f"{IN}/profile", data=make_profile(body))
    html = browser.get("/agency/practitioners").get_data(as_text=True)
    assert "Step 4 of 7" in words_of(html) and f'href="{IN}/related-parties">Go on' in html
    empty = browser.post("/agency/practitioners", data={})
    assert empty.status_code == 422 and "Not a valid date value." not in words_of(empty.get_data(as_text=True))


def test_a_level_is_chosen_and_named_with_every_other_mistake(app: Flask, session: Session) -> None:
    make_kinds()
    browser, body = newcomer(app)
    browser.post(f"{IN}/profile", data=make_profile(body))
    html = browser.get("/agency/qualifications/new?kind=Q021").get_data(as_text=True)
    level = re.search(r'<select[^>]*name="level".*?</select>', html, re.DOTALL)
    assert level is not None and "selected" not in level.group(0).replace('selected value=""', "")
    wrong = browser.post("/agency/qualifications", data={"kind": "Q021"})
    words = words_of(wrong.get_data(as_text=True))
    assert wrong.status_code == 422
    assert "Choose the level that the certificate states." in words and "Please fill this in." in words
    wrong = browser.post(f"{IN}/services", data={"promised_days": "0", "act": "more"})
    assert "Promise from 1 to 1095 working days." in words_of(wrong.get_data(as_text=True))


def test_a_refused_change_leads_to_the_field_again(app: Flask, session: Session) -> None:
    agency = make_agency()
    browser = browser_of(app, agency)
    browser.post("/agency/profile/correct/region", data={"province": "510000", "city": "510300", "county": ""})
    change = session.query(ProfileChange).one()
    change.state, change.decided_at, change.decision_due_at = ChangeState.REFUSED, now(), None
    session.flush()
    assert 'href="/agency/profile/correct/region"' in browser.get(f"/agency/changes/{change.number}").text
