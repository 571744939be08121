// The record of a draw (draw-v2), computed again in the reader's own browser. Nothing here asks a server.
// The same rules as draw_verify.py; the browser's Web Crypto does SHA-256 and Ed25519.
const FIELDS = ["drawn_at", "entered_by", "excluded", "key", "order", "pool_file", "pool_hash", "receipt", "refused", "source_time", "value", "version"];
const MAX_BYTES = 8 * 1024 * 1024;
const WORD = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;
const PURPOSE = /^(?:main|panel|tie[1-9][0-9]{0,4})$/;
const HEX64 = /^[0-9a-f]{64}$/;
const TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const LOTTERIES = { kl8: [20, 1, 80] };
const EARLIEST = { drand: 600, published: 3600, parties: 0 };

const bytesOf = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const joined = (...parts) => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
};
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** Whether this browser has what it takes: Web Crypto is there over https and on the reader's own machine only. */
export const able = () => Boolean(globalThis.crypto?.subtle);

class Broken extends Error {
  constructor(field, code) { super(`${field}: ${code}`); this.field = field; this.code = code; }
}

// JSON.parse takes the last of two equal names; a record with a name twice is no record.
export const refuseDoubles = (text) => {
  const open = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token.endsWith(":")) {
      const name = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
      const names = open.at(-1);
      if (names?.has(name)) throw new Broken(name, "twice");
      names?.add(name);
    }
  }
};

const exactly = (value, names, field) => {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Broken(field, "object");
  const there = Object.keys(value).sort();
  const wanted = [...names].sort();
  for (const name of there) if (!wanted.includes(name)) throw new Broken(name, "unknown_field");
  for (const name of wanted) if (!there.includes(name)) throw new Broken(name, "missing");
};
const text = (value, field) => {
  if (typeof value !== "string" || !value.isWellFormed()) throw new Broken(field, "text");
  return value;
};
const matching = (value, pattern, field) => {
  if (!pattern.test(text(value, field)) || value.endsWith("\n")) throw new Broken(field, "form");
  return value;
};
const moment = (value, field) => {
  matching(value, TIME, field);
  const at = new Date(value);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 19) !== value.slice(0, 19)) throw new Broken(field, "form");
  return at.getTime() / 1000;
};
const names = (value, field) => {
  if (!Array.isArray(value)) throw new Broken(field, "list");
  return value.map((item) => text(item, field));
};
const known = (value, read, field) => (value === null ? null : read(value, field));

