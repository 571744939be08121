"""The state table of a region's own mode, version by version."""

from enum import StrEnum

from supermarket.core.states import Machine


class ModeState(StrEnum):
    """Where a version of a region's mode stands."""

    DRAFT = "draft"
    TRIED = "tried"
    RELEASED = "released"
    RETIRED = "retired"


class ModeAction(StrEnum):
    """What can be done to a version; `try_out` is the dry run over past purchases."""

    EDIT = "edit"
    TRY_OUT = "try_out"
    RELEASE = "release"
    RETIRE = "retire"


_S, _A = ModeState, ModeAction

# A change of the wording makes the dry run void: what is released is what was tried.
MODE = Machine[ModeState, ModeAction](
    "mode",
    ModeState,
    {
        _S.DRAFT: {_A.EDIT: _S.DRAFT, _A.TRY_OUT: _S.TRIED, _A.RETIRE: _S.RETIRED},
        _S.TRIED: {_A.EDIT: _S.DRAFT, _A.TRY_OUT: _S.TRIED, _A.RELEASE: _S.RELEASED, _A.RETIRE: _S.RETIRED},
        _S.RELEASED: {_A.RETIRE: _S.RETIRED},
        _S.RETIRED: {},
    },
)
