"""Whether a profile or an interest may be stored: every reason at its field."""

import re
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.core.errors import FieldError
from supermarket.core.identifiers import is_uscc
from supermarket.core.working_days import local_date
from supermarket.experts.commands import ExpertProfile, Interest, NewExpert
from supermarket.extensions import db
from supermarket.matters.models import Matter
from supermarket.policies.queries import industries, region_exists

ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,188}\.[^@\s.]{1,}", re.ASCII)
MOST_MATTERS = 60


def profile_errors(profile: ExpertProfile) -> Iterator[FieldError]:
    """What of a profile is to be mended."""
    if not profile.employer.strip() or len(profile.employer) > 200:
        yield FieldError("employer", "length", _("Say for whom the expert works, with at most 200 characters."))
    if profile.employer_uscc is not None and not is_uscc(profile.employer_uscc):
        message = _("Give the employer's unified social credit code, or leave it empty if it has none.")
        yield FieldError("employer_uscc", "uscc", message)
    if len(profile.title) > 64:
        yield FieldError("title", "too_long", _("Give at most %(most)s characters.", most=64))
    if not region_exists(profile.region_code):
        yield FieldError("region", "unknown", _("There is no region of this code."))
    known = {row.code for row in industries()}
    if not profile.industries:
        yield FieldError("industries", "needed", _("Choose at least one industry."))
    elif not set(profile.industries) <= known:
        yield FieldError("industries", "unknown", _("There is no industry of this code."))
    if len(profile.matters) > MOST_MATTERS:
        message = _("Name at most %(most)s matters; without any the expert judges all of the industries.", most=60)
        yield FieldError("matters", "too_many", message)
    elif unknown := sorted(set(profile.matters) - _matters(profile.matters)):
        message = _("There is no matter of the code %(code)s.", code=unknown[0][:16])
        yield FieldError("matters", "unknown", message)


def _matters(codes: tuple[str, ...]) -> set[str]:
    return set(db.session.scalars(sa.select(Matter.code).where(Matter.code.in_(codes)))) if codes else set()


def person_errors(command: NewExpert) -> Iterator[FieldError]:
    """What of a new entry is to be mended."""
    if not 1 <= len(command.name.strip()) <= 64:
        yield FieldError("name", "length", _("Give the name, with at most %(most)s characters.", most=64))
    if len(command.email) > 254 or not ADDRESS.fullmatch(command.email):
        yield FieldError("email", "form", _("Give an e-mail address like name@example.cn."))
    yield from profile_errors(command.profile)


def interest_errors(command: Interest, at: datetime) -> Iterator[FieldError]:
    """What of a declared interest is to be mended."""
    if not is_uscc(command.uscc):
        yield FieldError("uscc", "uscc", _("Name the body by its unified social credit code, 18 characters."))
    if not 1 <= len(command.body_name.strip()) <= 200:
        yield FieldError("body_name", "length", _("Give the body's name, with at most 200 characters."))
    if command.ended_on is not None and command.ended_on > local_date(at):
        yield FieldError("ended_on", "future", _("This day is in the future."))
