"""/agencies/{uscc}/standing, branches, authority: every change of standing whole, and branches under their head office."""

from pydantic import Field

from supermarket.agencies.forms import AuthorityForm, StandingActForm
from supermarket.agencies.models import Agency, Standing, StandingAction, StandingChange
from supermarket.agencies.operations import (
    change_standing,
    restore_branch_authority,
    restore_service,
    revoke_branch_authority,
    withdraw_service,
)
from supermarket.agencies.queries import agency_by_uscc, branches_of, standing_changes
from supermarket.api.readers import agency_for, knows_agency
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.web.access import Access, present_actor
from supermarket.web.public.agencies import seen_by_public

HEAD = Access(permissions=(P.AGENCY_EDIT,))


class StandingChangeShape(Shape):
    """One change of standing; with a matter it is about that one service and the standing stays."""

    action: StandingAction
    before: Standing
    after: Standing
    matter: str | None
    basis: str
    proposer: str
    executor: str
    from_at: Moment
    until_at: Moment | None
    statement: str
    effect: str
    way_back: str


class BranchShape(Shape):
    """A branch of an agency."""

    uscc: str
    name: str
    region: str
    standing: Standing
    authority_revoked_at: Moment | None = Field(
        description="when the head office took its authority back; null for who may not know"
    )


def change_of(row: StandingChange) -> StandingChangeShape:
    """A line of the history."""
    return StandingChangeShape(
        action=row.action,
        before=row.before,
        after=row.after,
        matter=row.matter_code,
        basis=row.basis,
        proposer=row.proposer,
        executor=row.executor,
        from_at=row.from_at,
        until_at=row.until_at,
        statement=row.statement,
        effect=row.effect,
        way_back=row.way_back,
    )


def _branch(row: Agency, *, whole: bool) -> BranchShape:
    return BranchShape(
        uscc=row.uscc,
        name=row.name,
        region=row.region_code,
        standing=row.standing,
        authority_revoked_at=row.authority_revoked_at if whole else None,
    )


@route("GET", "/agencies/{uscc}/standing", N_("Changes of standing"), gives=StandingChangeShape, many=True)
def list_standing(uscc: str) -> Listing[StandingChangeShape]:
    """Every change with basis, proposer, executor, period, statement, effect and way back, newest first."""
    return Listing([change_of(row) for row in standing_changes(agency_for(uscc, present_actor()).id)])


@route(
    "POST",
    "/agencies/{uscc}/standing",
    N_("Change the standing"),
    access=Access(permissions=(P.AGENCY_DECIDE,)),
    form=StandingActForm,
    gives=StandingChangeShape,
    status=201,
)
def change_agency_standing(uscc: str, form: StandingActForm) -> StandingChangeShape:
    """For the operator of the agency's region. A service is withdrawn and given back by its matter."""
    command, action = form.command(), StandingAction(form.action.data)
    if form.matter.data and action is StandingAction.WITHDRAW_SERVICE:
        return change_of(withdraw_service(uscc, form.matter.data, command, **acting()))
    if form.matter.data and action is StandingAction.RESTORE_SERVICE:
        return change_of(restore_service(uscc, form.matter.data, command, **acting()))
    return change_of(change_standing(uscc, action, command, **acting()))


@route("GET", "/agencies/{uscc}/branches", N_("Branches"), gives=BranchShape, many=True)
def list_branches(uscc: str) -> Listing[BranchShape]:
    """The agencies that name this one as their head office; applicants only for itself and the offices."""
    head, actor = agency_for(uscc, present_actor()), present_actor()
    whole = knows_agency(head, actor)
    return Listing([_branch(row, whole=whole) for row in branches_of(uscc) if whole or seen_by_public(row)])


def _answer(uscc: str) -> BranchShape:
    row = agency_by_uscc(uscc)
    if row is None:  # the operation has just locked it
        raise LookupError(uscc)
    return _branch(row, whole=True)


@route(
    "POST",
    "/agencies/{uscc}/authority/revoke",
    N_("Take a branch's authority back"),
    access=HEAD,
    form=AuthorityForm,
    gives=BranchShape,
)
def revoke_authority(uscc: str, form: AuthorityForm) -> BranchShape:
    """By the head office, for a branch (`uscc`): its services are hidden once its checks have run, which is at once."""
    form.checked()
    revoke_branch_authority(uscc, reason=form.reason.data, **acting())
    return _answer(uscc)


@route(
    "POST",
    "/agencies/{uscc}/authority/restore",
    N_("Give a branch its authority again"),
    access=HEAD,
    form=AuthorityForm,
    gives=BranchShape,
)
def restore_authority(uscc: str, form: AuthorityForm) -> BranchShape:
    """By the head office, for a branch (`uscc`)."""
    form.checked()
    restore_branch_authority(uscc, reason=form.reason.data, **acting())
    return _answer(uscc)
