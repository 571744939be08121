"""Who: roles, permissions and their scope (organisation, region subtree, industries). Operations ask, pages only show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from supermarket.core.errors import Forbidden


class Role(StrEnum):
    """The roles of specs/api.md."""

    OWNER = "owner"
    AGENCY = "agency"
    REGULATOR = "regulator"
    OPERATOR = "operator"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    EXPERT = "expert"


class P(StrEnum):
    """Permissions. The first word is the room."""

    PROJECT_DRAFT = "project.draft"
    PROJECT_WITHDRAW = "project.withdraw"
    PROJECT_REVIEW = "project.review"
    PROJECT_VOID = "project.void"
    PROJECT_SUSPEND = "project.suspend"
    REQUIREMENT_EXCEPT = "requirement.except"
    PROJECT_SEE_UNPUBLISHED = "project.see_unpublished"
    ENROL = "enrolment.enrol"
    QUOTE = "quote.submit"
    CHOOSE = "selection.choose"
    SELECTION_REVEAL = "selection.reveal"
    SELECTION_ENTER_NUMBERS = "selection.enter_numbers"
    AWARD_ANSWER = "award.answer"
    CONTRACT_SIGN_AS_OWNER = "contract.sign_as_owner"
    CONTRACT_SIGN_AS_AGENCY = "contract.sign_as_agency"
    CONTRACT_SEE = "contract.see"
    DELIVERABLE_SUBMIT = "deliverable.submit"
    DELIVERABLE_DECIDE = "deliverable.decide"
    DELIVERABLE_RECORD_OUTCOME = "deliverable.record_outcome"
    PAYMENT_RECORD = "payment.record"
    PAYMENT_CONFIRM = "payment.confirm"
    RATE_AS_OWNER = "rating.as_owner"
    RATE_AS_AUTHORITY = "rating.as_authority"
    RATE_AS_OPERATOR = "rating.as_operator"
    RATE_OWNER = "rating.of_owner"
    AGENCY_EDIT = "agency.edit"
    AGENCY_DECIDE = "agency.decide"
    AGENCY_CHECK = "agency.check"
    CREDIT_ENTER = "credit.enter"
    CREDIT_LIST = "credit.list"
    CREDIT_APPEAL = "credit.appeal"
    CREDIT_DECIDE_APPEAL = "credit.decide_appeal"
    STANDING_APPROVE_AS_AUTHORITY = "standing.approve_as_authority"
    STANDING_APPROVE_AS_OPERATOR = "standing.approve_as_operator"
    STANDING_ANSWER = "standing.answer"
    MATTER_EDIT = "matter.edit"
    MATTER_PUBLISH = "matter.publish"
    EXPERT_SERVE = "expert.serve"
    EXPERT_DECIDE = "expert.decide"
    SUPERVISE = "supervision.see"
    SUPERVISION_ACT = "supervision.act"
    COMPLAIN = "complaint.file"
    COMPLAINT_DECIDE = "complaint.decide"
    ACCOUNT_MANAGE = "account.manage"
    POLICY_SET = "policy.set"
    MODE_EDIT = "mode.edit"
    MODE_RELEASE = "mode.release"


ROLE_PERMISSIONS: Mapping[Role, frozenset[P]] = {
    Role.OWNER: frozenset(
        {
            P.PROJECT_DRAFT,
            P.PROJECT_WITHDRAW,
            P.CHOOSE,
            P.CONTRACT_SIGN_AS_OWNER,
            P.CONTRACT_SEE,
            P.DELIVERABLE_DECIDE,
            P.PAYMENT_RECORD,
            P.RATE_AS_OWNER,
            P.SELECTION_ENTER_NUMBERS,
            P.COMPLAIN,
            P.PROJECT_SEE_UNPUBLISHED,
        }
    ),
    Role.AGENCY: frozenset(
        {
            P.ENROL,
            P.QUOTE,
            P.AWARD_ANSWER,
            P.CONTRACT_SIGN_AS_AGENCY,
            P.CONTRACT_SEE,
            P.DELIVERABLE_SUBMIT,
            P.PAYMENT_CONFIRM,
            P.RATE_OWNER,
            P.AGENCY_EDIT,
            P.CREDIT_APPEAL,
            P.STANDING_ANSWER,
            P.COMPLAIN,
        }
    ),
    Role.REGULATOR: frozenset(
        {
            P.RATE_AS_AUTHORITY,
            P.DELIVERABLE_RECORD_OUTCOME,
            P.CREDIT_ENTER,
            P.CREDIT_LIST,
            P.CREDIT_DECIDE_APPEAL,
            P.STANDING_APPROVE_AS_AUTHORITY,
            P.CONTRACT_SEE,
            P.COMPLAINT_DECIDE,
            P.PROJECT_SEE_UNPUBLISHED,
            P.SUPERVISE,
            P.SELECTION_ENTER_NUMBERS,
        }
    ),
    Role.OPERATOR: frozenset(
        {
            P.PROJECT_REVIEW,
            P.PROJECT_VOID,
            P.PROJECT_SEE_UNPUBLISHED,
            P.REQUIREMENT_EXCEPT,
            P.AGENCY_DECIDE,
            P.AGENCY_CHECK,
            P.CREDIT_ENTER,
            P.CREDIT_DECIDE_APPEAL,
            P.STANDING_APPROVE_AS_OPERATOR,
            P.RATE_AS_OPERATOR,
            P.CONTRACT_SEE,
            P.SELECTION_REVEAL,
            P.COMPLAINT_DECIDE,
            P.ACCOUNT_MANAGE,
            P.EXPERT_DECIDE,
            P.POLICY_SET,
            P.MODE_EDIT,
            P.MODE_RELEASE,
        }
    ),
    Role.EDITOR: frozenset({P.MATTER_EDIT, P.MATTER_PUBLISH}),
    Role.SUPERVISOR: frozenset(
        {P.SUPERVISE, P.SUPERVISION_ACT, P.PROJECT_SUSPEND, P.PROJECT_SEE_UNPUBLISHED, P.CONTRACT_SEE}
    ),
    Role.EXPERT: frozenset({P.EXPERT_SERVE}),
}


def region_stem(code: str) -> str:
    """The digits of a GB/T 2260 code that its whole subtree shares: 510000 → 51, 510100 → 5101; the country → ''."""
    stem = code
    while stem.endswith("00"):
        stem = stem[:-2]
    return stem


def region_covers(scope: str | None, code: str) -> bool:
    """Whether the subtree of `scope` holds `code`; no scope holds the whole country."""
    return scope is None or code.startswith(region_stem(scope))


@dataclass(frozen=True)
class Grant:
    """A role held for one organisation, within a region subtree (None: everywhere) and industries (empty: all)."""

    role: Role
    organisation_id: int
    region_code: str | None = None
    industries: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with grants, or the system itself (the jobs), which may everything and chooses nothing."""

    user_id: int | None = None
    grants: tuple[Grant, ...] = ()
    system: bool = False

    def grants_with(self, permission: P) -> Iterable[Grant]:
        """The grants whose role has `permission`."""
        return (grant for grant in self.grants if permission in ROLE_PERMISSIONS[grant.role])

    def organisations_with(self, permission: P) -> frozenset[int]:
        """Organisations for which the actor holds `permission`."""
        return frozenset(grant.organisation_id for grant in self.grants_with(permission))

    def has_role(self, role: Role) -> bool:
        """Whether any grant is of `role`."""
        return any(grant.role is role for grant in self.grants)

    @property
    def organisation_id(self) -> int | None:
        """The organisation an event names when nothing else says for whom the actor acts."""
        return self.grants[0].organisation_id if self.grants else None


