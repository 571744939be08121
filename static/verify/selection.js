// The record of a whole selection (selection-v1), computed again in the reader's own browser. Nothing here asks a server.
// The same rules as selection_verify.py, file by file: fields, notice, stages, parts. Format: docs/selection.md.
import { checks } from "./selection_checks.js";
import { read, Unfit, wrongFields } from "./selection_fields.js";
import { notice, same } from "./selection_notice.js";
import { auction, awardsBefore, bidsOf, byText, corrections, counting, draws, panel, panelPoints, quotes } from "./selection_parts.js";
import { BrokenStage, byRate, rateOf, runAgain } from "./selection_stages.js";

const DROPPED = ["declined", "disqualified", "lapsed", "closed"];
// What a correction cannot undo: who gave up, was put out or let the time pass.
const OUT_FOR_GOOD = DROPPED.slice(0, 3);
// Where a purchase can stand while its last award stands like this; a suspended one can stand anywhere.
const STANDS = { offered: ["selecting"], announced: ["announced"], awarded: ["awarded"], contracted: ["in_service", "completed", "archived", "terminated"] };

const whole = (r) => r.runs.length === r.notice.stages.length;
const excludedBy = (r) => new Map(r.runs.flatMap((run) => run.outputs.excluded).map((each) => [each.uscc, each.code]));
const byUscc = (list) => new Map(list.map((each) => [each.uscc, each]));
const sorted = (all) => [...all].sort(byText);
const later = (one, other) => (one > other ? one : other);

function* enrolments(r) {
  const n = r.notice, out = excludedBy(r), asked = counting(r), expected = new Map(), seen = new Set();
  const earlier = new Set(r.superseded.flatMap((each) => each.runs).flatMap((run) => run.outputs.excluded).map((each) => each.uscc));
  const invalid = new Map(r.quotes.filter((q) => q.invalid !== null).map((q) => [q.uscc, q.invalid]));
  let last = "";
  for (const e of r.enrolments) {
    const u = e.uscc, code = e.excluded?.code ?? null, cancelled = e.state === "cancelled";
    if (!cancelled) { if (seen.has(u)) yield ["enrolled_twice", u]; seen.add(u); }
    if (cancelled !== (e.cancelled_at !== null)) yield ["cancelled", u];
    if (e.enrolled_at < later(last, n.published_at) || e.enrolled_at > (n.enrol_until ?? e.enrolled_at)) yield ["moment", `${u} enrolled_at`];
    if (e.cancelled_at !== null && e.enrolled_at > e.cancelled_at) yield ["moment", `${u} cancelled_at`];
    last = e.enrolled_at;
    const freeze = e.checks.filter((check) => check.moment === "freeze").at(-1);
    const bad = (freeze?.rules ?? []).filter((rule) => !rule.ok).map((rule) => rule.code);
    if (bad.length && code !== bad[0]) yield ["rule_not_met", `${u} ${bad[0]}`];
    if ((e.state === "excluded") !== (e.excluded !== null)) yield ["half_out", u];
    const lacks = (n.needs_quotes && !asked.has(u)) || code === "no_proposal" || earlier.has(u);
    if (e.state === "excluded" && !bad.length && !out.has(u) && !lacks) yield ["no_ground", u];
    if (whole(r) && out.has(u) && !cancelled && code !== out.get(u)) yield ["other_code", u];
    if (invalid.has(u) && code !== null && code !== invalid.get(u)) yield ["other_code", u];
    if (e.figures !== null) {
      if (e.figures.uscc !== u || e.figures.quote !== null || e.figures.rate !== null || cancelled) yield ["figures", u];
      if (n.has_enrolment && freeze === undefined) yield ["no_check", u];
      const quote = asked.get(u) ?? null, rate = byRate(n) ? rateOf(quote, n.ceiling) : null;
      if (e.state === "live" || out.has(u)) expected.set(e.figures.uscc, { ...e.figures, quote, rate });
    } else if (e.state === "live" && n.frozen_at !== null) yield ["figures", u];
  }
  if (!r.runs.length) return;
  const given = byUscc(r.runs[0].inputs.candidates);
  for (const u of sorted(new Set([...expected.keys(), ...given.keys()]))) if (!given.has(u) || !expected.has(u) || !same(given.get(u), expected.get(u))) yield ["other_figures", u];
  const least = (n.numbers.fewest_extended ?? n.rules.fewest_after_extension) || n.numbers.fewest || n.rules.fewest_valid;
  const valid = r.enrolments.filter((e) => e.figures !== null).length;
  if (valid < least) yield ["too_few", String(valid)];
}

