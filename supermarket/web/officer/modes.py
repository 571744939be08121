"""Regions' own ways of selection in office: put together out of stages, tried on past purchases, released by a colleague."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from supermarket.core.clock import now
from supermarket.core.errors import InvalidInput, MarketError
from supermarket.core.events import timeline
from supermarket.core.forms import CommandForm, Text, WholeField
from supermarket.core.permissions import Actor, P, may, region_covers
from supermarket.modes import operations
from supermarket.modes.combining import Fault, combine, faults_of, taken_apart
from supermarket.modes.forms import ModeEditForm, ModeForm, ReleaseModeForm, RetireModeForm
from supermarket.modes.models import ModeVersion, RegionMode
from supermarket.modes.plain import Plan
from supermarket.modes.queries import has_worded, modes_of_office, region_mode, sees_drafts, trials_of
from supermarket.modes.rows import mode_from_json
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.states import MODE, ModeAction
from supermarket.modes.table import Mode, Terms
from supermarket.policies.queries import policies_for, region_names
from supermarket.selection.operations import try_mode
from supermarket.web import timelines
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, refuse, tell
from supermarket.web.officer.blueprint import blueprint
from supermarket.web.plain_words import Said, plan_in_words

LOOKERS = (P.MODE_EDIT, P.SUPERVISE)
PREVIEW = "m000000_0"
Answer = str | Response | tuple[str, int]


class ModePageForm(ModeEditForm):
    """The editor's page offers the reader's regions; a new mode has no revision yet."""

    region = SelectField(_l("Region"), validators=[Text(least=6, most=6)], validate_choice=False, choices=[])
    revision = WholeField(validators=[Optional()])

    def offer(self, actor: Actor) -> None:
        """The regions in which the reader may word modes: provinces, cities, counties."""
        scopes = [grant.region_code for grant in actor.grants_with(P.MODE_EDIT)]
        names = region_names()
        self.region.choices = [
            SelectChoice(code, "\u3000" * {"province": 0, "prefecture": 1}.get(level, 2) + name)
            for code, (name, _parent, level) in sorted(names.items())
            if any(region_covers(scope, code) for scope in scopes)
        ]


class ReleasePageForm(ReleaseModeForm):
    """A box says that the release is meant."""

    confirm = BooleanField(_l("I have read the dry run and release it."))


@dataclass(frozen=True)
class Preview:
    """What a combination would do, or what is wrong with it, by place (0: the whole)."""

    plan: Sequence[Said]
    faults: Mapping[int, Sequence[str]]


def preview_of(form: ModeForm) -> Preview:
    """The combination in the form, as far as it can be read."""
    wanted = [entry.form.wanted() for entry in form.stages]
    faults: dict[int, list[str]] = {}
    for fault in faults_of(wanted):
        faults.setdefault(fault.place, []).append(_said(fault))
    if faults:
        return Preview((), faults)
    before = form.fewest_valid.data if isinstance(form.fewest_valid.data, int) else 3
    after = form.fewest_after_extension.data if isinstance(form.fewest_after_extension.data, int) else before
    row = combine(
        PREVIEW,
        wanted,
        label=form.label.data or "",
        label_zh=form.label_zh.data or "",
        sentence="",
        sentence_zh="",
        fewest_valid=before,
        fewest_after_extension=after,
        owner_accepts_fewer=bool(form.owner_accepts_fewer.data),
    )
    region = form.region.data if form.region.data in region_names() else ""
    return Preview(plan_in_words(plan_of_mode(row, region)), {})


def plan_of_mode(row: Mode, region: str) -> Plan:
    """What a mode does with a purchase of a region, without a purchase's own amounts and dates."""
    return Plan(row=row, terms=Terms(bounds=Bounds(ceiling=1)), numbers=policies_for(region, now()), fiscal=True)


def _said(fault: Fault) -> str:
    return fault.sentence.text(_)


def _move(form: ModeForm, act: str) -> bool:
    """Add, drop or move a stage, without JavaScript; whether that, or only a look, was wanted."""
    verb, _dash, place = act.partition("-")
    entries = form.stages.entries
    number = int(place) if place.isascii() and place.isdecimal() and len(place) < 3 else -1
    if verb == "add" and len(entries) < 6:
        form.stages.append_entry()
    elif verb == "drop" and 0 <= number < len(entries) and len(entries) > 1:
        entries.pop(number)
    elif verb == "up" and 1 <= number < len(entries):
        entries[number - 1 : number + 1] = entries[number], entries[number - 1]
    elif verb == "down" and 0 <= number < len(entries) - 1:
        entries[number : number + 2] = entries[number + 1], entries[number]
    return verb in ("add", "drop", "up", "down", "check")


def _beside(
    form: ModePageForm, preview: Preview, refused: Mapping[int, Sequence[str]] | None = None
) -> list[list[str]]:
    """What is wrong, stage by stage: each thing once, what cannot be read first."""
    found = []
    for number, entry in enumerate(form.stages, 1):
        unread = [str(message) for field in entry.form for message in field.errors]
        faults = [] if unread else [*preview.faults.get(number, ()), *(refused or {}).get(number, ())]
        found.append([*unread, *dict.fromkeys(faults)])
    return found


