"""The steps of the way in: what each still lacks, which is done, which is to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from supermarket.accounts.models import Organisation
from supermarket.accounts.queries import organisation
from supermarket.agencies.change_queries import drafts_of
from supermarket.agencies.covering import Coverage, coverage
from supermarket.agencies.models import Agency, FormDraft
from supermarket.agencies.operations.onboarding import file_of
from supermarket.agencies.queries import agency_file, agency_of_actor
from supermarket.core.forms import field_errors
from supermarket.core.permissions import Actor, P
from supermarket.matters.queries import names, qualification_kinds
from supermarket.web.account import regions
from supermarket.web.agency.forms import ProfileForm
from supermarket.web.agency.mending import Link, lacking

PROFILE, SERVICES, QUALIFICATIONS = "profile", "services", "qualifications"
PEOPLE, PARTIES, AUTHORITY, PLEDGE, REVIEW = "practitioners", "parties", "authority", "pledge", "review"
ORDER = (PROFILE, SERVICES, QUALIFICATIONS, PEOPLE, PARTIES, AUTHORITY, PLEDGE, REVIEW)
# Drafts of the steps whose form adds one more row.
DRAFTS = {SERVICES: "service", QUALIFICATIONS: "qualification", PARTIES: "party"}


@dataclass(frozen=True)
class Missing:
    """What is still missing, and where it is put right. Not `blocking`: the form may be sent in without it."""

    label: str
    url: str
    blocking: bool = True


@dataclass(frozen=True)
class Step:
    """One step as `forms.steps` draws it."""

    key: str
    label: str
    url: str
    state: str
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Where an organisation is on its way in."""

    body: Organisation
    agency: Agency | None
    covered: tuple[Coverage, ...]
    drafts: Mapping[str, FormDraft]
    matter_names: Mapping[str, str]
    kind_names: dict[str, str]
    steps: tuple[Step, ...] = field(default=())

    def at(self, key: str) -> "Place":
        """The frame of one step."""
        steps = [
            Step(step.key, step.label, step.url, "now" if step.key == key else step.state, step.missing)
            for step in self.steps
        ]
        number = next(place for place, step in enumerate(steps) if step.key == key)
        return Place(
            key=key,
            number=number + 1,
            total=len(steps),
            steps=steps,
            label=steps[number].label,
            before=steps[number - 1].url if number else None,
            after=steps[number + 1].url if number + 1 < len(steps) else None,
            missing=steps[number].missing,
        )

    @property
    def first_open(self) -> str:
        """The address of the first step that is not done."""
        return next((step.url for step in self.steps if step.state != "done"), self.steps[-1].url)

    @property
    def missing(self) -> list[Missing]:
        """Everything that is still missing, in the order of the steps."""
        return [item for step in self.steps for item in step.missing]


@dataclass(frozen=True)
class Place:
    """The frame of a step's page."""

    key: str
    number: int
    total: int
    steps: Sequence[Step]
    label: str
    before: str | None
    after: str | None
    missing: tuple[Missing, ...]


def progress_of(actor: Actor, at: datetime) -> Progress:
    """Where the actor's organisation is."""
    body = organisation(min(actor.organisations_with(P.AGENCY_EDIT)))
    row = agency_of_actor(actor)
    covered: tuple[Coverage, ...] = ()
    if row is not None:
        covered = coverage(file_of(row.uscc, at))
        row = agency_file(row.uscc)
    found = Progress(
        body,
        row,
        covered,
        drafts_of(body.id),
        names([item.matter_code for item in row.services] if row is not None else []),
        {kind.code: kind.name for kind in qualification_kinds()},
    )
    steps = tuple(_step(found, key) for key in ORDER if key != AUTHORITY or (row is not None and row.is_branch))
    return Progress(found.body, found.agency, found.covered, found.drafts, found.matter_names, found.kind_names, steps)


