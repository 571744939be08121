"""A purchase in the demonstration, from the draft to the signed contract: one generator, which yields when to go on."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from supermarket.accounts.queries import organisation_by_uscc
from supermarket.agencies.queries import agency_file
from supermarket.contracts import operations as contracts
from supermarket.contracts.commands import Sign
from supermarket.contracts.models import Contract, Party
from supermarket.contracts.queries import contract_of_project
from supermarket.contracts.states import ContractState
from supermarket.core.errors import RuleBroken
from supermarket.core.permissions import SYSTEM, Actor
from supermarket.core.working_days import local_date, local_moment
from supermarket.data.invent_projects import ProjectIdea
from supermarket.demo import cast, words
from supermarket.demo.answers import choose, explain, judge
from supermarket.demo.crew import able, people_for
from supermarket.demo.experts import act_on_panel
from supermarket.demo.live_bids import bid_live
from supermarket.demo.repertoire import BEGINS_BEFORE_END, Favourite, Part, Plot
from supermarket.demo.stage import HOURS, Stage
from supermarket.extensions import db
from supermarket.modes.table import MODES
from supermarket.projects import operations as projects
from supermarket.projects.commands import CriterionAsked, DeliverableWanted, Enrol, PaymentTerm, ProjectDraft
from supermarket.projects.models import Funding, Project
from supermarket.projects.queries import project_for
from supermarket.projects.states import ProjectState
from supermarket.selection import operations as selection
from supermarket.selection.bidder import seal_as_bidder
from supermarket.selection.commands import SealedQuote
from supermarket.selection.panels.operations import submit_proposal
from supermarket.selection.publication import sources_for
from supermarket.selection.queries import live_award, own_quotes
from supermarket.supervision.demo_clock import whole_second

CRITERIA = (
    CriterionAsked("price", 45),
    CriterionAsked("stars", 20),
    CriterionAsked("credit", 20),
    CriterionAsked("lead_time", 15),
)
PANEL_CRITERIA = (
    CriterionAsked("price", 40),
    CriterionAsked("credit", 20),
    CriterionAsked("panel", 25, "技术方案", "对项目的针对性、技术路线的可行性、进度与质量保障措施"),
    CriterionAsked("panel", 15, "项目团队", "负责人经验、专业配备与分工"),
)
RUNNING = (ProjectState.OPEN, ProjectState.FROZEN)
Moments = Iterator[datetime]


@dataclass
class Purchase:
    """One life; `favourites` are the codes behind the names of the repertoire, `ends` the end of the play."""

    stage: Stage
    part: Part
    idea: ProjectIdea
    rng: random.Random
    favourites: dict[Favourite, str]
    ends: datetime
    code: str = ""
    owner: Actor = field(init=False)
    owner_id: int = field(init=False)
    contract_code: str = ""
    winner: str = ""
    turned: bool = False  # what the plot is about has happened

    def __post_init__(self) -> None:
        self.owner_id, self.owner = self.stage.crew.owners[self.idea.owner_uscc]

    @property
    def plot(self) -> Plot:
        """What happens here."""
        return self.part.plot

    @property
    def favourite(self) -> str | None:
        """The code of the agency that is meant to win."""
        return self.favourites[self.part.favourite] if self.part.favourite is not None else None

    def row(self) -> Project:
        """The project as it stands."""
        return project_for(self.code, SYSTEM)

    def state(self) -> ProjectState:
        """Where the project stands."""
        return db.session.execute(sa.select(Project.state).where(Project.code == self.code)).scalar_one()

    def until_contract(self) -> Moments:
        """From the draft until the contract is in force, or the life is over before."""
        self._draft()
        if self.plot is Plot.DRAFT:
            return
        yield self._soon()
        yield from self._publish()
        if self.plot is Plot.IN_REVIEW:
            return
        if self.part.mode == "direct":
            yield from self._answer()
        else:
            yield from self._enrol()
            yield from self._interrupt()
            if self.plot in (Plot.OPEN, Plot.FROZEN):
                return
            yield from self._select()
        if self.plot not in (Plot.SCORING, Plot.ANNOUNCED, Plot.OFFERED):
            yield from self._contract()

    def _soon(self) -> datetime:
        """The same day or the next; lives that must stand somewhere at the end lose no time."""
        return self.pause(0, 1)

    def pause(self, least: int, most: int) -> datetime:
        """When the next step is done: some working days on."""
        hurried = self.plot in BEGINS_BEFORE_END
        days = least if hurried else self.rng.randint(least, most)
        moment = self.stage.later(days, self.rng)
        return moment if moment > self.stage.now else self.stage.now + timedelta(minutes=30)

    def _draft(self) -> None:
        command = self._command()
        self.code = self.stage.act(projects.draft, command, actor=self.owner).code

    def _command(self) -> ProjectDraft:
        idea, days = self.idea, max(10, round(self.idea.duration_days * 1.4))
        names = idea.deliverables[:2] or ("成果报告",)
        wanted = tuple(
            DeliverableWanted(name[:60], days * number // len(names)) for number, name in enumerate(names, start=1)
        )
        terms: tuple[PaymentTerm, ...] = (PaymentTerm("服务费", 100, 1),)
        if len(names) == 2:
            terms = (PaymentTerm("首付款", 40, 1), PaymentTerm("尾款", 60, 2))
        named = self._named() if self.part.mode == "direct" else None
        enrol_until, select_at = self._times()
        return ProjectDraft(
            owner_organisation_id=self.owner_id,
            name=idea.name,
            matter_code=idea.matter,
            region_code=idea.region_code,
            funding=self.part.funding or Funding(idea.funding),
            budget=idea.budget_fen,
            mode=self.part.mode,
            duration_days=days,
            deliverables=wanted,
            payment_terms=terms,
            description=words.DIRECT_DESCRIPTION if named else idea.requirements,
            enrol_until=enrol_until,
            select_at=select_at,
            named_agency_uscc=named,
            criteria=self._criteria(),
            panel_size=self.part.panel,
            live=self.part.live,
        )

    def _criteria(self) -> tuple[CriterionAsked, ...]:
        if self.part.mode != "merit":
            return ()
        return PANEL_CRITERIA if self.part.panel else CRITERIA

    def _named(self) -> str:
        able_ones = able(self.stage.crew, self.idea.matter)
        return self.favourite if self.favourite in able_ones else self.rng.choice(able_ones)

    def _times(self) -> tuple[datetime | None, datetime | None]:
        """Frozen at the end: enrolment over before it, the selection two working days after it."""
        if self.plot is not Plot.FROZEN:
            return None, None
        days = self.stage.days
        over = local_moment(days.working_day_before(local_date(self.ends), 1), HOURS[0])
        return over, local_moment(days.working_day_after(local_date(self.ends), 2), HOURS[0])

    def _publish(self) -> Moments:
        self._submit()
        if self.state() is ProjectState.IN_REVIEW and self.plot is not Plot.IN_REVIEW:
            yield self._soon()
            if self.plot is Plot.RATED and self.rng.random() < 0.15:
                self.stage.act(
                    projects.return_to_owner, self.code, reason=words.RETURNED_TO_OWNER, actor=self.stage.crew.operator
                )
                yield self._soon()
                self._submit()
                yield self._soon()
            sources = sources_for(self.row(), at=self.stage.now)
            self.stage.act(projects.approve, self.code, sources=sources, actor=self.stage.crew.operator)

    def _submit(self) -> None:
        sources = sources_for(self.row(), at=self.stage.now)
        self.stage.act(projects.submit, self.code, sources=sources, actor=self.owner)

    def _answer(self) -> Moments:
        """`direct`: the named agency answers within its two working days."""
        if self.plot is Plot.OFFERED:
            return
        yield self.pause(1, 1)
        award = self._award_agency()
        if self.plot is Plot.NOT_ACCEPTED:
            self.stage.act(selection.decline_award, self.code, reason=words.NOT_ACCEPTED, actor=award)
        else:
            self.stage.act(selection.accept_award, self.code, actor=award)

    def _enrol(self) -> Moments:
        for number, uscc in enumerate(self._bidders()):
            if number % 2 == 0:
                yield self._soon()
            if self.state() is ProjectState.OPEN:
                self._enrol_one(uscc, number)

    def _bidders(self) -> list[str]:
        able_ones = able(self.stage.crew, self.idea.matter)
        self.rng.shuffle(able_ones)
        favourite = self.favourite
        if favourite in able_ones:
            able_ones.remove(favourite)
            able_ones.insert(0, favourite)
        if self.part.favourite is not Favourite.POOR and self.favourites[Favourite.POOR] in able_ones[1:]:
            able_ones.remove(self.favourites[Favourite.POOR])  # it seldom finds its way into other pools
        if self.part.mode == "random" and self.part.demo_owner:
            able_ones.sort(key=lambda uscc: uscc not in self.stage.crew.shown)
        if self.plot is Plot.OPEN:
            # Left for the visitor: the demo's own agencies have not enrolled yet.
            mine = self.stage.crew.shown
            return [uscc for uscc in able_ones if uscc not in mine][:2]
        if self.plot is Plot.TOO_FEW or self.plot is Plot.REDUCED:
            return able_ones[:1]
        return able_ones[: self.rng.randint(3, 6)]

    def _enrol_one(self, uscc: str, number: int) -> None:
        actor = self.stage.crew.agencies[uscc]
        days = max(10, round(self.idea.duration_days * 1.4))
        offered = days - self.rng.randint(0, days // 5) - (days // 5 if number == 0 else 0)
        people = people_for(uscc, self.idea.matter)
        try:
            self.stage.act(projects.enrol, self.code, Enrol(people, max(1, offered)), actor=actor)
        except RuleBroken:
            return  # not eligible any more: the market says so, and this agency stays away
        if self.part.live or not MODES[self.part.mode].needs_quotes:
            return
        for amount in self._quotes(number):
            self.stage.act(selection.submit_quote, self.code, self._sealed(uscc, amount), actor=actor)
        if self.part.panel:
            self.stage.act(submit_proposal, self.code, text=self.rng.choice(words.PLANS), file=None, actor=actor)

    def _sealed(self, uscc: str, amount: int) -> SealedQuote:
        """As the bidder's own browser seals it."""
        row = self.row()
        if row.quote_keys is None:
            raise LookupError(f"{self.code} takes no sealed quotes")
        before = own_quotes(row.id, agency_file(uscc).id)
        return seal_as_bidder(self.code, uscc, len(before) + 1, amount, row.quote_keys).sealed

    def _quotes(self, number: int) -> list[int]:
        """In fen, of the ceiling: the favourite comes first and stays lowest; one in five replaces its quote once."""
        percent = self.rng.uniform(0.74, 0.78) if number == 0 else self.rng.uniform(0.82, 0.97)
        if number == 0 and self.plot is Plot.LOW_QUOTE:
            percent = 0.56
        amount = round(self.idea.budget_fen * percent / 10_000) * 10_000
        return [amount + 50_000, amount] if self.rng.random() < 0.2 else [amount]

    def _interrupt(self) -> Moments:
        """What comes between: withdrawal, suspension, a void notice with its reissue."""
        crew = self.stage.crew
        if self.plot is Plot.WITHDRAWN:
            yield self._soon()
            self.stage.act(projects.withdraw, self.code, reason=words.WITHDRAWN, actor=self.owner)
        elif self.plot is Plot.SUSPENDED:
            yield self._soon()
            self.stage.act(projects.suspend, self.code, reason=words.SUSPENDED, actor=crew.supervisor)
            yield self.pause(3, 5)
            self.stage.act(projects.resume, self.code, reason=words.RESUMED, actor=crew.supervisor)
        elif self.plot is Plot.REISSUED:
            yield self._soon()
            self.stage.act(projects.void, self.code, reason=words.VOIDED, actor=crew.operator)
            yield self.pause(2, 4)
            self.code = self.stage.act(projects.reissue, self.code, actor=self.owner).code
            yield self._soon()
            yield from self._publish()
            yield from self._enrol()

    def _select(self) -> Moments:
        """Wait for the freeze and the selection; answer what is asked on the way."""
        while True:
            row = self.row()
            if row.state is ProjectState.SELECTING and self.part.live:
                yield from bid_live(self.stage, row, self.favourite, self.rng)
                if self.state() is ProjectState.SELECTING:
                    yield self.stage.now + timedelta(seconds=3)
            elif row.state is ProjectState.SELECTING and row.due_what == "choice":
                if self.plot is Plot.TO_CHOOSE:
                    return
                choose(self.stage, self.code, self.owner)
                yield self.pause(1, 1)
            elif row.state is ProjectState.SELECTING:
                explain(self.stage, self.code)
                judge(self.stage, self.code, self.owner)
                if self.part.panel and not act_on_panel(
                    self.stage, self.code, self.favourite, self.rng, leave_shown=self.plot is Plot.SCORING
                ):
                    return
                yield self.pause(1, 1)
            elif row.state in RUNNING and row.due_what == "reduced_acceptance":
                self.stage.act(projects.accept_reduced, self.code, reason=words.FEWER_ACCEPTED, actor=self.owner)
                yield self.pause(1, 1)
            elif row.state in RUNNING:
                due = row.due_at or self.stage.now
                yield whole_second(due) if due > self.stage.now else self.pause(1, 1)
            else:
                return

    def _award_agency(self) -> Actor:
        award = live_award(self.row().id)
        if award is None:
            raise LookupError(f"{self.code} has no award")
        return self.stage.crew.agencies[award.agency.uscc]

    def _contract(self) -> Moments:
        """Standstill, notice, two signatures; a decline or a lapse takes it to the next in order."""
        while (state := self.state()) in (ProjectState.ANNOUNCED, ProjectState.AWARDED):
            if state is ProjectState.AWARDED:
                yield from self._sign()
                if self.plot in (Plot.OWNER_TO_SIGN, Plot.AGENCY_TO_SIGN):
                    return
            elif self.plot is Plot.DECLINED and not self.turned:
                self.turned = True
                self.stage.act(selection.decline_award, self.code, reason=words.DECLINED, actor=self._award_agency())
                yield self.pause(1, 1)
            else:
                award = live_award(self.row().id)
                due = award.due_at if award is not None else None
                yield whole_second(due) if due is not None and due > self.stage.now else self.pause(1, 1)

    def _sign(self) -> Moments:
        contract = self.contract()
        if self.plot is Plot.UNSIGNED and not self.turned:
            self.turned = True
            self.sign(Party.OWNER)
            yield self.stage.after(contract.sign_due_at, self.rng)
            return
        first, second = (Party.AGENCY, Party.OWNER)
        if self.plot is Plot.AGENCY_TO_SIGN:
            first, second = second, first
        yield self.pause(1, 3)
        self.sign(first)
        if self.plot not in (Plot.OWNER_TO_SIGN, Plot.AGENCY_TO_SIGN):
            yield self.pause(0, 2)
            self.sign(second)

    def contract(self) -> Contract:
        """The latest contract. Raises LookupError where there is none."""
        row = contract_of_project(self.code)
        if row is None:
            raise LookupError(f"{self.code} has no contract")
        return row

    def sign(self, party: Party) -> None:
        """One side signs the present text."""
        row = self.contract()
        if row.state not in (ContractState.DRAFTED, ContractState.HALF_SIGNED):
            return
        actor = self.owner if party is Party.OWNER else self.stage.crew.agencies[row.agency.uscc]
        self.stage.act(contracts.sign, row.code, Sign(row.document.sha256, True), actor=actor)

    def in_service(self) -> bool:
        """Whether the service has begun; then contract and winner are known for good."""
        if not self.code or self.state() is not ProjectState.IN_SERVICE:
            return False
        contract = self.contract()
        self.contract_code, self.winner = contract.code, contract.agency.uscc
        return True

    def authority(self) -> Actor:
        """Somebody of the matter's industry authority."""
        body = cast.authority_of(self.row().matter_version.industry)
        organisation = organisation_by_uscc(body.uscc)
        if organisation is None:
            raise LookupError(f"{body.name} is not loaded")
        return self.stage.crew.by_organisation[organisation.id]
