"""Rules on requirements and what was found against them, as pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supermarket.projects.exception_models import RequirementException
from supermarket.projects.exception_queries import Key
from supermarket.projects.requirements import RULES, Barred, Piece, Refusal, Rule, pieces
from supermarket.projects.states import ExceptionState


def rule_label(code: Barred | str) -> str:
    """The name of a rule; an unknown code shows itself."""
    return str(_(RULES[Barred(code)].label)) if code in set(Barred) else str(code)


def rule_sentence(code: Barred) -> str:
    """What the rule refuses, with its law."""
    rule = RULES[code]
    return str(_(rule.sentence, basis=rule.basis, what=_("this qualification")))


def rule_instead(code: Barred) -> str:
    """How to write it instead."""
    return str(_(RULES[code].instead))


def rules() -> Sequence[Rule]:
    """Every rule, in the order of the list."""
    return tuple(RULES.values())


@dataclass(frozen=True)
class Finding:
    """One refused demand, and what became of an exception for it (None: nobody has asked)."""

    refusal: Refusal
    exception: RequirementException | None = None

    @property
    def sentence(self) -> str:
        """What the rule refuses, with its law."""
        return self.refusal.sentence.text(_)

    @property
    def covered(self) -> bool:
        """Whether an exception allows it."""
        return self.exception is not None and self.exception.state in (ExceptionState.GRANTED, ExceptionState.IN_FORCE)


@dataclass(frozen=True)
class Wording:
    """A text as it was checked: its pieces, the refused ones marked, and every finding."""

    pieces: Sequence[Piece] = ()
    findings: Sequence[Finding] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing stands in the way of a publication."""
        return all(finding.covered for finding in self.findings)


def by_key(rows: Sequence[RequirementException]) -> Mapping[Key, RequirementException]:
    """The newest exception for each sentence and rule."""
    return {(row.rule, row.text_hash): row for row in rows}


def wordings(
    texts: Mapping[str, str], refusals: Sequence[Refusal], known: Mapping[Key, RequirementException]
) -> Mapping[str, Wording]:
    """Each checked text with its findings, by field; a tree's findings stand under its field without a text."""
    found: dict[str, Wording] = {}
    for field in dict.fromkeys((*texts, *(each.field for each in refusals))):
        mine = [each for each in refusals if each.field == field]
        marked = pieces(texts[field], mine) if field in texts else ()
        found[field] = Wording(marked, [Finding(each, known.get(each.key)) for each in mine])
    return found
