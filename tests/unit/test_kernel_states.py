"""State tables: what the table has is possible, everything else is refused with what is possible instead."""

from enum import StrEnum

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from supermarket.agencies.states import ONBOARDING
from supermarket.agencies.states import STANDING as AGENCY_STANDING
from supermarket.contracts.states import CONTRACT
from supermarket.core.errors import WrongState
from supermarket.core.states import Machine
from supermarket.deliverables.states import DELIVERABLE
from supermarket.matters.states import MATTER
from supermarket.payments.states import PAYMENT
from supermarket.projects.states import ENROLMENT, PROJECT
from supermarket.ratings.states import RATING
from supermarket.selection.states import AWARD, DRAW
from supermarket.standing.states import OPINION, RECTIFICATION, REMOVAL


class Light(StrEnum):
    """Three states."""

    RED = "red"
    GREEN = "green"
    DARK = "dark"


class Act(StrEnum):
    """Three actions."""

    GO = "go"
    STOP = "stop"
    BREAK = "break"


TABLES = st.fixed_dictionaries(
    {state: st.dictionaries(st.sampled_from(Act), st.sampled_from(Light), max_size=3) for state in Light}
)
MACHINES = (
    AGENCY_STANDING,
    ONBOARDING,
    CONTRACT,
    DELIVERABLE,
    MATTER,
    PAYMENT,
    ENROLMENT,
    PROJECT,
    RATING,
    AWARD,
    DRAW,
    RECTIFICATION,
    OPINION,
    REMOVAL,
)


@given(table=TABLES, state=st.sampled_from(Light), action=st.sampled_from(Act))
def test_the_table_alone_decides(app: Flask, table: dict[Light, dict[Act, Light]], state: Light, action: Act) -> None:
    machine = Machine[Light, Act]("light", Light, table)
    assert machine.can(state, action) is (action in table[state])
    assert machine.allowed(state) == tuple(table[state])
    assert machine.is_end(state) is (not table[state])
    if action in table[state]:
        assert machine.next(state, action) is table[state][action]
        return
    with app.test_request_context(), pytest.raises(WrongState) as refusal:
        machine.next(state, action)
    assert (refusal.value.status, refusal.value.code) == (409, "wrong_state")
    assert refusal.value.state == state.value
    assert refusal.value.allowed == tuple(item.value for item in table[state])


def test_a_state_without_a_row_is_a_mistake_of_the_author() -> None:
    with pytest.raises(ValueError, match=r"light: no row for .*dark"):
        Machine[Light, Act]("light", Light, {Light.RED: {}, Light.GREEN: {}})


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_of_the_house_is_reached_and_every_target_is_a_state(machine: Machine[StrEnum, StrEnum]) -> None:
    """From the first state of the enumeration; suspended is left for where it came from, by the operation."""
    states = list(machine.states)
    reached, waiting = {states[0]}, [states[0]]
    while waiting:
        for target in machine.table[waiting.pop()].values():
            assert isinstance(target, machine.states)
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    assert reached == set(states), f"{machine.name}: nothing leads to {sorted(set(states) - reached)}"