def _step(found: Progress, key: str) -> Step:
    labels = {
        PROFILE: _("Profile"),
        SERVICES: _("Services"),
        QUALIFICATIONS: _("Certificates"),
        PEOPLE: _("People"),
        PARTIES: _("Related parties"),
        AUTHORITY: _("Authority"),
        PLEDGE: _("Pledge"),
        REVIEW: _("Check and send in"),
    }
    missing = tuple(_missing(found, key))
    row = found.agency
    if key == REVIEW or (row is None and key != PROFILE):
        state = "todo"
    elif key in (QUALIFICATIONS, PEOPLE) and not missing and row is not None and not row.services:
        # What is needed shows only once a service is chosen.
        state = "todo"
    else:
        state = "done" if not missing else "wrong" if _begun(found, key) else "todo"
    return Step(key, str(labels[key]), url_for(f"agency.step_{key}"), state, missing)


def _begun(found: Progress, key: str) -> bool:
    row = found.agency
    if DRAFTS.get(key, key) in found.drafts:
        return True
    if row is None:
        return False
    return {
        PROFILE: True,
        SERVICES: bool(row.services),
        QUALIFICATIONS: bool(row.qualifications),
        PEOPLE: bool(row.practitioners),
        PARTIES: bool(row.related_parties),
    }.get(key, False)


def _missing(found: Progress, key: str) -> list[Missing]:
    url = url_for(f"agency.step_{key}")
    row = found.agency
    if key == PROFILE:
        return _of_profile(found, url)
    missing = []
    if DRAFTS.get(key) in found.drafts:
        missing.append(Missing(_begun_words(key), url, blocking=False))
    if row is None:
        return missing
    match key:
        case "services" if not row.services:
            missing.append(Missing(_("At least one service"), url))
        case "qualifications":
            missing += _of_certificates(found)
        case "practitioners":
            missing += [
                Missing(f"{found.matter_names.get(item.matter_code, item.matter_code)}: {link.label}", link.url, False)
                for item in found.covered
                for link in _people_links(item, found)
            ]
        case "parties" if not any(item.relation == "legal_representative" for item in row.related_parties):
            missing.append(Missing(_("The legal representative as a related party"), url, blocking=False))
        case "authority" if row.branch_authority_id is None:
            missing.append(Missing(_("The head office's authority for the branch"), url))
        case "pledge" if row.pledge_signed_at is None:
            missing.append(Missing(_("The signed pledge"), url))
    return missing


def _begun_words(key: str) -> str:
    words = {
        SERVICES: _("A service that you began is not finished"),
        QUALIFICATIONS: _("A certificate that you began is not finished"),
        PARTIES: _("A related party that you began is not finished"),
    }
    return str(words[key])


def _of_certificates(found: Progress) -> list[Missing]:
    return [
        Missing(f"{found.matter_names.get(item.matter_code, item.matter_code)}: {link.label}", link.url, False)
        for item in found.covered
        for link in _certificate_links(item, found)
    ]


def _certificate_links(item: Coverage, found: Progress) -> list[Link]:
    return lacking(Coverage(item.matter_code, item.tree, item.node, ()), found.kind_names, QUALIFICATIONS)


def _people_links(item: Coverage, found: Progress) -> list[Link]:
    return lacking(Coverage(item.matter_code, None, None, item.people), found.kind_names, PEOPLE)


def _of_profile(found: Progress, url: str) -> list[Missing]:
    row, draft = found.agency, found.drafts.get(PROFILE)
    if draft is not None:
        form = draft_profile(draft)
        form.uscc.data = found.body.uscc
        form.validate()
        wrong = [(item.field, f"{form[item.field].label.text}: {item.message}") for item in field_errors(form)]
        return [Missing(label, f"{url}#{name}") for name, label in wrong] or [
            Missing(_("What you began here is not saved yet"), url)
        ]
    if row is None:
        return [Missing(_("The profile"), url)]
    wanted = (
        ("legal_representative", row.legal_representative, _("The legal representative")),
        ("business_scope", row.business_scope, _("The scope of business")),
        ("address", row.address, _("The address")),
    )
    return [Missing(str(label), f"{url}#{name}") for name, there, label in wanted if not there]


def draft_profile(draft: FormDraft, *, to_send: bool = False) -> ProfileForm:
    """The profile's form as it was begun; not validated, and with a token only if it is `to_send`."""
    fields = MultiDict(draft.fields)
    form = ProfileForm(formdata=fields) if to_send else ProfileForm(formdata=fields, meta={"csrf": False})
    form.region.data = regions.offer(form) or ""
    return form
