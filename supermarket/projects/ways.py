"""How a project selects: its mode and terms as published, or for a draft as they stand now (选取方式)."""

from dataclasses import replace

from supermarket.modes.auction import AuctionTerms, terms_for
from supermarket.modes.merit_criteria import CriterionKind
from supermarket.modes.pipeline import StageSpec
from supermarket.modes.queries import mode_named
from supermarket.modes.rows import mode_from_json, terms_from_json
from supermarket.modes.stages.bounds import Bounds
from supermarket.modes.table import Mode, Seal, StageName, Terms, pipeline_for
from supermarket.policies.defaults import DEFAULTS
from supermarket.policies.queries import number
from supermarket.projects.models import Project


def mode_of(project: Project) -> Mode:
    """The project's way of selection; in its live form where the owner chose that. Raises KeyError for none."""
    if project.mode_rules is not None:
        return mode_from_json(project.mode_rules)
    return chosen_mode(project.mode, live=bool(project.terms.get("live")))


def chosen_mode(name: str, *, live: bool) -> Mode:
    """The mode that an owner chooses now: one of the nine, or a region's own as it stands.

    Raises KeyError for a name that is no mode, StageError for no live form.
    """
    row = mode_named(name)
    return row.live() if live else row


def uses_score(name: str) -> bool:
    """Whether a mode scores offers, so that criteria are needed; a name that is no mode scores nothing."""
    try:
        return mode_named(name).uses(StageName.SCORE)
    except KeyError:
        return False


def bounds_of(project: Project) -> Bounds:
    """What a quote must keep to, as published."""
    values = project.policy or DEFAULTS
    return Bounds(
        ceiling=project.ceiling,
        floor=project.floor or 1,
        low_of_ceiling=number(values, "low_of_ceiling_percent"),
        low_of_mean=number(values, "low_of_mean_percent"),
    )


def terms_of(project: Project) -> Terms:
    """What the owner fixed besides the mode."""
    found = terms_from_json(project.terms, bounds_of(project))
    return replace(found, auction=auction_terms_of(project)) if found.live else found


def auction_terms_of(project: Project) -> AuctionTerms:
    """The terms of the project's live auction: its money and the policy's numbers (selection.md §5)."""
    values = project.policy or DEFAULTS
    return terms_for(
        project.ceiling,
        project.floor or 1,
        step_permille=number(values, "auction_step_permille"),
        low_percent=number(values, "low_of_ceiling_percent"),
        seconds=number(values, "auction_seconds"),
        extension_seconds=number(values, "auction_extension_seconds"),
        cap_seconds=number(values, "auction_cap_seconds"),
        step_doubles_seconds=number(values, "auction_step_doubles_seconds"),
    )


def specs_of(project: Project) -> tuple[StageSpec, ...]:
    """The project's pipeline with all parameters. Raises StageError where a draft lacks some."""
    return pipeline_for(mode_of(project), terms_of(project))


def seals_on_server(project: Project) -> bool:
    """Whether the owner opted out of sealing by the bidder: the operator's server seals then, and can see the amount."""
    return terms_of(project).seal is Seal.SERVER


def limit_of(project: Project, key: str) -> int:
    """A number of the project's policy; for one that came after its publication, the default. Raises KeyError."""
    return number({**DEFAULTS, **project.policy}, key)


def scores_days(project: Project) -> bool:
    """Whether the days that agencies offer are scored."""
    return mode_of(project).uses(StageName.SCORE) and any(
        criterion.kind is CriterionKind.LEAD_TIME for criterion in terms_of(project).criteria
    )
