"""What stands in the public record of a selection (selection-v1), field by field, and its strict reading.

Part of selection_verify.py, which needs it in the same folder. The table is the same, to the letter, in selection_fields.js.
"""

import json
import re

MAX_BYTES, MOST_DEEP, MOST_NAMED = 32 * 1024 * 1024, 40, 20
# One line for each kind of object; after a field its type. ? may be null, ~ may be missing, [] a list, {} an object with
# names of its own. `a = b|c`: one of these words. What is indented goes on with the line before.
FIELDS = """
record version:text project:code name:text state:state public_from:time? notice:notice draws:draw[]
  corrections:correction[] quote_list:list? enrolments:enrolment[]? quotes:quote[]? low_quotes:low_quote[]?
  auction:auction? scores:scores? choice:choice? runs:run[]? order:place[]? awards:award[]? passed_over:uscc[]?
  superseded:series[]? failure:failure?
notice mode:word rules:rules terms:terms numbers:numbers named:uscc? stages:stage[] priced:flag needs_quotes:flag
  has_enrolment:flag ceiling:number floor:number draw_source:text? published_at:time enrol_until:time? frozen_at:time?
  select_at:time? ended_at:time?
rules name:word label:text sentence:text stages:fixed[] fewest_valid:number fewest_after_extension:number
  needs_quotes:flag has_enrolment:flag owner_accepts_fewer:flag label_zh:text~ sentence_zh:text~
fixed stage:stage_name by:by~ keep:count~ tickets:tickets~ rule:rule~
terms criteria:criterion[] panel_size:number tickets:tickets shortlist_by:by keep:number? draw_keep:number? live:flag
numbers low_of_ceiling_percent:number? low_of_mean_percent:number? succession_price_percent:number?
  auction_step_permille:number? auction_seconds:number? auction_extension_seconds:number? auction_cap_seconds:number?
  auction_step_doubles_seconds:number? fewest:number? fewest_extended:number?
criterion kind:kind weight:decimal name:text description:text~
stage stage:stage_name by:by~ keep:number?~ tickets:tickets~ rule:rule~ bounds:bounds~ terms:auction_terms~
  criteria:criterion[]~ panel_size:number~
bounds ceiling:number floor:number min_rate:decimal? max_rate:decimal? low_of_ceiling:number low_of_mean:number
auction_terms ceiling:number floor:number start:number step:number low_line:number seconds:number
  extension_seconds:number cap_seconds:number step_doubles_seconds:number
draw version:text pool_file:text pool_hash:hex receipt:signature? source_time:time? value:text? entered_by:text[]?
  refused:text[]? drawn_at:time? key:hex? order:text[]? excluded:kept_out[]
correction purpose:code number:number series:number? taken_at:time before:draw entries:typed[]
typed role:role at:time issue:text closed_at:time value:text reason:text bulletin:file
series series:number runs:run[] order:place[] awards:award[]
kept_out id:code code:word
list body:text hash:hex published_at:time countersignature:signature?
signature at:time by:text signature:hex128
enrolment uscc:uscc name:text state:enrolment_state enrolled_at:time cancelled_at:time? figures:candidate?
  excluded:excluded? checks:check[]
excluded code:word reason:text
check moment:moment at:time ok:flag rules:rule_run[] changed:changed[]
rule_run code:word ok:flag warning:flag sentence:text evidence:any
evidence_standing standing:text
evidence_enrolment_frozen credit:level frozen_until:day?
evidence_offers_matter matter:text
evidence_qualifications missing:any[]
evidence_qualifications_valid expired:any[]
evidence_stars floor:number? stars:number?
evidence_credit credit:level floor:level?
evidence_credit_direct credit:level direct_with_fiscal:flag
evidence_barring_list
evidence_avoidance
evidence_preceding_work
evidence_reissue decliners:uscc[] reissue_of:text?
evidence_practitioners named:number needed:number not_registered:number
evidence_licences
evidence_practitioner_load full:number
evidence_linked
evidence_registries silent:any[]
unmet_barring_list documents:text[]
unmet_avoidance reason:text
unmet_preceding_work work:any[]
unmet_licences kind:text named:number needed:number
unmet_linked kinds:text[] others:uscc[]
changed code:word was:flag now:flag before:any after:any
candidate uscc:uscc credit_points:number credit_level:level star_score:decimal star_level:number? newcomer:flag
  quote:number? rate:decimal? offered_days:number? experience:number
quote uscc:uscc seq:number commitment:hex received_at:time opened_at:time? amount:number? body:text? invalid:word?
low_quote uscc:uscc asked_at:time statement:text? file:file? given_at:time? accepted:flag? reason:text
  decided_at:time?
file name:text sha256:hex
auction entries:entry[] bidders:bidder[] statements:statement[]
entry seq:number body:text hash:hex
bidder uscc:uscc alias:text salt:hex commitment:hex
statement uscc:uscc explains_from:number accepted:flag? given_at:instant decided_at:instant?
scores record:panel hash:hex experts:expert[]
expert id:hex body:text answer:answer dissent:text
panel version:text project:code size:number criteria:panel_criterion[] plans:plan[] experts:seat[] passed_over:gone[]
  scores:line[]
panel_criterion name:text weight:decimal description:text
plan plan:letters agency:uscc seq:number sha256:hex received_at:time
seat id:hex position:number invited_at:time accepted_at:time submitted_at:time sheet_hash:hex
gone id:hex position:number how:gone_how at:time
line criterion:text plan:letters given:given[] mean:decimal exact:text
given expert:hex points:number sentence:text dropped:flag
choice members:uscc[] uscc:uscc reason:text chosen_at:time
run stage:stage_name parameters:stage inputs:inputs outputs:outputs started_at:time finished_at:time
inputs candidates:candidate[] facts:facts
facts project:code draws:draw_fact{} choice:chosen? low_decisions:low_decision{} panel:number[]{}{} auction:bids~
draw_fact pool_file:text receipted:flag value:text? refused:flag
chosen uscc:uscc reason:text
bids bids:bid[] head:hex
bid uscc:uscc amount:number
outputs order:uscc[] passed_on:uscc[] figures:figure{}{} excluded:out[]
out uscc:uscc code:word
place position:number uscc:uscc price:number? figures:figure{}{}
award position:number uscc:uscc price:number state:award_state announced_at:time? standstill_until:time? reason:text
  notice_number:text? notice_at:time? ended_at:time?
failure code:text reason:text at:time
state =
  draft|in_review|open|frozen|selecting|announced|awarded|in_service|completed|archived|failed|withdrawn|void|terminated|suspended
enrolment_state = live|cancelled|excluded
award_state = offered|announced|awarded|contracted|declined|lapsed|disqualified|closed
stage_name = shortlist|draw|price|auction|score|choose
by = credit|stars
tickets = equal|credit
rule = lowest|highest_discount|nearest_mean|second_lowest
role = owner|regulator
kind = price|stars|credit|experience|lead_time|panel
level = A|B|C|D
moment = enrolment|freeze|award
low_decision = accepted|rejected|absent
answer = confirmed|deemed|dissented
gone_how = declined|no_answer|recused|late
"""
PATTERNS = {
    "code": r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}",
    "word": r"[a-z][a-z0-9_]{0,63}",
    "uscc": r"[0-9A-Z]{18}",
    "hex": r"[0-9a-f]{64}",
    "hex128": r"[0-9a-f]{128}",
    "count": r"[1-9][0-9]{0,5}",
    "letters": r"[A-Z]{1,4}",
    "decimal": r"-?[0-9]{1,30}(\.[0-9]{1,30})?(E[+-]?[0-9]{1,2})?",
    "time": r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z",
    "day": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "instant": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z",
}
LINES = [line.split(" ") for line in FIELDS.strip().replace("\n  ", " ").split("\n")]
WORDS = {name: rest[1].split("|") for name, *rest in LINES if rest[:1] == ["="]}
OBJECTS = {name: [part.split(":") for part in rest] for name, *rest in LINES if rest[:1] != ["="]}


