"""Whether a draft may be kept and a project published: every reason at once, at the field or as a finding."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from flask_babel import gettext as _

from supermarket.accounts.models import Organisation
from supermarket.agencies.models import Standing
from supermarket.agencies.queries import agency_by_uscc
from supermarket.core.errors import FieldError, InvalidInput, NotFound, RuleBroken, RuleFinding
from supermarket.core.permissions import region_covers
from supermarket.experts.queries import able_count
from supermarket.matters.models import MatterVersion
from supermarket.matters.queries import effective_in, matter, published_version
from supermarket.matters.rules import not_carried_out
from supermarket.modes.table import Seal
from supermarket.policies.queries import number, policies_for, region_exists
from supermarket.projects.commands import ProjectDraft, PublicationSources
from supermarket.projects.criteria_rules import criteria_errors
from supermarket.projects.exception_queries import Key, covered_keys, refusals_of, texts_of
from supermarket.projects.facts import kinds
from supermarket.projects.models import Funding, Project
from supermarket.projects.money_checks import Bought, money_findings, money_of
from supermarket.projects.qualifications import own_tree, stated
from supermarket.projects.requirements import Refusal, check_requirements
from supermarket.projects.way_rules import mode_errors, mode_findings
from supermarket.projects.ways import mode_of, terms_of, uses_score

MOST_DAYS = 3650


def check_draft(
    command: ProjectDraft,
    *,
    owner: Organisation,
    at: datetime,
    covered: Collection[Key] = (),
    keep: bool = False,
    version: MatterVersion | None = None,
) -> None:
    """Raises InvalidInput naming every field to mend, else RuleBroken with every rule that says no.

    `covered`: exceptions granted already. `keep`: what a draft may hold until an exception is granted passes, too.
    `version`: the matter's wording that the project keeps, if not the present one.
    """
    errors = [*_field_errors(command, at), *_qualification_errors(command, version)]
    if errors:
        raise InvalidInput(_("Some fields need to be mended."), errors=errors)
    findings = [
        requirement_finding(each)
        for each in _refusals(command, version)
        if each.key not in covered and not (keep and each.rule.exceptable)
    ]
    findings += _rule_findings(command, at)
    if findings:
        raise RuleBroken(_("The rules of this market do not allow this project as it is."), findings=findings)


def _field_errors(command: ProjectDraft, at: datetime) -> Iterator[FieldError]:
    try:
        published_version(command.matter_code)
    except NotFound:
        yield FieldError("matter_code", "unknown", _("Choose a matter that is published."))
    else:
        yield from _region_errors(command.matter_code, command.region_code)
    if not region_exists(command.region_code):
        yield FieldError("region_code", "unknown", _("Choose a province, city or county."))
    if command.budget < 1:
        yield FieldError("budget", "too_small", _("The budget must be more than zero."))
    ceiling = command.budget if command.ceiling is None else command.ceiling
    if not 1 <= ceiling <= command.budget:
        yield FieldError("ceiling", "above_budget", _("The ceiling cannot be above the budget."))
    if command.floor is not None and not 1 <= command.floor <= ceiling:
        yield FieldError("floor", "above_ceiling", _("The floor cannot be above the ceiling."))
    if not 1 <= command.duration_days <= MOST_DAYS:
        yield FieldError("duration_days", "out_of_range", _("Give between 1 and %(most)s days.", most=MOST_DAYS))
    if not 0 <= command.practitioners_needed <= 50:
        yield FieldError("practitioners_needed", "out_of_range", _("Give between 0 and 50."))
    yield from _terms_errors(command)
    yield from _time_errors(command, at)
    yield from mode_errors(command, at)
    yield from _direct_errors(command)
    if uses_score(command.mode):
        yield from criteria_errors(command, policies_for(command.region_code, at))
    if command.seal is Seal.SERVER and command.funding is not Funding.SOCIAL:
        message = _("With fiscal money the bidders seal their quotes themselves; only social money may opt out.")
        yield FieldError("seal", "fiscal", message)
    if len({item.agency_uscc for item in command.avoid}) != len(command.avoid):
        yield FieldError("avoid", "twice", _("An entry is there twice."))
    for item in command.avoid:
        if not item.reason.strip():
            yield FieldError("avoid", "needs_reason", _("Say why this agency must be avoided; the reason is public."))
        if agency_by_uscc(item.agency_uscc) is None:
            yield FieldError(
                "avoid", "unknown", _("There is no agency %(uscc)s in the register.", uscc=item.agency_uscc)
            )


def _region_errors(matter_code: str, region_code: str) -> Iterator[FieldError]:
    """Whether the matter is in the region's list and carried out there."""
    row = matter(matter_code)
    if not region_covers(row.region_code, region_code):
        yield FieldError("matter_code", "other_list", _("This matter is not in the list of the region."))
    elif (refusal := effective_in(row, region_code).not_carried_out) is not None:
        yield FieldError("matter_code", "not_carried_out", not_carried_out(refusal))


