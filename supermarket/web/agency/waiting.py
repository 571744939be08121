"""What of its own file waits for an agency: the next step in, refused reasons, changes, hidden services, what runs out."""

from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _

from supermarket.agencies.change_queries import open_changes
from supermarket.agencies.models import Agency, MoveState, Onboarding, Standing
from supermarket.agencies.practitioner_queries import moves_asked_of
from supermarket.agencies.verification import reminders_of
from supermarket.core.working_days import local_moment
from supermarket.matters.queries import names, qualification_kinds
from supermarket.web.agency.hidden import hidden_services
from supermarket.web.agency.sending import reasons_of
from supermarket.web.profile_words import shown_change
from supermarket.web.work import Work, work

OUT = (Standing.EXPELLED, Standing.LEFT, Standing.BLACKLISTED)
MOST_HIDDEN = 10


def of_profile(row: Agency, at: datetime) -> list[Work]:
    """Everything of the file, in the order in which one does it."""
    if row.standing is Standing.APPLIED:
        return _of_applicant(row)
    if row.standing in OUT:
        return []
    return [*_of_moves(row), *_of_changes(row), *_of_services(row), *_of_ends(row, at)]


def _of_applicant(row: Agency) -> list[Work]:
    match row.onboarding:
        case Onboarding.DRAFT:
            return [work("finish_profile", row.name, url_for("agency.onboarding"))]
        case Onboarding.REFUSED:
            count = len(reasons_of(row))
            title = _("%(name)s: %(count)s reasons, each with its correction", name=row.name, count=count)
            return [work("mend_profile", title if count else row.name, url_for("agency.step_review"))]
        case Onboarding.CHECKING:
            return [work("await_checks", row.name, url_for("agency.progress"))]
        case Onboarding.WAITING:
            return [work("await_operator", row.name, url_for("agency.progress"), row.decision_due_at)]
    return []


def _of_moves(row: Agency) -> list[Work]:
    """Another agency asks for somebody: silence hands the answer to the operator."""
    return [
        work(
            "answer_move",
            f"{move.practitioner.name} · {move.to_agency.name}",
            url_for("agency.practitioners") + "#asked",
            move.answer_due_at,
        )
        for move in moves_asked_of(row.id)
        if move.state is MoveState.ASKED
    ]


def _of_changes(row: Agency) -> list[Work]:
    return [
        work(
            "await_change",
            ", ".join(field.label for field in shown_change(change).fields),
            url_for("agency.change", number=change.number),
            change.decision_due_at,
        )
        for change in open_changes(row.id)
    ]


def _of_services(row: Agency) -> list[Work]:
    hidden = hidden_services(row)
    matters = names([item.matter_code for item in hidden])
    return [
        work(
            "hidden_service",
            f"{matters.get(item.matter_code, item.matter_code)}: {item.why}",
            item.action.url if item.action else url_for("agency.services"),
        )
        for item in hidden[:MOST_HIDDEN]
    ]


def _of_ends(row: Agency, at: datetime) -> list[Work]:
    """What runs out in at most 90 days, as the reminders told."""
    kinds = {kind.code: kind.name for kind in qualification_kinds()}
    return [
        work(
            "renew_certificate",
            f"{kinds.get(item.kind_code, item.kind_code)} {item.number}",
            _renewal(item.subject),
            local_moment(item.until + timedelta(days=1)),
        )
        for item in reminders_of(row.id, at)
    ]


def _renewal(subject: str) -> str:
    head, _colon, number = subject.partition(":")
    if head == "qualification" and number.isdigit():
        return url_for("agency.replace_qualification", qualification_id=int(number))
    return url_for("agency.practitioners")