/** The record in these bytes, read strictly. Throws a Broken with field and code. */
export const parseRecord = (bytes) => {
  if (bytes.length > MAX_BYTES) throw new Broken("record", "too_large");
  let content, record;
  try { content = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch { throw new Broken("record", "not_utf8"); }
  try { record = JSON.parse(content); } catch { throw new Broken("record", "not_json"); }
  refuseDoubles(content);
  exactly(record, FIELDS, "record");
  if (record.version !== "draw-v2") throw new Broken("version", "form");
  text(record.pool_file, "pool_file");
  matching(record.pool_hash, HEX64, "pool_hash");
  if (record.receipt !== null) {
    exactly(record.receipt, ["at", "by", "signature"], "receipt");
    moment(record.receipt.at, "receipt.at");
    text(record.receipt.by, "receipt.by");
    matching(record.receipt.signature, /^[0-9a-f]{128}$/, "receipt.signature");
  }
  known(record.source_time, moment, "source_time");
  known(record.value, text, "value");
  known(record.entered_by, names, "entered_by");
  known(record.refused, names, "refused");
  known(record.drawn_at, moment, "drawn_at");
  if (record.key !== null) matching(record.key, HEX64, "key");
  known(record.order, names, "order");
  if (!Array.isArray(record.excluded)) throw new Broken("excluded", "list");
  for (const item of record.excluded) {
    exactly(item, ["id", "code"], "excluded");
    text(item.id, "excluded");
    matching(item.code, /^[a-z][a-z0-9_]{0,63}$/, "excluded");
  }
  return record;
};

const parseSource = (line) => {
  const parts = line.split(":");
  const [kind, ...rest] = parts;
  if (kind === "drand" && rest.length === 1 && HEX64.test(rest[0])) return { kind, chain: rest[0] };
  if (kind === "published" && rest.length >= 1 && rest.length <= 2 && /^[a-z][a-z0-9]{0,15}$/.test(rest[0]) && (rest.length === 1 || /^[0-9]{1,16}$/.test(rest[1]))) return { kind, lottery: rest[0] };
  if (kind === "parties" && rest.length >= 2 && rest.every((each) => HEX64.test(each)) && new Set(rest).size === rest.length) return { kind, commitments: rest };
  throw new Broken("source", "form");
};

/** The pool file taken apart: project, purpose, source, members in file order. Throws a Broken. */
export const parsePool = (content) => {
  const lines = content.split("\n");
  if (/[^\x00-\x7f]/.test(content) || lines.pop() !== "" || lines.length < 5 || lines[0] !== "draw-v2") throw new Broken("pool_file", "form");
  const members = lines.slice(4).map((line) => {
    const found = /^(\S+) ([1-9][0-9]?)$/.exec(line);
    if (!found || !WORD.test(found[1])) throw new Broken("pool_file", "form");
    return { id: found[1], tickets: Number(found[2]) };
  });
  if (members.length > 65535 || !WORD.test(lines[1]) || !PURPOSE.test(lines[2])) throw new Broken("pool_file", "form");
  members.forEach((member, at) => {
    if (at && members[at - 1].id >= member.id) throw new Broken("pool_file", "order");
  });
  return { project: lines[1], purpose: lines[2], source: parseSource(lines[3]), members };
};

const checkNumbers = (value, lottery) => {
  if (!/^[0-9]{2}(?: [0-9]{2})*$/.test(value)) throw new Broken("value", "form");
  const numbers = value.split(" ").map(Number);
  if (numbers.some((number, at) => at && numbers[at - 1] > number)) throw new Broken("value", "order");
  if (lottery in LOTTERIES) {
    const [count, lowest, highest] = LOTTERIES[lottery];
    if (numbers.length !== count || new Set(numbers).size !== count || numbers[0] < lowest || numbers.at(-1) > highest) throw new Broken("value", "lottery");
  }
};
const checkValue = async (source, value, refused) => {
  if (source.kind === "drand") matching(value, HEX64, "value");
  else if (source.kind === "published") checkNumbers(value, source.lottery);
  else if (refused) checkNumbers(value, "");
  else {
    const reveals = value.split(":");
    if (reveals.length !== source.commitments.length) throw new Broken("value", "reveals");
    for (const [at, reveal] of reveals.entries()) {
      if (!HEX64.test(reveal) || hexOf(await sha256(fromHex(reveal))) !== source.commitments[at]) throw new Broken("value", "reveal");
    }
  }
};

/** Every pick in turn: place, how many tickets were left, the remainder, who it was. `key` as 32 bytes. */
export async function* picks(members, key) {
  const left = members.flatMap(({ id, tickets }) => Array(tickets).fill(id));
  for (let place = 1; left.length; place += 1) {
    const be16 = Uint8Array.of(place >> 8, place & 255);
    const hash = await sha256(joined(be16, key, be16));
    const remainder = Number(BigInt(`0x${hexOf(hash)}`) % BigInt(left.length));
    const id = left[remainder];
    yield { place, tickets: left.length, remainder, id };
    const first = left.indexOf(id);
    let end = first;
    while (left[end] === id) end += 1;
    left.splice(first, end - first);
  }
}

const signatureHolds = async (record, pool, poolHash, keyHex) => {
  const body = bytesOf(`receipt-v1\n${pool.project}\n${pool.purpose}\n${poolHash}\n${record.receipt.at}\n`);
  const key = await crypto.subtle.importKey("raw", fromHex(keyHex), { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, fromHex(record.receipt.signature), body);
};

/**
 * Check the bytes of a record; never throws for bad input.
 * `witnessKeys`: name → public key in hex, or null where none is known.
 * → {ok, steps: [{name, state: "holds" | "differs" | "unknown", shown}], differences: [{field, code, computed}], notChecked, picks}
 */
export async function verifyRecord(bytes, witnessKeys = null) {
  const out = { ok: false, steps: [], differences: [], notChecked: [], picks: [], record: null, pool: null };
  const differs = (field, code, computed = "") => out.differences.push({ field, code, computed });
  const step = (name, before, shown = "") => out.steps.push({ name, state: out.differences.length > before ? "differs" : "holds", shown });
  let record, pool;
  try {
    record = out.record = parseRecord(bytes);
    step("format", 0);
    pool = out.pool = parsePool(record.pool_file);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    differs(error.field, error.code);
    step(record ? "pool" : "format", 0);
    return out;
  }
  let before = out.differences.length;
  const poolHash = hexOf(await sha256(bytesOf(record.pool_file)));
  if (record.pool_hash !== poolHash) differs("pool_hash", "differs", poolHash);
  const inPool = new Set(pool.members.map((member) => member.id));
  for (const { id } of record.excluded) if (inPool.has(id)) differs("excluded", "in_pool", id);
  step("pool", before, poolHash);

  before = out.differences.length;
  let signature = "unknown";
  if (record.receipt === null) differs("receipt", "none");
  else if (witnessKeys === null) out.notChecked.push("receipt signature");
  else if (!Object.hasOwn(witnessKeys, record.receipt.by)) differs("receipt", "no_key", record.receipt.by);
  else {
    try {
      signature = (await signatureHolds(record, pool, poolHash, witnessKeys[record.receipt.by])) ? "holds" : "differs";
      if (signature === "differs") differs("receipt", "signature", record.receipt.by);
    } catch { out.notChecked.push("receipt signature"); }
  }
  out.steps.push({ name: "receipt", state: out.differences.length > before ? "differs" : signature, shown: record.receipt ? `${record.receipt.by} ${record.receipt.at}` : "" });
  for (const name of ["source_time", "value", "entered_by", "refused", "drawn_at", "key", "order"]) if (record[name] === null) differs(name, "null");

  if (record.value !== null) {
    before = out.differences.length;
    const refused = Boolean(record.refused?.length);
    try { await checkValue(pool.source, record.value, refused); } catch (error) { differs(error.field, error.code); }
    if (refused && pool.source.kind !== "parties") differs("refused", "no_parties");
    else if (refused && (new Set(record.refused).size !== record.refused.length || record.refused.length > pool.source.commitments.length)) differs("refused", "too_many");
    const lottery = pool.source.kind === "published" || refused;
    if (lottery && record.entered_by !== null && new Set(record.entered_by).size < 2) differs("entered_by", "one");
    if (pool.source.kind === "drand") out.notChecked.push("drand signature");
    if (lottery) out.notChecked.push("bulletin");
    const outside = pool.source.kind === "drand" || lottery;
    out.steps.push({ name: "value", state: out.differences.length > before ? "differs" : outside ? "unknown" : "holds", shown: record.value });

    before = out.differences.length;
    const key = await sha256(joined(bytesOf("draw-v2\n"), fromHex(poolHash), bytesOf(record.value)));
    if (record.key !== null && record.key !== hexOf(key)) differs("key", "differs", hexOf(key));
    step("key", before, hexOf(key));

    before = out.differences.length;
    for await (const pick of picks(pool.members, key)) out.picks.push(pick);
    const order = out.picks.map((pick) => pick.id);
    if (record.order !== null && JSON.stringify(record.order) !== JSON.stringify(order)) differs("order", "differs", order.join(" "));
    step("order", before, order.join(" "));
  }
  before = out.differences.length;
  const at = (name) => (record[name] === null ? null : moment(record[name], name));
  if (record.receipt !== null && at("source_time") !== null && at("source_time") < moment(record.receipt.at, "receipt.at") + EARLIEST[record.refused?.length ? "published" : pool.source.kind]) differs("source_time", "early");
  if (at("drawn_at") !== null && at("source_time") !== null && at("drawn_at") < at("source_time")) differs("drawn_at", "early");
  step("times", before, record.drawn_at ?? "");
  out.ok = out.differences.length === 0;
  return out;
}
