"""Certificates of the agency's file: filed with a scan, renewed, corrected, taken out; a form begun is kept."""

from datetime import date

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.change_queries import draft_of
from supermarket.agencies.covering import coverage
from supermarket.agencies.models import Agency, Qualification
from supermarket.agencies.operations.onboarding import file_of
from supermarket.agencies.queries import agency_file
from supermarket.core.clock import now
from supermarket.core.errors import InvalidInput, NotFound
from supermarket.core.permissions import P
from supermarket.data.facts import Holder
from supermarket.documents.queries import readable_document
from supermarket.matters.queries import names
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.filing import filed, kind_names, removed
from supermarket.web.agency.forms import QualificationForm, RenewalForm, kind_choices
from supermarket.web.agency.frames import LATER, back, forget_draft, go_back, keep_draft, place_of, stored, typed
from supermarket.web.agency.mending import shown_needs

DRAFT = "qualification"


@blueprint.get("/qualifications")
@needs(P.AGENCY_EDIT)
def qualifications() -> str:
    """The certificates, what the services need of them, and the way to one more."""
    row = agency_file(own_agency().uscc)
    kinds = kind_names()
    return render_template(
        "agency/qualifications.html",
        agency=row,
        kind_names=kinds,
        kinds=kind_choices(Holder.ORGANISATION),
        matter_names=names([item.matter_code for item in row.services]),
        trees=[shown_needs(item, kinds, "") for item in coverage(file_of(row.uscc, now()))],
    )


def _known(kind: str) -> bool:
    return any(choice.value == kind for choice in kind_choices(Holder.ORGANISATION))


def _page(form: QualificationForm, row: Agency, old: Qualification | None = None) -> str:
    form.offer()
    kept = form.document.data or (old.document_id if old is not None else None)
    return render_template(
        "agency/certificate.html",
        agency=row,
        form=form,
        old=old,
        place=place_of(back()),
        back=back(),
        kind_names=kind_names(),
        scan=readable_document(kept, present_actor()) if kept else None,
    )


@blueprint.get("/qualifications/new")
@needs(P.AGENCY_EDIT)
def file_qualification() -> str | Response:
    """One more certificate: as it was begun, or with what a service asks filled in."""
    row = own_agency()
    draft = draft_of(row.organisation_id or 0, DRAFT)
    kind = request.args.get("kind", "")
    if draft is not None and kind in ("", draft.fields.get("kind")):
        return _page(QualificationForm(formdata=MultiDict(draft.fields), meta={"csrf": True}), row)
    if not _known(kind):
        return go_back("agency.qualifications")
    asked = {name: request.args.get(name, "") for name in ("kind", "speciality", "level")}
    return _page(QualificationForm(formdata=None, data=asked), row)


@blueprint.post("/qualifications")
@needs(P.AGENCY_EDIT)
def add_qualification() -> tuple[str, int] | Response:
    """File a certificate with its scan; what cannot be filed yet is kept as it was typed, the scan too."""
    row = own_agency()
    uscc, body = row.uscc, row.organisation_id or 0
    form = QualificationForm()
    form.offer()
    form.document.data = _own_scan(form.document.data)

    def act() -> Qualification:
        document = stored(form.scan.data, row, "scan")
        form.document.data = document.id if document else form.document.data
        return agencies.add_qualification(uscc, form.command(), actor=present_actor(), at=now())

    wanted = form.document.data
    done, status = attempt(form, act)
    if done is None:
        form.document.data = _kept_scan(form, row, wanted)
        keep_draft(body, DRAFT, {**typed(form), "document": form.document.shown})
        if request.form.get("act") == LATER:
            return come_back_later()
        return _page(form, own_agency()), status
    forget_draft(body, DRAFT)
    return filed("agency.qualifications")


def come_back_later() -> Response:
    """What was typed is kept; the reader goes."""
    tell(_("Kept as you typed it. You can go on from any device: open “My desk”."))
    return go_back("agency.qualifications") if not back() else _desk()


def _desk() -> Response:
    return Response(status=303, headers={"Location": url_for("home.home")})


def _own_scan(number: int | None) -> int | None:
    """A scan that was kept with the draft, if it is the reader's."""
    if number is None:
        return None
    try:
        return readable_document(min(number, 2**31 - 1), present_actor()).id
    except NotFound:
        return None


def _kept_scan(form: QualificationForm, row: Agency, wanted: int | None) -> int | None:
    """The scan of a form that was not accepted: kept, unless it is the scan that is wrong."""
    if form.scan.errors or not form.scan.data:
        return wanted
    try:
        document = perform(lambda: stored(form.scan.data, row, "scan"))
    except InvalidInput as error:
        form.scan.errors = [item.message for item in error.errors]
        return wanted
    return document.id if document else wanted


def _filed_by(row: Agency, number: int) -> Qualification:
    found = next((item for item in row.qualifications if item.id == number), None)
    if found is None:
        raise NotFound(_("There is no such qualification."))
    return found


@blueprint.get("/qualifications/<int:qualification_id>/replace")
@needs(P.AGENCY_EDIT)
def replace_qualification(qualification_id: int) -> str:
    """Renew or correct a certificate: the form is filled with the old one; one that has run out asks for its new end."""
    row = agency_file(own_agency().uscc)
    old = _filed_by(row, qualification_id)
    form = RenewalForm(
        formdata=None,
        kind=old.kind_code,
        speciality=old.speciality or "",
        level=old.level or "",
        number=old.number,
        issuer=old.issuer,
        valid_until=_unless_over(old.valid_until),
        version=row.version,
    )
    return _page(form, row, old)


def _unless_over(day: date | None) -> date | None:
    return None if day is not None and day < now().date() else day


@blueprint.post("/qualifications/<int:qualification_id>/replace")
@needs(P.AGENCY_EDIT)
def replace_qualification_now(qualification_id: int) -> tuple[str, int] | Response:
    """Put a new certificate, or the corrected one, in the place of the old."""
    row = agency_file(own_agency().uscc)
    uscc, old = row.uscc, _filed_by(row, qualification_id)
    form = RenewalForm()
    form.kind.data = old.kind_code
    form.offer()
    form.document.data = _own_scan(form.document.data)
    wanted = form.document.data

    def act() -> Qualification:
        document = stored(form.scan.data, row, "scan")
        form.document.data = document.id if document else form.document.data
        return agencies.replace_qualification(
            uscc,
            qualification_id,
            form.command(),
            expected_version=form.version.data,
            actor=present_actor(),
            at=now(),
        )

    done, status = attempt(form, act)
    if done is None:
        row = agency_file(uscc)
        form.document.data = _kept_scan(form, row, wanted)
        if status == 409:
            form.version.data, form.version.raw_data = row.version, None
        return _page(
            form, row, next((item for item in row.qualifications if item.id == qualification_id), None)
        ), status
    return filed("agency.qualifications")


@blueprint.post("/qualifications/<int:qualification_id>/remove")
@needs(P.AGENCY_EDIT)
def remove_qualification(qualification_id: int) -> Response:
    """Take a certificate out of the file; it stays readable in the history."""
    uscc, wanted = own_agency().uscc, min(qualification_id, 2**31 - 1)
    perform(lambda: agencies.remove_qualification(uscc, wanted, actor=present_actor(), at=now()))
    return removed("agency.qualifications")
