// Sealed quotes in the reader's own browser: sealing one, and checking a kept file against the public book.
// The same rules as selection/quotes_body.py and quotes_kept.py. Nothing here asks a server.
import "../vendor/tweetnacl/nacl-fast.min.js";
import { blake2b } from "../vendor/noble-hashes/blake2.js";
import { logSteps } from "./log.js";

const { nacl } = globalThis;
const HEX64 = /^[0-9a-f]{64}$/;
const HEX128 = /^[0-9a-f]{128}$/;
const PROJECT = /^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;
const USCC = /^[0-9A-Z]{18}$/;
const NUMBER = /^(?:0|[1-9][0-9]{0,17})$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const LINE = /^([0-9A-Z]{18}) ([1-9][0-9]{0,8}) ([0-9a-f]{64}) (\S+)$/;
const MAX_SEQ = 999999999;
const SEAL_BYTES = 48;
const KEPT = ["body", "ciphertext", "commitment", "format", "keys", "project", "receipt", "seq", "uscc"];
const BOOK = ["countersignature", "format", "keys", "list", "list_hash", "opened_at", "project", "published_at", "quotes", "receipt_key", "stopped", "witness_key"];

const bytesOf = (text) => new TextEncoder().encode(text);
export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const sha256 = async (bytes) => hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** Whether this browser has what it takes: Web Crypto is there over https and on the reader's own machine only. */
export const able = () => Boolean(globalThis.crypto?.subtle && globalThis.crypto.getRandomValues);

/** A libsodium sealed box: a fresh public key, then the box under it; the nonce is BLAKE2b of both public keys. */
export const sealedBox = (message, publicKey) => {
  const fresh = nacl.box.keyPair();
  const both = new Uint8Array(64);
  both.set(fresh.publicKey);
  both.set(publicKey, 32);
  const nonce = blake2b(both, { dkLen: 24 });
  const box = nacl.box(message, nonce, publicKey, fresh.secretKey);
  const out = new Uint8Array(32 + box.length);
  out.set(fresh.publicKey);
  out.set(box, 32);
  fresh.secretKey.fill(0);
  return out;
};

const bodyText = ({ project, uscc, seq, amount, salt }) => `quote-v1\n${project}\n${uscc}\n${seq}\n${amount}\n${salt}\n`;

/** The inner box, 0x80 and zeros up to one length for all amounts: how long it is must not tell how many digits there are. */
const padded = (inner, project) => {
  const longest = bodyText({ project, uscc: "0".repeat(18), seq: MAX_SEQ, amount: "9".repeat(18), salt: "0".repeat(64) }).length;
  const out = new Uint8Array(SEAL_BYTES + longest + 1);
  out.set(inner);
  out[inner.length] = 0x80;
  return out;
};

/** Seal an amount (whole fen, a BigInt) as quote no. `seq`: the body stays here, the rest may be handed in. */
export const sealQuote = async ({ project, uscc, seq, amount, keys }) => {
  if (!PROJECT.test(project) || !USCC.test(uscc) || !Number.isInteger(seq) || seq < 1 || seq > MAX_SEQ) throw new Error("place");
  if (typeof amount !== "bigint" || amount < 1n || !NUMBER.test(String(amount))) throw new Error("amount");
  if (!HEX64.test(keys.operator) || !HEX64.test(keys.witness)) throw new Error("keys");
  const body = bodyText({ project, uscc, seq, amount, salt: hexOf(crypto.getRandomValues(new Uint8Array(32))) });
  const inner = sealedBox(bytesOf(body), fromHex(keys.witness));
  const ciphertext = sealedBox(padded(inner, project), fromHex(keys.operator));
  return { body, commitment: await sha256(bytesOf(body)), ciphertext: hexOf(ciphertext) };
};

const signed = (text, signature, key) =>
  HEX128.test(signature ?? "") && HEX64.test(key ?? "") && nacl.sign.detached.verify(bytesOf(text), fromHex(signature), fromHex(key));

/** Whether the witness signed its quote key for this project, opening no earlier than it says. */
export const keyHolds = (project, keys, witnessKey) =>
  signed(`quote-key-v1\n${project}\n${keys.witness}\n${keys.opens_at}\n${keys.at}\n`, keys.signature, witnessKey);

