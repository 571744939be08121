// The record of a live auction (auction-v1), computed again in the reader's own browser. The same rules as auction_verify.py.
// Format: docs/auction.md. Moments are whole microseconds since 1970, which a number of JavaScript holds exactly.
import { sha256 } from "./draw.js";
import { load, Unfit } from "./selection_fields.js";

const TERMS = ["ceiling", "floor", "start", "step", "low_line", "seconds", "extension_seconds", "cap_seconds", "step_doubles_seconds"];
const SECOND = 1_000_000;
const bytesOf = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const number = (text) => {
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text)) throw new Error(`${text.slice(0, 40)}: not a whole number`);
  return Number(text);
};
export const moment = (text) => {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(text);
  const at = found ? new Date(`${found[1]}Z`) : null;
  if (!at || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 19) !== found[1]) throw new Error(`${text.slice(0, 40)}: not a moment`);
  return at.getTime() * 1000 + Number(found[2]);
};

/** Entry 0 taken apart: terms, when it opened, until when, alias → commitment. */
export const opening = (lines) => {
  const numbers = lines.slice(4, 6).flatMap((line) => line.split(" ").map(number));
  const fixed = lines.slice(6, -1).map((line) => line.split(" "));
  if (numbers.length !== TERMS.length || lines.at(-1) !== "" || fixed.some((each) => each.length !== 2 || !/^[0-9a-f]{64}$/.test(each[1]))) throw new Error("the opening does not have its lines");
  return { terms: Object.fromEntries(TERMS.map((name, place) => [name, numbers[place]])), opened: moment(lines[2]), ends: moment(lines[3]), fixed: new Map(fixed), listed: fixed.map(([alias]) => alias) };
};
const doublings = (terms, ran) => {
  const past = ran - terms.cap_seconds * SECOND;
  return past < 0 ? 0 : Math.min(64, 1 + Math.floor(past / (terms.step_doubles_seconds * SECOND)));
};
// Every step that can have been in force; `least` and `most`: how long nobody could bid.
const inForce = (terms, ran, least, most, step) => {
  for (let times = doublings(terms, ran - most); times <= doublings(terms, ran - least); times += 1) {
    const doubled = BigInt(terms.step) << BigInt(times);
    if (BigInt(step) === (doubled < BigInt(terms.ceiling) ? doubled : BigInt(terms.ceiling))) return true;
  }
  return false;
};
const explained = (statements, uscc, amount, at) => statements.some((each) => each.uscc === uscc && each.accepted && each.decided_at !== null
  && each.explains_from <= amount && moment(each.decided_at) <= at);

/** The bids in their order: [alias, amount]. */
export const bidsIn = ({ entries }) => entries.map((entry) => entry.body.split("\n")).filter((lines) => lines[0] === "auction-entry-v1" && lines[3] === "bid").map((lines) => [lines[4], number(lines[5])]);