// Where the choice was not made of those who came to it, or by the notice.
function* choice(r) {
  const chosen = r.choice, { named } = r.notice, held = r.runs.filter((run) => run.stage === "choose" && run.inputs.candidates.length);
  if ((chosen === null) !== (held.length === 0)) { yield ["choice", "–"]; return; }
  for (const run of held) {
    const left = run.inputs.candidates.map((c) => c.uscc);
    if (!same(chosen.members, left) || chosen.chosen_at !== run.finished_at) yield ["choice", "choose"];
    if (named !== null && !same(left, [named])) yield ["named", named];
  }
}

const decisionsOf = (r) => Object.fromEntries(r.low_quotes.filter((low) => low.decided_at !== null)
  .map((low) => [low.uscc, low.statement === null ? "absent" : low.accepted ? "accepted" : "rejected"]));
// Everything that had come in by the end, as the last stage must have had it.
const factsOf = (r) => ({
  project: r.project,
  draws: Object.fromEntries(r.draws.map((d) => [d.pool_file.split("\n")[2], { pool_file: d.pool_file, receipted: d.receipt !== null, value: d.value, refused: Boolean(d.refused?.length) }])),
  low_decisions: decisionsOf(r), panel: panelPoints(r),
  choice: r.choice && { uscc: r.choice.uscc, reason: r.choice.reason },
  auction: r.auction && { bids: bidsOf(r), head: r.auction.entries.at(-1).hash },
});
const own = (value, name) => (Object.hasOwn(value, name) ? value[name] : undefined);

// What a stage rests on and the rest of the record does not show.
function* facts(r, run, everything) {
  const mine = run.inputs.facts, { stage } = run;
  if (mine.project !== r.project) yield ["other_project", stage];
  for (const purpose of sorted(Object.keys(mine.draws))) {
    const fact = mine.draws[purpose], known = own(everything.draws, purpose);
    const drawnLater = known !== undefined && same(fact, { ...known, value: null, refused: false, receipted: fact.receipted });
    if (!drawnLater && (known === undefined || !same(fact, known))) yield ["other_draw", `${stage} ${purpose}`];
  }
  if (mine.choice !== null && !same(mine.choice, everything.choice)) yield ["choice", stage];
  for (const u of sorted(Object.keys(mine.low_decisions))) if (mine.low_decisions[u] !== own(everything.low_decisions, u)) yield ["decision", u];
  if (Object.keys(mine.panel).length && !same(mine.panel, everything.panel)) yield ["other_points", stage];
  if ((mine.auction ?? null) !== null && !same(mine.auction, everything.auction)) yield ["other_bids", stage];
}

// `complete`: what the last stage knew is all that came in.
async function* runs(r, complete = true) {
  const n = r.notice, everything = factsOf(r);
  let before = null, last = n.frozen_at ?? n.published_at;
  for (const [place, run] of r.runs.entries()) {
    const name = `${place + 1} ${run.stage}`, mine = run.inputs.facts, { candidates } = run.inputs;
    if (place >= n.stages.length || !same(run.parameters, n.stages[place]) || run.stage !== run.parameters.stage) { yield ["parameters", name]; return; }
    // What was computed again was drawn later than the stage that it may still hold for.
    const named = Object.keys(mine.draws).filter((purpose) => r.corrections.every((each) => each.purpose !== purpose));
    const drawn = r.draws.filter((d) => d.value && named.includes(d.pool_file.split("\n")[2])).map((d) => d.drawn_at);
    if (!(last <= run.started_at && run.started_at <= run.finished_at) || drawn.some((at) => at > run.finished_at)) yield ["moment", name];
    last = run.started_at;
    if (!same(candidates.map((c) => c.uscc), sorted(new Set(candidates.map((c) => c.uscc))))) yield ["passed_on", name];
    if (before !== null) {
      if (!same(candidates, before.inputs.candidates.filter((c) => before.outputs.passed_on.includes(c.uscc)))) yield ["passed_on", name];
      const earlier = before.inputs.facts;
      const lost = ["low_decisions", "draws"].some((part) => Object.keys(earlier[part]).some((each) => !Object.hasOwn(mine[part], each)));
      if (lost || (earlier.choice !== null && mine.choice === null)) yield ["facts", name];
    }
    yield* facts(r, run, everything);
    if (complete && whole(r) && place + 1 === r.runs.length && !same({ ...mine, auction: mine.auction ?? null }, everything)) yield ["facts", name];
    try {
      const again = await runAgain(run.parameters, run.inputs);
      if (!same(again, run.outputs)) yield ["computed", `${name}: ${again.order.join(" ")}`];
    } catch (error) {
      if (!(error instanceof BrokenStage)) throw error;
      yield ["computed", `${name}: ${error.code}`];
    }
    before = run;
  }
}

