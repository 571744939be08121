"""What tests of draws share: a purchase whose draw waits for its value, with the source that the test names."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from supermarket.core.draw import parse_time
from supermarket.core.permissions import Actor
from supermarket.gateways import current
from supermarket.gateways.witness_fake import MemoryWitness
from supermarket.projects.models import Project
from supermarket.projects.states import ProjectState
from supermarket.selection.models import Draw
from supermarket.selection.queries import draws_of
from supermarket.selection.states import DrawState
from tests.factories.policies import make_policy
from tests.factories.projects import make_enrolled, make_open_project
from tests.rooms.test_selection import present, settle


@dataclass(frozen=True)
class Waiting:
    """A purchase in selection; `receipted` is the moment of the witness's receipt."""

    project: Project
    owner: Actor
    enrolled: list[tuple[object, Actor]]
    receipted: datetime

    @property
    def draw(self) -> Draw:
        """Its main draw as it stands in the database."""
        return draws_of(self.project.id)[0]


def witness() -> MemoryWitness:
    """The witness of the tests."""
    found = current().witness
    assert isinstance(found, MemoryWitness)
    return found


def receipted(at: datetime, source: str, **changes: object) -> Waiting:
    """A purchase frozen and receipted, its selection not begun."""
    make_policy("draw_source_social", source)
    project, owner = make_open_project(at, **changes)
    enrolled = make_enrolled(project, 3, at + timedelta(hours=1))
    until = present(project).enrol_until
    assert until is not None
    settle(until)
    (draw,) = draws_of(project.id)
    assert draw.state is DrawState.RECEIPTED and draw.receipt is not None
    return Waiting(present(project), owner, [*enrolled], parse_time(draw.receipt["at"]))


def silent(at: datetime, **changes: object) -> Waiting:
    """A draw by parties whose time has come while the witness does not answer."""
    found = receipted(at, "parties", **changes)
    witness().down = True
    assert found.project.select_at is not None
    settle(found.project.select_at)
    assert present(found.project).state is ProjectState.SELECTING
    return found