def _qualification_errors(command: ProjectDraft, version: MatterVersion | None) -> Iterator[FieldError]:
    if not command.qualifications:
        return
    try:
        own = own_tree(version or published_version(command.matter_code))
    except NotFound:  # said at the field of the matter
        return
    leaves = list(own.leaves()) if own is not None else []
    numbers = [item.leaf for item in command.qualifications]
    if len(set(numbers)) != len(numbers) or any(not 1 <= number_ <= len(leaves) for number_ in numbers):
        message = _("Choose from the qualifications of the matter, each once.")
        yield FieldError("qualifications", "unknown", message)
        return
    for item in command.qualifications:
        leaf, kind = leaves[item.leaf - 1], kinds().get(leaves[item.leaf - 1].kind)
        if kind is None or (item.level is not None and item.level not in kind.levels):
            yield FieldError("qualifications", "unknown_level", _("This qualification has no such level."))
        elif item.speciality not in (None, leaf.speciality, *kind.specialities):
            yield FieldError("qualifications", "unknown_speciality", _("This qualification has no such speciality."))


def _terms_errors(command: ProjectDraft) -> Iterator[FieldError]:
    if not command.deliverables:
        yield FieldError("deliverables", "needed", _("Name at least one deliverable."))
    for item in command.deliverables:
        if not 1 <= item.due_days <= command.duration_days:
            yield FieldError(
                "deliverables",
                "out_of_range",
                _("“%(name)s” must be due between day 1 and the last day of the contract.", name=item.name),
            )
    if sum(item.percent for item in command.payment_terms) != 100 or any(
        not 1 <= item.percent <= 100 for item in command.payment_terms
    ):
        yield FieldError("payment_terms", "not_100", _("The instalments must add up to 100 percent."))
    if any(not 0 <= item.after_deliverable <= len(command.deliverables) for item in command.payment_terms):
        yield FieldError(
            "payment_terms", "unknown_deliverable", _("An instalment follows a deliverable that is not in the list.")
        )


def _time_errors(command: ProjectDraft, at: datetime) -> Iterator[FieldError]:
    gap = timedelta(minutes=number(policies_for(command.region_code, at), "select_after_minutes"))
    if command.enrol_until is not None and command.enrol_until <= at:
        yield FieldError("enrol_until", "past", _("Choose a moment in the future."))
    if command.select_at is not None:
        if command.select_at <= at:
            yield FieldError("select_at", "past", _("Choose a moment in the future."))
        elif command.enrol_until is not None and command.select_at < command.enrol_until + gap:
            yield FieldError("select_at", "too_early", _("The selection comes at least an hour after enrolment ends."))


