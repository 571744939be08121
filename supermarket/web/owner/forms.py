"""The forms of the owner's pages: those of the rooms, with the choices and boxes that only a page has."""

from collections.abc import Mapping, Sequence

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    RadioField,
    SelectField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from supermarket.accounts.models import Organisation
from supermarket.core.clock import now
from supermarket.core.errors import FieldError, InvalidInput, MarketError, RuleBroken
from supermarket.core.forms import CommandForm, Needed, Text, WholeField
from supermarket.core.paging import Slice
from supermarket.matters.queries import MatterFilter, published
from supermarket.modes.queries import offered_in
from supermarket.modes.stages.shortlist import ShortlistBy
from supermarket.modes.table import LIVE_OFFERED, Mode, StageName
from supermarket.modes.words import label_of
from supermarket.policies.queries import policies_for, region_names
from supermarket.projects.commands import QualificationAsked
from supermarket.projects.criteria_rules import panel_sizes
from supermarket.projects.exception_queries import covered_keys, refusals_of
from supermarket.projects.forms import FORM_NAMES, FUNDING_LABELS, SHORTLIST_LABELS, ProjectForm, ReasonForm
from supermarket.projects.models import Project
from supermarket.projects.qualifications import stated_in
from supermarket.projects.ways import mode_of, terms_of
from supermarket.web.acting import refuse

LISTS = ("deliverables", "payment_terms", "avoid", "criteria", "qualifications")


def _size(value: object) -> int:
    """The size that was chosen; 0, which the rules refuse in a sentence, for none and for what is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


class PurchaseForm(ProjectForm):
    """The page on which an owner words a purchase; `version` and `reason` matter only for a draft or an amendment."""

    ways: tuple[Mode, ...] = ()

    matter = SelectField(_l("Matter"), validators=[Text(least=1, most=16)], validate_choice=False, choices=[])
    region = SelectField(_l("Region"), validators=[Text(least=6, most=6)], validate_choice=False, choices=[])
    funding = RadioField(
        _l("Whose money"), choices=[SelectChoice(kind.value, label) for kind, label in FUNDING_LABELS.items()]
    )
    mode = RadioField(_l("Way of selection"), validators=[Needed()], validate_choice=False, choices=[])
    shortlist_by = RadioField(
        _l("Shortlist by"),
        choices=[SelectChoice(by.value, label) for by, label in SHORTLIST_LABELS.items()],
        default=ShortlistBy.CREDIT.value,
        validators=[Optional()],
    )
    direct_file = FileField(_l("The document itself"))
    panel_size = SelectField(_l("Experts on the panel"), coerce=_size, validate_choice=False, choices=[])
    version = WholeField(validators=[Optional()])
    reason = TextAreaField(_l("Reason of the amendment (public)"), validators=[Text(most=1000)])

    @property
    def way(self) -> Mode | None:
        """The way of selection that is chosen, None while none is, or one that is not offered there."""
        return next((row for row in self.ways if row.name == self.mode.data), None)

    def validate(self, extra_validators: Mapping[str, Sequence[object]] | None = None) -> bool:
        """Valid, whatever stands in fields that only other ways of selection ask for."""
        super().validate(extra_validators)
        for name in unasked(self):
            _forget_errors(self[name])
        return not self.errors

    def offer(self, owner: Organisation, published: Project | None = None) -> None:
        """Fill matters and regions: those in force where the owner is; and the modes of the region chosen.

        `published`: an amended notice keeps its mode, whether that is still offered or not.
        """
        where = self.region.data if self.region.data in region_names() else owner.region_code
        self.ways = offered_in(where) if published is None else (mode_of(published),)
        self.mode.choices = [SelectChoice(row.name, label_of(row)) for row in self.ways]
        self.matter.choices = [SelectChoice("", _("Choose a matter"))] + [
            SelectChoice(code, f"{name} · {code}") for code, name in _matters(owner.region_code)
        ]
        self.region.choices = _regions(owner.region_code)
        values = policies_for(owner.region_code, now())
        self.panel_size.choices = [SelectChoice(size, str(size)) for size in panel_sizes(values)]


def unasked(form: PurchaseForm) -> frozenset[str]:
    """Fields that the chosen way of selection does not ask for: what stands in them is kept on the page, and not sent on."""
    row = form.way
    if row is None:
        return frozenset()
    asked = {
        "agency": not row.has_enrolment,
        "direct_ground": not row.has_enrolment,
        "direct_document": not row.has_enrolment,
        "direct_file": not row.has_enrolment,
        "shortlist_by": row.asks(StageName.SHORTLIST, "by"),
        "keep": row.asks(StageName.SHORTLIST, "keep"),
        "draw_keep": row.asks_draw_keep,
        "criteria": row.uses(StageName.SCORE),
        "live": LIVE_OFFERED and row.can_be_live,
        "floor": row.needs_quotes or row.can_be_live,
        "seal": row.needs_quotes,
    }
    return frozenset(name for name, wanted in asked.items() if not wanted)


def _matters(region_code: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    number = 1
    while True:
        rows, _facets = published(MatterFilter(region=region_code, sort="name"), Slice(size=100, number=number))
        found += [(row.code, row.published_version.name) for row in rows.items if row.published_version is not None]
        if rows.next is None:
            return found
        number += 1


def _regions(own: str) -> list[SelectChoice]:
    """The home province and the owner's own, with their cities and counties, in the order of their codes."""
    names = region_names()
    stems = {str(current_app.config["HOME_REGION"])[:2], own[:2]}
    choices = []
    for code in sorted(code for code in names if code[:2] in stems):
        depth = {"province": 0, "prefecture": 1}.get(names[code][2], 2)
        choices.append(SelectChoice(code, "\u3000" * depth + names[code][0]))
    return choices


