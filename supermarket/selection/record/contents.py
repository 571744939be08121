"""The record of a selection as one JSON file, `selection-v1`: everything that is public, byte for byte the same each time.

Before the announcement it holds the notice, and from the freeze on pool, quote list and draws; `public_from` is null
and all the rest with it. Format: docs/selection.md.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

import sqlalchemy as sa

from supermarket.agencies.models import Agency
from supermarket.auctions.queries import auction_of, bidders_of, lines_of, public_statements
from supermarket.extensions import db
from supermarket.modes.stored import criterion_to_json, spec_to_json
from supermarket.modes.table import Mode, StageName, Terms
from supermarket.policies.defaults import DEFAULTS, PolicyValue
from supermarket.policies.queries import number
from supermarket.projects.models import Enrolment, Project
from supermarket.projects.ways import bounds_of, mode_of, specs_of, terms_of
from supermarket.selection.computed import public_record
from supermarket.selection.low_quotes import open_statements
from supermarket.selection.models import OpenedQuote, Quote, QuoteList
from supermarket.selection.panels.queries import public_scores
from supermarket.selection.queries import draws_of, public_since
from supermarket.selection.record.outcome import (
    Fields,
    awards_of,
    corrections_of,
    failure_of,
    moment,
    order_of,
    passed_over_of,
    runs_of,
    superseded_of,
)
from supermarket.selection.series import choice_in, runs_in

VERSION: Final = "selection-v1"

AUCTION_NUMBERS: Final = (
    "auction_step_permille",
    "auction_seconds",
    "auction_extension_seconds",
    "auction_cap_seconds",
    "auction_step_doubles_seconds",
)

# Whose numbers are people's: of these the public sees how many, not which.
_COUNTED = frozenset({"not_registered", "full"})


def selection_record(project: Project) -> bytes:
    """The record: UTF-8 JSON, two spaces of indent, LF at the end."""
    return (json.dumps(contents(project), ensure_ascii=False, indent=2) + "\n").encode()


def contents(project: Project) -> Fields:
    """The record's fields, in their order."""
    since = public_since(project)
    frozen = project.frozen_at is not None
    draws = draws_of(project.id) if frozen else ()
    content: Fields = {
        "version": VERSION,
        "project": project.code,
        "name": project.name,
        "state": project.state.value,
        "public_from": moment(since),
        "notice": _notice(project),
        "draws": [json.loads(public_record(row).to_json()) for row in draws],
        "corrections": corrections_of(draws),
        "quote_list": _quote_list(project) if frozen else None,
    }
    for name, build in PARTS.items():
        content[name] = build(project) if since is not None else None
    return content


def _notice(project: Project) -> Fields:
    mode = mode_of(project)
    return {
        "mode": project.mode,
        "rules": project.mode_rules,
        "terms": published_terms(terms_of(project)),
        "numbers": published_numbers(mode, project.policy),
        "named": project.named_agency.uscc if project.named_agency is not None else None,
        "stages": [spec_to_json(spec) for spec in specs_of(project)],
        "priced": mode.priced,
        "needs_quotes": mode.needs_quotes,
        "has_enrolment": mode.has_enrolment,
        "ceiling": project.ceiling,
        "floor": bounds_of(project).floor,
        "draw_source": project.draw_source,
        "published_at": moment(project.published_at),
        "enrol_until": moment(project.enrol_until),
        "frozen_at": moment(project.frozen_at),
        "select_at": moment(project.select_at),
        "ended_at": moment(project.ended_at),
    }


def published_terms(terms: Terms) -> Fields:
    """What the owner said besides the mode, with every name, so that anybody can derive the stages from it."""
    return {
        "criteria": [criterion_to_json(item) for item in terms.criteria],
        "panel_size": terms.panel_size,
        "tickets": terms.tickets.value,
        "shortlist_by": terms.shortlist_by.value,
        "keep": terms.keep,
        "draw_keep": terms.draw_keep,
        "live": terms.live,
    }


def published_numbers(mode: Mode, policy: Mapping[str, PolicyValue]) -> Fields:
    """The policy's numbers of the day of publication that the mode's stages and the succession rest on; others are null.

    `fewest` and `fewest_extended`: null where the mode's own row says it.
    """
    values = {**DEFAULTS, **policy}
    quoted, live = mode.uses(StageName.PRICE) or mode.uses(StageName.SCORE), mode.uses(StageName.AUCTION)
    used = {
        "low_of_ceiling_percent": quoted or live,
        "low_of_mean_percent": quoted,
        "succession_price_percent": mode.priced,
        **dict.fromkeys(AUCTION_NUMBERS, live),
    }
    return {
        **{key: number(values, key) if wanted else None for key, wanted in used.items()},
        "fewest": policy.get(f"min_{mode.name}"),
        "fewest_extended": policy.get(f"min_{mode.name}_extended"),
    }


def _quote_list(project: Project) -> Fields | None:
    row = db.session.get(QuoteList, project.id)
    if row is None:
        return None
    return {
        "body": row.body,
        "hash": row.body_hash,
        "published_at": moment(row.published_at),
        "countersignature": row.countersignature,
    }


