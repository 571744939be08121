"""Agencies in office: the list, and one agency with everything that a decision needs on one page."""

import json

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectChoice, TextAreaField

from supermarket.agencies.models import Check, Onboarding, Standing
from supermarket.agencies.queries import agency_file, standing_changes, waiting_for_decision
from supermarket.agencies.verification import evidence as evidence_of
from supermarket.agencies.verification import findings_history
from supermarket.core.clock import now
from supermarket.core.errors import Forbidden, NotFound
from supermarket.core.events import timeline
from supermarket.core.forms import CommandForm, MomentField, Needed, Text
from supermarket.core.paging import Slice
from supermarket.core.permissions import P, may
from supermarket.credit.directory import DirectoryFilter, directory
from supermarket.extensions import db
from supermarket.policies.queries import office_region
from supermarket.projects.forms import Soon
from supermarket.web import listing, timelines
from supermarket.web.access import needs, present_actor
from supermarket.web.agency.reputation import reputation_of
from supermarket.web.checks import shown
from supermarket.web.looks import word
from supermarket.web.officer.agency_file import decided_by, office_file
from supermarket.web.officer.blueprint import AGENCIES, blueprint
from supermarket.web.officer.queue import asking_of, next_item
from supermarket.web.officer.regions import open_file, own_city
from supermarket.web.officer.sources import imported_unchecked, imported_unchecked_count

STANDING_OFFICES = (P.STANDING_APPROVE_AS_AUTHORITY, P.STANDING_APPROVE_AS_OPERATOR)


class DecideForm(CommandForm):
    """The operator's word where registries do not answer."""

    decision = RadioField(
        _l("Decision"),
        choices=[SelectChoice("admit", _l("Admit")), SelectChoice("refuse", _l("Refuse"))],
        validators=[Needed()],
    )
    reason = TextAreaField(_l("What was looked at instead, or why not"), validators=[Text(2, 2_000)])
    onwards = BooleanField(_l("Go to the next one afterwards"), default=True)


class CaseForm(CommandForm):
    """The operator's word on an agency that is no longer verified."""

    decision = RadioField(
        _l("Decision"),
        choices=[
            SelectChoice("dismiss", _l("The registry is wrong: show the services again")),
            SelectChoice("freeze", _l("Freeze the agency")),
        ],
        validators=[Needed()],
    )
    reason = TextAreaField(_l("Reason"), validators=[Text(2, 2_000)])
    until = MomentField(_l("Frozen until"), validators=[Soon()])
    onwards = BooleanField(_l("Go to the next one afterwards"), default=True)


class ScopeForm(CommandForm):
    """The operator's word on a scope of business that no check can read."""

    decision = RadioField(
        _l("Does the registered scope cover this service?"),
        choices=[
            SelectChoice("covered", _l("Yes: show the service, if nothing else is missing")),
            SelectChoice("not_covered", _l("No: it stays hidden")),
        ],
        validators=[Needed()],
    )
    reason = TextAreaField(_l("Reason"), validators=[Text(2, 2_000)])
    onwards = BooleanField(_l("Go to the next one afterwards"), default=True)


class NoteForm(CommandForm):
    """A note for colleagues."""

    text = TextAreaField(_l("Note"), validators=[Text(2, 2_000)])


def usual_reasons() -> list[tuple[str, str]]:
    """(decision, text) of reasons that are often given; each can be edited before it is sent."""
    return [
        (
            "admit",
            _(
                "Looked at the original business licence and at the originals of all certificates; they agree with the file."
            ),
        ),
        ("admit", _("Asked the registry's keeper in writing; the answer agrees with the file and is kept with it.")),
        ("refuse", _("The original of the business licence was not shown in time. Send it and submit again.")),
        ("refuse", _("The certificates that were shown differ from the file. Mend the file and submit again.")),
        ("refuse", _("The keeper of the registry does not confirm the file in writing. Mend the entry there first.")),
    ]


