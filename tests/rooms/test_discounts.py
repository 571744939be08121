"""A purchase in which agencies offer a discount: from the region's mode to the award, and what counts for nothing."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.core.clock import now
from supermarket.core.errors import InvalidInput
from supermarket.core.permissions import Actor
from supermarket.modes.combining import StageWanted
from supermarket.modes.discount import amount_of
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stored import repeat
from supermarket.modes.table import StageName
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.models import StageRun
from supermarket.selection.queries import live_award, ranks_of
from tests.factories.modes import make_released_mode
from tests.factories.projects import make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.factories.web import make_browser, words_of
from tests.rooms.test_selection import present, until_selected

CEILING = 10_000_000
RATES = (Decimal("12.50"), Decimal("12.51"), Decimal("3.00"))


def make_discounted(at: datetime, **changes: object) -> tuple[Project, list[tuple[str, Actor]]]:
    """An open purchase by the highest discount, with four agencies enrolled."""
    stages = (StageWanted(StageName.PRICE, rule=PriceRule.HIGHEST_DISCOUNT),)
    version = make_released_mode(at, stages=stages, label="Highest discount", label_zh="最高下浮率")
    project, _owner = make_open_project(at, mode=version.mode.name, **changes)
    return project, [(agency.uscc, actor) for agency, actor in make_enrolled(project, 4, at)]


def test_the_highest_discount_is_selected_at_the_amount_that_it_gives(session: Session, at: datetime) -> None:
    project, enrolled = make_discounted(at)
    for (_uscc, actor), rate in zip(enrolled, RATES, strict=False):
        make_quote(project.code, amount_of(rate, CEILING), actor=actor, at=at)
    make_quote(project.code, 9_000_001, actor=enrolled[3][1], at=at)  # 9.99999 percent: no discount of two decimals
    until_selected(project)
    project = present(project)
    assert project.state is ProjectState.ANNOUNCED
    assert [(row.agency.uscc, row.price) for row in ranks_of(project)] == [
        (enrolled[1][0], 8_749_000),
        (enrolled[0][0], 8_750_000),
        (enrolled[2][0], 9_700_000),
    ]
    award = live_award(project.id)
    assert award is not None and (award.agency.uscc, award.price) == (enrolled[1][0], 8_749_000)
    (run,) = session.scalars(sa.select(StageRun)).all()
    assert run.parameters["bounds"]["max_rate"] == "99.99"  # type: ignore[index]  # stored JSON
    assert run.outputs is not None and run.outputs["figures"][enrolled[1][0]]["rate"] == "12.51"  # type: ignore[index]  # stored JSON
    assert repeat(run.parameters, run.inputs) == run.outputs
    (out,) = session.scalars(sa.select(Enrolment).where(Enrolment.state == EnrolmentState.EXCLUDED)).all()
    assert (out.agency.uscc, out.exclusion_code) == (enrolled[3][0], "rate_not_two_decimals")


def test_the_server_seals_no_amount_that_is_not_a_discount(session: Session, at: datetime) -> None:
    project, enrolled = make_discounted(at, seal="server")
    with pytest.raises(InvalidInput) as refused:
        selection.submit_open_quote(project.code, 9_000_001, actor=enrolled[0][1], at=at)
    assert [(error.field, error.code) for error in refused.value.errors] == [("amount", "rate_not_two_decimals")]
    assert selection.submit_open_quote(project.code, 9_000_000, actor=enrolled[0][1], at=at).quote.seq == 1


def test_the_bidder_types_a_percentage(app: Flask, session: Session) -> None:
    project, enrolled = make_discounted(now() - timedelta(hours=2), seal="server")
    bidder = make_browser(app, enrolled[0][1])
    page = words_of(bidder.get(f"/agency/projects/{project.code}").text)
    assert "Your discount (percent)" in page and "Your quote (yuan)" not in page
    for wrong in ("", "12,5", "12.505", "-1", "100", "１２", "1e1"):
        answer = bidder.post(f"/agency/projects/{project.code}/open-quote", data={"rate-rate": wrong})
        assert answer.status_code == 422, wrong
    answer = bidder.post(f"/agency/projects/{project.code}/open-quote", data={"rate-rate": "12.5"})
    assert answer.status_code == 201
    assert "8750000" in answer.text