def _editor(
    form: ModePageForm,
    mode: RegionMode | None,
    status: int = 200,
    refused: Mapping[int, Sequence[str]] | None = None,
) -> tuple[str, int]:
    form.offer(present_actor())
    preview = preview_of(form)
    # Where a stage stands is told by its place on the page, whatever was added, dropped or moved.
    rows = [
        {
            "stage": entry.form.stage.data,
            "by": entry.form.by.data or "",
            "keep": entry.form.keep.raw_data[0] if entry.form.keep.raw_data else entry.form.keep.data or "",
            "tickets": entry.form.tickets.data,
            "rule": entry.form.rule.data or "",
            "errors": errors,
            "form": entry.form,
        }
        for entry, errors in zip(form.stages, _beside(form, preview, refused), strict=True)
    ]
    page = render_template(
        "officer/mode_edit.html",
        form=form,
        mode=mode,
        rows=rows,
        preview=preview,
        whole=[str(message) for message in form.stages.errors if isinstance(message, str)],
        drafts="keep" if request.method == "POST" else "settle",
    )
    return page, status


def _refused(form: ModePageForm, error: MarketError) -> Mapping[int, Sequence[str]]:
    """Put a refusal into the form; what is wrong with the stages is given by place, for it stands beside them, too."""
    if not isinstance(error, InvalidInput):
        refuse(form, error)
        return {}
    places: dict[int, list[str]] = {}
    own = []
    for item in error.errors:
        head, _dot, place = item.field.partition(".")
        if head != "stages":
            own.append(item)
            continue
        number = int(place) + 1 if place else 0
        places.setdefault(number, []).append(item.message)
        told = _("Stage %(number)s: %(text)s", number=number, text=item.message) if number else item.message
        form.form_errors.append(told)
    if own:
        refuse(form, InvalidInput(error.message, errors=own))
    return places


@blueprint.get("/modes")
@needs(*LOOKERS)
def mode_list() -> str:
    """The ways of selection that one's regions have made."""
    actor = present_actor()
    scopes = {grant.region_code or "" for permission in LOOKERS for grant in actor.grants_with(permission)}
    found = {row.id: row for scope in sorted(scopes) for row in modes_of_office(scope)}
    rows = [_line(row) for row in sorted(found.values(), key=lambda row: -row.id)]
    return render_template("officer/modes.html", rows=rows, may_word=bool(actor.organisations_with(P.MODE_EDIT)))


@dataclass(frozen=True)
class Line:
    """One mode of the list."""

    mode: RegionMode
    version: ModeVersion
    row: Mode
    url: str


def _line(mode: RegionMode) -> Line:
    last = mode.versions[-1]
    return Line(mode, last, mode_from_json(last.rules), url_for("office.mode", name=mode.name))


@blueprint.route("/modes/new", methods=["GET", "POST"])
@needs(P.MODE_EDIT)
def new_mode() -> Answer:
    """Put a new way of selection together."""
    actor, form = present_actor(), ModePageForm()
    if request.method == "GET":
        form.region.data = next((grant.region_code for grant in actor.grants_with(P.MODE_EDIT)), None) or ""
        form.stages.append_entry({"stage": "draw", "tickets": "equal"})  # a first combination that runs
        return _editor(form, None)
    if _move(form, request.form.get("act", "")):
        return _editor(form, None)
    if not form.validate():
        return _editor(form, None, 422)
    try:
        version = perform(lambda: operations.draft_mode(form.command(), actor=actor, at=now()))
    except MarketError as error:
        return _editor(form, None, error.status, _refused(form, error))
    tell(_("Kept as a draft. Try it on past purchases now; nobody can choose it yet."))
    return redirect(url_for("office.mode", name=version.mode.name), code=303)


@blueprint.post("/modes/preview")
@needs(P.MODE_EDIT)
def preview_mode() -> str:
    """What the combination in the editor would do, and what is wrong beside each stage; nothing is stored."""
    form = ModePageForm()
    form.validate()  # for what cannot be read in the stages; the rest is told when it is saved
    preview = preview_of(form)
    return render_template("officer/_mode_preview.html", preview=preview, beside=_beside(form, preview))


def _own(name: str) -> RegionMode:
    return region_mode(name, present_actor())


@blueprint.route("/modes/<name>/edit", methods=["GET", "POST"])
@needs(P.MODE_EDIT)
def edit_mode(name: str) -> Answer:
    """Word the version that is not released yet."""
    mode, actor, form = _own(name), present_actor(), ModePageForm()
    version = mode.versions[-1]
    MODE.next(version.state, ModeAction.EDIT)
    if request.method == "GET":
        _fill(form, version)
        return _editor(form, mode)
    if _move(form, request.form.get("act", "")):
        return _editor(form, mode)
    if not form.validate():
        return _editor(form, mode, 422)
    revision = form.revision.data or 0
    try:
        perform(lambda: operations.edit_mode(name, form.command(), revision=revision, actor=actor, at=now()))
    except MarketError as error:
        places = _refused(form, error)
        return _editor(form, _own(name), error.status, places)
    tell(_("Changed. What was tried before counts no longer; run the dry run again."))
    return redirect(url_for("office.mode", name=name), code=303)