/** Whether the operator signed this receipt. */
export const receiptHolds = ({ project, uscc, seq, commitment }, receipt, key) =>
  signed(`quote-receipt-v1\n${project}\n${uscc}\n${seq}\n${commitment}\n${receipt.at}\n`, receipt.signature, key);

/** What a bidder keeps, as a file: `quote-kept-v1`. */
export const keptFile = ({ project, uscc, seq, keys, sealed, receipt }) => ({
  format: "quote-kept-v1",
  project,
  uscc,
  seq,
  body: sealed.body,
  commitment: sealed.commitment,
  ciphertext: sealed.ciphertext,
  keys: { operator: keys.operator, witness: keys.witness },
  receipt,
});

const isText = (value) => typeof value === "string";
const sameNames = (value, names) => value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).sort().join() === names.join();
const read = (bytes, names, format, code) => {
  let found;
  try { found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)); } catch { throw new Error(code); }
  if (!sameNames(found, names) || found.format !== format) throw new Error(code);
  return found;
};

/** The kept file in these bytes, read strictly. Throws Error("bad_kept"). */
export const parseKept = (bytes) => {
  const kept = read(bytes, KEPT, "quote-kept-v1", "bad_kept");
  const receipt = kept.receipt;
  const fine = ["body", "project", "uscc", "commitment", "ciphertext"].every((name) => isText(kept[name])) && PROJECT.test(kept.project) && USCC.test(kept.uscc) && HEX64.test(kept.commitment) &&
    Number.isInteger(kept.seq) && kept.seq >= 1 && kept.seq <= MAX_SEQ &&
    (receipt === null || (sameNames(receipt, ["at", "key", "signature"]) && isText(receipt.at) && isText(receipt.signature) && TIME.test(receipt.at) && HEX128.test(receipt.signature) && isText(receipt.key)));
  if (!fine) throw new Error("bad_kept");
  return kept;
};

/** The public book in these bytes. Throws Error("bad_book"). */
export const parseBook = (bytes) => {
  const book = read(bytes, BOOK, "quote-book-v1", "bad_book");
  const fine = isText(book.project) && isText(book.receipt_key) && (book.list === null || isText(book.list)) && (book.quotes === null || Array.isArray(book.quotes));
  if (!fine) throw new Error("bad_book");
  return book;
};

/** The body's parts, or null. */
export const partsOf = (body) => {
  const lines = body.split("\n");
  const fine = lines.length === 7 && lines[0] === "quote-v1" && PROJECT.test(lines[1]) && USCC.test(lines[2]) && NUMBER.test(lines[3]) && NUMBER.test(lines[4]) && HEX64.test(lines[5]) && lines[6] === "";
  return fine ? { project: lines[1], uscc: lines[2], seq: Number(lines[3]), amount: BigInt(lines[4]) } : null;
};

const listLines = (list, project) => {
  const lines = list.split("\n");
  if (lines[0] !== "quote-list-v1" || lines[1] !== project || lines.at(-1) !== "") return null;
  const found = lines.slice(2, -1).map((line) => LINE.exec(line));
  if (found.some((match) => match === null)) return null;
  return found.map((match) => ({ uscc: match[1], seq: Number(match[2]), commitment: match[3], at: match[4] }));
};

/** Every step of the check of a kept file, with the public book and the proof from the log where there are: {ok, steps, notChecked}. */
export const checkKept = async (kept, book, proof) => {
  const steps = [];
  const step = (name, holds, shown = "") => steps.push({ name, state: holds === null ? "unknown" : holds ? "holds" : "differs", shown: String(shown) });
  const computed = await sha256(bytesOf(kept.body));
  step("commitment", computed === kept.commitment, computed);
  const parts = partsOf(kept.body);
  step("body", Boolean(parts && parts.project === kept.project && parts.uscc === kept.uscc && parts.seq === kept.seq), parts ? parts.amount : "");
  const key = book ? book.receipt_key : kept.receipt?.key;
  step("receipt", kept.receipt === null ? null : receiptHolds(kept, kept.receipt, key));
  if (book) step("project", kept.project === book.project, book.project);
  if (!book || book.list === null) {
    step("list", null);
    step("countersignature", null);
  } else {
    const digest = await sha256(bytesOf(book.list));
    step("list_hash", digest === book.list_hash, digest);
    const lines = listLines(book.list, kept.project);
    const line = lines?.find((each) => each.uscc === kept.uscc && each.seq === kept.seq);
    step("list", Boolean(line && line.commitment === kept.commitment && (kept.receipt === null || line.at === kept.receipt.at)), line?.commitment ?? "");
    const by = book.countersignature;
    step("countersignature", by === null || !HEX64.test(book.witness_key ?? "") ? null : signed(`list-v1\n${book.list.split("\n")[1]}\n${digest}\n${by.at}\n`, by.signature, book.witness_key), by?.by ?? "");
  }
  const row = book?.quotes?.find((each) => each.uscc === kept.uscc && each.seq === kept.seq);
  step("opened", row?.body ? row.body === kept.body : null, row?.invalid_code ?? "");
  steps.push(...await logSteps(proof, kept));
  return { ok: steps.every((each) => each.state !== "differs"), steps, notChecked: steps.filter((each) => each.state === "unknown").map((each) => each.name) };
};

