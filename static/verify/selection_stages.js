// The stages of a selection, computed again: candidates, parameters and facts in, what came out as it is stored.
// The same rules as selection_verify.py. Exact: rationals of BigInt, no floating point decides anything.
import { parsePool, picks, sha256 } from "./draw.js";

const NUMBER = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?(?:E([+-]?\d{1,2}))?$/;
const bytesOf = (text) => new TextEncoder().encode(text);
/** A stage that cannot have run like this; the code says why. */
export class BrokenStage extends Error {
  constructor(code) { super(code); this.code = code; }
}
const need = (holds, code) => { if (!holds) throw new BrokenStage(code); };

// -- exact numbers: [numerator, denominator], lowest terms, denominator above 0
const gcd = (a, b) => (b === 0n ? a : gcd(b, a % b));
const fraction = (above, below = 1n) => {
  if (below === 0n) throw new Error("division by zero");
  const sign = below < 0n ? -1n : 1n;
  const common = gcd(above < 0n ? -above : above, below * sign) * sign;
  return [above / common, below / common];
};
export const whole = (value) => fraction(BigInt(value));
const plus = (a, b) => fraction(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
const times = (a, b) => fraction(a[0] * b[0], a[1] * b[1]);
const minus = (a, b) => plus(a, [-b[0], b[1]]);
const over = (a, b) => fraction(a[0] * b[1], a[1] * b[0]);
const positive = (a) => (a[0] < 0n ? [-a[0], a[1]] : a);
export const compared = (a, b) => { const d = a[0] * b[1] - b[0] * a[1]; return d < 0n ? -1 : d > 0n ? 1 : 0; };
export const words = (a) => (a[1] === 1n ? String(a[0]) : `${a[0]}/${a[1]}`);
export const sum = (all) => all.reduce(plus, [0n, 1n]);
export const exact = (text) => {
  const found = NUMBER.exec(String(text));
  need(found, "number");
  const [, sign, before, after = "", power = "0"] = found;
  const places = BigInt(power) - BigInt(after.length);
  const digits = BigInt(before + after) * (sign ? -1n : 1n);
  return places < 0n ? fraction(digits, 10n ** -places) : fraction(digits * 10n ** places);
};
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const smallest = (all) => all.reduce((a, b) => (compared(b, a) < 0 ? b : a));
const own = (value, name) => (value !== null && typeof value === "object" && Object.hasOwn(value, name) ? value[name] : undefined);

/** The pool file taken apart. Throws a BrokenStage. */
export const poolOf = (poolFile) => {
  try { return parsePool(poolFile); } catch { throw new BrokenStage("pool"); }
};
/** The whole order of a draw-v2 from its pool file and value. */
export const pick = async (poolFile, value) => {
  const pool = poolOf(poolFile);
  const key = await sha256(new Uint8Array([...bytesOf("draw-v2\n"), ...await sha256(bytesOf(poolFile)), ...bytesOf(value)]));
  const order = [];
  for await (const each of picks(pool.members, key)) order.push(each.id);
  return order;
};

const drawn = async (purpose, tickets, facts) => {
  const fact = own(facts.draws, purpose);
  need(fact !== undefined, "undrawn");
  const pool = poolOf(fact.pool_file), ids = Object.keys(tickets).sort(byText);
  const listed = pool.members.map(({ id, tickets: count }) => `${id} ${count}`).join("\n");
  need(pool.project === facts.project && pool.purpose === purpose && listed === ids.map((id) => `${id} ${tickets[id]}`).join("\n"), "other_pool");
  need(fact.receipted && fact.value !== null, "undrawn");
  return pick(fact.pool_file, fact.value);
};

// `place`: what is compared, smallest first; ties: higher credit, then a draw, numbered from the top.
const rank = async (candidates, place, facts) => {
  const placed = candidates.map((one) => ({ one, key: [...place(one), whole(-one.credit_points)] }));
  const between = (a, b) => a.key.map((value, at) => compared(value, b.key[at])).find((result) => result !== 0) ?? 0;
  placed.sort(between);
  const order = [], ties = {};
  let number = 0;
  for (let at = 0; at < placed.length;) {
    const tied = placed.slice(at).filter((each) => between(each, placed[at]) === 0).map(({ one }) => one.uscc);
    at += tied.length;
    if (tied.length === 1) { order.push(tied[0]); continue; }
    number += 1;
    const among = await drawn(`tie${number}`, Object.fromEntries(tied.map((uscc) => [uscc, 1])), facts);
    order.push(...among);
    for (const uscc of among) ties[uscc] = `tie${number}`;
  }
  return [order, ties];
};

const ranked = (order, more) => Object.fromEntries(order.map((uscc, at) => [uscc, { rank: at + 1, ...more(uscc) }]));
const done = (order, passed_on, figures, excluded) => ({ order, passed_on, figures, excluded: excluded.map(([uscc, code]) => ({ uscc, code })) });
const ofUscc = (candidates) => Object.fromEntries(candidates.map((one) => [one.uscc, one]));
const optional = (name, by, uscc) => (own(by, uscc) === undefined ? {} : { [name]: by[uscc] });

/** Divided, and rounded down: BigInt alone rounds towards nothing. */
export const floorOf = (above, below) => above / below - BigInt(above % below !== 0n && above < 0n !== below < 0n);
/** Hundredths of a percent, a BigInt, as text with two decimals. */
export const percent = (hundredths) => {
  const before = floorOf(hundredths, 100n);
  return `${before}.${String(hundredths - before * 100n).padStart(2, "0")}`;
};
/** The discount in percent, as text, that gives exactly this amount in fen; null where none with two decimals does. */
export const rateOf = (amount, ceiling) => {
  if (amount === null) return null;
  const most = BigInt(ceiling), rate = floorOf((most - BigInt(amount)) * 20000n + most, 2n * most);
  return floorOf(most * (10000n - rate) * 2n + 10000n, 20000n) === BigInt(amount) ? percent(rate) : null;
};
/** Whether agencies offer a discount in percent, of which the amount is sealed. */
export const byRate = (notice) => notice.rules.stages.some((row) => row.stage === "price" && row.rule === "highest_discount");
/** Null for a valid quote in fen, else the code of what is wrong with it. */
const wrongQuote = (quote, bounds) => (quote === null ? "quote_missing" : compared(whole(quote), whole(1)) < 0 ? "quote_not_positive"
  : quote < bounds.floor ? "quote_below_floor" : quote > bounds.ceiling ? "quote_above_ceiling" : null);
/** Null for an amount in fen that counts, else the code of what is wrong with it. */
export const wrongOffer = (amount, notice) => wrongQuote(amount, notice)
  ?? (byRate(notice) && rateOf(amount, notice.ceiling) === null ? "rate_not_two_decimals" : null);

const sift = (candidates, bounds, facts) => {
  const out = [], valid = [], low = {};
  for (const one of candidates) {
    const code = wrongQuote(one.quote, bounds);
    if (code) out.push([one.uscc, code]); else valid.push(one);
  }
  const total = sum(valid.map((one) => whole(one.quote)));
  for (const one of valid) {
    const hundred = times(whole(one.quote), whole(100));
    if (compared(hundred, times(whole(bounds.ceiling), whole(bounds.low_of_ceiling))) < 0) low[one.uscc] = "below_ceiling_share";
    else if (compared(times(hundred, whole(valid.length)), times(total, whole(bounds.low_of_mean))) < 0) low[one.uscc] = "below_mean_share";
  }
  need(Object.keys(low).every((uscc) => own(facts.low_decisions, uscc) !== undefined), "undecided");
  const decided = (one) => (own(low, one.uscc) ? facts.low_decisions[one.uscc] : "accepted");
  for (const one of valid) if (decided(one) !== "accepted") out.push([one.uscc, `cost_statement_${decided(one)}`]);
  return [valid.filter((one) => decided(one) === "accepted"), out, low];
};

const shortlist = (candidates, parameters) => {
  const name = { credit: "credit_points", stars: "star_score" }[parameters.by];
  const value = Object.fromEntries(candidates.map((one) => [one.uscc, one.newcomer ? whole(85) : exact(one[name])]));
  const order = Object.keys(value).sort((a, b) => compared(value[b], value[a]) || byText(a, b));
  const kept = order.filter((uscc) => compared(value[uscc], value[order[Math.min(parameters.keep, order.length) - 1]]) >= 0);
  const figures = Object.fromEntries(order.map((uscc) => [uscc, { ranked_as: words(value[uscc]), kept: Number(kept.includes(uscc)) }]));
  return done(kept, kept, figures, order.filter((uscc) => !kept.includes(uscc)).map((uscc) => [uscc, "not_shortlisted"]));
};

const draw = async (candidates, parameters, facts) => {
  const byCredit = parameters.tickets === "credit" ? { A: 3, B: 2 } : {};
  const tickets = Object.fromEntries(candidates.map((one) => [one.uscc, own(byCredit, one.credit_level) ?? 1]));
  const order = candidates.length ? await drawn("main", tickets, facts) : [];
  return done(order, (parameters.keep === null ? order : order.slice(0, parameters.keep)), ranked(order, (uscc) => ({ tickets: tickets[uscc] })), []);
};

// Null for a valid discount in percent, else the code of what is wrong with it.
const wrongRate = (text, bounds) => {
  const rate = text === null ? null : exact(text);
  return rate === null ? "rate_missing" : /\.[0-9]{3}|E-/.test(text) ? "rate_not_two_decimals"
    : bounds.min_rate !== null && compared(rate, exact(bounds.min_rate)) < 0 ? "rate_below_minimum"
    : bounds.max_rate !== null && compared(rate, exact(bounds.max_rate)) > 0 ? "rate_above_maximum" : null;
};

const price = async (candidates, { rule, bounds }, facts) => {
  const discount = rule === "highest_discount", out = [], rated = [];
  for (const one of candidates) {
    const code = discount ? wrongRate(one.rate, bounds) : null;
    if (code) out.push([one.uscc, code]); else rated.push(one);
  }
  const [left, more, low] = sift(rated, bounds, facts);
  const quotes = left.map((one) => one.quote).sort((a, b) => a - b);
  const counted = quotes.length >= 5 ? quotes.slice(1, -1) : quotes;
  const mean = counted.length ? over(sum(counted.map(whole)), whole(counted.length)) : whole(0);
  const second = [...new Set(quotes)][1];
  const distance = (one) => positive(minus(whole(one.quote), mean));
  const key = {
    lowest: (one) => [whole(one.quote)],
    highest_discount: (one) => [minus(whole(0), exact(one.rate))],
    nearest_mean: (one) => [distance(one), whole(one.quote)],
    second_lowest: (one) => [whole(one.quote === second ? 0 : 1), whole(one.quote)],
  }[rule];
  const [order, ties] = await rank(left, key, facts);
  const of = ofUscc(left);
  return done(order, order, ranked(order, (uscc) => ({
    credit_points: of[uscc].credit_points, quote: of[uscc].quote,
    ...(discount ? { rate: of[uscc].rate } : {}),
    ...(rule === "nearest_mean" ? { mean: words(mean), distance: words(distance(of[uscc])) } : {}),
    ...optional("low", low, uscc), ...optional("tie", ties, uscc),
  })), [...out, ...more]);
};

const auction = (candidates, { terms }, facts) => {
  const members = candidates.map((one) => one.uscc), lowest = {}, count = {};
  if (!members.length) return done([], [], {}, []);
  need((facts.auction ?? null) !== null, "no_auction");
  let most = terms.start;
  for (const { uscc, amount } of facts.auction.bids) {
    need(members.includes(uscc) && terms.floor <= amount && amount <= most, "bid");
    most = amount - terms.step;
    lowest[uscc] = amount;
    count[uscc] = (count[uscc] ?? 0) + 1;
  }
  const order = Object.keys(lowest).sort((a, b) => lowest[a] - lowest[b]);
  return done(order, order, ranked(order, (uscc) => ({ bid: lowest[uscc], bids: count[uscc] })), members.filter((uscc) => !Object.hasOwn(lowest, uscc)).map((uscc) => [uscc, "no_bid"]));
};

/** The mean of the experts' points; with five or more, one highest and one lowest are dropped. */
export const meanOf = (given) => {
  const rated = [...given].sort((a, b) => a - b);
  const counted = rated.length >= 5 ? rated.slice(1, -1) : rated;
  return over(sum(counted.map(whole)), whole(counted.length));
};
/** Four decimals, half up, of a number of 0 or more. */
export const fourDecimals = ([above, below]) => {
  const digits = String((above * 20000n + below) / (below * 2n)).padStart(5, "0");
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`;
};
const clipped = (value, least, most) => whole(Math.max(least, Math.min(value, most)));
const score = async (candidates, { criteria, bounds, panel_size: size }, facts) => {
  const panel = criteria.filter((each) => each.kind === "panel").map((each) => each.name);
  const out = [], withDays = [];
  for (const one of candidates) {
    const wanted = criteria.some((each) => each.kind === "lead_time");
    const code = !wanted ? null : one.offered_days === null ? "days_missing" : one.offered_days < 1 ? "days_below_one" : null;
    if (code) out.push([one.uscc, code]); else withDays.push(one);
  }
  const [left, more, low] = sift(withDays, bounds, facts);
  const given = (name, one) => own(own(facts.panel, name), one.uscc) ?? [];
  for (const one of left) for (const name of panel) need(given(name, one).length === size && given(name, one).every((points) => points >= 0 && points <= 100), "panel");
  const days = left.filter((one) => one.offered_days !== null).map((one) => whole(one.offered_days));
  const least = left.length ? smallest(left.map((one) => whole(one.quote))) : whole(1);
  const shortest = days.length ? smallest(days) : whole(1);
  const points = ({ kind, name }, one) => {
    if (kind === "panel") return meanOf(given(name, one));
    if (kind === "price") return over(times(least, whole(100)), whole(one.quote));
    if (kind === "lead_time") return over(times(shortest, whole(100)), whole(one.offered_days));
    if (kind === "stars") return exact(one.star_score);
    if (kind === "credit") return clipped(one.credit_points, 0, 100);
    return times(clipped(one.experience, 0, 10), whole(10));
  };
  const total = {}, figures = {};
  for (const one of left) {
    const each = criteria.map((criterion) => [criterion, points(criterion, one)]);
    const exactly = over(sum(each.map(([criterion, value]) => times(exact(criterion.weight), value))), whole(100));
    const said = fourDecimals(exactly);
    total[one.uscc] = BigInt(said.replace(".", ""));
    figures[one.uscc] = { total: said, quote: one.quote, credit_points: one.credit_points };
    for (const [{ kind, name }, value] of each) figures[one.uscc][name ? `points.${kind}:${name}` : `points.${kind}`] = words(value);
  }
  const [order, ties] = await rank(left, (one) => [[-total[one.uscc], 1n], whole(one.quote)], facts);
  return done(order, order, ranked(order, (uscc) => ({ ...figures[uscc], ...optional("low", low, uscc), ...optional("tie", ties, uscc) })), [...out, ...more]);
};

const choose = (candidates, _parameters, { choice }) => {
  const members = candidates.map((one) => one.uscc);
  if (!members.length) return done([], [], {}, []);
  need(choice !== null && members.includes(choice.uscc) && choice.reason.trim() !== "", "choice");
  return done([choice.uscc], [choice.uscc], { [choice.uscc]: { rank: 1, reason: choice.reason } }, []);
};

const STAGES = { shortlist, draw, price, auction, score, choose };

/** A stage computed again from what is stored of it; the outputs as they are stored. Throws a BrokenStage. */
export const runAgain = async (parameters, inputs) => {
  const candidates = [...inputs.candidates].sort((a, b) => byText(a.uscc, b.uscc));
  need(new Set(candidates.map((one) => one.uscc)).size === candidates.length, "twice");
  return STAGES[parameters.stage](candidates, parameters, inputs.facts);
};
