"""Purchases of the demo's own owner, made beforehand where a test is about something else."""

from dataclasses import replace

from supermarket.accounts.queries import user_by_email
from supermarket.core.permissions import Actor, P
from supermarket.core.unit import unit
from supermarket.projects import operations
from supermarket.projects.commands import DeliverableWanted, Enrol, PaymentTerm, ProjectDraft
from supermarket.projects.models import Funding
from supermarket.projects.queries import project_for
from supermarket.selection.publication import sources_for
from supermarket.supervision.supervise import market_now
from tests.browser.site import Site

OWNER = "owner@demo.test"
NAME = "清白江区污水处理厂扩建工程控制测量"


def actor_of(email: str) -> Actor:
    """The person behind an address."""
    user = user_by_email(email)
    assert user is not None
    return user.actor()


def make_draft(site: Site, **changes: object) -> str:
    """A complete draft; gives its number."""
    with site.app.app_context():
        at = market_now()
        with unit():
            actor = actor_of(OWNER)
            command = ProjectDraft(
                owner_organisation_id=next(iter(actor.organisations_with(P.PROJECT_DRAFT))),
                name=NAME,
                matter_code="ZJ029",
                region_code="510100",
                funding=Funding.SOCIAL,
                budget=12_800_000,
                mode="random",
                duration_days=40,
                deliverables=(DeliverableWanted("控制测量成果报告", 30),),
                payment_terms=(PaymentTerm("成果验收后付清", 100, 1),),
                description="厂区及进场道路的控制测量，约42公顷。",
            )
            wanted = replace(command, **changes)  # type: ignore[arg-type]  # the caller names real fields
            return operations.draft(wanted, actor=actor, at=at).code


def make_open(site: Site, **changes: object) -> str:
    """A purchase open for enrolment; gives its number."""
    code = make_draft(site, **changes)
    with site.app.app_context():
        at = market_now()
        with unit():
            actor = actor_of(OWNER)
            sources = sources_for(project_for(code, actor), at=at)
        with unit():
            operations.submit(code, sources=sources, actor=actor, at=at)
    return code


def enrol(site: Site, email: str, code: str) -> None:
    """An agency enrols."""
    with site.app.app_context():
        at = market_now()
        with unit():
            operations.enrol(code, Enrol(), actor=actor_of(email), at=at)
