// What the notice of a purchase fixes: every parameter of every stage follows from the mode's row, the owner's terms and the
// policy's numbers of the day. The same rules as selection_notice.py. Each check yields [code, about] of what does not follow.
import { compared, exact, floorOf, percent, sum, whole } from "./selection_stages.js";

// The nine modes (selection rules, section 1): stages with what their row fixes. The live form has an auction for the lowest quote.
const NINE = {
  direct: [{ stage: "choose" }],
  random: [{ stage: "draw" }],
  bidding: [{ stage: "price", rule: "lowest" }],
  merit: [{ stage: "score" }],
  credit_merit: [{ stage: "shortlist", by: "credit" }, { stage: "draw", tickets: "credit" }, { stage: "choose" }],
  merit_random: [{ stage: "shortlist" }, { stage: "draw" }],
  merit_bidding: [{ stage: "shortlist" }, { stage: "price", rule: "lowest" }],
  random_bidding: [{ stage: "draw" }, { stage: "price", rule: "lowest" }],
  mean_price: [{ stage: "price", rule: "nearest_mean" }],
};
// The fewest valid enrolments of each, before and after the one extension, unless the region's numbers say otherwise.
const FEWEST = { direct: [1, 1], random: [3, 2], merit: [2, 1], credit_merit: [2, 2] };
const DURATIONS = ["seconds", "extension_seconds", "cap_seconds", "step_doubles_seconds"];

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
/** The names under which two values differ; a list differs as a whole. */
export function* unlike(one, other, path = "") {
  if (isObject(one) && isObject(other)) {
    for (const name of [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()) {
      const inside = path ? `${path}.${name}` : name;
      if (!Object.hasOwn(one, name) || !Object.hasOwn(other, name)) yield inside;
      else yield* unlike(one[name], other[name], inside);
    }
  } else if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length || one.some((item, at) => !same(item, other[at]))) yield path;
  } else if (one !== other) yield path;
}
/** Whether two values are the same, in whatever order their names stand. */
export const same = (one, other) => unlike(one, other).next().done;

const live = (stages) => stages.map((each) => (same(each, { stage: "price", rule: "lowest" }) ? { stage: "auction" } : each));
// Whether the owner gives a parameter of a stage, because the row does not fix it.
const asks = (stages, stage, name) => stages.some((each) => each.stage === stage && !Object.hasOwn(each, name));
const numbersUsed = (names) => {
  const sifted = names.includes("price") || names.includes("score"), auction = names.includes("auction");
  return {
    low_of_ceiling_percent: sifted || auction, low_of_mean_percent: sifted, succession_price_percent: names.includes("price") || auction,
    auction_step_permille: auction, ...Object.fromEntries(DURATIONS.map((name) => [`auction_${name}`, auction])),
  };
};

// The stages with all their parameters, as the notice must have them.
const derived = (n) => {
  const { terms, ceiling, floor } = n, stages = n.rules.stages;
  const number = (name) => n.numbers[name] ?? 0;
  const bounds = { ceiling, floor, min_rate: null, max_rate: null, low_of_ceiling: number("low_of_ceiling_percent"), low_of_mean: number("low_of_mean_percent") };
  const rates = () => ({ min_rate: percent(0n), max_rate: percent(floorOf(10000n * (2n * (BigInt(ceiling) - BigInt(floor)) + 1n), 2n * BigInt(ceiling))) });  // its amount is not below the floor
  return stages.map((row, place) => {
    const { stage } = row, last = place + 1 === stages.length, kept = (other) => (Object.hasOwn(row, "keep") ? Number(row.keep) : other);
    if (stage === "shortlist") return { stage, by: row.by ?? terms.shortlist_by, keep: kept(terms.keep) };
    if (stage === "draw") return { stage, tickets: row.tickets ?? terms.tickets, keep: last ? null : kept(terms.draw_keep) };
    if (stage === "price") return { stage, rule: row.rule ?? null, bounds: row.rule === "highest_discount" ? { ...bounds, ...rates() } : bounds };
    if (stage === "score") return { stage, criteria: terms.criteria, bounds, panel_size: terms.panel_size };
    if (stage !== "auction") return { stage };
    const step = Math.max(1, Number(floorOf(BigInt(ceiling) * BigInt(number("auction_step_permille")), 1000n)));
    const line = Number(-floorOf(BigInt(-ceiling) * BigInt(number("low_of_ceiling_percent")), 100n));
    return { stage, terms: { ceiling, floor, start: ceiling, step, low_line: line, ...Object.fromEntries(DURATIONS.map((name) => [name, number(`auction_${name}`)])) } };
  });
};