class SubmitForm(CommandForm):
    """The last look before a purchase is handed in."""

    confirm = BooleanField(_l("I have checked it and hand it in for my organisation."))
    version = WholeField(validators=[Optional()])


class EndForm(ReasonForm):
    """A public reason and a box for what cannot be undone."""

    confirm = BooleanField(_l("I understand what will follow."))


class AcceptFewForm(ReasonForm):
    """The owner accepts the small number in writing."""

    confirm = BooleanField(_l("I accept that only this many enrolments are valid."))


class LowQuoteForm(CommandForm):
    """The owner's decision on one cost statement."""

    decision = RadioField(
        _l("Decision"),
        choices=[SelectChoice("accept", _l("Accept the quote")), SelectChoice("reject", _l("Reject the quote"))],
    )
    reason = TextAreaField(_l("Reason (public)"), validators=[Text(least=4, most=1000)])


def refuse_purchase(form: CommandForm, error: MarketError) -> None:
    """Put a refusal where the reader looks: fields under the form's names; of a list, above the list and in the summary."""
    if isinstance(error, InvalidInput):
        renamed = []
        for item in error.errors:
            head = item.field.split(".")[0]
            name = FORM_NAMES.get(head, {"requirement_notes": "requirements"}.get(head, head))
            if name in LISTS and name in form:
                form.form_errors.append(f"{form[name].label.text}: {item.message}")
            renamed.append(FieldError(name, item.code, item.message))
        error = InvalidInput(error.message, errors=renamed)
    if isinstance(error, RuleBroken) and error.findings:
        said = (
            _("“%(words)s”: %(why)s", words=item.evidence["found"], why=item.message)
            if item.evidence.get("found") and "field" in item.evidence
            else item.message
            for item in error.findings
        )
        form.form_errors.extend(dict.fromkeys(said))
        return
    refuse(form, error)


def list_errors(form: CommandForm) -> Mapping[str, list[str]]:
    """What is wrong with a list as a whole, by its name."""
    return {
        name: [str(item) for item in form[name].errors if isinstance(item, str)]
        for name in LISTS
        if name in form and isinstance(form[name], FieldList)
    }


def filled_from(form: PurchaseForm, project: Project) -> None:
    """Show a stored purchase in the form."""
    form.name.data, form.matter.data, form.region.data = project.name, project.matter_code, project.region_code
    form.funding.data, form.mode.data = project.funding.value, project.mode
    form.budget.data, form.floor.data = project.budget, project.floor
    form.ceiling.data = project.ceiling if project.ceiling != project.budget else None
    form.duration_days.data, form.description.data = project.duration_days, project.description
    form.investment_project_code.data = project.investment_project_code or ""
    form.requirements.data = project.requirement_notes
    stated: list[dict[str, str | int]] = [
        {"leaf": item.leaf, "level": item.level or "", "speciality": item.speciality or ""}
        for item in stated_in(project)
    ]
    _rows(form.qualifications, stated)
    covered = covered_keys(project.id)
    form.keep_refused.data = any(each.key not in covered for each in refusals_of(project))
    form.practitioners_needed.data = project.practitioners_needed or None
    form.min_stars.data, form.min_credit.data = project.min_stars, project.min_credit
    form.enrol_until.data, form.select_at.data = project.enrol_until, project.select_at
    form.seal.data = terms_of(project).seal.value
    form.agency.data = project.named_agency.uscc if project.named_agency else None
    form.direct_ground.data = project.direct_ground.value if project.direct_ground else None
    form.direct_document.data, form.version.data = project.direct_document, project.version
    terms = terms_of(project)
    form.shortlist_by.data, form.live.data = terms.shortlist_by.value, terms.live
    form.keep.data, form.draw_keep.data = terms.keep, terms.draw_keep
    _rows(form.deliverables, project.deliverables_wanted)
    _rows(form.payment_terms, project.payment_terms)
    _rows(form.avoid, [{"agency": row.agency_uscc, "reason": row.reason} for row in project.avoided])


def asked_in(form: PurchaseForm) -> tuple[QualificationAsked, ...]:
    """What stands in the form about the matter's qualifications, as far as it can be read."""
    return tuple(
        QualificationAsked(row["leaf"], row["level"] or None, row["speciality"] or None)
        for row in form.qualifications.data
        if isinstance(row["leaf"], int)
    )


def _rows(field: FieldList, rows: list[dict[str, str | int]] | list[dict[str, str]]) -> None:
    while field.entries:
        field.pop_entry()
    for row in rows:
        field.append_entry(row)


def _forget_errors(field: Field) -> None:
    if isinstance(field, FormField):
        for each in field.form:
            _forget_errors(each)
        return
    field.errors = []
    if isinstance(field, FieldList):
        for each in field.entries:
            _forget_errors(each)
