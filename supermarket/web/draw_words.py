"""Draws in words: who the parties are, what lotteries are called, where a value comes from."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supermarket.core.clock import local_text
from supermarket.core.draw import DrandSource, PublishedSource, parse_source
from supermarket.projects.models import Project
from supermarket.selection.models import Draw
from supermarket.selection.parties import LEAD, OPERATOR, OWNER, lottery_of, parties_of
from supermarket.web.witness_words import witness_label

LOTTERIES: Mapping[str, object] = {"kl8": _l("the lottery Happy 8 (kl8)")}

PARTIES: Mapping[str, object] = {OPERATOR: _l("the operator"), OWNER: _l("the owner"), LEAD: _l("the witness")}


def lottery_label(code: str) -> str:
    """A lottery's name; an unknown one shows its code."""
    return str(LOTTERIES.get(code, code))


def party_label(name: str) -> str:
    """A party of a draw; a further witness under the name for people that the market's settings give it."""
    known = PARTIES.get(name)
    return str(known) if known is not None else str(_("the witness %(name)s", name=witness_label(name)))


def party_labels(names: Sequence[str]) -> str:
    """Several parties, in one line."""
    return str(_(", ")).join(map(party_label, names))


def source_label(project: Project, line: str | None = None) -> str:
    """Where the value of a draw comes from; `line`: the draw's own source line, else the one that was published.

    With parties it names what decides where one of them does not reveal: that was published before enrolment, too.
    """
    source = parse_source(line or project.draw_source or "")
    if isinstance(source, DrandSource):
        return str(_("The first round of the public beacon drand at least ten minutes after the receipt"))
    if isinstance(source, PublishedSource):
        return str(
            _(
                "The numbers of %(name)s, first issue whose sales close at least an hour after the receipt",
                name=lottery_label(source.lottery),
            )
        )
    return str(
        _(
            "The secrets of %(parties)s, bound before enrolment began; if one is not revealed in time, %(lottery)s alone",
            parties=party_labels([name for name, _c in parties_of(project, source)]),
            lottery=lottery_label(lottery_of(project)),
        )
    )


def refusal_sentence(draw: Draw) -> str:
    """Who did not reveal in time, and what decides instead; empty where nobody refused."""
    if draw.refused_at is None:
        return ""
    closes = draw.refused_at + PublishedSource.earliest
    return str(
        _(
            "Not revealed in time: %(names)s. The first issue of %(lottery)s whose sales close at %(moment)s or later decides alone.",
            names=party_labels(draw.refused),
            lottery=lottery_label(lottery_of(draw.project)),
            moment=local_text(closes),
        )
    )
