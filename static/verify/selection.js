// The record of a whole selection (selection-v1), computed again in the reader's own browser. Nothing here asks a server.
// The same rules as selection_verify.py; the draws by draw.js, the stages by selection_stages.js. Format: docs/selection.md.
import { refuseDoubles, sha256, verifyRecord } from "./draw.js";
import { runAgain, wrongQuote } from "./selection_stages.js";

const MAX_BYTES = 32 * 1024 * 1024;
const FIELDS = ["version", "project", "name", "state", "public_from", "notice", "draws", "corrections", "quote_list", "enrolments", "quotes", "low_quotes", "auction", "scores", "choice", "runs", "order", "awards", "passed_over", "superseded", "failure"];
const LISTS = ["draws", "corrections", "superseded", "enrolments", "quotes", "low_quotes", "runs", "order", "awards", "passed_over"];
const TERMS = ["ceiling", "floor", "start", "step", "low_line", "seconds", "extension_seconds", "cap_seconds", "step_doubles_seconds"];
const DROPPED = ["declined", "disqualified", "lapsed", "closed"];
const OUT_FOR_GOOD = DROPPED.slice(0, 3);
const WHOLE = /^(?:0|[1-9][0-9]{0,14})$/;

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text) => new TextEncoder().encode(text);
const hashOf = async (text) => hexOf(await sha256(bytesOf(text)));
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byUscc = (a, b) => byText(a.uscc, b.uscc);
const sorted = (value) => (Array.isArray(value) ? value.map(sorted) : value !== null && typeof value === "object"
  ? Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])])) : value);
const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const number = (text) => { if (!WHOLE.test(text)) throw new Error(`${text}: not a whole number`); return Number(text); };

