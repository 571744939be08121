"""One purchase in the browser, from the demand to the stars; what a visitor of the demonstration would do."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from playwright.sync_api import Browser, expect

from config import ROOT
from supermarket.core.clock import real_now
from supermarket.core.working_days import local_date
from supermarket.credit.queries import star_level
from supermarket.demo import cast
from supermarket.extensions import db
from supermarket.projects.models import Project
from supermarket.selection.queries import live_award
from tests.browser.people import Person, enter
from tests.browser.site import Site

pytestmark = pytest.mark.browser

NAME = "都江堰灌区渠系改造工程控制测量"
PDF = b"%PDF-1.4\ntrailer<</Root<</Type/Catalog/Pages<</Type/Pages/Kids[]/Count 0>>>>>>\n%%EOF\n"
AGENCIES = ("agency@demo.test", "agency2@demo.test", "agency3@demo.test")
PURCHASE = {
    "name": NAME,
    "matter": "ZJ029",
    "description": "对灌区干渠及支渠约42公里进行控制测量，提交成果图和技术总结。",
    "funding": "fiscal",
    "budget": "128000",
    "mode": "random",
    "duration_days": "40",
    "deliverables-0-name": "控制测量成果报告",
    "deliverables-0-due_days": "30",
    "payment_terms-0-name": "成果验收后一次付清",
    "payment_terms-0-percent": "100",
    "payment_terms-0-after_deliverable": "1",
}


def _steps(person: Person, path: str, values: dict[str, str], button: str) -> None:
    """Open a page, fill its form in, send it."""
    assert person.open(path) == 200
    person.fill(values)
    person.press(button)


def _project(site: Site, code: str) -> Project:
    with site.app.app_context():
        return db.session.query(Project).filter_by(code=code).one()


def _uscc(email: str) -> str:
    """The agency behind a printed account."""
    place = next(place for place, known in cast.AGENCY_ACCOUNTS.items() if known == email)
    return cast.agencies(place + 1, local_date(real_now()))[place].uscc


def _verify(site: Site, file: Path) -> tuple[Result, subprocess.CompletedProcess[str]]:
    """`flask draw verify` and the program that anybody can download."""
    ours = site.app.test_cli_runner().invoke(args=["draw", "verify", str(file)])
    script = ROOT / "static" / "verify" / "draw_verify.py"
    return ours, subprocess.run([sys.executable, script, file], capture_output=True, text=True, check=False)


def _publish(site: Site, browser: Browser) -> str:
    """The owner words it and hands it in; the operator approves."""
    with enter(site, browser, "owner@demo.test") as owner:
        _steps(owner, "/projects/new", PURCHASE, "Save and go to the last look")
        expect(owner.page.get_by_role("heading", level=1)).to_contain_text(NAME)
        code = owner.page.url.split("/")[-2]
        owner.press("Hand it in")
        expect(owner.main().locator(".has-error")).to_contain_text("Tick this box")
        owner.fill({"confirm": "y"})
        owner.press("Hand it in")
        expect(owner.page.get_by_role("heading", level=1)).to_contain_text(NAME)
    with enter(site, browser, "operator@demo.test") as operator:
        operator.follow(f"/office/projects/{code}")
        expect(operator.page.get_by_role("heading", level=1)).to_contain_text(NAME)
        operator.fill({"approve-confirm": "y"})
        operator.press("Approve and publish")
        operator.told("Open")
    return code


def _enrol(site: Site, browser: Browser, email: str, code: str) -> None:
    with enter(site, browser, email) as agency:
        agency.open("/agency/projects")
        agency.follow(f"/agency/projects/{code}")
        agency.told("As your file stands now, you can enrol.")
        agency.press("Enrol")
        agency.told("You are enrolled.")
        assert agency.page.url == f"{site.url}/agency/projects/{code}"


def _check_the_draw(site: Site, reader: Person, code: str, folder: Path) -> None:
    """Download the record and check it oneself; a record with one byte changed is refused by everybody."""
    with reader.page.expect_download() as coming:
        reader.page.get_by_role("link", name=f"{code}-main.json").click()
    record = folder / coming.value.suggested_filename
    coming.value.save_as(record)
    data = record.read_bytes()
    ours, anybodys = _verify(site, record)
    assert (ours.exit_code, anybodys.returncode) == (0, 0), ours.output + anybodys.stdout
    assert "The order follows from the pool and the value." in anybodys.stdout
    place = data.index(b'"order"') + data[data.index(b'"order"') :].index(b"91") + 2
    changed = folder / "changed.json"
    changed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    ours, anybodys = _verify(site, changed)
    assert (ours.exit_code, anybodys.returncode) == (1, 1), ours.output + anybodys.stdout
    for file, sentence in ((record, "nothing differs"), (changed, "This record does not hold.")):
        reader.open("/verify")
        reader.page.locator("#record").set_input_files(file)
        reader.press("Check the record")
        reader.told(sentence)


def _select(site: Site, browser: Browser, code: str, folder: Path) -> str:
    """Time goes by until somebody is selected; anybody sees who and why. Gives the winner's account."""
    moment = _project(site, code).select_at
    assert moment is not None
    site.supervise(moment + timedelta(minutes=1))
    with enter(site, browser) as reader:
        reader.open(f"/projects/{code}")
        first = reader.page.locator("#draw table tbody tr").first
        winner = first.locator("td").nth(-1).inner_text().strip()
        email = next(email for email in AGENCIES if _uscc(email) == winner)
        name = first.locator("td").nth(1).inner_text().strip()
        expect(reader.page.locator("#result")).to_contain_text(name)
        _check_the_draw(site, reader, code, folder)
    return email


