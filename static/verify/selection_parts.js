// The parts that a selection rests on: draws, sealed quotes, the live auction, the panel. The same rules as selection_parts.py.
// Each check yields [code, about] of what differs; of a draw also what draw.js says.
import { bidsIn, checkAuction, opening } from "./auction.js";
import { parsePool, sha256, verifyRecord } from "./draw.js";
import { same } from "./selection_notice.js";
import { fourDecimals, meanOf, words, wrongOffer } from "./selection_stages.js";

const DROPPED = ["declined", "disqualified", "lapsed", "closed"];
const NOT_YET = ["source_time", "entered_by", "refused", "drawn_at", "key", "order"];
const DRAW_FIELDS = ["drawn_at", "entered_by", "excluded", "key", "order", "pool_file", "pool_hash", "receipt", "refused", "source_time", "value", "version"];

const bytesOf = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const hashOf = async (text) => hexOf(await sha256(bytesOf(text)));
export const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const texts = (all) => [...all].sort(byText);

// Whether the record of a draw holds; of one that has no value yet, its pool. → what differs, or null where it holds.
const wrongDraw = async (d, notChecked, witnessKeys) => {
  if (!isObject(d)) return { code: "object", computed: "" };
  if (d.value === null) {
    let pool = null;
    try { pool = parsePool(d.pool_file); } catch { /* named below */ }
    const fields = same(Object.keys(d).sort(), DRAW_FIELDS) && NOT_YET.every((name) => d[name] === null);
    return pool && fields && await hashOf(d.pool_file) === d.pool_hash ? null : { code: "form", computed: "" };
  }
  const found = await verifyRecord(bytesOf(JSON.stringify(d)), witnessKeys);
  for (const name of found.notChecked) notChecked.add(name);
  const [first] = found.differences;
  return first ? { code: first.code, computed: `${first.field} ${first.computed}` } : null;
};

/** The awards of what was computed before, from a mistyped bulletin. */
export const awardsBefore = (r) => r.superseded.flatMap((each) => each.awards);

// Where a typing error was not computed again from the same pool and receipt, as two of two bodies typed alike.
export async function* corrections(r, notChecked, witnessKeys) {
  const begun = [], now = new Map(r.draws.map((d) => [d.pool_file.split("\n")[2], d]));
  for (const [place, c] of r.corrections.entries()) {
    const { before, purpose } = c;
    const after = r.corrections.slice(place + 1).find((other) => other.purpose === purpose)?.before ?? now.get(purpose);
    const wrong = await wrongDraw(before, notChecked, witnessKeys);
    if (wrong !== null) yield ["draw", purpose, wrong];
    if (after === undefined || before.pool_file.split("\n")[2] !== purpose || ["pool_file", "receipt", "refused"].some((name) => !same(before[name], after[name]))) { yield ["other_pool", purpose]; continue; }
    const typed = Object.fromEntries(c.entries.map((each) => [each.role, [each.closed_at, each.value]])), taken = [after.source_time, after.value];
    if (!same(typed, { owner: taken, regulator: taken }) || c.entries.length !== 2) yield ["typed", purpose];
    if ((c.series === null) !== (before.value === after.value)) yield ["series", purpose];
    if (c.series !== null) begun.push(c.series);
    if (c.taken_at < texts([before.drawn_at ?? "", ...c.entries.map((each) => each.at)]).at(-1)) yield ["moment", `${purpose} correction`];
  }
  const expected = begun.map((_, at) => at + 1);
  if (!same([...begun].sort((a, b) => a - b), expected.map((each) => each + 1)) || !same(r.superseded.map((each) => each.series), expected)) yield ["series", "–"];
  for (const a of awardsBefore(r)) if (!DROPPED.includes(a.state) || !a.reason || a.notice_at) yield ["not_ended", a.uscc];
}

// Whether others stand beside the pool of a draw than those who were out by then.
const unlikeOut = (r, purpose, named) => {
  if (purpose !== "main") return named.length > 0;
  const place = r.notice.stages.findIndex((each) => each.stage === "draw");
  const later = new Set(r.runs.slice(Math.max(place, 0)).flatMap((run) => run.outputs.excluded.map((each) => each.uscc)));
  const out = new Map(r.enrolments.filter((e) => e.excluded !== null && !later.has(e.uscc)).map((e) => [e.uscc, e.excluded.code]));
  return !same(named, texts(out.keys()).map((id) => ({ id, code: out.get(id) })));
};