class Unfit extends Error {
  constructor(code, about = "") { super(`${code} ${about}`); this.code = code; this.about = about; }
}
const read = (bytes) => {
  if (bytes.length > MAX_BYTES) throw new Unfit("too_large");
  let text, r;
  try { text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch { throw new Unfit("not_utf8"); }
  try { r = JSON.parse(text); } catch { throw new Unfit("not_json"); }
  try { refuseDoubles(text); } catch (error) { throw new Unfit("twice", error.field); }
  if (r === null || typeof r !== "object" || r.version !== "selection-v1" || !same(Object.keys(r), FIELDS)) throw new Unfit("fields");
  if (r.public_from === null) throw new Unfit("not_public");
  for (const name of LISTS) if (!Array.isArray(r[name])) throw new Unfit("no_list", name);
  return r;
};

// -- the steps: each tells what differs, by a code and what it is about
const draws = async (r, differs, notChecked, witnessKeys) => {
  const byPurpose = new Map();
  for (const d of r.draws) {
    const [, project, purpose] = d.pool_file.split("\n");
    if (project !== r.project) differs("other_project", purpose);
    if (byPurpose.has(purpose)) differs("drawn_twice", purpose);
    byPurpose.set(purpose, d);
    const found = await verifyRecord(bytesOf(JSON.stringify(d)), witnessKeys);
    for (const name of found.notChecked) notChecked.add(name);
    // Until there is a value only the pool can be checked: nothing was drawn, and nothing rests on it.
    for (const { field, code, computed } of found.differences) if (d.value !== null || field.startsWith("pool")) differs("draw", `${purpose} ${field}`, { code, computed });
  }
  for (const run of r.runs) {
    for (const [purpose, fact] of Object.entries(run.inputs.facts?.draws ?? {})) {
      const d = byPurpose.get(purpose);
      const drawn = fact.value === null || (fact.value === d?.value && fact.refused === Boolean(d.refused?.length));
      if (fact.pool_file !== d?.pool_file || !drawn) differs("other_draw", `${run.stage} ${purpose}`);
    }
  }
};

// A typing error: the same pool and receipt, other numbers that two of two bodies typed alike.
const corrections = async (r, differs, notChecked, witnessKeys) => {
  const begun = [], now = new Map(r.draws.map((d) => [d.pool_file.split("\n")[2], d]));
  for (const [at, c] of r.corrections.entries()) {
    const { before, purpose } = c;
    const after = r.corrections.slice(at + 1).find((other) => other.purpose === purpose)?.before ?? now.get(purpose);
    for (const { field } of (await verifyRecord(bytesOf(JSON.stringify(before)), witnessKeys)).differences) differs("draw", `${purpose} ${field}`);
    if (before.pool_file.split("\n")[2] !== purpose || ["pool_file", "receipt", "refused"].some((name) => !same(before[name], after?.[name]))) differs("other_pool", purpose);
    const typed = Object.fromEntries(c.entries.map((each) => [each.role, [each.closed_at, each.value]]));
    const taken = [after?.source_time, after?.value];
    if (!same(typed, { owner: taken, regulator: taken })) differs("typed", purpose);
    if ((c.series === null) !== (before.value === after?.value)) differs("series", purpose);
    if (c.series !== null) begun.push(c.series);
  }
  const expected = begun.map((_, at) => at + 1);
  if (!same([...begun].sort((a, b) => a - b), expected.map((each) => each + 1)) || !same(r.superseded.map((s) => s.series), expected)) differs("series");
  for (const a of awardsBefore(r)) if (!DROPPED.includes(a.state) || !a.reason || a.notice_at) differs("not_ended", a.uscc);
};
const awardsBefore = (r) => r.superseded.flatMap((each) => each.awards);

const quotes = async (r, differs) => {
  const bounds = r.notice.stages.find((stage) => stage.bounds)?.bounds;
  for (const q of r.quotes) {
    const name = `${q.uscc} ${q.seq}`;
    if (q.body === null) { if (q.amount !== null) differs("amount_alone", name); continue; }
    if (await hashOf(q.body) !== q.commitment) differs("other_body", name);
    const head = `quote-v1\n${r.project}\n${q.uscc}\n${q.seq}\n${q.amount}\n`;
    if (!q.body.startsWith(head) || !/^[0-9a-f]{64}\n$/.test(q.body.slice(head.length))) differs("body_says", name);
    if (bounds && q.invalid !== wrongQuote(q.amount, bounds)) differs("validity", name);
    if (r.quotes.some((other) => other.uscc === q.uscc && other.seq > q.seq)) differs("replaced_opened", name);
  }
  const lines = [...r.quotes].sort((a, b) => byUscc(a, b) || a.seq - b.seq);
  const places = new Set(lines.map((q) => `${q.uscc} ${q.seq}`));
  const body = ["quote-list-v1", r.project, ...lines.map((q) => `${q.uscc} ${q.seq} ${q.commitment} ${q.received_at}`)].map((line) => `${line}\n`).join("");
  if (places.size !== lines.length || (r.quote_list ? r.quote_list.body !== body : lines.length)) differs("list");
  if (r.quote_list && await hashOf(r.quote_list.body) !== r.quote_list.hash) differs("list_hash");
};

const partsOf = (entry) => entry.body.split("\n");
const bidsOf = (r) => {
  const who = new Map((r.auction?.bidders ?? []).map((each) => [each.alias, each.uscc]));
  return (r.auction?.entries ?? []).map(partsOf).filter((parts) => parts[0] === "auction-entry-v1" && parts[3] === "bid").map((parts) => ({ uscc: who.get(parts[4]) ?? null, amount: number(parts[5]) }));
};
const auction = async (r, differs) => {
  const { entries, bidders } = r.auction ?? { entries: [], bidders: [] };
  let previous = new Uint8Array(32), lowest = null, over = false, terms, last, ends;
  for (const b of bidders) if (await hashOf(`auction-alias-v1\n${r.project}\n${b.alias}\n${b.uscc}\n${b.salt}\n`) !== b.commitment) differs("alias", b.alias);
  for (const [at, e] of entries.entries()) {
    const lines = partsOf(e);
    previous = await sha256(new Uint8Array([...previous, ...bytesOf(e.body)]));
    if (e.seq !== at || e.hash !== hexOf(previous)) differs("chain", at);
    if (at === 0) {
      const numbers = lines.slice(4, 6).join(" ").split(" ");
      terms = Object.fromEntries(TERMS.map((name, place) => [name, number(numbers[place])]));
      [last, ends] = lines.slice(2, 4);
      const fixed = bidders.map((b) => `${b.alias} ${b.commitment}`).sort(byText);
      if (lines[0] !== "auction-v1" || lines[1] !== r.project || !same(lines.slice(6, -1), fixed)) differs("opening");
      continue;
    }
    const [version, project, seq, kind, , amount, step, moment, until, end] = lines;
    const head = lines.length !== 10 || version !== "auction-entry-v1" || project !== r.project || seq !== String(at) || end !== "";
    if (head || over || moment < last || until < ends || (kind === "closed" && moment < ends)) differs("entry", at);
    if (kind === "bid") {
      const most = lowest === null ? terms.start : lowest - number(step);
      if (!(terms.floor <= number(amount) && number(amount) <= most) || number(step) < terms.step || moment >= ends) differs("bid", at);
      lowest = number(amount);
    }
    [over, last, ends] = [kind === "closed", moment, until];
  }
  for (const run of entries.length ? r.runs : []) {
    const fact = run.inputs.facts?.auction ?? null;
    if (run.stage === "auction" && !same(run.parameters.terms, terms)) differs("other_terms");
    if ((run.stage === "auction" || fact !== null) && !same(fact, { bids: bidsOf(r), head: entries.at(-1).hash })) differs("other_bids");
  }
};

const counting = (r) => new Map(r.quotes.filter((q) => q.body !== null && q.invalid === null).map((q) => [q.uscc, q.amount]));
const excludedBy = (r) => new Map(r.runs.flatMap((run) => run.outputs.excluded).map((each) => [each.uscc, each.code]));
const enrolments = (r, differs) => {
  const out = excludedBy(r), before = new Set(r.superseded.flatMap((each) => each.runs).flatMap((run) => run.outputs.excluded).map((each) => each.uscc)), asked = counting(r), expected = new Map();
  for (const e of r.enrolments) {
    const checks = e.checks.filter((check) => check.moment === "freeze");
    const bad = (checks.at(-1)?.rules ?? []).filter((rule) => !rule.ok).map((rule) => rule.code);
    if (bad.length && e.excluded?.code !== bad[0]) differs("rule_not_met", `${e.uscc} ${bad[0]}`);
    const quoted = !r.notice.needs_quotes || asked.has(e.uscc);
    if (e.state === "excluded" && !bad.length && !out.has(e.uscc) && !before.has(e.uscc) && quoted) differs("no_ground", e.uscc);
    if ((e.state === "excluded") !== (e.excluded !== null)) differs("half_out", e.uscc);
    const whole = r.runs.length === r.notice.stages.length;
    if (whole && out.has(e.uscc) && e.state !== "cancelled" && e.excluded?.code !== out.get(e.uscc)) differs("other_code", e.uscc);
    if (e.figures !== null && (e.state === "live" || out.has(e.uscc))) expected.set(e.uscc, { ...e.figures, quote: asked.get(e.uscc) ?? null });
  }
  const given = r.runs.length ? new Map(r.runs[0].inputs.candidates.map((one) => [one.uscc, one])) : expected;
  for (const uscc of [...new Set([...expected.keys(), ...given.keys()])].sort(byText)) {
    if (!same(expected.get(uscc) ?? null, given.get(uscc) ?? null)) differs("other_figures", uscc);
  }
};

const decisionsOf = (r) => new Map(r.low_quotes.map((low) => [low.uscc, low.statement === null ? "absent" : low.accepted ? "accepted" : "rejected"]));
const runs = async (r, differs) => {
  const decided = decisionsOf(r);
  for (const [at, run] of r.runs.entries()) {
    const name = `${at + 1} ${run.stage}`, { facts } = run.inputs;
    if (!same(run.parameters, r.notice.stages[at]) || run.stage !== run.parameters.stage) differs("parameters", name);
    if (at) {
      const before = r.runs[at - 1];
      const left = before.inputs.candidates.filter((one) => before.outputs.passed_on.includes(one.uscc));
      if (!same([...left].sort(byUscc), [...run.inputs.candidates].sort(byUscc))) differs("passed_on", name);
    }
    const again = await runAgain(run.parameters, run.inputs);
    if (!same(again, run.outputs)) differs("computed", `${name}: ${(again.order ?? [again.waiting]).join(" ")}`);
    if (facts.project !== r.project) differs("other_project", name);
    for (const [uscc, what] of Object.entries(facts.low_decisions)) if (decided.get(uscc) !== what) differs("decision", uscc);
    if (facts.choice !== null && !same(facts.choice, r.choice && { uscc: r.choice.uscc, reason: r.choice.reason })) differs("choice", name);
  }
};

const finalOrder = (r) => (r.runs.length && r.runs.length === r.notice.stages.length ? r.runs.at(-1).outputs.order : []);
const order = (r, differs) => {
  const last = finalOrder(r), asked = counting(r), bids = new Map(bidsOf(r).map((bid) => [bid.uscc, bid.amount]));
  if (!same(r.order.map((o) => [o.position, o.uscc]), last.map((uscc, at) => [at + 1, uscc]))) differs("not_the_last", last.join(" "));
  for (const o of r.order) {
    if (o.price !== (bids.get(o.uscc) ?? asked.get(o.uscc) ?? null)) differs("price", o.uscc);
    const figures = Object.fromEntries(r.runs.filter((run) => Object.hasOwn(run.outputs.figures, o.uscc)).map((run) => [run.stage, run.outputs.figures[o.uscc]]));
    if (!same(o.figures, figures)) differs("figures", o.uscc);
  }
};

const awards = (r, differs) => {
  const had = awardsBefore(r).filter((a) => OUT_FOR_GOOD.includes(a.state)).map((a) => a.uscc), over = new Set();
  let first = null;
  // Down the order: who had an award is skipped; in priced modes also who asks more above the first winner than may be.
  const next = () => r.order.find((o) => {
    if (had.includes(o.uscc) || over.has(o.uscc)) return false;
    const tooMuch = r.notice.priced && first !== null && BigInt(o.price) * 100n > BigInt(first) * BigInt(100 + r.notice.numbers.succession_price_percent);
    if (tooMuch) over.add(o.uscc);
    return !tooMuch;
  });
  for (const [at, award] of r.awards.entries()) {
    const expected = next();
    if (award.uscc !== expected?.uscc || award.position !== expected?.position) { differs("next", `${at + 1}: ${expected?.uscc ?? "–"}`); return; }
    if (award.price !== (expected.price ?? r.notice.ceiling)) differs("price", award.uscc);
    const dropped = DROPPED.includes(award.state);
    if (dropped ? !award.reason : at + 1 < r.awards.length) differs("dropped", award.uscc);
    if (award.notice_at && award.notice_at < (award.standstill_until ?? "")) differs("notice_early", award.uscc);
    first ??= award.price;
    had.push(award.uscc);
  }
  if (r.failure?.code === "order_used_up" && next() !== undefined) differs("somebody_left", next().uscc);
  if (!same(r.order.filter((o) => over.has(o.uscc)).map((o) => o.uscc), r.passed_over)) differs("passed_over", [...over].join(" "));
};

const STEPS = { draws, corrections, quotes, auction, enrolments, runs, order, awards };

/**
 * Check the bytes of a record; never throws for bad input. `witnessKeys` as for draw.js.
 * → {ok, steps: [{name, ok, detail: [{code, about, more?}]}], differences: [{step, code, about, more?}], notChecked}
 * `more`: what draw.js says of a draw that does not hold, {code, computed}.
 */
export async function verifySelection(bytes, witnessKeys = null) {
  const steps = [], notChecked = new Set();
  const step = (name, detail) => steps.push({ name, ok: detail.length === 0, detail });
  const finished = () => {
    const differences = steps.flatMap(({ name, detail }) => detail.map((each) => ({ step: name, ...each })));
    return { ok: differences.length === 0, steps, differences, notChecked: [...notChecked] };
  };
  let r;
  try { r = read(bytes); } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    step("form", [{ code: error.code, about: error.about }]);
    notChecked.add("rest");
    return finished();
  }
  step("form", []);
  for (const [name, check] of Object.entries(STEPS)) {
    const detail = [];
    try { await check(r, (code, about = "", more = null) => detail.push({ code, about: String(about), ...(more && { more }) }), notChecked, witnessKeys); } catch (error) { detail.push({ code: "unreadable", about: error.message }); }
    step(name, detail);
  }
  if (r.quote_list) notChecked.add("countersignature");
  for (const name of ["registers", "calendar"]) notChecked.add(name);
  if (r.scores) notChecked.add("panel");
  return finished();
}
