"""Check of how the agency's account came: through the unified identity platform, or with a password."""

from collections.abc import Collection, Iterator, Mapping

from supermarket.accounts.queries import identities_of
from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    Found,
    Question,
    StatedIdentity,
    failed,
    found,
    not_applicable,
    passed,
)
from supermarket.agencies.models import Outcome
from supermarket.core.msgids import N_


class NationalIdentityCheck:
    """The account came through the unified identity platform, for this very code, verified by the platform.

    Such an agency is listed at once, and each service opens when its own checks pass (onboarding.md). A password
    account is neither better nor worse: not applicable.
    """

    code = "national_identity"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None: what the platform stated was kept when the account was bound."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding."""
        if file.identity is None:
            yield not_applicable(self.code, N_("The account signs in with a password, not with the unified identity."))
        elif file.identity.uscc != file.uscc:
            text = N_("The unified identity of the account belongs to another unified social credit code.")
            yield failed(self.code, text)
        elif not file.identity.assured:
            text = N_("The unified identity platform does not say that it has verified the organisation.")
            yield found(self.code, Outcome.UNKNOWN, text, None, "", {})
        else:
            yield passed(self.code, N_("The account came through the unified identity, verified for this code."))


def stated(organisation_ids: Collection[int | None]) -> Mapping[int | None, StatedIdentity]:
    """What the platform stated of the accounts of these organisations, in one statement; absent: password accounts.

    With several accounts one verified is enough, and one of another code is too many.
    """
    known: dict[int | None, StatedIdentity] = {}
    for row in identities_of({number for number in organisation_ids if number is not None}):
        before = known.get(row.organisation_id)
        if before is None or row.uscc != row.organisation.uscc:
            known[row.organisation_id] = StatedIdentity(row.uscc, row.assured)
        elif before.uscc == row.uscc:
            known[row.organisation_id] = StatedIdentity(row.uscc, before.assured or row.assured)
    return known