@blueprint.get("/agencies")
@needs(*AGENCIES)
def agency_list() -> str:
    """Who waits, and every agency by name or code."""
    asked = listing.asked(("standing",), ("name",))
    standing = asked["standing"]
    actor = present_actor()
    chosen = DirectoryFilter(
        q=asked.q,
        region=own_city(actor),
        standing=Standing(standing) if standing in set(Standing) else None,
        sort="name",
    )
    found, _facets = directory(chosen, Slice(number=asked.page))
    may_import = any(actor.grants_with(P.AGENCY_CHECK))
    return render_template(
        "officer/agencies.html",
        waiting=[
            row for row in waiting_for_decision() if may(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
        ],
        unchecked=imported_unchecked(actor, 20) if may_import else (),
        unchecked_count=imported_unchecked_count(actor) if may_import else 0,
        may_import=may_import,
        found=found,
        asked=asked,
        chosen=chosen.standing,
        region=chosen.region,
        standings=[(item, word("agency", item)) for item in Standing],
        address=listing.address,
        page_address=listing.page_address,
    )


def agency_page(uscc: str, **answered: CommandForm) -> str:
    """The page, with a form that was refused in its place."""
    row, actor, at = agency_file(uscc), present_actor(), now()
    open_file(actor, row.region_code)
    preset, place = None, request.args.get("reason", "")
    if place.isascii() and place.isdecimal() and len(place) < 4 and int(place) < len(usual_reasons()):
        preset = usual_reasons()[int(place)]
    decide = DecideForm(formdata=None, prefix="decide")
    if preset is not None:
        decide.decision.data, decide.reason.data = preset
    file = office_file(row)
    forms: dict[str, CommandForm] = {
        "decide": decide,
        "case": CaseForm(formdata=None, prefix="case"),
        "note": NoteForm(formdata=None, prefix="note"),
        **{name: DecideForm(formdata=None, prefix=name) for item in file.changes for name in [f"change-{item.number}"]},
        **{
            name: ScopeForm(formdata=None, prefix=name)
            for item in file.services
            if item.unclear
            for name in [f"scope-{item.row.matter_code}"]
        },
        **answered,
    }
    decides = may(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
    checks = may(actor, P.AGENCY_CHECK, region=office_region(row.region_code))
    filters = request.values.get("queue", "")
    upcoming = next_item(actor, asking_of(filters), at, uscc) if decides else None
    asked = listing.asked((), ("newest",))
    return render_template(
        "officer/agency.html",
        agency=row,
        file=file,
        history=[shown(check) for check in findings_history(row.id, 60) if not check.present],
        events=timelines.entries(timeline(subject_kind="agency", subject_code=uscc, public_only=False, limit=60)),
        changes=standing_changes(row.id),
        decided=decided_by(uscc) if row.onboarding in (Onboarding.ADMITTED, Onboarding.REFUSED) else None,
        forms_of=forms,
        reasons=usual_reasons(),
        queue=filters,
        upcoming=upcoming,
        decides=decides,
        may_decide=decides and row.onboarding is Onboarding.WAITING,
        may_check=checks,
        may_start=checks and row.standing is Standing.APPLIED and row.onboarding is Onboarding.DRAFT,
        may_stand=any(actor.organisations_with(item) for item in STANDING_OFFICES),
        may_enter=bool(actor.organisations_with(P.CREDIT_ENTER)),
        evidence=(lambda number: url_for("office.evidence", uscc=uscc, number=number))
        if may(actor, P.AGENCY_DECIDE, region=office_region(row.region_code))
        or may(actor, P.SUPERVISE, region=office_region(row.region_code))
        else None,
        **reputation_of(row.uscc, asked.page),
    )


@blueprint.get("/agencies/<uscc>")
@needs(*AGENCIES)
def agency(uscc: str) -> str:
    """The whole file of an agency on one page."""
    return agency_page(uscc)


@blueprint.get("/agencies/<uscc>/evidence/<int:number>")
@needs(P.AGENCY_DECIDE, P.SUPERVISE)
def evidence(uscc: str, number: int) -> str:
    """A registry's answer as it came, for the offices of the agency's region only."""
    row, actor = agency_file(uscc), present_actor()
    if not any(may(actor, item, region=office_region(row.region_code)) for item in (P.AGENCY_DECIDE, P.SUPERVISE)):
        raise Forbidden(_("Only the offices in charge of this agency see the registries' answers."))
    check = db.session.get(Check, number) if number < 2**31 else None
    kept = evidence_of(number) if check is not None and check.agency_id == row.id else None
    if check is None or kept is None:
        raise NotFound(_("There is no such answer."))
    return render_template(
        "officer/evidence.html",
        agency=row,
        check=shown(check),
        kept=kept,
        body=(body := kept.body.decode("utf-8", errors="replace")),
        readable=_readable(body),
    )


def _readable(body: str) -> str:
    """An answer in JSON with its characters written out, line by line; empty where it is none."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return ""
