"""`demo play`: whole purchases over simulated days, through the operations that the site itself uses."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.core.clock import local_text, real_now
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date, local_moment
from supermarket.data import catalogue
from supermarket.data.invent_projects import ProjectIdea, project_ideas
from supermarket.demo import cast, own_mode, troubled
from supermarket.demo.crew import assemble
from supermarket.demo.history import beginning, clock_is_set, must_be_demo
from supermarket.demo.purchase import Moments, Purchase
from supermarket.demo.repertoire import BEGINS_BEFORE_END, Favourite, Part, parts
from supermarket.demo.service import serve
from supermarket.demo.stage import HOURS, Stage, quietly
from supermarket.extensions import db
from supermarket.notices.mailing import mail, pending
from supermarket.projects.models import Project
from supermarket.supervision.demo_clock import follow, set_clock
from supermarket.supervision.sealing import seal_all
from supermarket.supervision.supervise import supervise_now

# Places in cast of those whom the repertoire means; all are surveyors.
FAVOURITES = {Favourite.AGENCY: 1, Favourite.AGENCY_2: 37, Favourite.EXCELLENT: 49, Favourite.POOR: 25}
DAYS_A_PROJECT, SHORTEST = timedelta(days=9), timedelta(days=60)
LONGEST_SERVICE = 30  # working days; longer ones would not end within a year of demonstration
DIRECT_MOST = 2_800_000  # fen; under every region's line
_INSTANT = timedelta(seconds=1)
Say = Callable[[str], None]
Life = tuple[datetime, int, Moments]


@dataclass
class Played:
    """What a play did."""

    begins: datetime
    ends: datetime
    projects: int = 0
    states: Counter[str] = field(default_factory=Counter)
    due: Counter[str] = field(default_factory=Counter)


def play(
    count: int,
    *,
    begins: datetime | None = None,
    ends: datetime | None = None,
    say: Say = lambda line: None,
) -> Played:
    """Play so many purchases: up to now where the market stands in the past (the first time a year), else from its clock on.

    Raises RuleBroken where the market is no demonstration, LookupError where it is not loaded.
    """
    with unit():
        must_be_demo()
        unset, crew = not clock_is_set(), assemble()
        start = begins or beginning()
        known = db.session.scalar(sa.select(sa.func.count()).select_from(Project)) or 0
    # Also a play that was broken off in the past is followed by one that goes on from there up to now.
    up_to_now = ends is None and real_now() - start > SHORTEST
    end = ends or (real_now() if up_to_now else start + max(SHORTEST, count * DAYS_A_PROJECT))
    played = Played(start, end)
    if unset:
        set_clock(start)
    with quietly():
        stage = Stage(crew, start)
        lives = sorted(_lives(stage, count, known, end), key=lambda life: life[:2])
        _run(stage, lives, played, say)
        stage.go_to(real_now().replace(microsecond=0) if up_to_now else end)
        if up_to_now:
            set_clock(real_now())
            troubled.enter(real_now().replace(microsecond=0))
            own_mode.enter(real_now().replace(microsecond=0))
        follow()
        stage.ticked.add(supervise_now().ticked)  # the agencies' checks, once for all the nights
        while waiting := pending():
            mail(waiting)
        seal_all()
    with unit():
        played.states = _states()
    played.due = stage.ticked.done
    if stage.ticked.failures:
        failure = stage.ticked.failures[0]
        raise RuntimeError(f"{len(stage.ticked.failures)} due things failed, first {failure}")
    return played


def _run(stage: Stage, lives: list[Life], played: Played, say: Say) -> None:
    """Wake every life at its moment, in order; what would go on after the end is left to the visitors."""
    waiting = list(lives)
    heapq.heapify(waiting)
    begun: set[int] = set()
    while waiting and waiting[0][0] <= played.ends:
        moment = waiting[0][0]
        stage.go_to(moment)
        # Everybody who acts at this moment, before the clock looks again for what is due.
        while waiting and waiting[0][0] <= moment:
            _moment, number, life = heapq.heappop(waiting)
            wake = next(life, None)
            if wake is not None:
                heapq.heappush(waiting, (max(wake, moment + _INSTANT), number, life))
            if number not in begun:
                begun.add(number)
                played.projects = len(begun)
                say(f"{len(begun)}/{len(lives)} … {local_text(stage.now)[:10]} …")


def _lives(stage: Stage, count: int, known: int, end: datetime) -> Iterator[Life]:
    begins = stage.now
    ideas = _Ideas(cast.SEED + known, count)
    codes = _favourites()
    for number, part in enumerate(parts(count)):
        rng = random.Random(f"{cast.SEED}/{known}/{number}")  # noqa: S311 -- invented lives
        begin = _begin(stage, part, begins, end, rng)
        life = Purchase(stage, part, ideas.take(part, rng), rng, codes, end)
        yield begin, number, _whole(life)


def _whole(life: Purchase) -> Moments:
    yield from life.until_contract()
    if life.in_service():
        yield from serve(life)


def _begin(stage: Stage, part: Part, begins: datetime, end: datetime, rng: random.Random) -> datetime:
    if part.share is None:
        day = stage.days.working_day_before(local_date(end), BEGINS_BEFORE_END[part.plot])
    else:
        day = local_date(begins + (end - begins) * part.share)
        day = stage.days.working_day_after(day, 1)
    return max(local_moment(day, rng.choice(HOURS)), begins)


def _favourites() -> dict[Favourite, str]:
    invented = cast.agencies(cast.AGENCIES, local_date(real_now()))
    return {name: invented[place].uscc for name, place in FAVOURITES.items()}


def _states() -> Counter[str]:
    rows = db.session.execute(sa.select(Project.state, sa.func.count()).group_by(Project.state))
    return Counter({str(state): count for state, count in rows})


class _Ideas:
    """What is bought: ideas that fit a part, each used once; what one favourite works on has an owner of its own."""

    def __init__(self, seed: int, count: int) -> None:
        owners = cast.owners()
        mine = next(owners[place] for place in cast.OWNER_ACCOUNTS)
        self._mine = mine.uscc
        # Three buyers are enough for every matter; so many ideas hold enough surveys for the demo's own owner.
        own = tuple(
            idea for idea in project_ideas(1_200, seed, (owners[0], owners[2], mine)) if idea.owner_uscc == self._mine
        )
        self._left = [*project_ideas(1_000 + 2 * count, seed, owners), *own]
        self._served: dict[Favourite, set[str]] = {}

    def take(self, part: Part, rng: random.Random) -> ProjectIdea:
        """The next idea that fits. Raises StopIteration where none is left."""
        idea = next(idea for idea in self._left if self._fits(idea, part))
        self._left = [other for other in self._left if other.name != idea.name]
        if part.favourite in (Favourite.EXCELLENT, Favourite.POOR):
            self._served.setdefault(part.favourite, set()).add(idea.owner_uscc)
        if part.mode == "direct":
            return replace(idea, budget_fen=min(idea.budget_fen, DIRECT_MOST))
        if part.favourite is Favourite.EXCELLENT:
            return replace(idea, budget_fen=max(idea.budget_fen, rng.randrange(90, 150) * 100_000))
        return idea

    def _fits(self, idea: ProjectIdea, part: Part) -> bool:
        if (idea.owner_uscc == self._mine) != part.demo_owner or idea.duration_days > LONGEST_SERVICE:
            return False
        # The demo's own owner buys with both kinds of money; elsewhere a bureau spends the treasury's.
        if part.funding is not None and not part.demo_owner and idea.funding != part.funding:
            return False
        if part.surveying and idea.matter not in cast.COMMON_MATTERS:
            return False
        if part.mode == "direct" and catalogue.matter(idea.matter).licences:
            return False  # people are named with an enrolment, which `direct` has none of
        # A rating counts for more, and a demotion takes two owners, where each work has an owner of its own.
        return idea.owner_uscc not in self._served.get(part.favourite, set()) if part.favourite else True