def _fill(form: ModePageForm, version: ModeVersion) -> None:
    row = mode_from_json(version.rules)
    form.region.data, form.revision.data = version.mode.region_code, version.revision
    form.label.data, form.label_zh.data = row.label, row.label_zh
    form.sentence.data, form.sentence_zh.data = row.sentence, row.sentence_zh
    form.fewest_valid.data, form.fewest_after_extension.data = row.fewest_valid, row.fewest_after_extension
    form.owner_accepts_fewer.data = row.owner_accepts_fewer
    while form.stages.entries:
        form.stages.pop_entry()
    for wanted in taken_apart(row):
        form.stages.append_entry(
            {
                "stage": wanted.stage.value,
                "by": wanted.by.value if wanted.by else "",
                "keep": wanted.keep,
                "tickets": wanted.tickets.value,
                "rule": wanted.rule.value if wanted.rule else "",
            }
        )


def _page(name: str, answered: Mapping[str, CommandForm] | None = None) -> str:
    mode, actor = _own(name), present_actor()
    version = mode.versions[-1]
    row = mode_from_json(version.rules)
    edits = may(actor, P.MODE_EDIT, region=mode.region_code)
    releases = may(actor, P.MODE_RELEASE, region=mode.region_code)
    forms: dict[str, CommandForm] = {
        "release": ReleasePageForm(formdata=None, prefix="release", revision=version.revision),
        "retire": RetireModeForm(formdata=None, prefix="retire"),
        **(answered or {}),
    }
    return render_template(
        "officer/mode.html",
        mode=mode,
        version=version,
        row=row,
        plan=plan_in_words(plan_of_mode(row, mode.region_code)),
        trials=trials_of(version.id) if sees_drafts(mode, actor) else [],
        acts={action.value for action in MODE.allowed(version.state)} if edits else set(),
        may_release=releases and not has_worded(actor, name, version.number),
        may_retire=releases,
        retirable=[item for item in mode.versions if MODE.can(item.state, ModeAction.RETIRE)],
        forms_of=forms,
        timeline=timelines.entries(timeline(subject_kind="mode", subject_code=name, public_only=False)),
    )


@blueprint.get("/modes/<name>")
@needs(*LOOKERS)
def mode(name: str) -> str:
    """One way of selection with its versions, dry runs and what can be done now."""
    return _page(name)


@blueprint.post("/modes/<name>/try")
@needs(P.MODE_EDIT)
def try_out_mode(name: str) -> Response:
    """Run it over past purchases; it decides nothing."""
    trial = perform(lambda: try_mode(_own(name).name, actor=present_actor(), at=now()))
    tell(_("Tried. This is what it would have meant for past purchases; a colleague can release it now."))
    return redirect(url_for("public.trial", name=name, number=trial.id), code=303)


@blueprint.post("/modes/<name>/versions")
@needs(P.MODE_EDIT)
def begin_version(name: str) -> Response:
    """A new version beside the released one."""
    perform(lambda: operations.begin_version(_own(name).name, actor=present_actor(), at=now()))
    tell(_("This is the new version, worded like the last one. Change it, try it, have it released."))
    return redirect(url_for("office.edit_mode", name=name), code=303)


def _act(name: str, form: CommandForm, key: str, act: Callable[[], object], told: str) -> Answer:
    _done, status = attempt(form, act)
    if status != 200:
        return _page(name, {key: form}), status
    tell(told)
    return redirect(url_for("office.mode", name=name), code=303)


@blueprint.post("/modes/<name>/release")
@needs(P.MODE_RELEASE)
def release_mode(name: str) -> Answer:
    """Let owners choose it."""
    form = ReleasePageForm(prefix="release")
    _own(name)
    if form.validate_on_submit() and not form.confirm.data:
        form.confirm.errors = [_("Tick this box to go on.")]
        return _page(name, {"release": form}), 422
    return _act(
        name,
        form,
        "release",
        lambda: operations.release_mode(
            name, reason=form.reason.data, revision=form.revision.data, actor=present_actor(), at=now()
        ),
        _(
            "Released. Owners of the region can choose it from now on; purchases that are published keep what they have."
        ),
    )


@blueprint.post("/modes/<name>/retire")
@needs(P.MODE_RELEASE)
def retire_mode(name: str) -> Answer:
    """Take a version back."""
    form = RetireModeForm(prefix="retire")
    _own(name)
    return _act(
        name,
        form,
        "retire",
        lambda: operations.retire_mode(
            name, form.number.data, reason=form.reason.data, actor=present_actor(), at=now()
        ),
        _("Retired. Nobody can choose it any more; purchases that were published with it go on as published."),
    )