const finalOrder = (r) => (r.runs.length && whole(r) ? r.runs.at(-1).outputs.order : []);
function* order(r) {
  const last = finalOrder(r), asked = counting(r), bids = new Map(bidsOf(r).map((bid) => [bid.uscc, bid.amount]));
  if (!same(r.order.map((o) => [o.position, o.uscc]), last.map((uscc, at) => [at + 1, uscc]))) yield ["not_the_last", last.join(" ")];
  for (const o of r.order) {
    if (o.price !== (bids.get(o.uscc) ?? asked.get(o.uscc) ?? null)) yield ["price", o.uscc];
    const figures = Object.fromEntries(r.runs.filter((run) => Object.hasOwn(run.outputs.figures, o.uscc)).map((run) => [run.stage, run.outputs.figures[o.uscc]]));
    if (!same(o.figures, figures)) yield ["figures", o.uscc];
  }
}

// `complete`: it is the series that counts, with its end.
function* awards(r, complete = true) {
  const n = r.notice, over = new Set(), had = awardsBefore(r).filter((award) => OUT_FOR_GOOD.includes(award.state)).map((award) => award.uscc), percent = BigInt(100 + (n.numbers.succession_price_percent ?? 0));
  let first = null, last = r.runs.length ? r.runs.at(-1).finished_at : "";
  // Down the order: who had an award is skipped; in priced modes also who asks more above the first than may be.
  const next = () => r.order.find((o) => {
    if (had.includes(o.uscc) || over.has(o.uscc)) return false;
    const tooMuch = n.priced && first !== null && BigInt(o.price ?? 0) * 100n > BigInt(first) * percent;
    if (tooMuch) over.add(o.uscc);
    return !tooMuch;
  });
  for (const [place, award] of r.awards.entries()) {
    const expected = next(), u = award.uscc, dropped = DROPPED.includes(award.state);
    if (u !== expected?.uscc || award.position !== expected.position) { yield ["next", `${place + 1}: ${expected?.uscc ?? "–"}`]; return; }
    if (award.price !== (expected.price ?? n.ceiling)) yield ["price", u];
    if (dropped !== (award.reason !== "") || dropped !== (award.ended_at !== null)) yield ["dropped", u];
    if (!dropped && place + 1 < r.awards.length) yield ["dropped", u];
    yield* awardMoments(n, award, last);
    last = award.ended_at ?? last;
    first ??= award.price;
    had.push(u);
  }
  if (!complete) return;
  if (!r.awards.length && r.order.length && !["failed", "withdrawn", "void", "suspended"].includes(r.state)) yield ["next", `1: ${r.order[0].uscc}`];
  if (r.failure?.code === "order_used_up") { const left = next(); if (left !== undefined) yield ["somebody_left", left.uscc]; }
  if (!same(r.order.filter((o) => over.has(o.uscc)).map((o) => o.uscc), r.passed_over)) yield ["passed_over", [...over].join(" ")];
  yield* standing(r);
}

// What of an award comes too early, or without what belongs to it.
function* awardMoments(n, award, last) {
  const { uscc: u, announced_at: announced, standstill_until: until, notice_at: noticed } = award, told = announced !== null;
  if (told && (until === null || !(last <= announced && announced <= until))) yield ["moment", `${u} announced_at`];
  if (!told && (until !== null || noticed !== null || ["announced", "awarded", "contracted"].includes(award.state))) yield ["moment", `${u} announced_at`];
  if (told && n.has_enrolment && announced !== last) yield ["moment", `${u} announced_at`];
  if (noticed !== null && (until === null || noticed < until)) yield ["notice_early", u];
  const number = award.notice_number ?? "";
  if ((noticed === null) !== (award.notice_number === null) || (number !== "" && !number.endsWith(`-${award.position}`))) yield ["notice_number", u];
  if (["awarded", "contracted"].includes(award.state) && noticed === null) yield ["notice_number", u];
  if (award.ended_at !== null && award.ended_at < (announced ?? last)) yield ["moment", `${u} ended_at`];
}

