"""One way of selection that a region has made: worded and tried by an officer, so that a colleague can release it."""

from datetime import datetime

from supermarket.accounts.queries import user_by_email
from supermarket.core.draw import TicketRule
from supermarket.core.unit import unit
from supermarket.demo import cast
from supermarket.modes import operations
from supermarket.modes.combining import StageWanted
from supermarket.modes.commands import ModeWording
from supermarket.modes.queries import modes_of_office
from supermarket.modes.stages.price import PriceRule
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import StageName
from supermarket.selection.operations import try_mode

WORDING = ModeWording(
    region_code=cast.PROVINCE,
    label="Stars, draw, quotes",
    label_zh="星级入围+随机+竞价",
    stages=(
        StageWanted(StageName.SHORTLIST, by=ShortlistBy.STARS, keep=5),
        StageWanted(StageName.DRAW, tickets=TicketRule.EQUAL, keep=3),
        StageWanted(StageName.PRICE, rule=PriceRule.LOWEST),
    ),
    fewest_valid=3,
    fewest_after_extension=3,
    sentence="The five best by stars stay, a draw leaves three, and the lowest of their sealed quotes is selected.",
    sentence_zh="星级前五名入围，随机抽取三名，其中密封报价最低的中选。",
)


def enter(at: datetime) -> None:
    """Word and try it, where no region has made one yet."""
    with unit():
        colleague = user_by_email("operator2.staff@demo.test")
        if colleague is None or modes_of_office(""):
            return
        actor = colleague.actor()
        name = operations.draft_mode(WORDING, actor=actor, at=at).mode.name
        try_mode(name, actor=actor, at=at)