export async function* draws(r, notChecked, witnessKeys) {
  let expected = r.notice.draw_source;
  const seen = new Set();
  for (const [place, d] of r.draws.entries()) {
    const wrong = await wrongDraw(d, notChecked, witnessKeys);
    if (wrong !== null) { yield ["draw", String(place + 1), wrong]; continue; }
    const { project, purpose } = parsePool(d.pool_file), source = d.pool_file.split("\n")[3];
    if (project !== r.project) yield ["other_project", purpose];
    if (seen.has(purpose)) yield ["drawn_twice", purpose];
    seen.add(purpose);
    if (expected !== null && (expected.includes(":") ? source !== expected : !source.startsWith(`${expected}:`))) yield ["source", purpose];
    // What the parties revealed are the commitments of the next draw; where one did not, a lottery decides from then on.
    const parties = source.startsWith("parties:") ? source.split(":").length - 1 : 0;
    if (parties && d.value !== null && !d.refused.length && (new Set(d.entered_by).size !== parties || d.entered_by.length !== parties)) yield ["typists", purpose];
    if (d.value === null) expected = null;
    else if (d.refused.length) expected = "published";
    else expected = source.startsWith("parties:") ? `parties:${d.value}` : source;
    if (purpose !== "panel" && unlikeOut(r, purpose, d.excluded)) yield ["out", purpose];
    if (d.receipt !== null && r.notice.frozen_at && d.receipt.at < r.notice.frozen_at) yield ["moment", `${purpose} receipt`];
  }
}

/** USCC → fen of every quote that counts. */
export const counting = (r) => new Map(r.quotes.filter((q) => q.body !== null && q.invalid === null).map((q) => [q.uscc, q.amount]));

export async function* quotes(r) {
  const n = r.notice, listed = r.quote_list, last = new Map();
  for (const q of r.quotes) last.set(q.uscc, Math.max(q.seq, last.get(q.uscc) ?? 0));
  const enrolled = new Set(r.enrolments.map((e) => e.uscc));
  for (const q of r.quotes) {
    const name = `${q.uscc} ${q.seq}`;
    if (!enrolled.has(q.uscc)) yield ["not_enrolled", q.uscc];
    if (q.received_at > (n.enrol_until ?? q.received_at) || q.received_at < n.published_at) yield ["moment", `${name} received_at`];
    if (q.opened_at !== null && (listed === null || q.opened_at < listed.published_at)) yield ["moment", `${name} opened_at`];
    if ((q.opened_at === null) !== (q.body === null && q.invalid === null)) yield ["half_open", name];
    if (q.seq !== last.get(q.uscc) && q.opened_at !== null) yield ["replaced_opened", name];
    if (q.seq === last.get(q.uscc) && q.opened_at === null && r.runs.length) yield ["not_opened", name];
    if (q.body === null) { if (q.amount !== null) yield ["amount_alone", name]; continue; }
    if (await hashOf(q.body) !== q.commitment) yield ["other_body", name];
    const head = `quote-v1\n${r.project}\n${q.uscc}\n${q.seq}\n${q.amount}\n`;
    if (!q.body.startsWith(head) || !/^[0-9a-f]{64}\n$/.test(q.body.slice(head.length))) yield ["body_says", name];
    if (q.invalid !== wrongOffer(q.amount, n)) yield ["validity", name];
  }
  const lines = [...r.quotes].sort((a, b) => byText(a.uscc, b.uscc) || a.seq - b.seq);
  const said = lines.map((q) => `${q.uscc} ${q.seq} ${q.commitment} ${q.received_at}`);
  const body = ["quote-list-v1", r.project, ...said].map((line) => `${line}\n`).join("");
  const places = new Set(lines.map((q) => `${q.uscc} ${q.seq}`));
  if (!same(lines, r.quotes) || places.size !== lines.length) yield ["list", ""];
  if (listed === null) { if (lines.length || (n.needs_quotes && r.runs.length)) yield ["list", ""]; return; }
  if (listed.body !== body) yield ["list", ""];
  if (await hashOf(listed.body) !== listed.hash) yield ["list_hash", ""];
  if (listed.published_at < (n.enrol_until ?? "")) yield ["moment", "quote_list published_at"];
  if (listed.countersignature !== null && listed.countersignature.at < listed.published_at) yield ["moment", "countersignature"];
  yield* lowQuotes(r);
}

