"""Keeps what the checks found, as run lengths, with the registries' answers as evidence (docs/verification.md).

An unchanged finding lasts on: one statement moves the ends of all of them. What differs begins a row of its own.
"""

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from supermarket.agencies.checks import Answers, Found
from supermarket.agencies.models import Agency, Check, Outcome, PractitionerLicence, Qualification, RegistryAnswer
from supermarket.core.bulk import insert_of, update_many
from supermarket.core.msgids import N_
from supermarket.extensions import db
from supermarket.gateways.registries import Answered

# The filed rows that a registry confirms, by the prefix of a finding's subject.
VERIFIABLE: Final[Mapping[str, type[Qualification] | type[PractitionerLicence]]] = {
    "qualification": Qualification,
    "licence": PractitionerLicence,
}
# The code of what an operator found.
BY_HAND: Final = "operator"
Mark = tuple[str, str, str, Outcome, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class _Standing:
    """A present row: what is compared, and what may be moved on."""

    id: int
    answer_id: int | None
    rows_sha256: str | None


@dataclass(frozen=True)
class _Compared:
    """What of a present row is compared, in the order of the query."""

    code: str
    subject: str
    registry_name: str
    outcome: Outcome
    sentence: str
    parameters: Mapping[str, str]
    reference: str


def mark(item: Found | Check | _Compared) -> Mark:
    """What makes two findings the same one. Why a registry is silent may differ from hour to hour: it stays one silence."""
    registry = item.registry if isinstance(item, Found) else item.registry_name
    if item.outcome is Outcome.UNKNOWN and registry and not item.reference:
        return item.code, item.subject, registry, item.outcome, "", ()
    return item.code, item.subject, registry, item.outcome, item.sentence, tuple(sorted(item.parameters.items()))


@dataclass
class Change:
    """What is new in a round of one agency: findings that were not there before, outcomes of those that ended."""

    begun: list[Found] = field(default_factory=list)
    ended: set[Outcome] = field(default_factory=set)

    @property
    def is_silence(self) -> bool:
        """Whether registries only fell silent, or answer again as before: neither denied nor denies anything now."""
        return {item.outcome for item in self.begun} | self.ended <= {Outcome.PASS, Outcome.UNKNOWN}


def keep(rounds: Mapping[int, Sequence[Found]], answers: Answers, at: datetime) -> Mapping[int, Change]:
    """Keep a round of findings of each agency, set what is verified; gives what changed, where anything did.

    The agencies' rows must be locked. A second call with the same findings changes nothing but the ends.
    """
    present = _present(sorted(rounds))
    known = {(item.registry, item.sha256): item for item in answers.values() if isinstance(item, Answered)}
    going: list[tuple[_Standing, Found, int]] = []
    new: list[tuple[int, Found, int]] = []
    changes: dict[int, Change] = defaultdict(Change)
    for agency_id, found in rounds.items():
        there = present[agency_id]
        for place, item in enumerate(found):
            same = mark(item)
            if there.get(same):
                going.append((there[same].pop(0), item, place))
            else:
                new.append((agency_id, item, place))
                changes[agency_id].begun.append(item)
        for left, rows in there.items():
            if rows:
                changes[agency_id].ended.add(left[3])
    rows_of = {key: _rows_sha256(answer) for key, answer in known.items()}
    fresh = [
        (item.registry, item.evidence)
        for standing, item, _place in going
        if item.evidence and rows_of.get((item.registry, item.evidence)) != standing.rows_sha256
    ]
    fresh += [(item.registry, item.evidence) for _agency, item, _place in new if item.evidence]
    evidence = _keep_answers([known[key] for key in dict.fromkeys(fresh) if key in known], rows_of, at)
    _end([row.id for rows in present.values() for left in rows.values() for row in left])
    _move_on(going, evidence, at)
    if new:
        db.session.execute(insert_of(Check, [_row(*item, evidence=evidence, at=at) for item in new]))
    _verify(rounds, at)
    return changes


def _present(ids: Sequence[int]) -> dict[int, dict[Mark, list[_Standing]]]:
    rows = db.session.execute(
        sa.select(
            Check.id,
            Check.agency_id,
            Check.code,
            Check.subject,
            Check.registry_name,
            Check.outcome,
            Check.sentence,
            Check.parameters,
            Check.reference,
            Check.answer_id,
            RegistryAnswer.rows_sha256,
        )
        .outerjoin(RegistryAnswer, RegistryAnswer.id == Check.answer_id)
        .where(Check.agency_id.in_(ids), Check.present)
        .order_by(Check.agency_id, Check.place, Check.id)
    )
    found: dict[int, dict[Mark, list[_Standing]]] = {number: defaultdict(list) for number in ids}
    for row in rows:
        found[row.agency_id][mark(_Compared(*row[2:9]))].append(_Standing(row.id, row.answer_id, row.rows_sha256))
    return found


def _rows_sha256(answer: Answered) -> str:
    rows = [dict(row) for row in answer.rows]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _keep_answers(
    answers: Iterable[Answered], rows_of: Mapping[tuple[str, str], str], at: datetime
) -> Mapping[tuple[str, str], int]:
    """(registry, hash) → the row that keeps it. Sorted, so that two at once wait for each other in one order."""
    values = [
        {
            "sha256": answer.sha256,
            "rows_sha256": rows_of[(answer.registry, answer.sha256)],
            "registry_name": answer.registry,
            "question": answer.question,
            "body": zlib.compress(answer.evidence),
            "first_at": at,
            "last_at": at,
        }
        for answer in sorted(answers, key=lambda each: (each.sha256, each.registry, each.question))
    ]
    if not values:
        return {}
    statement = insert_of(RegistryAnswer, values)
    kept = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["sha256", "registry_name", "question"],
            set_={"last_at": sa.func.greatest(RegistryAnswer.last_at, statement.excluded.last_at)},
        ).returning(RegistryAnswer.registry_name, RegistryAnswer.sha256, RegistryAnswer.id)
    )
    return {(registry, sha256): number for registry, sha256, number in kept}


