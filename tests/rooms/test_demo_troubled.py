"""The two applicants of the demonstration whom the checks do not let through."""

from datetime import datetime

from sqlalchemy.orm import Session

from supermarket.agencies.models import Onboarding, Standing
from supermarket.agencies.queries import agency, last_checks
from supermarket.core.clock import real_now
from supermarket.core.working_days import local_date
from supermarket.demo import troubled
from supermarket.demo.load import load


def test_one_waits_for_the_operator_and_one_is_refused_with_every_reason(session: Session, at: datetime) -> None:
    load(agencies=1, at=at)
    troubled.enter(at)
    troubled.enter(at)
    waiting, refused = (agency(item.uscc) for item in troubled.applicants(local_date(real_now())))
    assert (waiting.standing, waiting.onboarding) == (Standing.APPLIED, Onboarding.WAITING)
    open_ones = [check for check in last_checks(waiting.id) if check.outcome.value == "unknown"]
    assert {check.code for check in open_ones} == {"registration", "legal_representative"}
    assert {check.parameters["reason"] for check in open_ones} == {"contradicts"}
    assert (refused.standing, refused.onboarding) == (Standing.APPLIED, Onboarding.REFUSED)
    failed = [check.code for check in last_checks(refused.id) if check.outcome.value == "fail"]
    assert failed.count("registration") >= 3
    assert "legal_representative" in failed