def _direct_errors(command: ProjectDraft) -> Iterator[FieldError]:
    if command.mode != "direct":
        if command.named_agency_uscc:
            yield FieldError("named_agency_uscc", "not_direct", _("Only with direct selection you name an agency."))
        return
    agency = agency_by_uscc(command.named_agency_uscc) if command.named_agency_uscc else None
    if agency is None:
        yield FieldError("named_agency_uscc", "needed", _("Name the agency by its unified social credit code."))
    elif agency.standing is not Standing.ACTIVE:
        yield FieldError("named_agency_uscc", "not_active", _("This agency is not active in the market."))


def _refusals(command: ProjectDraft, version: MatterVersion | None) -> tuple[Refusal, ...]:
    own = own_tree(version or published_version(command.matter_code))
    return check_requirements(texts_of(command), asked=stated(own, command.qualifications), own=own, kinds=kinds())


def requirement_finding(refusal: Refusal) -> RuleFinding:
    """A refused demand as the API names it: the words, where they stand, the law, and how to write it instead."""
    rule = refusal.rule
    return RuleFinding(
        refusal.code.value,
        refusal.sentence.text(_),
        {
            "field": refusal.field,
            "found": refusal.found,
            "start": refusal.start,
            "end": refusal.end,
            "passage": refusal.passage,
            "basis": rule.basis,
            "instead": _(rule.instead),
            "exceptable": rule.exceptable,
        },
    )


def check_refusals(project: Project) -> tuple[Refusal, ...]:
    """What the project demands by exceptions that it was granted. Raises RuleBroken naming every refusal without one."""
    covered = covered_keys(project.id)
    refusals = refusals_of(project)
    findings = [requirement_finding(each) for each in refusals if each.key not in covered]
    if findings:
        message = _("Some requirements are refused and no exception covers them.")
        raise RuleBroken(message, findings=findings)
    return refusals


def _rule_findings(command: ProjectDraft, at: datetime) -> Iterator[RuleFinding]:
    return money_findings(
        Bought(
            command.region_code,
            command.funding,
            command.budget,
            command.mode == "direct",
            command.direct_ground,
            command.direct_document,
        ),
        at,
    )


def check_money(project: Project, *, at: datetime) -> None:
    """The money rules over a draft that is handed in: limits of the day, and the document itself. Raises RuleBroken."""
    findings = list(money_of(project, at))
    if findings:
        raise RuleBroken(_("The rules of this market do not allow this project as it is."), findings=findings)


def check_publication(project: Project, sources: PublicationSources, *, at: datetime) -> None:
    """What must be so on the day of publication. Raises RuleBroken."""
    mode = mode_of(project)
    findings = [*mode_findings(project, at), *money_of(project, at)]
    current = published_version(project.matter_code)
    if current.id != project.matter_version_id:
        findings.append(
            RuleFinding(
                "matter_changed",
                _("The matter has a new version since this was drafted; open the draft and save it again."),
                {"matter": project.matter_code},
            )
        )
    elif refusal := effective_in(matter(project.matter_code), project.region_code).not_carried_out:
        findings.append(RuleFinding("not_carried_out", not_carried_out(refusal), {"matter": project.matter_code}))
    if mode.has_enrolment and not sources.draw_source:
        findings.append(
            RuleFinding(
                "no_draw_source", _("The draw's source is not fixed: the witness did not answer. Try again soon.")
            )
        )
    if mode.needs_quotes and not (sources.operator_quote_key and sources.witness_quote_key):
        findings.append(
            RuleFinding(
                "no_quote_keys",
                _("The keys for sealed quotes are missing: the witness did not answer. Try again soon."),
            )
        )
    findings += _expert_findings(project)
    if findings:
        raise RuleBroken(_("The project cannot be published now."), findings=findings)


def _expert_findings(project: Project) -> Iterator[RuleFinding]:
    """A panel that could never be drawn is not promised."""
    size = terms_of(project).panel_size
    there = able_count(project.matter_version.industry, project.matter_code) if size else 0
    if there < size:
        message = _(
            "The pool has %(there)s experts for this matter; a panel of %(size)s cannot be drawn of them.",
            there=there,
            size=size,
        )
        yield RuleFinding("too_few_experts", message, {"there": there, "size": size})
