"""Regions' own modes for tests, made through the operations."""

from dataclasses import replace
from datetime import datetime

from supermarket.accounts.models import OrganisationKind
from supermarket.core.draw import TicketRule
from supermarket.core.permissions import Actor, Role
from supermarket.modes import operations
from supermarket.modes.combining import StageWanted
from supermarket.modes.commands import ModeWording
from supermarket.modes.models import ModeVersion
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import StageName
from supermarket.selection.operations import try_mode
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.policies import make_region

CHENGDU = "510100"
# The five best by stars, a draw by credit that leaves three, then the lowest quote.
THREE_STAGES = (
    StageWanted(StageName.SHORTLIST, by=ShortlistBy.STARS, keep=5),
    StageWanted(StageName.DRAW, tickets=TicketRule.CREDIT, keep=3),
    StageWanted(StageName.PRICE, rule=PriceRule.LOWEST),
)


def mode_wording(**changes: object) -> ModeWording:
    """A mode of Chengdu: stars, a draw, quotes."""
    command = ModeWording(
        region_code=CHENGDU,
        label="Stars, draw, quotes",
        label_zh="星级入围+随机+竞价",
        stages=THREE_STAGES,
        fewest_valid=3,
        fewest_after_extension=3,
        sentence="The five best by stars are drawn; three of them compete by price.",
        sentence_zh="星级前五名入围，随机抽取三名，报价最低者中选。",
    )
    return replace(command, **changes)  # type: ignore[arg-type]  # the caller names real fields


def make_mode_office() -> tuple[Actor, Actor]:
    """Two people of the operator's office for the province."""
    body = make_organisation(OrganisationKind.OPERATOR, region_code="510000")
    make_region(CHENGDU)
    return (
        make_actor(Role.OPERATOR, body, region_code="510000"),
        make_actor(Role.OPERATOR, body, region_code="510000"),
    )


def make_released_mode(at: datetime, **changes: object) -> ModeVersion:
    """A mode that was tried on what there is, and released by the second person."""
    first, second = make_mode_office()
    version = operations.draft_mode(mode_wording(**changes), actor=first, at=at)
    name = version.mode.name
    try_mode(name, actor=first, at=at)
    return operations.release_mode(name, reason="试运行结果良好", revision=version.revision, actor=second, at=at)
