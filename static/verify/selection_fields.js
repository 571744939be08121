// What stands in the public record of a selection (selection-v1), field by field, and its strict reading.
// The table is the same, to the letter, as in selection_fields.py.

const MAX_BYTES = 32 * 1024 * 1024, MOST_DEEP = 40, MOST_NAMED = 20;
// One line for each kind of object; after a field its type. ? may be null, ~ may be missing, [] a list, {} an object with
// names of its own. `a = b|c`: one of these words. What is indented goes on with the line before.
export const FIELDS = `
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
`;
const PATTERNS = {
  code: /^(?:[0-9A-Za-z][0-9A-Za-z._-]{0,63})$/,
  word: /^(?:[a-z][a-z0-9_]{0,63})$/,
  uscc: /^(?:[0-9A-Z]{18})$/,
  hex: /^(?:[0-9a-f]{64})$/,
  hex128: /^(?:[0-9a-f]{128})$/,
  count: /^(?:[1-9][0-9]{0,5})$/,
  letters: /^(?:[A-Z]{1,4})$/,
  decimal: /^(?:-?[0-9]{1,30}(\.[0-9]{1,30})?(E[+-]?[0-9]{1,2})?)$/,
  time: /^(?:(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)$/,
  day: /^(?:[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$/,
  instant: /^(?:[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z)$/,
};
const LINES = FIELDS.trim().replaceAll("\n  ", " ").split("\n").map((line) => line.split(" "));
const WORDS = Object.fromEntries(LINES.filter((line) => line[1] === "=").map(([name, , words]) => [name, words.split("|")]));
export const OBJECTS = Object.fromEntries(LINES.filter((line) => line[1] !== "=").map(([name, ...rest]) => [name, rest.map((part) => part.split(":"))]));

/** Why a file is not read: a code and what it is about. */
export class Unfit extends Error {
  constructor(code, about = "") { super(`${code} ${about}`); this.code = code; this.about = about; }
}

// JSON.parse takes the last of two equal names, rounds long numbers and digs as deep as it is led.
const MARKS = /("[^"\\]*(?:\\[^][^"\\]*)*")(\s*:)?|[{}[\]]|[-+.0-9A-Za-z]+/g;
const strictly = (text) => {
  const open = [];
  for (const [mark, quoted, colon] of text.matchAll(MARKS)) {
    if (mark === "{" || mark === "[") open.push(mark === "{" ? new Set() : null);
    else if (mark === "}" || mark === "]") open.pop();
    else if (quoted === undefined) {
      if (!["true", "false", "null"].includes(mark) && !/^-?(?:0|[1-9][0-9]{0,14})$/.test(mark)) throw new Unfit("number", mark.slice(0, 40));
    } else if (colon) {
      const name = JSON.parse(quoted);
      if (open.at(-1)?.has(name)) throw new Unfit("twice", name);
      open.at(-1)?.add(name);
    }
  }
};
const tooDeep = (text) => {
  let deep = 0;
  for (const [mark] of text.matchAll(/"[^"\\]*(?:\\[^][^"\\]*)*"|[{}[\]]/g)) {
    deep += { "{": 1, "[": 1, "}": -1, "]": -1 }[mark] ?? 0;
    if (deep > MOST_DEEP) throw new Unfit("too_deep");
  }
};
/** The JSON in these bytes. Throws an Unfit for what every reader must refuse. */
export const load = (bytes) => {
  if (bytes.length > MAX_BYTES) throw new Unfit("too_large");
  let text, found;
  try { text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch { throw new Unfit("not_utf8"); }
  tooDeep(text);
  try { found = JSON.parse(text); } catch { throw new Unfit("not_json"); }
  strictly(text);
  return found;
};

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const names = (value) => Object.keys(value).sort(byText);
const aDay = (text) => {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
};
const fits = (value, kind) => {
  if (kind === "flag") return typeof value === "boolean";
  if (kind === "number") return typeof value === "number";
  if (kind === "figure" && typeof value === "number") return true;
  if (typeof value !== "string" || !value.isWellFormed()) return false;
  if (Object.hasOwn(WORDS, kind)) return WORDS[kind].includes(value);
  if (!Object.hasOwn(PATTERNS, kind)) return true;
  return PATTERNS[kind].test(value) && (!["time", "instant"].includes(kind) || aDay(value));
};

// Every field that is unknown or missing, or does not hold what is due there: [code, path].
export function* fields(value, kind, path) {
  if (kind.endsWith("?")) { if (value !== null) yield* fields(value, kind.slice(0, -1), path); return; }
  if (kind.endsWith("[]")) {
    if (!Array.isArray(value)) { yield ["wrong", path]; return; }
    for (const [place, item] of value.entries()) yield* fields(item, kind.slice(0, -2), `${path}[${place}]`);
  } else if (kind.endsWith("{}")) {
    if (!isObject(value)) { yield ["wrong", path]; return; }
    for (const name of names(value)) {
      yield* fields(name, "text", `${path}.${name}`);
      yield* fields(value[name], kind.slice(0, -2), `${path}.${name}`);
    }
  } else if (Object.hasOwn(OBJECTS, kind)) yield* object(value, OBJECTS[kind], path);
  else if (kind === "any") yield* anything(value, path);
  else if (!fits(value, kind)) yield ["wrong", path];
}
function* object(value, wanted, path) {
  if (!isObject(value)) { yield ["wrong", path]; return; }
  const known = new Set(wanted.map(([name]) => name)), inside = path ? `${path}.` : "";
  for (const name of names(value)) if (!known.has(name)) yield ["unknown_field", `${inside}${name}`];
  for (const [name, kind] of wanted) {
    if (Object.hasOwn(value, name)) yield* fields(value[name], kind.replace("~", ""), `${inside}${name}`);
    else if (!kind.endsWith("~")) yield ["missing", `${inside}${name}`];
  }
}
function* anything(value, path) {
  if (Array.isArray(value)) for (const [place, item] of value.entries()) yield* anything(item, `${path}[${place}]`);
  else if (isObject(value)) {
    for (const name of names(value)) {
      yield* fields(name, "text", `${path}.${name}`);
      yield* anything(value[name], `${path}.${name}`);
    }
  } else if (typeof value === "string" && !value.isWellFormed()) yield ["wrong", path];
}

/** The record in these bytes. Throws an Unfit: it cannot be read as one. */
export const read = (bytes) => {
  const record = load(bytes);
  if (!isObject(record) || record.version !== "selection-v1") throw new Unfit("version");
  return record;
};

const NAMED = ["enrolments", "quotes", "low_quotes", "runs", "order", "awards", "passed_over", "superseded"];
/** The first of everything that is wrong with the fields, as [code, path]. */
export const wrongFields = (record) => {
  const found = [];
  for (const each of fields(record, "record", "")) { found.push(each); if (found.length === MOST_NAMED) break; }
  if (found.length || record.public_from === null) return found;
  return NAMED.filter((name) => record[name] === null).map((name) => ["wrong", name]);
};
