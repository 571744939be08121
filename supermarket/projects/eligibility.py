"""Who may be in the pool (selection spec §2): each rule a small pure function over frozen facts.

All rules run at enrolment, at the freeze, and at the end of the standstill before the award notice. A rule never passes
because data is missing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeAlias

from supermarket.agencies.seats import Seats, filled
from supermarket.core.msgids import N_, Sentence
from supermarket.credit.points import EFFECTS
from supermarket.matters.requirement_tree import Missing, MissingCode, evaluate
from supermarket.projects.eligibility_facts import EligibilityFacts, Finding, Moment
from supermarket.projects.links import links_between

NEWCOMER_LEVEL = 3
ACTIVE = "active"

Rule: TypeAlias = Callable[[EligibilityFacts], Finding]

_STANDING_OK = N_("The agency is active.")
_STANDING_NO = N_("The agency is not active in the market (%(standing)s).")
_FROZEN_OK = N_("Enrolment is not frozen.")
_FROZEN_NO = N_("The agency's enrolment is frozen until %(until)s.")
_FROZEN_CREDIT = N_("At credit level D the agency cannot enrol.")
_OFFERS_OK = N_("The agency offers this matter.")
_OFFERS_NO = N_("The agency does not offer the matter %(matter)s, or the service is hidden at present.")
_HELD_OK = N_("The agency holds every qualification that is demanded.")
_HELD_NO = N_("Demanded qualifications are missing: %(kinds)s. None on file means not qualified.")
_VALID_OK = N_("No certificate that is needed has run out.")
_VALID_NO = N_("Certificates that are needed have run out: %(kinds)s.")
_STARS_OK = N_("The stars reach what the project asks.")
_STARS_NO = N_("The project asks for %(floor)s stars or more; the agency holds %(stars)s.")
_STARS_NEW = N_("The project asks for %(floor)s stars or more; without stars yet an agency counts as 3 stars.")
_CREDIT_OK = N_("The credit level reaches what the project asks.")
_CREDIT_NO = N_("The project asks for credit level %(floor)s or better; the agency has %(credit)s.")
_DIRECT_OK = N_("The credit level allows this way of selection.")
_DIRECT_NO = N_("At credit level %(credit)s an agency cannot be selected directly with fiscal money.")
_LIST_OK = N_("The agency is on no list that bars.")
_LIST_NO = N_("The agency is on a list of serious dishonesty: %(authority)s, %(document)s.")
_AVOID_OK = N_("The owner need not avoid the agency.")
_AVOID_NO = N_("The owner must avoid this agency (回避): %(reason)s")
_AVOID_EMPTY = N_("The owner must avoid this agency (回避); the reason is with the project.")
_BEFORE_OK = N_("The agency did no work that this one must be independent of.")
_BEFORE_NO = N_("The agency did the preceding work %(matter)s in the same investment project (%(reference)s).")
_REISSUE_OK = N_("The agency is not barred from this reissue.")
_REISSUE_NO = N_("The agency, or one linked with it, gave up the award of %(project)s, of which this is the reissue.")
_PEOPLE_OK = N_("The named practitioners are registered with this agency.")
_PEOPLE_FEW = N_("%(needed)s practitioners must be named; %(named)s are.")
_PEOPLE_NO = N_(
    "%(count)s of the named practitioners have no licence that a registry confirmed as registered with this agency."
)
_LICENCE_OK = N_("The named practitioners hold the licences that are demanded.")
_LICENCE_NO = N_(
    "%(needed)s practitioners with the licence %(kind)s are needed; %(named)s are named. A person counts once."
)
_LOAD_OK = N_("The named practitioners are within their load.")
_LOAD_NO = N_("%(count)s of the named practitioners have no room for another contract.")
_LINK_OK = N_("No linked agency is in the pool.")
_LINK_WARN = N_("A linked agency is enrolled too. If both are still there at the freeze, both are invalid.")
_LINK_NO = N_(
    "Linked agencies are in the pool (same head, one controls or manages the other, or branches of one body): %(others)s."
)


def _finding(ok: bool, code: str, yes: str, no: str, evidence: Mapping[str, object], **params: object) -> Finding:
    return Finding(ok, code, Sentence(yes) if ok else Sentence(no, params), evidence)


def standing_is_active(facts: EligibilityFacts) -> Finding:
    """Standing is active."""
    evidence = {"standing": str(facts.standing)}
    return _finding(facts.standing == ACTIVE, "standing", _STANDING_OK, _STANDING_NO, evidence, **evidence)


def enrolment_is_not_frozen(facts: EligibilityFacts) -> Finding:
    """No freeze of enrolment runs; at credit D one must have been set and served (rating spec, effects of D)."""
    until = facts.frozen_until
    evidence = {"frozen_until": None if until is None else until.isoformat(), "credit": facts.credit.value}
    if until is not None and facts.on < until:
        return Finding(False, "enrolment_frozen", Sentence(_FROZEN_NO, {"until": until.isoformat()}), evidence)
    ok = until is not None or EFFECTS[facts.credit].freeze_months is None
    return _finding(ok, "enrolment_frozen", _FROZEN_OK, _FROZEN_CREDIT, evidence)


def offers_the_matter(facts: EligibilityFacts) -> Finding:
    """The agency offers the matter, and the service is not hidden."""
    matter = facts.demand.matter
    return _finding(
        matter in facts.services, "offers_matter", _OFFERS_OK, _OFFERS_NO, {"matter": matter}, matter=matter
    )


def _lacking(facts: EligibilityFacts, on: date) -> tuple[Missing, ...]:
    return tuple(evaluate(facts.demand.tree, facts.held, on, facts.kinds).leaves())


def _names(facts: EligibilityFacts, codes: Iterable[str]) -> str:
    kinds = facts.kinds
    return "、".join(kinds[code].name if code in kinds else code for code in dict.fromkeys(codes))


def holds_the_qualifications(facts: EligibilityFacts) -> Finding:
    """Every qualification that the matter and the project demand is on file; whether it is valid is the next rule's."""
    # On the first day of all no certificate has run out yet: what is missing then is not on file at all.
    missing = _lacking(facts, date.min)
    evidence = {"missing": [{"kind": each.leaf.kind, "code": each.code.value} for each in missing]}
    kinds = _names(facts, (each.leaf.kind for each in missing))
    return _finding(not missing, "qualifications", _HELD_OK, _HELD_NO, evidence, kinds=kinds)