class Unfit(ValueError):
    """Why a file is not read: code, what about; `read`: whether it could be read as a record at all."""

    def __init__(self, code, about="", *, read=False):
        super().__init__(f"{code} {about}")
        self.code, self.about, self.read = code, about, read


def _once(pairs):
    found = {}
    for name, value in pairs:
        if name in found:
            raise Unfit("twice", name)
        found[name] = value
    return found


def _number(text):
    if not re.fullmatch("-?(0|[1-9][0-9]{0,14})", text):
        raise Unfit("number", text[:40])
    return int(text)


def load(data):
    """The JSON in these bytes; Unfit for what every reader must refuse: names twice, odd numbers, bottomless nesting."""
    if len(data) > MAX_BYTES:
        raise Unfit("too_large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unfit("not_utf8") from None
    deep = 0
    for mark in re.findall(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', text, re.DOTALL):
        deep += (mark in "[{") - (mark in "]}")
        if deep > MOST_DEEP:
            raise Unfit("too_deep")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_int=_number, parse_float=_number, parse_constant=_number)
    except Unfit:
        raise
    except ValueError:
        raise Unfit("not_json") from None


def _whole(text):  # whether every character of it can be written
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def fields(value, kind, path):
    """Yields (code, path) for every field that is unknown or missing, or does not hold what is due there."""
    if kind.endswith("?"):
        if value is not None:
            yield from fields(value, kind[:-1], path)
    elif kind.endswith("[]"):
        if not isinstance(value, list):
            yield "wrong", path
            return
        for place, item in enumerate(value):
            yield from fields(item, kind[:-2], f"{path}[{place}]")
    elif kind.endswith("{}"):
        if not isinstance(value, dict):
            yield "wrong", path
            return
        for name in sorted(value):
            yield from fields(name, "text", f"{path}.{name}")
            yield from fields(value[name], kind[:-2], f"{path}.{name}")
    elif kind in OBJECTS:
        yield from _object(value, OBJECTS[kind], path)
    elif kind == "any":
        yield from _any(value, path)
    elif not _fits(value, kind):
        yield "wrong", path


def _object(value, wanted, path):
    if not isinstance(value, dict):
        yield "wrong", path
        return
    known = {name for name, _kind in wanted}
    inside = f"{path}." if path else ""
    for name in sorted(value):
        if name not in known:
            yield "unknown_field", f"{inside}{name}"
    for name, kind in wanted:
        if name in value:
            yield from fields(value[name], kind.removesuffix("~"), f"{inside}{name}")
        elif not kind.endswith("~"):
            yield "missing", f"{inside}{name}"


def _any(value, path):
    if isinstance(value, dict):
        for name in sorted(value):
            yield from fields(name, "text", f"{path}.{name}")
            yield from _any(value[name], f"{path}.{name}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _any(item, f"{path}[{place}]")
    elif isinstance(value, str) and not _whole(value):
        yield "wrong", path


def _fits(value, kind):
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "figure":
        return (
            isinstance(value, (int, str)) and not isinstance(value, bool) and (isinstance(value, int) or _whole(value))
        )
    if not isinstance(value, str) or not _whole(value):
        return False
    if kind in WORDS:
        return value in WORDS[kind]
    if kind not in PATTERNS:
        return True
    return re.fullmatch(PATTERNS[kind], value) is not None and (kind not in ("time", "instant") or _a_day(value))


def _a_day(text):
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (29 if leap else 28) if month == 2 else day <= (30 if month in (4, 6, 9, 11) else 31)


def read(data):
    """The record in these bytes. Raises Unfit, at the first of what is wrong; `wrong_fields` has all of it."""
    record = load(data)
    if not isinstance(record, dict) or record.get("version") != "selection-v1":
        raise Unfit("version")
    return record


def wrong_fields(record):
    """The first of everything that is wrong with the fields, as (code, path)."""
    found = []
    for each in fields(record, "record", ""):
        found.append(each)
        if len(found) == MOST_NAMED:
            break
    if not found and record["public_from"] is not None:
        named = ("enrolments", "quotes", "low_quotes", "runs", "order", "awards", "passed_over", "superseded")
        found = [("wrong", name) for name in named if record[name] is None]
    return found