def _enrolments(project: Project) -> list[Fields]:
    rows = db.session.scalars(
        sa.select(Enrolment).where(Enrolment.project_id == project.id).order_by(Enrolment.id)
    ).all()
    return [
        {
            "uscc": row.agency.uscc,
            "name": row.agency_name or row.agency.name,
            "state": row.state.value,
            "enrolled_at": moment(row.enrolled_at),
            "cancelled_at": moment(row.cancelled_at),
            "figures": row.figures or None,
            "excluded": None
            if row.exclusion_code is None
            else {"code": row.exclusion_code, "reason": row.exclusion_reason},
            "checks": [
                {
                    "moment": check.moment,
                    "at": moment(check.ran_at),
                    "ok": check.ok,
                    "rules": [_rule(item) for item in check.findings],
                    "changed": [
                        {**item, "before": _counted(item.get("before")), "after": _counted(item.get("after"))}
                        for item in check.changes
                    ],
                }
                for check in row.eligibility
            ],
        }
        for row in rows
    ]


def _rule(item: Mapping[str, object]) -> Fields:
    return {
        "code": item["code"],
        "ok": item["ok"],
        "warning": bool(item.get("warning", False)),
        "sentence": item.get("words") or item.get("msgid"),
        "evidence": _counted(item.get("evidence")),
    }


def _counted(evidence: object) -> object:
    """The grounds of a rule, with people by their number only."""
    if not isinstance(evidence, dict):
        return evidence
    return {
        name: len(value) if name in _COUNTED and isinstance(value, list) else value for name, value in evidence.items()
    }


def _quotes(project: Project) -> list[Fields]:
    rows = db.session.execute(
        sa.select(Quote, OpenedQuote)
        .outerjoin(OpenedQuote, OpenedQuote.quote_id == Quote.id)
        .join(Agency, Agency.id == Quote.agency_id)
        .where(Quote.project_id == project.id)
        .order_by(Agency.uscc, Quote.seq)
    ).all()
    return [
        {
            "uscc": quote.agency.uscc,
            "seq": quote.seq,
            "commitment": quote.commitment,
            "received_at": moment(quote.received_at),
            "opened_at": moment(opened.opened_at) if opened is not None else None,
            "amount": opened.amount if opened is not None else None,
            "body": opened.body if opened is not None else None,
            "invalid": opened.invalid_code if opened is not None else None,
        }
        for quote, opened in rows
    ]


def _low_quotes(project: Project) -> list[Fields]:
    return [
        {
            "uscc": row.quote.agency.uscc,
            "asked_at": moment(row.asked_at),
            "statement": row.statement,
            "file": None if row.document is None else {"name": row.document.name, "sha256": row.document.sha256},
            "given_at": moment(row.given_at),
            "accepted": row.accepted,
            "reason": row.reason,
            "decided_at": moment(row.decided_at),
        }
        for row in sorted(open_statements(project.id), key=lambda row: row.quote.agency.uscc)
    ]


def _auction(project: Project) -> Fields | None:
    row = auction_of(project.id)
    if row is None:
        return None
    return {
        "entries": [{"seq": line.seq, "body": line.body, "hash": line.hash} for line in lines_of(row.id)],
        "bidders": [
            {"uscc": each.agency.uscc, "alias": each.alias, "salt": each.salt, "commitment": each.commitment}
            for each in bidders_of(row.id)
        ],
        "statements": public_statements(project.id),
    }


def _scores(project: Project) -> Fields | None:
    found = public_scores(project)
    if found is None:
        return None
    return {
        "record": found.panel.record,
        "hash": found.record_hash,
        "experts": [
            {"id": each.id, "body": each.body, "answer": each.answer, "dissent": each.dissent} for each in found.experts
        ],
    }


def _choice(project: Project) -> Fields | None:
    if not mode_of(project).has_enrolment:
        return _named(project)
    row = choice_in(project)
    if row is None or row.agency is None:
        return None
    return {"members": row.members, "uscc": row.agency.uscc, "reason": row.reason, "chosen_at": moment(row.chosen_at)}


def _named(project: Project) -> Fields | None:
    """A direct selection: the choice is the notice itself, as its stage took it in."""
    run = next((row for row in runs_in(project) if row.stage == "choose"), None)
    facts = run.inputs.get("facts") if run is not None else None
    if not isinstance(facts, dict) or not isinstance(facts.get("choice"), dict):
        return None
    chosen = facts["choice"]
    members = [chosen["uscc"]]
    return {"members": members, **chosen, "chosen_at": moment(project.published_at)}


PARTS: dict[str, Callable[[Project], object]] = {
    "enrolments": _enrolments,
    "quotes": _quotes,
    "low_quotes": _low_quotes,
    "auction": _auction,
    "scores": _scores,
    "choice": _choice,
    "runs": runs_of,
    "order": order_of,
    "awards": awards_of,
    "passed_over": passed_over_of,
    "superseded": superseded_of,
    "failure": failure_of,
}
"""What becomes public with the announcement, part by part; a new part of a selection is a new line."""
