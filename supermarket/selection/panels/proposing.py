"""Agencies' plans for what a panel scores: handed in with the enrolment, sealed from everybody else until the panel reads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.core.errors import FieldError, InvalidInput, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.identifiers import as_read
from supermarket.core.permissions import Actor, P
from supermarket.documents.models import Document
from supermarket.documents.operations import store
from supermarket.extensions import db
from supermarket.gateways.filetypes import PDF, FileRefused
from supermarket.gateways.pdf_blind import Removed, blinded
from supermarket.modes.merit_criteria import CriterionKind
from supermarket.policies.queries import ancestors, region_names
from supermarket.projects.commands import Attachment
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.operations.common import locked
from supermarket.projects.operations.enrolling import acting_agency
from supermarket.projects.states import EnrolmentState, ProjectState
from supermarket.projects.ways import terms_of
from supermarket.selection import events
from supermarket.selection.panels.models import Proposal

MOST_TEXT = 20_000
MOST_BYTES = 20 * 1024 * 1024
# Shorter parts of a name are words that anybody uses.
LEAST_NAME = 8
_LEGAL_FORM = re.compile("(有限责任公司|股份有限公司|有限公司|事务所(（[^）]*）)?)$")


def wants_proposals(project: Project) -> bool:
    """Whether a panel scores something, so that each agency hands a plan in."""
    return any(item.kind is CriterionKind.PANEL for item in terms_of(project).criteria)


@dataclass(frozen=True)
class HandedIn:
    """A plan as it is kept, and what was taken out of its PDF before."""

    proposal: Proposal
    removed: tuple[Removed, ...]


def submit_proposal(code: str, *, text: str, file: Attachment | None, actor: Actor, at: datetime) -> HandedIn:
    """Keep the agency's plan; a later one replaces it until the deadline. `file`: a PDF of at most 20 MB.

    What tells in a PDF who made it is taken out before anything is stored (gateways/pdf_blind.py).
    Raises Forbidden, WrongState (not open, or late), RuleBroken (not enrolled, or no panel), InvalidInput at the field.
    """
    agency = acting_agency(actor, P.QUOTE)
    project = locked(code)
    if project.state is not ProjectState.OPEN or project.enrol_until is None or at >= project.enrol_until:
        message = _("The time for plans is over; nothing was entered.")
        raise WrongState(message, state=project.state.value, allowed=[])
    if not wants_proposals(project):
        raise RuleBroken(_("No panel scores this purchase; it takes no plans."), code="no_panel")
    if not _is_enrolled(project.id, agency.id):
        raise RuleBroken(_("Enrol first; then you can hand in your plan."), code="not_enrolled")
    words = text.strip()
    _check(words, file, agency)
    blind = None if file is None else _blinded(file)
    document = None if blind is None else _stored(blind, project, agency, actor=actor, at=at)
    last = db.session.scalar(
        sa.select(sa.func.max(Proposal.seq)).where(Proposal.project_id == project.id, Proposal.agency_id == agency.id)
    )
    row = Proposal(
        project_id=project.id,
        agency=agency,
        seq=(last or 0) + 1,
        text=words,
        document=document,
        sha256=fingerprint(words, document),
        received_at=at.replace(microsecond=0),
    )
    db.session.add(row)
    db.session.flush()
    record(
        events.PROPOSED,
        project.code,
        actor=actor,
        at=at,
        data={"agency_uscc": agency.uscc, "seq": row.seq, "sha256": row.sha256},
        agency_uscc=agency.uscc,
        organisation_id=agency.organisation_id,
    )
    return HandedIn(row, () if blind is None else blind.removed)


def fingerprint(text: str, document: Document | None) -> str:
    """SHA-256 over the text and, behind a line end, the file's own SHA-256 in hex (nothing where there is none)."""
    return sha256(f"{text}\n{document.sha256 if document is not None else ''}".encode()).hexdigest()


def proposing_agencies(project_id: int) -> frozenset[int]:
    """Agencies with a plan."""
    query = sa.select(Proposal.agency_id).where(Proposal.project_id == project_id).distinct()
    return frozenset(db.session.scalars(query))


def _is_enrolled(project_id: int, agency_id: int) -> bool:
    row = db.session.scalar(
        sa.select(Enrolment.id).where(
            Enrolment.project_id == project_id,
            Enrolment.agency_id == agency_id,
            Enrolment.state == EnrolmentState.LIVE,
        )
    )
    return row is not None


def _check(text: str, file: Attachment | None, agency: Agency) -> None:
    errors = []
    if not text and file is None:
        errors.append(FieldError("text", "needed", _("Write the plan here or hand in a PDF.")))
    if len(text) > MOST_TEXT:
        errors.append(FieldError("text", "too_long", _("Give at most %(most)s characters.", most=MOST_TEXT)))
    # The experts judge plans, not names; what stands in a file only its readers can see.
    if named := _named(text, agency):
        message = _(
            "The plan names your agency (“%(named)s”). The experts do not know whose it is; leave it out.", named=named
        )
        errors.append(FieldError("text", "names_itself", message))
    if errors:
        raise InvalidInput(_("The plan needs to be mended."), errors=errors)


@dataclass(frozen=True)
class _Blind:
    data: bytes
    name: str
    removed: tuple[Removed, ...]


def _blinded(file: Attachment) -> _Blind:
    """The file without what names its makers; what is no PDF, or too large, is left for the store to refuse."""
    with file.stream as upload:
        data = upload.read(MOST_BYTES + 1)
    if not data.startswith(b"%PDF-") or len(data) > MOST_BYTES:
        return _Blind(data, file.name, ())
    try:
        made = blinded(data)
    except FileRefused as refused:
        message = _(refused.msgid, **refused.params)
        raise InvalidInput(message, errors=[FieldError("file", refused.code, message)]) from refused
    return _Blind(made.data, file.name, made.removed)


def _named(text: str, agency: Agency) -> str:
    """What in the text names the agency, however it is spaced or written large or small; empty where nothing does."""
    read = as_read(text)
    for name in (agency.name, agency.uscc, *_shorter(agency)):
        if as_read(name) in read:
            return name
    # People's names are short: without the spaces between words many a text would hold one.
    person = agency.legal_representative
    return person if person and person in text else ""


def _shorter(agency: Agency) -> Iterator[str]:
    """The name without its region in front, or without the legal form behind, where that is still a name."""
    name = agency.name
    bare = _LEGAL_FORM.sub("", name)
    if len(bare) >= LEAST_NAME and bare != name:
        yield bare
    known = region_names()
    for code in ancestors(agency.region_code):
        for front in (known[code][0], known[code][0][:-1]):
            rest = name.removeprefix(front)
            if rest != name and len(rest) >= LEAST_NAME and len(front) > 1:
                yield rest


def _stored(file: _Blind, project: Project, agency: Agency, *, actor: Actor, at: datetime) -> Document:
    return store(
        file.data,
        file.name,
        # No office reads it: it is the agency's, and the panel's through the panel's own room.
        subject_kind="proposal",
        subject_code=project.code,
        owner_organisation_id=agency.organisation_id,
        public=False,
        actor=actor,
        at=at,
        allow=frozenset({PDF}),
        limit=MOST_BYTES,
    )