// Whoever was asked without having been low, or has half of an answer.
function* lowQuotes(r) {
  const low = new Set();
  for (const { outputs } of [...r.superseded.flatMap((each) => each.runs), ...r.runs]) {
    for (const [uscc, figure] of Object.entries(outputs.figures)) if (Object.hasOwn(figure, "low")) low.add(uscc);
    for (const each of outputs.excluded) if (each.code.startsWith("cost_statement_")) low.add(each.uscc);
  }
  const asked = r.low_quotes.map((each) => each.uscc);
  if (!same(asked, texts(new Set(asked))) || ![...low].every((uscc) => asked.includes(uscc))) yield ["low", texts(low).join(" ")];
  const done = r.runs.length === r.notice.stages.length;
  for (const { uscc, asked_at: at, given_at: given, decided_at: decided, ...each } of r.low_quotes) {
    if (done && !low.has(uscc)) yield ["low", uscc];
    if ((given === null) !== (each.statement === null) || (each.file !== null && given === null)) yield ["low_answer", uscc];
    const half = decided === null || given === null ? each.accepted === true || (decided === null && each.accepted !== null) : each.accepted === null;
    if (half) yield ["low_answer", uscc];
    if (!(at <= (given ?? at) && (given ?? at) <= (decided ?? given ?? at))) yield ["moment", `${uscc} cost statement`];
  }
}

/** The bids in their order: who and how much. */
export const bidsOf = (r) => {
  if (r.auction === null) return [];
  const who = new Map(r.auction.bidders.map((each) => [each.alias, each.uscc]));
  return bidsIn(r.auction).map(([alias, amount]) => ({ uscc: who.get(alias) ?? null, amount }));
};

export async function* auction(r) {
  const held = r.runs.filter((run) => run.stage === "auction"), a = r.auction;
  if (a === null) { if (held.length && held[0].inputs.candidates.length) yield ["no_auction", ""]; return; }
  const aliases = a.bidders.map((each) => ({ alias: each.alias, id: each.uscc, salt: each.salt }));
  yield* checkAuction({ project: r.project, entries: a.entries, aliases, statements: a.statements, state: held.length ? "closed" : "" });
  const { terms, opened, fixed } = opening(a.entries[0].body.split("\n"));
  for (const each of a.bidders) if (fixed.get(each.alias) !== each.commitment) yield ["alias", each.alias];
  const names = a.bidders.map((each) => each.alias);
  if (!same(names, texts(new Set(names)))) yield ["alias", "–"];
  if (`${new Date(Math.floor(opened / 1000)).toISOString().slice(0, 19)}Z` < (r.notice.frozen_at ?? "")) yield ["moment", "auction"];
  for (const each of a.statements) {
    const whole = a.bidders.some((bidder) => bidder.uscc === each.uscc) && each.explains_from >= 1;
    if (!whole || (each.accepted === null) !== (each.decided_at === null)) yield ["statement", each.uscc];
    if (each.decided_at !== null && each.decided_at < each.given_at) yield ["statement", each.uscc];
  }
  for (const run of held) {
    if (!same(run.parameters.terms ?? null, terms)) yield ["other_terms", ""];
    if (!same(texts(a.bidders.map((each) => each.uscc)), run.inputs.candidates.map((c) => c.uscc))) yield ["bidders", ""];
  }
}

/** Criterion → USCC → the experts' points in the order of the seats, from the panel's record. */
export const panelPoints = (r) => {
  const found = {};
  if (r.scores === null) return found;
  const { record } = r.scores, agency = new Map(record.plans.map((each) => [each.plan, each.agency]));
  for (const line of record.scores) (found[line.criterion] ??= {})[agency.get(line.plan) ?? line.plan] = line.given.map((each) => each.points);
  return found;
};

const sortedKeys = (value) => (Array.isArray(value) ? value.map(sortedKeys) : isObject(value)
  ? Object.fromEntries(Object.keys(value).sort(byText).map((name) => [name, sortedKeys(value[name])])) : value);

export async function* panel(r) {
  const wanted = r.notice.terms.criteria.filter((each) => each.kind === "panel");
  const scored = r.runs.filter((run) => run.stage === "score");
  if (r.scores === null) { if (wanted.length && scored.some((run) => run.outputs.order.length)) yield ["no_panel", ""]; return; }
  const { record, experts } = r.scores, ids = record.experts.map((each) => each.id), size = r.notice.terms.panel_size;
  if (await hashOf(JSON.stringify(sortedKeys(record))) !== r.scores.hash) yield ["record_hash", ""];
  if (record.version !== "panel-record-v1" || record.project !== r.project || record.size !== size || ids.length !== size) yield ["record_head", ""];
  const named = wanted.map((k) => ({ name: k.name, weight: k.weight, description: k.description ?? "" }));
  if (!same(record.criteria, named)) yield ["record_criteria", ""];
  yield* seats(r, record);
  yield* people(r, record, experts);
  yield* linesOf(record, ids, wanted.map((each) => each.name));
  const planned = new Set(record.plans.map((each) => each.agency));
  const rated = scored.flatMap((run) => run.inputs.candidates.map((c) => c.uscc).filter((uscc) => run.outputs.order.includes(uscc)));
  if (!rated.every((uscc) => planned.has(uscc))) yield ["plans", ""];
  const letters = record.plans.map((each) => each.plan);
  if (planned.size !== letters.length || !same(letters, [...letters].sort((a, b) => a.length - b.length || byText(a, b)))) yield ["plans", ""];
  for (const each of record.plans) if (each.received_at > (r.notice.enrol_until ?? each.received_at) || each.seq < 1) yield ["plans", each.plan];
}

