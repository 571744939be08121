"""What tests of typing errors share: a draw computed from a bulletin that both sides mistyped alike."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

from supermarket.core.draw import draw_key, draw_order, parse_pool_file
from supermarket.core.permissions import Actor, Role
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Project
from supermarket.selection import operations as selection
from supermarket.selection.bulletins import Bulletin, sales_close_from
from supermarket.selection.models import Draw, DrawCorrection
from supermarket.selection.queries import draws_of
from tests.factories.accounts import make_actor
from tests.factories.policies import make_policy
from tests.factories.projects import SICHUAN, make_enrolled, make_open_project
from tests.factories.quotes import make_quote
from tests.rooms.test_selection import present, settle

NUMBERS = " ".join(f"{number:02d}" for number in range(1, 21))
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WHY = "双方都把一个号码看错了"


def other_numbers() -> Iterator[str]:
    """Issues that a lottery could give, one after the other."""
    for drawn in combinations(range(1, 81), 20):
        yield " ".join(f"{number:02d}" for number in drawn)


def order_of(draw: Draw, value: str) -> tuple[str, ...]:
    """The order that a value gives."""
    members = parse_pool_file(draw.pool_file.encode("ascii")).members
    return draw_order(members, draw_key(draw.pool_hash, value))


def numbers_for(draw: Draw, wanted: Callable[[tuple[str, ...]], bool]) -> str:
    """Numbers that differ from NUMBERS and give the draw an order as it is wanted."""
    return next(value for value in other_numbers() if value != NUMBERS and wanted(order_of(draw, value)))


@dataclass(frozen=True)
class Mistyped:
    """A purchase whose draw both sides have typed; `typed` is what they typed, `at` a moment soon after it."""

    code: str
    owner: Actor
    regulator: Actor
    agencies: Sequence[tuple[str, Actor]]
    typed: Bulletin
    at: datetime

    @property
    def project(self) -> Project:
        """As it stands in the database."""
        return present_code(self.code)

    @property
    def draw(self) -> Draw:
        """Its main draw."""
        return draws_of(self.project.id)[0]

    def true(self, wanted: Callable[[tuple[str, ...]], bool]) -> Bulletin:
        """A bulletin with other numbers, whose order is as wanted."""
        return replace(self.typed, numbers=numbers_for(self.draw, wanted))

    def enter(self, bulletin: Bulletin, actor: Actor, at: datetime | None = None, **changes: object) -> DrawCorrection:
        """One side types the bulletin anew, with the document."""
        said: dict[str, object] = {"reason": WHY, "file": Attachment(io.BytesIO(PDF), "公告.pdf"), "purpose": "main"}
        return selection.correct_numbers(
            self.code,
            bulletin,
            actor=actor,
            at=at or self.at,
            **(said | changes),  # type: ignore[arg-type]  # real fields
        )

    def correct(self, bulletin: Bulletin, at: datetime | None = None) -> DrawCorrection:
        """Both sides type it."""
        self.enter(bulletin, self.owner, at)
        return self.enter(bulletin, self.regulator, at)


def present_code(code: str) -> Project:
    """The project as it stands in the database."""
    return present(Project(code=code))


def mistyped(at: datetime, **changes: object) -> Mistyped:
    """A purchase of social money that draws by a lottery, drawn from what both typed; `quotes` in fen."""
    make_policy("draw_source_social", "published:kl8")
    return drawn_by_lottery(at, **changes)  # type: ignore[arg-type]  # the caller names real fields


def drawn_by_lottery(at: datetime, *, count: int = 4, quotes: Sequence[int] = (), **changes: object) -> Mistyped:
    """The same where the policy names the lottery already."""
    project, owner = make_open_project(at, **changes)
    enrolled = make_enrolled(project, count, at + timedelta(hours=1))
    for (_agency, actor), amount in zip(enrolled, quotes, strict=bool(quotes)):
        make_quote(project.code, amount, actor=actor, at=at + timedelta(hours=2))
    code = project.code
    for name in ("enrol_until", "select_at"):
        moment = getattr(present_code(code), name)
        assert isinstance(moment, datetime)
        settle(moment)
    draw = draws_of(project.id)[0]
    bulletin = Bulletin("2026058", sales_close_from(draw), NUMBERS)
    regulator = make_actor(Role.REGULATOR, region_code=SICHUAN)
    moment = draw.draw_at
    for actor in (owner, regulator):
        selection.enter_numbers(code, bulletin, purpose="main", actor=actor, at=moment)
    agencies = [(agency.uscc, actor) for agency, actor in enrolled]
    return Mistyped(code, owner, regulator, agencies, bulletin, moment + timedelta(hours=1))
