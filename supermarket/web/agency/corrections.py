"""One field of the profile corrected at a time; what is being checked, what was refused, and everything that stood before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supermarket.agencies import operations as agencies
from supermarket.agencies.change_queries import change_of, changes_of, ended_of
from supermarket.agencies.models import Agency, ChangeState, ProfileChange, Standing
from supermarket.agencies.profile_fields import JUDGES, Kept
from supermarket.agencies.queries import agency_file
from supermarket.core.clock import now
from supermarket.core.paging import Slice
from supermarket.core.permissions import SYSTEM, P
from supermarket.matters.queries import names
from supermarket.web import listing
from supermarket.web.access import needs, present_actor
from supermarket.web.account import regions
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.agency.blueprint import blueprint, own_agency
from supermarket.web.agency.filing import kind_names
from supermarket.web.agency.forms import CORRECTABLE, FORM_FIELDS, CorrectionForm, correction_form
from supermarket.web.agency.frames import back, go_back, place_of
from supermarket.web.agency.sending import wake_the_checks
from supermarket.web.profile_words import field_word, shown_change, value_word

Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class FieldLine:
    """A field of the profile as its page shows it, with its correction."""

    what: str
    label: str
    value: str
    pending: str = ""


def profile_lines(row: Agency, open_changes: Sequence[ProfileChange]) -> list[FieldLine]:
    """Every field that can be corrected, what it says, and what it is being changed to."""
    pending = {name: value for change in open_changes for name, value in change.after.items()}
    return [
        FieldLine(
            what,
            title(what),
            _joined(row, _register_names(what), {}),
            _joined(row, _register_names(what), pending) if pending else "",
        )
        for what in CORRECTABLE
    ]


def title(what: str) -> str:
    """What an entry of CORRECTABLE is called."""
    return str(_("Branch")) if what == "branch" else field_word(_register_names(what)[0])


def _register_names(what: str) -> tuple[str, ...]:
    shown = [name for name in CORRECTABLE[what] if name in FORM_FIELDS]
    return tuple("region_code" if name == "region" else name for name in shown)


def _joined(row: Agency, wanted: tuple[str, ...], pending: Mapping[str, Kept]) -> str:
    if pending:
        return " ".join(value_word(name, pending[name]) for name in wanted if name in pending)
    return " ".join(text for name in wanted if (text := value_word(name, _stored(row, name))))


def _stored(row: Agency, name: str) -> Kept:
    value = getattr(row, name)
    return value.isoformat() if isinstance(value, date) else value


def _form(what: str, row: Agency, **given: object) -> CorrectionForm:
    form = correction_form(what)(**given)
    if what == "region":
        form.region.data = regions.offer(form) or ""
    return form


def _page(what: str, row: Agency, form: CorrectionForm) -> str:
    return render_template(
        "agency/correct.html",
        agency=row,
        what=what,
        title=title(what),
        form=form,
        fields=[form[name] for name in CORRECTABLE[what] if name not in ("region", "province", "city", "county")],
        asks=row.standing is not Standing.APPLIED and any(name in JUDGES for name in _register_names(what)),
        back=back(),
        place=place_of(back()),
    )


@blueprint.get("/profile/correct/<what>")
@needs(P.AGENCY_EDIT)
def correct(what: str) -> str:
    """One field, as it stands."""
    if what not in CORRECTABLE:
        abort(404)
    row = own_agency()
    form = correction_form(what)(formdata=None, obj=row)
    form.version.data = row.version
    if what == "region":
        regions.set_region(form, row.region_code)
        regions.offer(form)
    return _page(what, row, form)


@blueprint.post("/profile/correct/<what>")
@needs(P.AGENCY_EDIT)
def correct_now(what: str) -> Answer:
    """Correct one field; an admitted agency's waits for the registries, and the old value stands until then."""
    if what not in CORRECTABLE:
        abort(404)
    row = own_agency()
    uscc, actor = row.uscc, present_actor()
    form = _form(what, row)
    if request.form.get("act") == "region":
        return _page(what, row, form)

    def act() -> Sequence[ProfileChange]:
        return agencies.correct_profile(uscc, form.values(), expected_version=form.version.data, actor=actor, at=now())

    made, status = attempt(form, act)
    if made is None:
        row = own_agency()
        if status == 409:
            form.version.data, form.version.raw_data = row.version, None
        return _page(what, row, form), status
    asked = next((change.number for change in made if change.state is ChangeState.CHECKING), None)
    if asked is not None:
        wake_the_checks()
        return redirect(url_for("agency.change", number=asked), code=303)
    tell(_("Corrected.") if back() else _("Corrected. What stood before stays in the history."))
    return go_back("agency.profile")


@blueprint.get("/changes")
@needs(P.AGENCY_EDIT)
def history() -> str:
    """Every change of the profile, and what was filed before and has ended."""
    row = own_agency()
    asked = listing.asked((), ("newest",))
    found = changes_of(row.id, Slice(number=asked.page))
    ended = ended_of(row.id)
    return render_template(
        "agency/history.html",
        agency=agency_file(row.uscc),
        found=found,
        asked=asked,
        shown=[shown_change(change) for change in found.items],
        ended=ended,
        matter_names=names([item.matter_code for item in ended.services]),
        kind_names=kind_names(),
        page_address=listing.page_address,
    )


@blueprint.get("/changes/<int:number>")
@needs(P.AGENCY_EDIT)
def change(number: int) -> str:
    """One change: what it changes, what the registries say; it comes again by itself until they have answered."""
    row = own_agency()
    found = change_of(row.id, min(number, 2**31 - 1))
    again = _where_corrected(next(iter(found.after))) if found.state is ChangeState.REFUSED else None
    return render_template("agency/change.html", agency=row, change=found, shown=shown_change(found), again=again)


def _where_corrected(name: str) -> str:
    """The page of a field of the register, for whoever was refused."""
    what = next(what for what in CORRECTABLE if name in _register_names(what))
    return url_for("agency.correct", what=what)


@blueprint.post("/changes/<int:number>/check")
@needs(P.AGENCY_EDIT)
def check_change(number: int) -> Response:
    """Ask the registries within this request."""
    row = own_agency()
    found = change_of(row.id, min(number, 2**31 - 1))
    at = now()
    if found.state in (ChangeState.CHECKING, ChangeState.WAITING):
        change_id = found.id
        # The registries are asked between two transactions: nothing is held while they think.
        answers = agencies.ask_about_change(change_id, at)
        perform(lambda: agencies.check_change(change_id, answers=answers, actor=SYSTEM, at=at))
    return redirect(url_for("agency.change", number=number), code=303)


@blueprint.post("/changes/<int:number>/withdraw")
@needs(P.AGENCY_EDIT)
def withdraw_change(number: int) -> Response:
    """Take an open change back; the old value stands."""
    uscc, wanted = own_agency().uscc, min(number, 2**31 - 1)
    perform(lambda: agencies.withdraw_change(uscc, wanted, actor=present_actor(), at=now()))
    tell(_("Taken back. The old value stands."))
    return redirect(url_for("agency.history"), code=303)
