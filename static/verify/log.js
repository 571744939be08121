// The proof that an event stands in the log whose head the witnesses signed (log-proof-v1), checked in the reader's browser.
// The same rules as core/log_proof.py and selection/quotes_proved.py; RFC 9162, 2.1. Nothing here asks a server.
import "../vendor/tweetnacl/nacl-fast.min.js";

const { nacl } = globalThis;
const FIELDS = ["body", "format", "log", "path", "place", "root", "signatures", "size"];
const SIGNATURE = ["at", "by", "key", "signature"];
const HEX64 = /^[0-9a-f]{64}$/;
const HEX128 = /^[0-9a-f]{128}$/;
const TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const LOG = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;
const LARGEST = 64 * 1024;
const MOST_STEPS = 62, MOST_SIGNATURES = 64;

const bytesOf = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hash = async (prefix, ...parts) => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1));
  out[0] = prefix;
  let at = 1;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", out));
};

const sameNames = (value, names) => value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).sort().join() === names.join();
const isText = (value, form) => typeof value === "string" && form.test(value);
// JavaScript would make the 2nd of March of the 30th of February.
const isTime = (value) => isText(value, TIME) && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value.replace("Z", ".000Z");
const isSignature = (each) => sameNames(each, SIGNATURE) && isText(each.by, NAME) && isText(each.key, HEX64) && isTime(each.at) && isText(each.signature, HEX128);
const isSize = (value) => Number.isSafeInteger(value) && value >= 1;

/** The proof in these bytes, read strictly. Throws Error("bad_proof"). */
export const parseProof = (bytes) => {
  let found;
  try { found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)); } catch { throw new Error("bad_proof"); }
  const fine = bytes.length <= LARGEST && sameNames(found, FIELDS) && found.format === "log-proof-v1" && isText(found.log, LOG) &&
    isSize(found.size) && isSize(found.place) && found.place <= found.size && typeof found.body === "string" && found.body.isWellFormed?.() !== false && isText(found.root, HEX64) &&
    Array.isArray(found.path) && found.path.length <= MOST_STEPS && found.path.every((step) => isText(step, HEX64)) &&
    Array.isArray(found.signatures) && found.signatures.length <= MOST_SIGNATURES && found.signatures.every(isSignature);
  if (!fine) throw new Error("bad_proof");
  return found;
};

/** The root that the body and its path lead to (RFC 9162, 2.1.3.2), or null. */
const rootOf = async (proof) => {
  let place = BigInt(proof.place) - 1n, last = BigInt(proof.size) - 1n;
  let found = await hash(0, bytesOf(proof.body));
  for (const hex of proof.path) {
    if (last === 0n) return null;
    const step = fromHex(hex);
    if ((place & 1n) || place === last) {
      found = await hash(1, step, found);
      while (place && !(place & 1n)) { place >>= 1n; last >>= 1n; }
    } else {
      found = await hash(1, found, step);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? hexOf(found) : null;
};

/** Whether the tree of `second` leaves is that of `first`, grown on (RFC 9162, 2.1.4.2); roots and path in hex. */
export const extendsTree = async (first, firstRoot, second, secondRoot, path) => {
  if (!isSize(first) || !isSize(second) || first > second || ![firstRoot, secondRoot, ...path].every((each) => isText(each, HEX64))) return false;
  if (first === second) return path.length === 0 && firstRoot === secondRoot;
  const steps = path.map(fromHex);
  let place = BigInt(first), last = BigInt(second) - 1n;
  if ((place & (place - 1n)) === 0n) steps.unshift(fromHex(firstRoot));
  if (steps.length === 0) return false;
  place -= 1n;
  while (place & 1n) { place >>= 1n; last >>= 1n; }
  let before = steps[0], after = steps[0];
  for (const step of steps.slice(1)) {
    if (last === 0n) return false;
    if ((place & 1n) || place === last) {
      [before, after] = await Promise.all([hash(1, step, before), hash(1, step, after)]);
      while (place && !(place & 1n)) { place >>= 1n; last >>= 1n; }
    } else {
      after = await hash(1, after, step);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n && hexOf(before) === firstRoot && hexOf(after) === secondRoot;
};

/** Whether a witness signed this head: {log, size, root} by {key, at, signature}. */
export const headHolds = (head, each) => isSignature(each) && isSize(head.size) && isText(head.root, HEX64) && holds(head, each);

const holds = (proof, each) =>
  nacl.sign.detached.verify(bytesOf(`head-v2\n${proof.log}\n${proof.size}\n${proof.root}\n${each.at}\n`), fromHex(each.signature), fromHex(each.key));

const eventOf = (proof) => {
  try {
    const found = JSON.parse(proof.body);
    return found !== null && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch { return null; }
};

const isOf = (event, kept) => {
  const said = event.data;
  const data = sameNames(said, ["agency_uscc", "commitment", "seq"]) && said.agency_uscc === kept.uscc && said.commitment === kept.commitment && said.seq === kept.seq;
  return data && event.tag === "quote.received" && event.project === kept.project && (kept.receipt === null || `${String(event.at).slice(0, 19)}Z` === kept.receipt.at);
};

/** Every step of the check of a proof, of a kept quote where one is given: [{name, state, shown}]. */
export const logSteps = async (proof, kept) => {
  if (!proof) return [{ name: "log", state: "unknown", shown: "" }];
  const event = eventOf(proof), signed = proof.signatures;
  const fits = event !== null && (!kept || isOf(event, kept));
  return [
    { name: "log_event", state: fits ? "holds" : "differs", shown: event ? `${event.tag} ${event.at}` : "" },
    { name: "log_inclusion", state: (await rootOf(proof)) === proof.root ? "holds" : "differs", shown: proof.root },
    { name: "log_head", state: signed.length === 0 ? "unknown" : signed.every((each) => holds(proof, each)) ? "holds" : "differs", shown: signed.map((each) => each.by).join(", ") },
    { name: "log_keys", state: "unknown", shown: signed.map((each) => `${each.by} ${each.key}`).join(", ") },
  ];
};

/** A proof by itself: {ok, steps, notChecked}. */
export const checkProof = async (proof) => {
  const steps = await logSteps(proof, null);
  return { ok: steps.every((each) => each.state !== "differs"), steps, notChecked: steps.filter((each) => each.state === "unknown").map((each) => each.name) };
};