def _stand_still(site: Site, code: str) -> None:
    """The standstill goes by."""
    with site.app.app_context():
        award = live_award(_project(site, code).id)
    assert award is not None
    assert award.due_at is not None
    site.supervise(award.due_at + timedelta(minutes=1))


def _sign(site: Site, browser: Browser, code: str, agency: str) -> str:
    """Both sign; gives the number of the contract."""
    with enter(site, browser, "owner@demo.test") as owner:
        owner.open(f"/projects/{code}")
        owner.page.get_by_role("link", name="Sign the contract").click()
        contract = owner.page.url.split("/")[-2]
        owner.press("Sign")
        expect(owner.main().locator(".sm-summary")).to_be_visible()
        owner.fill({"consent": "y"})
        owner.press("Sign")
        owner.told("Signed. The contract comes into force when the other side has signed, too.")
        text = owner.main().get_by_role("link", name="The contract (PDF)").get_attribute("href")
        assert owner.page.request.get(f"{site.url}{text}").body().startswith(b"%PDF-")
    with enter(site, browser, agency) as winner:
        winner.open("/agency/contracts")
        winner.follow(f"/agency/contracts/{contract}")
        winner.fill({"sign-consent": "y"})
        winner.press("Sign")
        winner.told("Signed.")
        winner.told("In force")
    return contract


def _hand_in(person: Person, contract: str, name: str, data: bytes) -> None:
    person.open(f"/agency/contracts/{contract}")
    file = {"name": name, "mimeType": "application/pdf", "buffer": data}
    person.page.locator('input[name="submit-file"]').set_input_files([file])
    person.press("Hand in")


def _serve(site: Site, browser: Browser, contract: str, agency: str) -> None:
    """A file that is no PDF, a result, sent back, a better one, accepted, paid, confirmed."""
    with enter(site, browser, agency) as winner, enter(site, browser, "owner@demo.test") as owner:
        site.pass_time(days=4)
        _hand_in(winner, contract, "成果报告.pdf", b"MZ\x90\x00 a program in disguise")
        expect(winner.page.locator("#deliverables .sm-error").first).to_be_visible()
        _hand_in(winner, contract, "成果报告.pdf", PDF)
        winner.told("Handed in.")
        _steps(
            owner,
            f"/contracts/{contract}/deliverables/1/decide",
            {"reasons": "缺少控制点坐标表，请补充。"},
            "Send back",
        )
        owner.told("Sent back with your reasons.")
        site.pass_time(days=2)
        _hand_in(winner, contract, "成果报告（补充坐标表）.pdf", PDF + b"%\n")
        winner.told("Handed in.")
        winner.told("缺少控制点坐标表")
        owner.open(f"/contracts/{contract}/deliverables/1/decide")
        owner.press_in('form:has(input[value="accept"])')
        owner.confirm()
        owner.told("Accepted.")
        _steps(
            owner, f"/contracts/{contract}/payments/1/pay", {"reference": "国库支付令 2026-0415"}, "Record the payment"
        )
        owner.told("Recorded.")
        winner.open(f"/agency/contracts/{contract}")
        winner.press_in('form[action$="/confirm"]')
        winner.confirm()
        winner.told("Confirmed.")


def _rate(site: Site, browser: Browser, contract: str) -> None:
    with enter(site, browser, "owner@demo.test") as owner:
        points = {"quality": "5", "compliance": "5", "attitude": "5", "comment": "成果规范，响应及时。"}
        owner.open(f"/contracts/{contract}/rating")
        owner.fill({name: value for name, value in points.items() if owner.has(name)})
        owner.press("Give the rating")
        owner.told("Thank you.")
    for email in ("regulator@demo.test", "operator@demo.test"):
        with enter(site, browser, email) as officer:
            officer.open(f"/office/contracts/{contract}")
            officer.fill(
                {f"rate-{name}": "5" for name in ("quality", "compliance", "attitude") if officer.has(f"rate-{name}")}
            )
            officer.press("Give the rating")
            officer.told("Given")


def test_one_life_from_the_demand_to_the_stars(site: Site, browser: Browser, tmp_path: Path) -> None:
    code = _publish(site, browser)
    for email in AGENCIES:
        _enrol(site, browser, email, code)
    winner = _select(site, browser, code, tmp_path)
    _stand_still(site, code)
    contract = _sign(site, browser, code, winner)
    _serve(site, browser, contract, winner)
    _rate(site, browser, contract)
    site.pass_time(days=20)
    with enter(site, browser) as reader:
        reader.open(f"/contracts/{contract}")
        reader.told("Score 100")
        reader.open(f"/agencies/{_uscc(winner)}")
        reader.told(NAME)
        # A level of stars is given from the third rating on; what it is computed from stands there at once.
        # How old the rating is decides its last digits, and other tests move the same site's clock.
        with site.app.app_context():
            level = star_level(_uscc(winner))
        assert level is not None and level.score is not None
        assert 79 < level.score < 80
        reader.told(f"not yet rated S = {level.score}")
