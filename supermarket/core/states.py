"""State tables: which action is possible in which state. Only operations ask; nothing else decides a state."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from flask_babel import gettext as _

from supermarket.core.errors import WrongState

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class Machine(Generic[S, A]):
    """`{state: {action: next state}}`; every state must stand in the table, end states with an empty row."""

    def __init__(self, name: str, states: type[S], table: Mapping[S, Mapping[A, S]]) -> None:
        missing = set(states) - set(table)
        if missing:
            raise ValueError(f"{name}: no row for {sorted(missing)}")
        self.name = name
        self.states = states
        self.table = table

    def allowed(self, state: S) -> tuple[A, ...]:
        """The actions that the table knows in `state`, in the table's order."""
        return tuple(self.table[state])

    def can(self, state: S, action: A) -> bool:
        """Whether the table has `action` in `state`."""
        return action in self.table[state]

    def next(self, state: S, action: A) -> S:
        """The state after `action`. Raises WrongState, which names what is possible instead."""
        try:
            return self.table[state][action]
        except KeyError:
            raise WrongState(
                _("This is not possible any more, or not yet. Reload the page to see what can be done now."),
                state=state.value,
                allowed=[item.value for item in self.allowed(state)],
            ) from None

    def is_end(self, state: S) -> bool:
        """Whether nothing leaves `state`."""
        return not self.table[state]