// Where the state of the purchase does not fit the last award, or its end.
function* standing(r) {
  const ended = ["failed", "withdrawn", "void"].includes(r.state), suspended = r.state === "suspended";
  if (ended !== (r.failure !== null) && !suspended) yield ["state", r.state];
  if (r.failure !== null && r.failure.at < (r.notice.frozen_at ?? r.notice.published_at)) yield ["moment", "failure"];
  const live = r.awards.filter((award) => !DROPPED.includes(award.state));
  if (live.length && !suspended && !STANDS[live.at(-1).state].includes(r.state)) yield ["state", r.state];
  if (!live.length && r.awards.length && !ended && !suspended) yield ["state", r.state];
}

// The record of a series that was computed again, as it stood before.
const asItWas = (r, place) => {
  const { series, ...parts } = r.superseded[place];
  const before = r.draws.map((d) => r.corrections.find((c) => c.purpose === d.pool_file.split("\n")[2] && c.series !== null && c.series > series)?.before ?? d);
  const chosen = parts.runs.find((run) => run.stage === "choose")?.inputs.facts.choice ?? null;
  return { ...r, ...parts, draws: before, superseded: r.superseded.slice(0, place), choice: chosen };
};
// What does not follow in a series that was computed again: it decides nothing and must have held.
async function* superseded(r) {
  for (const [place, { series }] of r.superseded.entries()) {
    const old = asItWas(r, place);
    const came = [old, r].filter((each) => each.runs.length).map((each) => each.runs[0].inputs.candidates);
    if (came.length === 2 && !same(came[0], came[1])) yield ["other_figures", String(series)];
    for (const part of [runs(old, false), order(old), awards(old, false)]) for await (const [code, about] of part) yield [code, `${series}: ${about}`];
  }
}

const STEPS = { notice, draws, corrections, quotes, auction, panel, enrolments, checks, runs, choice, order, awards, superseded };
// Where the signatures of draws are looked at, if the witnesses' keys are known.
const LOOKED_AT = ["draws", "corrections"];
export const STEP_NAMES = ["form", ...Object.keys(STEPS)];

// Steps of which a selection may have nothing: then they hold, and the page says so.
const NOTHING = {
  draws: (r) => r.draws.length === 0, corrections: (r) => r.corrections.length === 0, quotes: (r) => r.quote_list === null,
  auction: (r) => r.auction === null, panel: (r) => r.scores === null, choice: (r) => r.choice === null, superseded: (r) => r.superseded.length === 0,
};
// What nobody can see from the file alone; the signatures of draws are named where they are looked at.
const unchecked = (r) => [
  ...(r.quote_list ? ["countersignature"] : []), ...(/^m[0-9]/.test(r.notice.mode) ? ["own_mode"] : []),
  ...(r.scores ? ["plans"] : []), "notice", "registers", "calendar", "unreached", "people", "trace", "texts",
];

/**
 * Check the bytes of a record; never throws for bad input. `witnessKeys` as for draw.js.
 * → {ok, readable, steps: [{name, ok, none: there is nothing of it, detail: [{code, about, more?}]}], differences: [{step, code, about, more?}], notChecked}
 * `more`: what draw.js says of a draw that does not hold, {code, computed}.
 */
export async function verifySelection(bytes, witnessKeys = null) {
  const steps = [], notChecked = new Set();
  let readable = true;
  const step = (name, detail, none = false) => steps.push({ name, ok: detail.length === 0, none: none && detail.length === 0, detail });
  const finished = () => {
    const differences = steps.flatMap(({ name, detail }) => detail.map((each) => ({ step: name, ...each })));
    return { ok: differences.length === 0, readable, steps, differences, notChecked: [...notChecked] };
  };
  const refused = (odd) => { step("form", odd.map(([code, about]) => ({ code, about }))); notChecked.add("rest"); return finished(); };
  let r;
  try { r = read(bytes); } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    readable = false;
    return refused([[error.code, error.about]]);
  }
  let odd = wrongFields(r);
  if (!odd.length && r.public_from === null) { odd = [["not_public", ""]]; readable = false; }
  if (odd.length) return refused(odd);
  step("form", []);
  for (const [name, check] of Object.entries(STEPS)) {
    const detail = [], known = new Set();
    try {
      for await (const [code, about, more] of check(...(LOOKED_AT.includes(name) ? [r, notChecked, witnessKeys] : [r]))) {
        if (!known.has(`${code} ${about}`)) detail.push({ code, about: String(about), ...(more && { more }) });
        known.add(`${code} ${about}`);
      }
    } catch { detail.push({ code: "unreadable", about: "" }); }
    step(name, detail, Object.hasOwn(NOTHING, name) && NOTHING[name](r));
  }
  for (const name of unchecked(r)) notChecked.add(name);
  return finished();
}
