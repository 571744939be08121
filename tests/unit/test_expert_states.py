"""Every state of an expert's standing × every action: possible as in the table, or refused with what is possible instead."""

import pytest

from supermarket.core.errors import WrongState
from supermarket.experts.states import EXPERT, ExpertAction, ExpertStanding

POSSIBLE = {
    ("applied", "admit"): "active",
    ("applied", "refuse"): "left",
    ("applied", "leave"): "left",
    ("active", "suspend"): "suspended",
    ("active", "leave"): "left",
    ("suspended", "reinstate"): "active",
    ("suspended", "leave"): "left",
    ("left", "apply"): "applied",
}


@pytest.mark.parametrize("standing", list(ExpertStanding))
@pytest.mark.parametrize("action", list(ExpertAction))
def test_a_standing_changes_as_in_the_table_or_not_at_all(standing: ExpertStanding, action: ExpertAction) -> None:
    after = POSSIBLE.get((standing.value, action.value))
    if after is not None:
        assert EXPERT.next(standing, action) == after
        return
    with pytest.raises(WrongState) as refused:
        EXPERT.next(standing, action)
    assert refused.value.state == standing.value
    assert set(refused.value.allowed) == {name for state, name in POSSIBLE if state == standing.value}
