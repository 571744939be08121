// Who may be in the pool (selection rules, section 2): everybody was asked the same rules, and what each said follows from its
// evidence. The same rules as selection_checks.py. Each check yields [code, about] of what differs.
import { fields, OBJECTS } from "./selection_fields.js";
import { same } from "./selection_notice.js";

// The rules in their order: what the evidence of each must be stands in selection_fields.js, as evidence_ and unmet_.
const ASKED = Object.keys(OBJECTS).filter((name) => name.startsWith("evidence_")).map((name) => name.slice("evidence_".length));
const MOMENTS = ["enrolment", "freeze", "award"];
// What is the same for everybody, because it is the purchase's.
const OF_THE_PURCHASE = [["offers_matter", "matter"], ["stars", "floor"], ["credit", "floor"], ["credit_direct", "direct_with_fiscal"], ["reissue", "reissue_of"], ["practitioners", "needed"]];

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
// The day of a moment, in China.
const localDay = (at) => new Date(new Date(at).getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
// Whether the rule is met by its evidence; null where the evidence alone does not tell.
const met = (code, e, at) => {
  const listed = { qualifications: "missing", qualifications_valid: "expired", reissue: "decliners" };
  switch (code) {
    case "standing": return e.standing === "active";
    case "enrolment_frozen": return e.frozen_until === null ? e.credit !== "D" : localDay(at) >= e.frozen_until;
    case "stars": return e.floor === null || (e.stars ?? 3) >= e.floor;
    case "credit": return e.floor === null || e.credit <= e.floor;
    case "credit_direct": return !e.direct_with_fiscal || ["A", "B"].includes(e.credit);
    case "practitioners": return e.not_registered === 0 && e.named >= e.needed;
    case "practitioner_load": return e.full === 0;
    default: return Object.hasOwn(listed, code) ? same(e[listed[code]], []) : null;
  }
};
// What is wrong with what the rules said in one check.
function* ofRules(check, about) {
  const wanted = ASKED.slice(0, check.moment === "award" ? undefined : -1);
  if (!same(check.rules.map((rule) => rule.code), wanted)) { yield ["rules", about]; return; }
  for (const rule of check.rules) {
    const kind = rule.ok || !Object.hasOwn(OBJECTS, `unmet_${rule.code}`) ? `evidence_${rule.code}` : `unmet_${rule.code}`;
    const named = fields(rule.evidence, kind, "").next().done;
    const said = named ? met(rule.code, rule.evidence, check.at) : null;
    const warned = rule.code === "linked" && check.moment === "enrolment" && rule.ok;
    if (!named || (said !== null && said !== rule.ok) || (rule.warning && !warned)) yield ["evidence", `${about} ${rule.code}`];
  }
  if (!check.rules.every((rule) => isObject(rule.evidence))) return;
  const credit = (code) => String(check.rules.find((rule) => rule.code === code).evidence.credit);
  if (new Set(["enrolment_frozen", "credit", "credit_direct"].map(credit)).size > 1) yield ["evidence", `${about} credit`];
}

// Where what changed since the check before is told otherwise.
function* changed(check, before, now, about) {
  const wanted = [];
  for (const [code, rule] of now) {
    const old = before.get(code);
    if (old === undefined || code === "registries" || (old.ok === rule.ok && same(old.evidence, rule.evidence))) continue;
    wanted.push({ code, was: old.ok, now: rule.ok, before: old.evidence, after: rule.evidence });
  }
  // People stand in it by their number only: who they are may have changed while their number did not.
  const told = check.changed.filter((each) => !same(each.before, each.after) || each.was !== each.now);
  if (!same(told, wanted)) yield ["changed", about];
}

/** What is wrong with the checks of all enrolments. */
export function* checks(r) {
  const n = r.notice, given = [...r.superseded.flatMap((each) => each.awards), ...r.awards];
  const won = new Map(given.map((award) => [award.uscc, award]));
  let first = null;
  for (const e of r.enrolments) {
    const places = [], award = won.get(e.uscc);
    let before = new Map();
    const due = { enrolment: [e.enrolled_at], freeze: [n.has_enrolment ? n.frozen_at : award?.announced_at], award: given.filter((each) => each.uscc === e.uscc).flatMap((each) => [each.notice_at, each.ended_at]) };
    for (const check of e.checks) {
      const about = `${e.uscc} ${check.moment}`;
      places.push(MOMENTS.indexOf(check.moment));
      if (!due[check.moment].includes(check.at)) yield ["moment", about];
      if (check.ok !== check.rules.every((rule) => rule.ok)) yield ["check", about];
      const odd = [...ofRules(check, about)];
      yield* odd;
      const now = new Map(check.rules.map((rule) => [rule.code, rule]));
      yield* changed(check, before, now, about);
      before = now;
      if (odd.length) continue;
      const own = OF_THE_PURCHASE.map(([code, name]) => now.get(code).evidence[name]);
      first ??= own;
      if (!same(own, first)) yield ["evidence", `${about} notice`];
      if (check.moment === "freeze" && e.figures !== null && n.has_enrolment) {
        const said = [now.get("credit").evidence.credit, now.get("stars").evidence.stars];
        if (!same(said, [e.figures.credit_level, e.figures.star_level])) yield ["evidence", `${about} figures`];
      }
    }
    if (places.some((place, at) => at && places[at - 1] >= place) || !places.includes(0)) yield ["checks", e.uscc];
    if ((award?.notice_at ?? null) !== null && !places.includes(2)) yield ["checks", e.uscc];
    if ((award?.announced_at ?? null) !== null && !places.includes(1)) yield ["checks", e.uscc];
  }
}
