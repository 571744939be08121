"""/modes: ways of selection; the nine, and what regions put together out of stages, try on past purchases and release."""

from pydantic import Field

from supermarket.api.parameters import PageQuery, RegionCode
from supermarket.api.routes import route
from supermarket.api.shapes import Listing, Moment, Shape, acting
from supermarket.core.msgids import N_
from supermarket.core.permissions import P
from supermarket.modes import operations
from supermarket.modes.forms import ModeEditForm, ModeForm, ReleaseModeForm, RetireModeForm
from supermarket.modes.models import ModeTrial, ModeVersion, RegionMode
from supermarket.modes.plain import stage_sentences
from supermarket.modes.queries import region_mode, released_modes, sees_drafts, trial_for
from supermarket.modes.rows import mode_from_json, mode_to_json
from supermarket.modes.states import MODE, ModeState
from supermarket.modes.table import MODES, Mode
from supermarket.modes.words import label_of, sentence_of
from supermarket.selection.operations import try_mode
from supermarket.web.access import Access, present_actor
from supermarket.web.plain_words import said

OFFICES = Access(permissions=(P.MODE_EDIT,))
RELEASERS = Access(permissions=(P.MODE_RELEASE,))


class ModesQuery(PageQuery):
    """What the list is narrowed to: the nine hold everywhere, a region's own with its subtree."""

    region: RegionCode | None = None


class VersionShape(Shape):
    """One wording of a region's own mode."""

    number: int
    revision: int = Field(description="to be named when it is changed or released")
    state: ModeState
    allowed: list[str] = Field(description="actions that the state table knows now; who may is another question")
    edited_at: Moment
    trial: int | None = Field(description="the dry run of the present wording")
    released_at: Moment | None
    release_reason: str
    retired_at: Moment | None
    retire_reason: str
    rules: dict[str, object]


class ModeShape(Shape):
    """A way of selection."""

    name: str
    label: str = Field(description="in the reader's language")
    sentence: str
    steps: list[str] = Field(description="what its stages do, in plain words")
    region: str | None = Field(description="null for the nine, which every region has")
    rules: dict[str, object] = Field(description="the row: stages with what it fixes of their parameters")
    versions: list[VersionShape] = Field(description="of a region's own; those not released are for its office")


class TrialShape(Shape):
    """A dry run over past purchases; it decided nothing."""

    id: int
    mode: str
    version: int
    tried_at: Moment
    rules: dict[str, object]
    summary: dict[str, object]
    cases: list[dict[str, object]]


def _shape(row: Mode, region: str | None, versions: list[VersionShape]) -> ModeShape:
    return ModeShape(
        name=row.name,
        label=label_of(row),
        sentence=sentence_of(row),
        steps=[said(sentence) for sentence in stage_sentences(row)],
        region=region,
        rules=mode_to_json(row),
        versions=versions,
    )


def _version(row: ModeVersion) -> VersionShape:
    return VersionShape(
        number=row.number,
        revision=row.revision,
        state=row.state,
        allowed=[action.value for action in MODE.allowed(row.state)],
        edited_at=row.edited_at,
        trial=row.trial_id,
        released_at=row.released_at,
        release_reason=row.release_reason,
        retired_at=row.retired_at,
        retire_reason=row.retire_reason,
        rules=row.rules,
    )


def _own(mode: RegionMode) -> ModeShape:
    inside = sees_drafts(mode, present_actor())
    seen = [row for row in mode.versions if inside or row.released_at is not None]
    present = next((row for row in seen if row.state is ModeState.RELEASED), seen[-1])
    return _shape(mode_from_json(present.rules), mode.region_code, [_version(row) for row in seen])


def _again(name: str) -> ModeShape:
    return _own(region_mode(name, present_actor()))


@route("GET", "/modes", N_("Ways of selection"), gives=ModeShape, many=True, query=ModesQuery)
def list_modes(query: ModesQuery) -> Listing[ModeShape]:
    """The nine, then everything that regions have released."""
    own = [_own(row.mode) for row in released_modes(query.region or "")]
    return Listing([*(_shape(row, None, []) for row in MODES.values()), *own])


@route("GET", "/modes/{mode}", N_("A way of selection"), gives=ModeShape)
def show_mode(mode: str) -> ModeShape:
    """One of the nine by its name, or a region's own."""
    if mode in MODES:
        return _shape(MODES[mode], None, [])
    return _again(mode)


@route(
    "POST",
    "/modes",
    N_("Put a way of selection together"),
    access=OFFICES,
    form=ModeForm,
    gives=ModeShape,
    status=201,
    location="/modes/{name}",
)
def draft_mode(form: ModeForm) -> ModeShape:
    """A draft of a region; nobody can choose it before it was tried and released."""
    return _again(operations.draft_mode(form.command(), **acting()).mode.name)


@route("POST", "/modes/{mode}/wording", N_("Word a version anew"), access=OFFICES, form=ModeEditForm, gives=ModeShape)
def word_mode(mode: str, form: ModeEditForm) -> ModeShape:
    """The version that is not released yet, whole; its dry run becomes void."""
    operations.edit_mode(mode, form.command(), revision=form.revision.data, **acting())
    return _again(mode)


@route("POST", "/modes/{mode}/versions", N_("Begin a new version"), access=OFFICES, gives=ModeShape, status=201)
def begin_mode_version(mode: str) -> ModeShape:
    """Worded like the last one at first; the released one stays until this one is released."""
    operations.begin_version(mode, **acting())
    return _again(mode)


def _trial(row: ModeTrial) -> TrialShape:
    return TrialShape(
        id=row.id,
        mode=row.version.mode.name,
        version=row.version.number,
        tried_at=row.tried_at,
        rules=row.rules,
        summary=row.summary,
        cases=row.cases,
    )


@route("POST", "/modes/{mode}/trials", N_("Try it on past purchases"), access=OFFICES, gives=TrialShape, status=201)
def try_out_mode(mode: str) -> TrialShape:
    """The region's newest purchases taken through its stages, with what was frozen then."""
    return _trial(try_mode(mode, **acting()))


@route("GET", "/modes/{mode}/trials/{id}", N_("A dry run"), gives=TrialShape)
def show_trial(mode: str, id: int) -> TrialShape:  # the name of the path's place
    """Public once its wording was released; before that its office's."""
    return _trial(trial_for(mode, id, present_actor()))


@route(
    "POST",
    "/modes/{mode}/release",
    N_("Release what was tried"),
    access=RELEASERS,
    form=ReleaseModeForm,
    gives=ModeShape,
)
def release_mode(mode: str, form: ReleaseModeForm) -> ModeShape:
    """By somebody who has not worded it; the dry run and the reason become public."""
    operations.release_mode(mode, reason=form.reason.data, revision=form.revision.data, **acting())
    return _again(mode)


@route("POST", "/modes/{mode}/retire", N_("Retire a version"), access=RELEASERS, form=RetireModeForm, gives=ModeShape)
def retire_mode(mode: str, form: RetireModeForm) -> ModeShape:
    """Nobody can choose it any more; purchases that were published with it go on."""
    operations.retire_mode(mode, form.number.data, reason=form.reason.data, **acting())
    return _again(mode)
