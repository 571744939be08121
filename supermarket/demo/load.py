"""`demo load`: facts, catalogue, offices, accounts, owners, admitted agencies, lists and numbers. Safe to repeat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app

from supermarket.accounts.queries import user_by_email
from supermarket.agencies.models import Standing
from supermarket.core.clock import real_now
from supermarket.core.permissions import Actor
from supermarket.core.unit import unit
from supermarket.core.working_days import local_date
from supermarket.data.invent import InventedAgency
from supermarket.demo import bodies, cast, decisions, experts, facts, identified, onboarding, troubled
from supermarket.demo.history import beginning, must_be_demo
from supermarket.matters.operations import load_catalogue
from supermarket.policies.operations import load_facts

OPENING = timedelta(days=35)
Say = Callable[[str], None]


@dataclass
class Loaded:
    """How much of everything is new."""

    matters: int = 0
    accounts: int = 0
    owners: int = 0
    agencies: int = 0
    admitted: int = 0
    numbers: int = 0
    entries: int = 0
    experts: int = 0


def load(*, agencies: int = cast.AGENCIES, at: datetime | None = None, say: Say = lambda line: None) -> Loaded:
    """Load what is not there yet, dated in the weeks before `at` (default: where the history begins, or the clock).

    Raises RuleBroken where the market is no demonstration.
    """
    with unit():
        must_be_demo()
        until = at or beginning()
    opening = until - OPENING
    done = Loaded()
    with unit():
        load_facts(opening)
        say("regions, industries, working days")
    with unit():
        done.matters = load_catalogue(opening + timedelta(hours=1))
        say(f"matters: {done.matters} new")
    with unit():
        done.accounts = bodies.enter_offices(opening + timedelta(hours=2))
    with unit():
        done.owners = bodies.enter_owners(opening + timedelta(days=1))
        say(f"accounts of offices and owners: {done.accounts + done.owners} new")
    _decide(done, opening + timedelta(days=1, hours=1))
    with unit():
        actor = acting("operator@demo.test")
        done.experts = experts.enter_experts(actor=actor, at=opening + timedelta(days=1, hours=2))
        say(f"experts: {done.experts} new")
    _admit(done, agencies, opening + timedelta(days=2), until, say)
    with unit():
        actor = acting("regulator@demo.test")
        done.entries = decisions.enter_lists(_invented(agencies), actor=actor, at=until - timedelta(hours=2))
        say(f"entries of the credit lists: {done.entries} new")
    return done


def acting(email: str) -> Actor:
    """The person behind an address, as operations see them. Raises LookupError for an unknown one."""
    user = user_by_email(email)
    if user is None:
        raise LookupError(f"there is no account {email}; run `demo load` first")
    return user.actor()


def _invented(count: int) -> tuple[InventedAgency, ...]:
    # What certificates outlive is the real day, wherever the demo's clock stands.
    return cast.agencies(count, local_date(real_now()))


def load_registries(agencies: Sequence[InventedAgency], at: datetime) -> None:
    """Give the registries what these agencies hold, and what is wrong with the two whom they will not let through."""
    today = local_date(real_now())
    known = {item.uscc for item in agencies}
    two = [item for item in troubled.applicants(today) if item.uscc not in known]
    facts.give(troubled.spoiled(facts.lists([*agencies, *two]), today), at)


def _decide(done: Loaded, at: datetime) -> None:
    with unit():
        done.numbers = decisions.set_numbers(actor=acting("operator@demo.test"), at=at)


def _admit(done: Loaded, count: int, first: datetime, until: datetime, say: Say) -> None:
    invented, today = _invented(count), local_date(real_now())
    identified.write_people(Path(current_app.config["DATA"]) / "registries", today)
    with unit():
        fresh = [(place, item) for place, item in enumerate(invented) if not onboarding.is_there(item)]
        if fresh:
            # The registries know those too who will come through the unified identity.
            known = {item.uscc for item in invented}
            newcomers = [item for item in identified.agencies(today) if item.uscc not in known]
            load_registries([*invented, *newcomers], first)
    # One after the other over the weeks, at working hours or not: an account can be opened at any time.
    pause = (until - timedelta(days=1) - first) / max(1, len(fresh))
    for number, (place, item) in enumerate(fresh, start=1):
        standing = onboarding.admit(place, item, first + number * pause)
        done.agencies += 1
        done.admitted += standing is Standing.ACTIVE
        if number % 12 == 0 or number == len(fresh):
            say(f"agencies {number}/{len(fresh)}, admitted {done.admitted}")
