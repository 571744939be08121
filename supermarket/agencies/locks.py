"""What holds a person at an agency: work that a higher room keeps. That room hands its finder over once, by the wiring."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from supermarket.agencies.models import Practitioner
from supermarket.core.errors import RuleBroken, RuleFinding


@dataclass(frozen=True)
class Lock:
    """A project in which a person is named: a contract that runs, or an enrolment that is not over yet."""

    project_code: str
    project_name: str
    running: bool

    @property
    def sentence(self) -> str:
        """Why the person stays, in the reader's language."""
        if self.running:
            text = _("Named in the running contract of “%(name)s” (%(code)s), until it ends.")
        else:
            text = _("Named in the enrolment for “%(name)s” (%(code)s), until its selection is over.")
        return str(text) % {"name": self.project_name, "code": self.project_code}


Finder = Callable[[Collection[int]], Mapping[int, tuple[Lock, ...]]]
_FINDERS: dict[str, Finder] = {}


def provide(find: Finder) -> None:
    """Put in who knows what people are named in; called by the wiring, again without harm."""
    _FINDERS["projects"] = find


def locks_of(practitioner_ids: Collection[int]) -> Mapping[int, tuple[Lock, ...]]:
    """What holds each of these people; who is free is absent."""
    return _FINDERS["projects"](practitioner_ids) if practitioner_ids else {}


def must_be_free(person: Practitioner) -> None:
    """Raises RuleBroken (code `locked`) naming every project that holds the person."""
    found = locks_of([person.id]).get(person.id, ())
    if found:
        raise RuleBroken(
            _("This person cannot be released yet."),
            code="locked",
            findings=[RuleFinding("locked", lock.sentence, {"project": lock.project_code}) for lock in found],
        )