const wrongCriteria = ({ criteria, panel_size: size }, scored) => {
  const panel = criteria.some((each) => each.kind === "panel");
  if (criteria.length > 0 !== scored || size > 0 !== panel || size < 0) return true;
  const named = criteria.every((each) => (each.kind === "panel") === (each.name.trim() !== ""));
  const weights = criteria.map((each) => exact(each.weight));
  const once = new Set(criteria.map((each) => `${each.kind}:${each.name}`)).size === criteria.length;
  return criteria.length > 0 && !(named && once && weights.every((weight) => weight[0] > 0n) && compared(sum(weights), whole(100)) === 0);
};

function* moments(r) {
  const n = r.notice, { enrol_until: enrol, select_at: select } = n;
  if (n.has_enrolment) {
    if (enrol === null || select === null || !(n.published_at <= enrol && enrol <= select)) yield ["moment", "enrol_until"];
    else if (n.frozen_at !== null && n.frozen_at < enrol) yield ["moment", "frozen_at"];
  } else if (enrol !== null || select !== null || n.frozen_at !== n.published_at) yield ["moment", "enrol_until"];
  if (n.ended_at !== null && n.ended_at < n.published_at) yield ["moment", "ended_at"];
  const first = [...r.awards, ...r.superseded.flatMap((each) => each.awards)].map((each) => each.announced_at).filter((at) => at !== null).sort()[0];
  if (r.public_from !== (first ?? n.ended_at)) yield ["moment", "public_from"];
}

export function* notice(r) {
  const n = r.notice, { rules, terms } = n, { stages } = rules, names = stages.map((each) => each.stage);
  if (n.mode !== rules.name) yield ["other_mode", rules.name];
  const nine = Object.hasOwn(NINE, rules.name) ? NINE[rules.name] : null;
  if (nine !== null && !same(stages, nine) && !same(stages, live(nine))) yield ["other_row", rules.name];
  const flags = { needs_quotes: names.includes("price") || names.includes("score"), has_enrolment: rules.name !== "direct" };
  for (const [name, wanted] of Object.entries(flags)) if (rules[name] !== wanted || n[name] !== wanted) yield ["flag", name];
  if (n.priced !== (names.includes("price") || names.includes("auction"))) yield ["flag", "priced"];
  const fewest = [rules.fewest_valid, rules.fewest_after_extension, rules.owner_accepts_fewer];
  if (nine !== null && !same(fewest, [...(FEWEST[rules.name] ?? [3, 3]), rules.name === "merit"])) yield ["flag", "fewest"];
  if (!(rules.fewest_after_extension >= 1 && rules.fewest_after_extension <= rules.fewest_valid)) yield ["flag", "fewest"];
  if (!(n.floor >= 1 && n.floor <= n.ceiling)) yield ["bounds", ""];
  for (const [name, wanted] of Object.entries(numbersUsed(names))) if ((n.numbers[name] !== null) !== wanted) yield ["numbers", name];
  const later = stages.slice(0, -1).some((each) => each.stage === "draw" && !Object.hasOwn(each, "keep"));
  for (const [name, given] of [["keep", asks(stages, "shortlist", "keep")], ["draw_keep", later]]) {
    if ((terms[name] !== null) !== given || (terms[name] !== null && terms[name] < 1)) yield ["terms", name];
  }
  if (terms.shortlist_by !== "credit" && !asks(stages, "shortlist", "by")) yield ["terms", "shortlist_by"];
  if (terms.live !== names.includes("auction")) yield ["terms", "live"];
  if (terms.tickets !== "equal") yield ["terms", "tickets"];
  if (wrongCriteria(terms, names.includes("score"))) yield ["terms", "criteria"];
  const wanted = derived(n);
  if (wanted.length !== n.stages.length) yield ["stages", String(n.stages.length)];
  for (const [place, one] of wanted.slice(0, n.stages.length).entries()) {
    for (const name of unlike(one, n.stages[place])) yield ["stage_parameter", `${place + 1} ${one.stage} ${name}`];
  }
  if ((n.named === null) !== (rules.name !== "direct")) yield ["named", ""];
  if ((n.draw_source === null) === (rules.name !== "direct")) yield ["source", "notice"];
  yield* moments(r);
}