def qualifications_are_valid(facts: EligibilityFacts) -> Finding:
    """No certificate that is needed has run out on the day; what is not on file at all is the rule before's."""
    expired = [
        (each.leaf.kind, each.nearest.valid_until)
        for each in _lacking(facts, facts.on)
        if each.code is MissingCode.EXPIRED and each.nearest is not None and each.nearest.valid_until is not None
    ]
    evidence = {"expired": [{"kind": kind, "valid_until": until.isoformat()} for kind, until in expired]}
    kinds = _names(facts, (kind for kind, _ in expired))
    return _finding(not expired, "qualifications_valid", _VALID_OK, _VALID_NO, evidence, kinds=kinds)


def stars_reach_the_floor(facts: EligibilityFacts) -> Finding:
    """The level held is at or above the project's floor; who is not yet rated counts as 3 stars."""
    floor = facts.demand.star_floor
    level = NEWCOMER_LEVEL if facts.stars is None else facts.stars
    evidence = {"floor": floor, "stars": facts.stars}
    no = _STARS_NEW if facts.stars is None else _STARS_NO
    return _finding(floor is None or level >= floor, "stars", _STARS_OK, no, evidence, floor=floor, stars=level)


def credit_reaches_the_floor(facts: EligibilityFacts) -> Finding:
    """The credit level is at or above the project's floor."""
    floor = facts.demand.credit_floor
    evidence = {"floor": None if floor is None else floor.value, "credit": facts.credit.value}
    ok = floor is None or facts.credit.at_least(floor)
    return _finding(ok, "credit", _CREDIT_OK, _CREDIT_NO, evidence, floor=evidence["floor"], credit=facts.credit.value)


def credit_allows_direct(facts: EligibilityFacts) -> Finding:
    """Credit C or D is not selected directly with fiscal money."""
    applies = facts.demand.direct and facts.demand.fiscal
    ok = not applies or EFFECTS[facts.credit].direct_with_fiscal
    evidence = {"credit": facts.credit.value, "direct_with_fiscal": applies}
    return _finding(ok, "credit_direct", _DIRECT_OK, _DIRECT_NO, evidence, credit=facts.credit.value)


def is_on_no_barring_list(facts: EligibilityFacts) -> Finding:
    """On no list that bars, anywhere in the province (一地失信、全省受限)."""
    barring = [
        each for each in facts.lists if each.from_date <= facts.on and (each.until is None or facts.on < each.until)
    ]
    if not barring:
        return Finding(True, "barring_list", Sentence(_LIST_OK))
    params = {"authority": barring[0].authority, "document": barring[0].document}
    return Finding(
        False, "barring_list", Sentence(_LIST_NO, params), {"documents": [each.document for each in barring]}
    )


def is_not_avoided(facts: EligibilityFacts) -> Finding:
    """Not on the owner's avoidance list (回避); a branch is one party with its head office."""
    named = next((uscc for uscc in (facts.uscc, facts.links.body) if uscc in facts.demand.avoided), None)
    reason = None if named is None else facts.demand.avoided[named]
    no = _AVOID_NO if reason else _AVOID_EMPTY
    evidence = {} if reason is None else {"reason": reason}
    return _finding(reason is None, "avoidance", _AVOID_OK, no, evidence, reason=reason)