/** Yields [code of what differs, which entry or alias]. */
export async function* checkAuction(record) {
  let previous = new Uint8Array(32), lowest = null, over = false, paused = null, terms, opened, ends, last, fixed = new Map(), least = 0, most = 0;
  const who = new Map((record.aliases ?? []).map((each) => [each.alias, each.id]));
  for (const [n, entry] of record.entries.entries()) {
    const lines = entry.body.split("\n");
    previous = await sha256(new Uint8Array([...previous, ...bytesOf(entry.body)]));
    if (entry.seq !== n || entry.hash !== hexOf(previous)) yield ["chain", n];
    if (n === 0) {
      let listed;
      ({ terms, opened, ends, fixed, listed } = opening(lines));
      last = opened;
      const sorted = listed.every((alias, place) => !place || listed[place - 1] < alias);
      if (lines[0] !== "auction-v1" || lines[1] !== record.project || !sorted) yield ["opening", n];
      if (ends !== opened + terms.seconds * SECOND) yield ["end", n];
      continue;
    }
    if (lines.length !== 10) throw new Error("an entry does not have its lines");
    const [version, project, seq, kind, alias, ...rest] = lines;
    const at = moment(rest[2]), until = moment(rest[3]), extended = at + terms.extension_seconds * SECOND;
    const known = version === "auction-entry-v1" && project === record.project && seq === String(n) && rest[4] === "";
    const blank = kind === "bid" || (alias === "-" && rest[0] === "-" && rest[1] === "-");
    const going = paused === null || kind === "resumed";
    if (!known || !blank || !going || over || at < last) yield ["entry", n];
    if (kind === "bid") {
      const amount = number(rest[0]), step = number(rest[1]), top = lowest === null ? terms.start : lowest - step;
      if (!(Math.max(1, terms.floor) <= amount && amount <= top) || at >= ends || !fixed.has(alias)) yield ["bid", n];
      if (!inForce(terms, at - opened, least, most, step)) yield ["step", n];
      const told = record.statements === null || amount >= terms.low_line;
      if (!told && !explained(record.statements, who.get(alias), amount, at)) yield ["line", n];
      lowest = amount;
    } else if (kind === "paused") paused = at;
    else if (kind === "resumed") {
      // Of an outage the chain says when it was over, and that it began after the last entry.
      least += paused === null ? 0 : at - paused;
      most += at - (paused ?? last);
      paused = null;
    } else if (kind !== "closed" || at < ends) yield ["entry", n];
    if (until !== (["bid", "resumed"].includes(kind) ? Math.max(ends, extended) : ends)) yield ["end", n];
    [over, last, ends] = [kind === "closed", at, until];
  }
  for (const each of record.aliases ?? []) {
    const text = `auction-alias-v1\n${record.project}\n${each.alias}\n${each.id}\n${each.salt}\n`;
    if (fixed.get(each.alias) !== hexOf(await sha256(bytesOf(text)))) yield ["alias", each.alias];
  }
  const named = (record.aliases ?? []).map((each) => each.alias).join(" ") === [...fixed.keys()].sort(byText).join(" ");
  if (record.aliases !== null && !named) yield ["alias", "–"];
  if (record.state === "closed" && !over) yield ["open", record.entries.length - 1];
}

const FIELDS = ["aliases", "entries", "project", "refused", "state", "statements", "version"];
const INSIDE = {
  entries: ["body", "hash", "seq"], aliases: ["alias", "id", "salt"],
  statements: ["accepted", "decided_at", "explains_from", "given_at", "uscc"],
  refused: ["after_seq", "amount", "at", "code", "id", "would_be_accepted"],
};
const hasNames = (value, names) => value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).sort().join() === names.join();
const wrongFields = (record) => {
  if (!hasNames(record, FIELDS)) return "–";
  for (const [name, names] of Object.entries(INSIDE)) {
    const list = record[name] ?? [];
    if (!Array.isArray(list)) return name;
    const place = list.findIndex((each) => !hasNames(each, names));
    if (place >= 0) return `${name}[${place}]`;
  }
  return null;
};

/**
 * Check the bytes of an auction's record by itself; never throws for bad input.
 * → {ok, readable, steps, differences, notChecked} as verifySelection.
 */
export async function verifyAuction(bytes) {
  const steps = [];
  const finished = (readable, notChecked) => {
    const differences = steps.flatMap(({ name, detail }) => detail.map((each) => ({ step: name, ...each })));
    return { ok: differences.length === 0, readable, steps, differences, notChecked };
  };
  const step = (name, detail) => steps.push({ name, ok: detail.length === 0, detail });
  let record;
  try { record = load(bytes); } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    step("form", [{ code: error.code, about: error.about }]);
    return finished(false, ["rest"]);
  }
  const wrong = wrongFields(record);
  if (wrong !== null) { step("form", [{ code: "fields", about: wrong }]); return finished(true, ["rest"]); }
  step("form", []);
  const detail = [];
  try { for await (const [code, about] of checkAuction(record)) detail.push({ code, about: String(about) }); } catch { detail.push({ code: "unreadable", about: "" }); }
  step("auction", detail);
  return finished(true, ["refused", "registers", ...(record.aliases ? [] : ["aliases"])]);
}