SYSTEM = Actor(system=True)
ANONYMOUS = Actor()


def matching_grant(
    actor: Actor,
    permission: P,
    *,
    organisation_id: int | None = None,
    region: str | None = None,
    industry: str | None = None,
) -> Grant | None:
    """The first grant that carries `permission` for the thing's organisation, region and industry, or None."""
    for grant in actor.grants_with(permission):
        if organisation_id is not None and grant.organisation_id != organisation_id:
            continue
        if region is not None and not region_covers(grant.region_code, region):
            continue
        if industry is not None and grant.industries and industry not in grant.industries:
            continue
        return grant
    return None


def may(
    actor: Actor,
    permission: P,
    *,
    organisation_id: int | None = None,
    region: str | None = None,
    industry: str | None = None,
) -> bool:
    """Whether `authorise` would let the actor pass."""
    return actor.system or (
        matching_grant(actor, permission, organisation_id=organisation_id, region=region, industry=industry) is not None
    )


def authorise(
    actor: Actor,
    permission: P,
    *,
    organisation_id: int | None = None,
    region: str | None = None,
    industry: str | None = None,
) -> Grant | None:
    """Let the actor pass and give the grant that let it (None for the system). Raises Forbidden."""
    if actor.system:
        return None
    grant = matching_grant(actor, permission, organisation_id=organisation_id, region=region, industry=industry)
    if grant is None:
        raise Forbidden(_("You may not do this here. Sign in with an account of the organisation or office in charge."))
    return grant