def did_not_do_the_preceding_work(facts: EligibilityFacts) -> Finding:
    """The evaluator is not the compiler: no barred pair of matters within one investment project."""
    found = [each for each in facts.earlier_work if each.matter in facts.demand.barred_preceding]
    if not found:
        return Finding(True, "preceding_work", Sentence(_BEFORE_OK))
    params = {"matter": found[0].matter, "reference": found[0].reference}
    evidence = {"work": [{"matter": each.matter, "reference": each.reference} for each in found]}
    return Finding(False, "preceding_work", Sentence(_BEFORE_NO, params), evidence)


def is_not_barred_from_the_reissue(facts: EligibilityFacts) -> Finding:
    """A decliner, and agencies linked with it, are barred from the reissue (selection spec §1)."""
    found = [
        each.uscc for each in facts.demand.decliners if each.uscc == facts.uscc or links_between(each, facts.links)
    ]
    evidence = {"reissue_of": facts.demand.reissue_of, "decliners": sorted(found)}
    return _finding(not found, "reissue", _REISSUE_OK, _REISSUE_NO, evidence, project=facts.demand.reissue_of)


def practitioners_are_registered(facts: EligibilityFacts) -> Finding:
    """Enough practitioners are named, each registered with this agency and with a licence that counts on the day."""
    needed, named = facts.demand.practitioners_needed, {each.reference: each for each in facts.practitioners}
    bad = sorted(
        each.reference for each in named.values() if each.registered_with != facts.uscc or not each.kinds_on(facts.on)
    )
    evidence = {"needed": needed, "named": len(named), "not_registered": bad}
    if bad:
        return Finding(False, "practitioners", Sentence(_PEOPLE_NO, {"count": len(bad)}), evidence)
    ok = len(named) >= needed
    return _finding(ok, "practitioners", _PEOPLE_OK, _PEOPLE_FEW, evidence, needed=needed, named=len(named))


def licences_are_enough(facts: EligibilityFacts) -> Finding:
    """As many people with each personal licence are named as the matter demands.

    A person fills one seat, whatever other licences they hold.
    """
    people = {each.reference: each.kinds_on(facts.on) for each in facts.practitioners}
    demanded = facts.demand.licences
    counts = filled([Seats(needed.accepted, needed.count) for needed in demanded], list(people.values()))
    for needed, named in zip(demanded, counts, strict=True):
        if named < needed.count:
            evidence = {"kind": needed.kind, "needed": needed.count, "named": named}
            params = {"kind": _names(facts, [needed.kind]), "needed": needed.count, "named": named}
            return Finding(False, "licences", Sentence(_LICENCE_NO, params), evidence)
    return Finding(True, "licences", Sentence(_LICENCE_OK))


def practitioners_are_within_their_load(facts: EligibilityFacts) -> Finding:
    """Each named practitioner has room for one more running contract."""
    full = sorted({each.reference for each in facts.practitioners if each.load + 1 > each.most_load})
    return _finding(not full, "practitioner_load", _LOAD_OK, _LOAD_NO, {"full": full}, count=len(full))


def is_not_linked(facts: EligibilityFacts) -> Finding:
    """No linked agency in the same pool: told at enrolment, invalid from the freeze on."""
    found = [link for other in facts.pool for link in links_between(facts.links, other)]
    if not found:
        return Finding(True, "linked", Sentence(_LINK_OK))
    if facts.moment is Moment.ENROLMENT:
        # Before the deadline nobody learns from us who else is enrolled; a linked agency knows itself.
        return Finding(True, "linked", Sentence(_LINK_WARN), warning=True)
    others = sorted({link.first if link.second == facts.uscc else link.second for link in found})
    kinds = sorted({link.kind.value for link in found})
    sentence = Sentence(_LINK_NO, {"others": "、".join(others)})
    return Finding(False, "linked", sentence, {"others": others, "kinds": kinds})


RULES: tuple[Rule, ...] = (
    standing_is_active,
    enrolment_is_not_frozen,
    offers_the_matter,
    holds_the_qualifications,
    qualifications_are_valid,
    stars_reach_the_floor,
    credit_reaches_the_floor,
    credit_allows_direct,
    is_on_no_barring_list,
    is_not_avoided,
    did_not_do_the_preceding_work,
    is_not_barred_from_the_reissue,
    practitioners_are_registered,
    licences_are_enough,
    practitioners_are_within_their_load,
    is_not_linked,
)


def check_all(facts: EligibilityFacts) -> tuple[Finding, ...]:
    """What every rule says, in the order of RULES: all reasons at once (一次性告知)."""
    return tuple(rule(facts) for rule in RULES)


def eligible(findings: Iterable[Finding]) -> bool:
    """Whether all rules say yes. No findings at all is no."""
    outcomes = [finding.ok for finding in findings]
    return bool(outcomes) and all(outcomes)