// Where the panel is not the head of the drawn order, but for those who were called and passed over.
function* seats(r, record) {
  const drawn = r.draws.filter((d) => d.pool_file.split("\n")[2] === "panel" && d.order !== null).map((d) => d.order);
  const called = [...record.experts, ...record.passed_over].sort((a, b) => a.position - b.position);
  if (drawn.length !== 1) { yield ["seats", "–"]; return; }
  const order = drawn[0].slice(0, called.length).map((id, place) => [place + 1, id]);
  if (!same(called.map((each) => [each.position, each.id]), order)) yield ["seats", called.map((each) => each.position).join(" ")];
  for (const part of [record.experts, record.passed_over]) if (part.some((each, at) => at && part[at - 1].position > each.position)) yield ["seats", "–"];
  const left = texts(record.passed_over.map((each) => each.at));
  for (const each of record.experts) {
    if (!(each.invited_at <= each.accepted_at && each.accepted_at <= each.submitted_at)) yield ["moment", `seat ${each.position}`];
    // Who stands behind the first seats is asked only once somebody before has dropped out.
    const waits = each.position - record.size;
    if (waits > 0 && waits <= left.length && each.invited_at < left[waits - 1]) yield ["moment", `seat ${each.position}`];
  }
}

// Where a person, or a sheet, is not the one that was bound beforehand.
async function* people(r, record, experts) {
  if (!same(experts.map((each) => each.id), record.experts.map((each) => each.id))) { yield ["people", "–"]; return; }
  const agency = new Map(record.plans.map((each) => [each.plan, each.agency]));
  const inOrder = (a, b) => byText(a[0], b[0]) || byText(a[1], b[1]) || a[2] - b[2] || byText(a[3], b[3]);
  for (const [at, each] of experts.entries()) {
    const seat = record.experts[at], parts = each.body.split("\n");
    if (await hashOf(each.body) !== each.id || parts[0] !== "expert-v1" || parts[1] !== r.project || parts.length !== 8) { yield ["people", String(seat.position)]; continue; }
    if ((each.answer === "dissented") !== (each.dissent !== "")) yield ["dissent", String(seat.position)];
    const given = record.scores.flatMap((line) => line.given.filter((cell) => cell.expert === each.id).map((cell) => [agency.get(line.plan) ?? "", line.criterion, cell.points, cell.sentence]));
    const rows = given.sort(inOrder).map(([uscc, points_of, points, said]) => `${uscc} ${points} ${points_of.split(/\s+/).filter(Boolean).join(" ")}: ${said}`);
    const sheet = ["scores-v1", r.project, each.id, ...rows, parts[6]].map((line) => `${line}\n`).join("");
    if (await hashOf(sheet) !== seat.sheet_hash) yield ["sheet", String(seat.position)];
  }
}

// The places that do not count: with five or more, the first lowest and the last highest.
const dropped = (points) => {
  const places = [...points.keys()].sort((a, b) => points[a] - points[b] || a - b);
  return new Set(points.length >= 5 ? [places[0], places.at(-1)] : []);
};
// Where a line of the table does not follow from the points in it.
function* linesOf(record, ids, names) {
  const wanted = names.flatMap((name) => record.plans.map((each) => [name, each.plan]));
  if (!same(record.scores.map((line) => [line.criterion, line.plan]), wanted)) yield ["lines", "–"];
  for (const line of record.scores) {
    const name = `${line.criterion} ${line.plan}`, points = line.given.map((cell) => cell.points);
    if (!same(line.given.map((cell) => cell.expert), ids) || !points.every((each) => each >= 0 && each <= 100) || !points.length) { yield ["lines", name]; continue; }
    const out = dropped(points), mean = meanOf(points);
    const kept = line.given.every((cell, place) => cell.dropped === out.has(place) && cell.sentence.trim() !== "");
    if (line.mean !== fourDecimals(mean) || line.exact !== words(mean) || !kept) yield ["lines", name];
  }
}
