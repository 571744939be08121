"""All writes of the modes room: a region's own mode is worded, tried on past purchases, released by a second person, retired."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supermarket.core.errors import Conflict, FieldError, Forbidden, InvalidInput, NotFound, RuleBroken, WrongState
from supermarket.core.events import record
from supermarket.core.identifiers import as_read
from supermarket.core.permissions import Actor, P, authorise
from supermarket.extensions import db
from supermarket.modes import events
from supermarket.modes.combining import MOST_VALID, combine, faults_of
from supermarket.modes.commands import ModeWording
from supermarket.modes.models import ModeTrial, ModeVersion, RegionMode
from supermarket.modes.queries import has_worded
from supermarket.modes.rows import mode_from_json, mode_to_json
from supermarket.modes.states import MODE, ModeAction, ModeState
from supermarket.modes.table import MODES, Mode
from supermarket.policies.queries import region_exists

_WORDED = (ModeState.DRAFT, ModeState.TRIED)
_NAME = "m{region}_{serial}"


def draft_mode(command: ModeWording, *, actor: Actor, at: datetime) -> ModeVersion:
    """The first version of a new mode of a region. Raises Forbidden, InvalidInput at the fields."""
    authorise(actor, P.MODE_EDIT, region=command.region_code)
    _check(command, but=None)
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("modes", 0))))
    serial = db.session.scalar(
        sa.select(sa.func.count()).select_from(RegionMode).where(RegionMode.region_code == command.region_code)
    )
    name = _NAME.format(region=command.region_code, serial=(serial or 0) + 1)
    mode = RegionMode(name=name, region_code=command.region_code, created_at=at)
    return _new_version(mode, 1, mode_to_json(_row(name, command)), actor=actor, at=at)


def begin_version(name: str, *, actor: Actor, at: datetime) -> ModeVersion:
    """A new version beside the one that is released, worded like it at first. Raises NotFound, Forbidden, WrongState."""
    mode = _locked(name)
    authorise(actor, P.MODE_EDIT, region=mode.region_code)
    last = mode.versions[-1]
    if last.state in _WORDED:
        raise WrongState(
            _("A new version is being worded already."), state=last.state.value, allowed=[ModeAction.EDIT.value]
        )
    return _new_version(mode, last.number + 1, dict(last.rules), actor=actor, at=at)


def edit_mode(name: str, command: ModeWording, *, revision: int, actor: Actor, at: datetime) -> ModeVersion:
    """Word the version anew that is not released yet; its dry run becomes void.

    Raises NotFound, Forbidden, WrongState, Conflict for a stale `revision`, InvalidInput at the fields.
    """
    mode = _locked(name)
    authorise(actor, P.MODE_EDIT, region=mode.region_code)
    version = mode.versions[-1]
    after = MODE.next(version.state, ModeAction.EDIT)
    _fresh(version, revision)
    if command.region_code != mode.region_code:
        message = _("A mode stays with its region; make another one for another region.")
        raise InvalidInput(message, errors=[FieldError("region", "fixed", message)])
    _check(command, but=mode.id)
    version.rules, version.trial_id, version.state = mode_to_json(_row(name, command)), None, after
    version.edited_at, version.edited_by = at, actor.user_id
    db.session.flush()
    record(events.EDITED, name, actor=actor, at=at, data={"version": version.number})
    return version


def may_be_tried(name: str, *, actor: Actor) -> ModeVersion:
    """The version that a dry run is about, locked. Raises NotFound, Forbidden, WrongState."""
    mode = _locked(name)
    authorise(actor, P.MODE_EDIT, region=mode.region_code)
    version = mode.versions[-1]
    MODE.next(version.state, ModeAction.TRY_OUT)
    return version


def keep_trial(
    version: ModeVersion,
    *,
    summary: Mapping[str, object],
    cases: Sequence[Mapping[str, object]],
    actor: Actor,
    at: datetime,
) -> ModeTrial:
    """Store a dry run of the present wording; the version counts as tried. Raises WrongState."""
    after = MODE.next(version.state, ModeAction.TRY_OUT)
    trial = ModeTrial(
        version=version,
        rules=version.rules,
        tried_at=at,
        tried_by=actor.user_id,
        summary=dict(summary),
        cases=[dict(case) for case in cases],
    )
    db.session.add(trial)
    db.session.flush()
    version.state, version.trial_id = after, trial.id
    db.session.flush()
    record(
        events.TRIED,
        version.mode.name,
        actor=actor,
        at=at,
        data={"version": version.number, "trial_id": trial.id, "cases": len(trial.cases)},
    )
    return trial


def release_mode(name: str, *, reason: str, revision: int, actor: Actor, at: datetime) -> ModeVersion:
    """Owners of the region can choose it from now on; what was released before is retired, and its purchases go on.

    Whoever has worded this version cannot release it. Raises NotFound, Forbidden, WrongState, Conflict, InvalidInput,
    RuleBroken.
    """
    mode = _locked(name)
    authorise(actor, P.MODE_RELEASE, region=mode.region_code)
    version = mode.versions[-1]
    if actor.system or has_worded(actor, name, version.number):
        raise Forbidden(_("Who has worded a way of selection cannot release it; a colleague must."))
    after = MODE.next(version.state, ModeAction.RELEASE)
    _fresh(version, revision)
    why = _reasoned(reason)
    if version.trial is None or version.trial.rules != version.rules:
        raise RuleBroken(_("The dry run was about another wording; run it again."), code="trial_of_other_wording")
    _row_of(version)  # a damaged row would stop every purchase that chooses it
    for older in mode.versions[:-1]:
        if older.state is ModeState.RELEASED:
            superseded = _("Version %(number)s takes its place.", number=version.number)
            _retire(older, superseded, actor=actor, at=at)
    version.state, version.released_at, version.released_by, version.release_reason = after, at, actor.user_id, why
    db.session.flush()
    record(
        events.RELEASED,
        name,
        actor=actor,
        at=at,
        data={
            "version": version.number,
            "region_code": mode.region_code,
            "trial_id": version.trial_id,
            "reason": why,
        },
    )
    return version


def retire_mode(name: str, number: int, *, reason: str, actor: Actor, at: datetime) -> ModeVersion:
    """Take a version back: a released one cannot be chosen any more, a draft is given up. Purchases under way go on.

    Raises NotFound, Forbidden, WrongState, InvalidInput.
    """
    mode = _locked(name)
    authorise(actor, P.MODE_RELEASE, region=mode.region_code)
    version = next((row for row in mode.versions if row.number == number), None)
    if version is None:
        raise NotFound(_("There is no such way of selection."))
    MODE.next(version.state, ModeAction.RETIRE)
    return _retire(version, _reasoned(reason), actor=actor, at=at)


def _retire(version: ModeVersion, reason: str, *, actor: Actor, at: datetime) -> ModeVersion:
    version.state = MODE.next(version.state, ModeAction.RETIRE)
    version.retired_at, version.retire_reason = at, reason
    db.session.flush()
    record(
        events.RETIRED,
        version.mode.name,
        actor=actor,
        at=at,
        data={"version": version.number, "reason": reason},
    )
    return version


def _new_version(mode: RegionMode, number: int, rules: dict[str, object], *, actor: Actor, at: datetime) -> ModeVersion:
    version = ModeVersion(
        mode=mode, number=number, state=ModeState.DRAFT, rules=rules, edited_at=at, edited_by=actor.user_id
    )
    db.session.add(version)
    db.session.flush()
    record(events.DRAFTED, mode.name, actor=actor, at=at, data={"version": number})
    return version


def _locked(name: str) -> RegionMode:
    """The mode, locked until the end of the transaction, with its versions as they stand. Raises NotFound."""
    mode = db.session.scalar(
        sa.select(RegionMode)
        .where(RegionMode.name == name)
        .with_for_update(of=RegionMode)
        .execution_options(populate_existing=True)
    )
    if mode is None:
        raise NotFound(_("There is no such way of selection."))
    for version in mode.versions:
        db.session.refresh(version)
    return mode


def _fresh(version: ModeVersion, revision: int) -> None:
    if version.revision != revision:
        raise Conflict(
            _("This was changed meanwhile. What you typed is still here; reload to see the change."), code="stale"
        )


def _row(name: str, command: ModeWording) -> Mode:
    return combine(
        name,
        command.stages,
        label=command.label.strip(),
        label_zh=command.label_zh.strip(),
        sentence=command.sentence.strip(),
        sentence_zh=command.sentence_zh.strip(),
        fewest_valid=command.fewest_valid,
        fewest_after_extension=command.fewest_after_extension,
        owner_accepts_fewer=command.owner_accepts_fewer,
    )


def _row_of(version: ModeVersion) -> Mode:
    return mode_from_json(version.rules)


def _check(command: ModeWording, *, but: int | None) -> None:
    errors = [*_field_errors(command), *_same_label(command, but)]
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)


def _field_errors(command: ModeWording) -> Iterator[FieldError]:
    if not region_exists(command.region_code):
        yield FieldError("region", "unknown", _("Choose a province, city or county."))
    for name, words in (("label", command.label), ("label_zh", command.label_zh)):
        if not words.strip():
            yield FieldError(name, "needed", _("Please fill this in."))
    for fault in faults_of(command.stages):
        place = f"stages.{fault.place - 1}" if fault.place else "stages"
        yield FieldError(place, fault.code, fault.sentence.text(_))
    if not 2 <= command.fewest_valid <= MOST_VALID:
        yield FieldError("fewest_valid", "out_of_range", _("Give between 2 and %(most)s.", most=MOST_VALID))
    if not 1 <= command.fewest_after_extension <= max(1, command.fewest_valid):
        yield FieldError(
            "fewest_after_extension", "out_of_range", _("Give at least 1, and not more than before the extension.")
        )
    for number, wanted in enumerate(command.stages):
        if wanted.keep is not None and wanted.keep < command.fewest_after_extension:
            message = _("It keeps fewer than the valid enrolments that are needed (%(fewest)s).")
            yield FieldError(f"stages.{number}", "keeps_too_few", message % {"fewest": command.fewest_after_extension})


def _same_label(command: ModeWording, but: int | None) -> Iterator[FieldError]:
    """Two ways of selection that read alike, in whatever language, would be taken for one another."""
    own = sa.select(ModeVersion).where(ModeVersion.state != ModeState.RETIRED)
    known = [row.rules for row in db.session.scalars(own) if row.mode_id != but]
    taken = {as_read(str(rules.get(name, ""))) for rules in known for name in ("label", "label_zh")}
    taken |= {as_read(row.label) for row in MODES.values()}
    with force_locale("zh_CN"):
        taken |= {as_read(_(row.label)) for row in MODES.values()}
    for name, words in (("label", command.label), ("label_zh", command.label_zh)):
        if as_read(words) in taken:
            yield FieldError(name, "taken", _("Another way of selection has this name."))


def _reasoned(text: str) -> str:
    reason = text.strip()
    if len(reason) < 4:
        message = _("Give the reason in a sentence; it will be public.")
        raise InvalidInput(message, errors=[FieldError("reason", "needed", message)])
    return reason
