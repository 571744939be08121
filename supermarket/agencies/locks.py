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
    # Who is in the pool is nobody's to know but the agency's until enrolment has ended.
    secret: bool = False

    @property
    def sentence(self) -> str:
        """Why the person stays, in the reader's language; for the agency itself."""
        if self.running:
            text = _("Named in the running contract of “%(name)s” (%(code)s), until it ends.")
        else:
            text = _("Named in the enrolment for “%(name)s” (%(code)s), until its selection is over.")
        return str(text) % {"name": self.project_name, "code": self.project_code}

    @property
    def office_sentence(self) -> str:
        """Why the person stays, for the offices: an open enrolment is not named."""
        return str(_("Named in an enrolment whose time is not over.")) if self.secret else self.sentence


Finder = Callable[[Collection[int]], Mapping[int, tuple[Lock, ...]]]
_FINDERS: dict[str, Finder] = {}


def provide(find: Finder) -> None:
    """Put in who knows what people are named in; called by the wiring, again without harm."""
    _FINDERS["projects"] = find


def locks_of(practitioner_ids: Collection[int]) -> Mapping[int, tuple[Lock, ...]]:
    """What holds each of these people; who is free is absent."""
    return _FINDERS["projects"](practitioner_ids) if practitioner_ids else {}


def must_be_free(person: Practitioner, *, own: bool = True) -> None:
    """Raises RuleBroken (code `locked`) naming every project that holds the person.

    `own`: the agency itself asks; an office is not told of which purchase an open enrolment is.
    """
    found = locks_of([person.id]).get(person.id, ())
    if found:
        raise RuleBroken(
            _("This person cannot be released yet."),
            code="locked",
            findings=[_finding(lock, own=own) for lock in found],
        )


def _finding(lock: Lock, *, own: bool) -> RuleFinding:
    if lock.secret and not own:
        return RuleFinding("locked", lock.office_sentence)
    return RuleFinding("locked", lock.sentence, {"project": lock.project_code})
