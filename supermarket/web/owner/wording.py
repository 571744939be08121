"""The wording of a purchase, checked while it is typed: what is refused, why, and how to write it instead."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.core.permissions import P
from supermarket.data.facts import QualificationKind
from supermarket.data.requirements import KindNeeded
from supermarket.matters.models import MatterVersion
from supermarket.matters.queries import effective_in, published_version
from supermarket.matters.regional import Effective
from supermarket.matters.requirement_tree import as_sentence
from supermarket.policies.queries import region_names
from supermarket.projects.commands import QualificationAsked
from supermarket.projects.exception_queries import exceptions_of
from supermarket.projects.facts import kinds
from supermarket.projects.models import Project
from supermarket.projects.qualifications import own_tree, stated
from supermarket.projects.requirements import check_requirements
from supermarket.web import rule_words
from supermarket.web.access import needs
from supermarket.web.listing import clean
from supermarket.web.owner.blueprint import blueprint
from supermarket.web.owner.ours import own_project
from supermarket.web.rule_words import Wording

FIELDS = ("name", "description", "requirements")
LONGEST = 5000


class Leaf:
    """One qualification of the matter as the form offers it."""

    def __init__(self, number: int, leaf: KindNeeded, kind: QualificationKind | None) -> None:
        self.number = number
        self.label = as_sentence(leaf, {leaf.kind: kind.name} if kind else {}, _)
        own = leaf.level
        levels = kind.levels if kind else ()
        # Lower than the matter's own is no demand; higher needs an exception.
        self.levels = [
            (level, own is not None)
            for level in levels
            if level != own and (own is None or (kind is not None and kind.covers(level, own)))
        ]
        self.specialities = list(kind.specialities) if kind and leaf.speciality is None else []


def leaves_of(version: MatterVersion | None) -> list[Leaf]:
    """The qualifications that a matter demands, in reading order."""
    own = own_tree(version) if version is not None else None
    return [Leaf(number, leaf, kinds().get(leaf.kind)) for number, leaf in enumerate(own.leaves() if own else (), 1)]


def version_of(code: str) -> MatterVersion | None:
    """The published wording of a matter's code, None for a code that names none."""
    try:
        return published_version(code)
    except NotFound:
        return None


def wordings_of(
    texts: Mapping[str, str],
    project: Project | None,
    version: MatterVersion | None = None,
    asked: tuple[QualificationAsked, ...] = (),
) -> Mapping[str, Wording]:
    """What the rules say to texts and qualifications, by field, with the exceptions of the project."""
    own = own_tree(version) if version is not None else None
    found = check_requirements(texts, asked=stated(own, asked), own=own, kinds=kinds())
    known = rule_words.by_key(exceptions_of(project.id, public_only=False)) if project is not None else {}
    return rule_words.wordings(texts, found, known)


@blueprint.post("/projects/wording")
@needs(P.PROJECT_DRAFT)
def wording() -> str:
    """One field's findings, for the form that is being filled in; nothing is stored."""
    field = request.form.get("field", "")
    if field not in FIELDS:
        raise NotFound(_("There is nothing at this address."))
    code = clean(request.args.get("project", ""), 32)
    project = own_project(code) if code else None
    # Cut by characters as the form does, so that the marks stand where the words stand.
    text = request.form.get(field, "")[:LONGEST].replace("\x00", " ")
    found = wordings_of({field: text}, project)
    return render_template("owner/_wording.html", wording=found[field], project=project, checked=True)


@dataclass(frozen=True)
class Holding:
    """What a published matter says in a region; no `effective` where its list does not hold there."""

    version: MatterVersion
    region: str
    effective: Effective | None


def holding_of(code: str, region: str) -> Holding | None:
    """What the matter says in the region that are being chosen; None while one of them is not."""
    version = version_of(code)
    if version is None or region not in region_names():
        return None
    try:
        return Holding(version, region, effective_in(version.matter, region))
    except NotFound:
        return Holding(version, region, None)


@blueprint.get("/projects/holding")
@needs(P.PROJECT_DRAFT)
def holding() -> str:
    """What the matter says in the region, for the form that is being filled in."""
    found = holding_of(clean(request.args.get("matter", ""), 16), clean(request.args.get("region", ""), 6))
    return render_template("owner/_holding.html", holding=found)


@blueprint.get("/projects/qualifications")
@needs(P.PROJECT_DRAFT)
def qualifications() -> str:
    """The qualifications of the matter that is being chosen."""
    version = version_of(clean(request.args.get("matter", ""), 16))
    return render_template("owner/_qualifications.html", leaves=leaves_of(version), chosen={}, version=version)