def _end(ids: Sequence[int]) -> None:
    if ids:
        db.session.execute(
            sa.update(Check).where(Check.id.in_(ids)).values(present=False),
            execution_options={"synchronize_session": False},
        )


def _move_on(
    going: Sequence[tuple[_Standing, Found, int]], evidence: Mapping[tuple[str, str], int], at: datetime
) -> None:
    """Move the ends of unchanged findings in one statement."""
    rows = [
        {
            "id": standing.id,
            "reference": item.reference,
            "answered_at": item.answered_at,
            "answer_id": evidence.get((item.registry, item.evidence), standing.answer_id),
            "place": place,
        }
        for standing, item, place in going
    ]
    update_many(Check, rows, last_at=sa.func.greatest(Check.last_at, at))


def _row(
    agency_id: int, item: Found, place: int, *, evidence: Mapping[tuple[str, str], int], at: datetime
) -> dict[str, object]:
    return {
        "agency_id": agency_id,
        "code": item.code,
        "subject": item.subject,
        "outcome": item.outcome,
        "registry_name": item.registry,
        "reference": item.reference,
        "sentence": item.sentence,
        "parameters": dict(item.parameters),
        "answered_at": item.answered_at,
        "answer_id": evidence.get((item.registry, item.evidence)),
        "first_at": at,
        "last_at": at,
        "present": True,
        "place": place,
    }


def _verify(rounds: Mapping[int, Sequence[Found]], at: datetime) -> None:
    """Passed: verified. Failed: no longer. Unknown leaves it as it is: nobody gains or loses by a silent registry."""
    outcomes: dict[str, set[Outcome]] = defaultdict(set)
    for found in rounds.values():
        for item in found:
            if item.subject:
                outcomes[item.subject].add(item.outcome)
    for prefix, model in VERIFIABLE.items():
        good, bad = list[int](), list[int]()
        for subject, said in outcomes.items():
            head, _colon, number = subject.partition(":")
            if head != prefix:
                continue
            if Outcome.FAIL in said:
                bad.append(int(number))
            elif Outcome.PASS in said and Outcome.UNKNOWN not in said:
                good.append(int(number))
        set_verified(model, good, at)
        if bad:
            db.session.execute(
                sa.update(model).where(model.id.in_(bad), model.verified_at.is_not(None)).values(verified_at=None)
            )


def set_verified(model: type[Qualification] | type[PractitionerLicence], ids: Sequence[int], at: datetime) -> None:
    """Filed rows count from now on; those that counted already keep since when."""
    if ids:
        db.session.execute(
            sa.update(model).where(model.id.in_(ids), model.verified_at.is_(None)).values(verified_at=at)
        )


def seen_by_hand(
    row: Agency, subjects: Sequence[str], reason: str, at: datetime, *, outcome: Outcome = Outcome.PASS
) -> None:
    """Keep what an operator found where the registries say nothing; it stands until a registry says otherwise.

    What is denied (outcome FAIL) verifies nothing.
    """
    values = [
        {
            "agency_id": row.id,
            "code": BY_HAND,
            "subject": subject,
            "outcome": outcome,
            "registry_name": "",
            "reference": "",
            "sentence": N_("An operator looked at it: %(reason)s"),
            "parameters": {"reason": reason},
            "first_at": at,
            "last_at": at,
            "present": False,
            "place": 0,
        }
        for subject in dict.fromkeys(subjects)
    ]
    if values:
        db.session.execute(sa.insert(Check), values)
    for prefix, model in VERIFIABLE.items() if outcome is Outcome.PASS else ():
        numbers = [int(number) for head, _colon, number in map(_parts, subjects) if head == prefix]
        set_verified(model, numbers, at)


def _parts(subject: str) -> tuple[str, str, str]:
    return subject.partition(":")
