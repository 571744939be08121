// The page “Verify”: a record dropped in or chosen is computed again here; once the page is loaded no network is needed.
import { verifyAuction } from "../verify/auction.js";
import { able, verifyRecord } from "../verify/draw.js";
import { checkBook, checkKept, parseBook, parseKept } from "../verify/quote.js";
import { verifySelection } from "../verify/selection.js";

const root = document.getElementById("verify-here");
const words = JSON.parse(root.dataset.words);
const input = document.getElementById("verify-file");
const zone = document.getElementById("verify-zone");
const out = document.getElementById("verify-out");

const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const say = (group, code) => words[group]?.[code] ?? code;
// The keys that are filled in, by the witness's name; null where there is none.
const keys = () => {
  const filled = [...root.querySelectorAll("[data-witness]")]
    .map((each) => [each.querySelector("[data-witness-name]").value.trim(), each.querySelector("[data-witness-key]").value.trim()])
    .filter(([, key]) => /^[0-9a-f]{64}$/.test(key));
  return filled.length ? Object.fromEntries(filled) : null;
};

const table = (picks) => el("div", { class: "sm-table-scroll", tabindex: "0", role: "region", "aria-label": words.picks },
  el("table", { class: "sm-table" }, el("caption", { class: "sm-hidden" }, words.picks),
    el("thead", {}, el("tr", {}, ...words.columns.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...picks.map((pick) => el("tr", {}, ...[pick.place, pick.tickets, pick.remainder].map((value) => el("td", { class: "sm-num" }, String(value))), el("td", { class: "sm-mono" }, pick.id))))));

const show = (name, found) => {
  const list = el("ol", { class: "sm-steps-found" }, ...found.steps.map((step) => el("li", { "data-state": step.state },
    el("strong", {}, `${say("states", step.state)} `), say("steps", step.name),
    ...(step.shown ? [el("br", {}), el("span", { class: "sm-mono sm-small" }, step.shown.length > 400 ? `${step.shown.slice(0, 400)}…` : step.shown)] : []))));
  // Said only where a signature was looked at: not of a file that could not be read that far.
  const signed = found.steps.some((step) => step.name === "receipt" && step.state === "holds");
  const unchecked = found.notChecked.length ? `${words.not_checked} ${found.notChecked.map((each) => say("unchecked", each)).join(" · ")}` : signed ? words.all_checked : "";
  out.replaceChildren(
    el("h3", { id: "verify-result", tabindex: "-1" }, `${name}: ${found.ok ? words.holds : words.differs}`),
    list,
    ...(found.differences.length ? [el("ul", { class: "sm-differences" }, ...found.differences.map((each) => el("li", {}, el("span", { class: "sm-mono" }, each.field), `: ${say("codes", each.code)} `, el("span", { class: "sm-mono" }, each.computed))))] : []),
    ...(unchecked ? [el("p", { class: "sm-muted" }, unchecked)] : []),
    ...(found.picks.length ? [el("details", {}, el("summary", {}, words.picks), table(found.picks.slice(0, 500)))] : []),
  );
  out.dataset.ok = String(found.ok);
  document.getElementById("verify-result").focus();
};

// A quote by itself: the kept file, or the public book. What cannot be seen without the other is named.
const showQuote = (parse, check) => async (name, bytes) => {
  const own = words.quote;
  let found;
  try { found = await check(parse(bytes)); } catch (error) { refuse(own[error.message] ?? error.message); return; }
  out.replaceChildren(
    el("h3", { id: "verify-result", tabindex: "-1" }, `${name}: ${found.ok ? own.holds : own.differs}`),
    el("ol", { class: "sm-steps-found" }, ...found.steps.map((step) => el("li", { "data-state": step.state },
      el("strong", {}, `${own.states[step.state]} `), own.steps[step.name] ?? step.name, ...(step.shown ? [el("br", {}), el("span", { class: "sm-mono sm-small" }, step.shown)] : [])))),
    el("p", { class: "sm-muted" }, words.quote_more),
  );
  out.dataset.ok = String(found.ok);
  document.getElementById("verify-result").focus();
};
const showSelection = (own) => (name, found) => {
  const differ = (each) => el("li", {}, words.selection.codes[each.code] ?? each.code, ...(each.about ? [" ", el("span", { class: "sm-mono" }, each.about.length > 400 ? `${each.about.slice(0, 400)}…` : each.about)] : []),
    ...(each.more ? [`: ${say("codes", each.more.code)} `, el("span", { class: "sm-mono" }, each.more.computed)] : []));
  out.replaceChildren(
    el("h3", { id: "verify-result", tabindex: "-1" }, `${name}: ${found.ok ? own.holds : found.readable ? words.differs : words.unreadable}`),
    el("ol", { class: "sm-steps-found" }, ...found.steps.map((step) => el("li", { "data-state": step.none ? "unknown" : step.ok ? "holds" : "differs" },
      el("strong", {}, `${step.none ? words.none : say("states", step.ok ? "holds" : "differs")} `), own.steps[step.name],
      ...(step.ok ? [] : [el("ul", { class: "sm-differences" }, ...step.detail.map(differ))])))),
    el("p", { class: "sm-muted" }, words.not_checked),
    el("ul", { class: "sm-muted" }, ...found.notChecked.map((each) => el("li", {}, words.selection.unchecked[each] ?? say("unchecked", each)))),
  );
  out.dataset.ok = String(found.ok);
  document.getElementById("verify-result").focus();
};

const refuse = (message) => {
  out.replaceChildren(el("p", { role: "alert", class: "sm-error" }, message));
  out.dataset.ok = "false";
};

// One line for each kind of record, by its field “version” or “format”: name and bytes → shown.
const KINDS = {
  "draw-v2": async (name, bytes) => show(name, await verifyRecord(bytes, keys())),
  "selection-v1": async (name, bytes) => showSelection(words.selection)(name, await verifySelection(bytes, keys())),
  "auction-v1": async (name, bytes) => showSelection(words.auction)(name, await verifyAuction(bytes)),
  "quote-kept-v1": showQuote(parseKept, (kept) => checkKept(kept, null)),
  "quote-book-v1": showQuote(parseBook, checkBook),
};
const kindOf = (bytes) => {
  try { const content = JSON.parse(new TextDecoder().decode(bytes)); return content?.version ?? content?.format; } catch { return undefined; }
};
const compute = async (name, bytes) => {
  const kind = kindOf(bytes);
  // What names no kind is read as a selection, so that its first mistake is named.
  if (kind === undefined) await KINDS["selection-v1"](name, bytes);
  else if (Object.hasOwn(KINDS, kind)) await KINDS[kind](name, bytes);
  else refuse(words.unknown_version);
};

const check = async (file) => {
  if (!file) return;
  out.replaceChildren(el("p", { role: "status" }, words.working));
  await compute(file.name, new Uint8Array(await file.arrayBuffer()));
};

if (able()) {
  root.hidden = false;
  input.addEventListener("change", () => check(input.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("sm-file--over", name === "dragover");
      if (name === "drop") check(event.dataTransfer.files[0]);
    });
  }
  const own = root.dataset.record;
  if (own) {
    fetch(own).then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
      .then((bytes) => compute(own.split("/").slice(-2).join("/"), new Uint8Array(bytes)))
      .catch(() => out.replaceChildren(el("p", { role: "alert" }, words.not_loaded)));
  }
} else {
  document.getElementById("verify-unable").hidden = false;
}
