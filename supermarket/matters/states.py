"""State table of a matter's present wording (onboarding.md, The matters register)."""

from enum import StrEnum

from supermarket.core.states import Machine
from supermarket.matters.models import MatterState


class MatterAction(StrEnum):
    """What a list office does with a wording."""

    EDIT = "edit"
    SUBMIT = "submit"
    PUBLISH = "publish"
    RETURN = "return"


_S, _A = MatterState, MatterAction

MATTER = Machine[MatterState, MatterAction](
    "matter",
    MatterState,
    {
        _S.DRAFT: {_A.EDIT: _S.DRAFT, _A.SUBMIT: _S.SUBMITTED},
        _S.SUBMITTED: {_A.PUBLISH: _S.PUBLISHED, _A.RETURN: _S.RETURNED},
        # Editing what is published begins a new version; the published one stays in force until the new one is.
        _S.PUBLISHED: {_A.EDIT: _S.DRAFT},
        _S.RETURNED: {_A.EDIT: _S.DRAFT, _A.SUBMIT: _S.SUBMITTED},
    },
)

# A region's own entry over an inherited matter goes the same way.
REGIONAL = Machine[MatterState, MatterAction]("regional entry", MatterState, MATTER.table)