/** The public book by itself: its keys, its list, and every body that was opened. */
export const checkBook = async (book) => {
  const steps = [];
  const step = (name, holds, shown = "") => steps.push({ name, state: holds === null ? "unknown" : holds ? "holds" : "differs", shown: String(shown) });
  step("keys", book.keys?.signature && HEX64.test(book.witness_key ?? "") ? keyHolds(book.project, book.keys, book.witness_key) : null, book.keys?.by ?? "");
  if (book.list === null) {
    for (const name of ["list_hash", "countersignature", "bodies"]) step(name, null);
  } else {
    const digest = await sha256(bytesOf(book.list));
    step("list_hash", digest === book.list_hash, digest);
    const by = book.countersignature;
    step("countersignature", by === null || !HEX64.test(book.witness_key ?? "") ? null : signed(`list-v1\n${book.project}\n${digest}\n${by.at}\n`, by.signature, book.witness_key), by?.by ?? "");
    const lines = new Map((listLines(book.list, book.project) ?? []).map((line) => [`${line.uscc} ${line.seq}`, line.commitment]));
    const wrong = [];
    const opened = (book.quotes ?? []).filter((row) => isText(row.body));
    for (const row of opened) {
      const parts = partsOf(row.body), place = `${row.uscc} ${row.seq}`;
      const fine = (await sha256(bytesOf(row.body))) === row.commitment && lines.get(place) === row.commitment && parts?.project === book.project && parts.uscc === row.uscc && parts.seq === row.seq && parts.amount === BigInt(row.amount);
      if (!fine) wrong.push(place);
    }
    step("bodies", book.quotes === null ? null : wrong.length === 0, wrong.length ? wrong.join(", ") : opened.length);
  }
  return { ok: steps.every((each) => each.state !== "differs"), steps, notChecked: steps.filter((each) => each.state === "unknown").map((each) => each.name) };
};

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const group = (value) => {
  let words = "", gap = false;
  for (const [place, name] of [[1000, "仟"], [100, "佰"], [10, "拾"], [1, ""]]) {
    const digit = Math.floor(value / place) % 10;
    if (digit === 0) { gap = Boolean(words); continue; }
    words += (gap ? "零" : "") + DIGITS[digit] + name;
    gap = false;
  }
  return words;
};

/** An amount in fen (BigInt) in Chinese capital numerals, as contracts carry it: 人民币壹仟肆佰零玖元伍角. */
export const inWords = (fen) => {
  const yuan = fen / 100n, jiao = Number((fen / 10n) % 10n), cents = Number(fen % 10n);
  let whole = "", gap = false;
  for (const [index, name] of [[2n, "亿"], [1n, "万"], [0n, ""]]) {
    const value = Number((yuan / 10000n ** index) % 10000n);
    if (value === 0) { gap = Boolean(whole); continue; }
    whole += (whole && (gap || value < 1000) ? "零" : "") + group(value) + name;
    gap = false;
  }
  let words = "人民币";
  if (yuan || !(jiao || cents)) words += `${whole || "零"}元`;
  if (!jiao && !cents) return `${words}整`;
  if (yuan && (!jiao || yuan % 10n === 0n)) words += "零";
  return words + (jiao ? `${DIGITS[jiao]}角` : "") + (cents ? `${DIGITS[cents]}分` : "");
};
