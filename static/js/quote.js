// The bidder's page: the amount is read, shown in figures and words, sealed and kept here; only the sealed quote is sent.
import { able, inWords, keptFile, keyHolds, partsOf, receiptHolds, sealQuote } from "../verify/quote.js";

const { fill } = window.market;
const root = document.getElementById("seal");
const own = document.getElementById("quote");
const words = JSON.parse(own.dataset.words);
const user = document.body.dataset.user;
const language = document.documentElement.lang;

const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const button = (label, act, css = "") => {
  const node = el("button", { type: "button", class: `sm-btn ${css}`.trim() }, label);
  node.addEventListener("click", act);
  return node;
};
const yuan = (fen) => `¥${(fen / 100n).toLocaleString("en")}.${String(fen % 100n).padStart(2, "0")}`;
const moment = (at) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Shanghai" }).format(new Date(at));
const notice = (tone, title, ...children) => el("div", { class: `sm-notice sm-notice--${tone}`, role: tone === "ok" ? "status" : "alert" }, el("div", {}, el("strong", {}, title), ...children));

// What was sealed here stays here until its bidder removes it: the body is nowhere else.
const PREFIX = `quote:${user}:`;
const storage = (() => {
  try { localStorage.setItem("quote-test", "1"); localStorage.removeItem("quote-test"); return localStorage; } catch { return null; }
})();
const placeOf = (kept) => `${PREFIX}${kept.project}:${kept.commitment}`;
const keep = (kept) => { try { storage.setItem(placeOf(kept), JSON.stringify(kept)); return true; } catch { return false; } };
const forget = (kept) => storage?.removeItem(placeOf(kept));
const keptOf = (project) => Object.keys(storage ?? {}).filter((key) => key.startsWith(`${PREFIX}${project}:`)).map((key) => {
  try { return JSON.parse(storage.getItem(key)); } catch { return null; }
}).filter((kept) => kept && partsOf(kept.body ?? "")).sort((a, b) => b.seq - a.seq);

const fileOf = (kept) => new Blob([`${JSON.stringify(kept, null, 2)}\n`], { type: "application/json" });
const nameOf = (kept) => `${kept.project}-quote-${kept.seq}.json`;
const fileLink = (kept, css = "sm-btn") => el("a", { class: css, href: URL.createObjectURL(fileOf(kept)), download: nameOf(kept) }, words.save);

// The same reading as core/money.py, so that page and API say the same of the same text.
const FULL = { "．": ".", "，": ",", "－": "-", "＋": "+", "￥": "¥" };
const readYuan = (typed) => {
  const clean = typed.replace(/[０-９．，－＋￥]/g, (sign) => FULL[sign] ?? String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).trim().replace(/^¥/, "").trim();
  if (!clean) return { wrong: "empty" };
  const match = /^([0-9]+)(?:\.([0-9]+))?$/.exec(clean) ?? /^([0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?$/.exec(clean);
  if (!match) {
    if (/^[+-]?[0-9.,]+[eE][+-]?[0-9]+$/.test(clean)) return { wrong: "exponent" };
    if (/^[+-]?[0-9.,]+\s*(?:[百千万萬亿億kKwWmM]|元|圆|角|分)/.test(clean)) return { wrong: "unit" };
    if (/^[-−]/.test(clean) && /[0-9]/.test(clean)) return { wrong: "negative" };
    return { wrong: /^[0-9,]+(?:\.[0-9]+)?$/.test(clean) && clean.includes(",") ? "grouping" : "not_a_number" };
  }
  const whole = match[1].replaceAll(",", ""), decimals = match[2] ?? "";
  if (decimals.length > 2) return { wrong: "decimals" };
  if (whole.replace(/^0+/, "").length > 12) return { wrong: "too_large" };
  return { fen: BigInt(whole) * 100n + BigInt(decimals.padEnd(2, "0")) };
};

const setUpSealing = () => {
  const data = JSON.parse(root.dataset.seal);
  const form = document.getElementById("seal-form");
  const input = document.getElementById("seal-amount");
  const error = document.getElementById("seal-error");
  const shown = document.getElementById("seal-shown");
  const out = document.getElementById("seal-out");
  const floor = BigInt(data.floor), ceiling = BigInt(data.ceiling);

  // A discount on the ceiling: the amount that it leaves, half a fen rounded up, is what is sealed (modes/discount.py).
  const readRate = (typed) => {
    const match = /^([0-9]{1,2})(?:\.([0-9]{1,2}))?$/.exec(typed.normalize("NFKC").trim().replace(/%$/, "").trim());
    if (!match) return { wrong: "rate" };
    const hundredths = BigInt(match[1]) * 100n + BigInt((match[2] ?? "").padEnd(2, "0"));
    return { fen: (ceiling * (10000n - hundredths) * 2n + 10000n) / 20000n };
  };
  const judged = () => {
    const found = data.by_rate ? readRate(input.value) : readYuan(input.value);
    if (found.wrong === "rate") return { wrong: words.rate };
    if (found.wrong) return { wrong: words.money[found.wrong] };
    if (found.fen < floor || found.fen > ceiling) return { wrong: fill(words.bounds, { floor: yuan(floor), ceiling: yuan(ceiling) }) };
    return found;
  };
  const complain = (message) => {
    error.textContent = message;
    error.hidden = !message;
    input.closest(".sm-field").classList.toggle("has-error", Boolean(message));
    if (message) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const figures = (fen) => [el("span", { class: "sm-sealed__figures" }, yuan(fen)), el("span", { class: "sm-sealed__words", lang: "zh-CN" }, inWords(fen))];
  const show = () => {
    const found = judged();
    shown.hidden = Boolean(found.wrong);
    shown.replaceChildren(...(found.wrong ? [] : figures(found.fen)));
    if (!error.hidden && !found.wrong) complain("");
  };
  input.addEventListener("input", show);

  // The keys of this page must be those that everybody sees, and the witness's own word must stand over its key.
  const wrongKeys = async () => {
    let book;
    try {
      const answer = await fetch(data.book, { credentials: "omit", cache: "no-store" });
      book = await answer.json();
    } catch { return words.no_book; }
    if (!book.keys || book.keys.operator !== data.keys.operator || book.keys.witness !== data.keys.witness || book.receipt_key !== data.receipt_key || book.witness_key !== data.witness_key) return words.other_keys;
    if (!data.witness_key) return words.no_witness;
    if (!keyHolds(data.project, data.keys, data.witness_key)) return words.unsigned_key;
    const pinned = storage?.getItem(`witness:${data.keys.by}`);
    if (pinned && pinned !== data.witness_key) return words.other_witness;
    try { storage?.setItem(`witness:${data.keys.by}`, data.witness_key); } catch { /* full: it is compared again next time */ }
    return "";
  };

  const send = async (kept) => {
    const fields = new URLSearchParams({ csrf_token: form.querySelector("[name=csrf_token]")?.value ?? "", seq: kept.seq, commitment: kept.commitment, ciphertext: kept.ciphertext });
    const answer = await fetch(data.post, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    const type = answer.headers.get("Content-Type") ?? "";
    const content = type.includes("json") ? await answer.json() : { errors: [fill(words.status, { status: answer.status })] };
    return { status: answer.status, ...content };
  };

  const received = (kept) => {
    const amount = partsOf(kept.body).amount;
    const parts = [notice("ok", fill(words.received, { seq: kept.seq, time: moment(kept.receipt.at) }), el("p", { class: "sm-sealed" }, ...figures(amount)), el("p", {}, words.keep_now),
      el("div", { class: "sm-actions" }, fileLink(kept, "sm-btn sm-btn--primary"), button(words.again, () => location.reload())))];
    out.replaceChildren(...parts, el("p", { class: "sm-small sm-mono" }, kept.commitment));
    form.hidden = true;
    out.tabIndex = -1;
    out.focus();
  };

  const waiting = (kept, why, final) => {
    const amount = partsOf(kept.body).amount;
    const acts = [fileLink(kept)];
    if (!final) acts.unshift(button(words.resend, () => hand(kept), "sm-btn--primary"));
    acts.push(button(words.discard, () => { forget(kept); out.replaceChildren(); form.hidden = false; input.focus(); }, "sm-btn--quiet"));
    out.replaceChildren(notice(final ? "bad" : "warn", fill(words.waiting, { seq: kept.seq, amount: yuan(amount) }), el("p", {}, why), el("div", { class: "sm-actions" }, ...acts)));
    form.hidden = !final;
  };

  const hand = async (kept) => {
    out.replaceChildren(el("p", { role: "status" }, words.sending));
    let answer;
    try { answer = await send(kept); } catch { waiting(kept, words.broken, false); return; }
    if (answer.status !== 201) {
      const told = (answer.errors ?? []).join(" ") || fill(words.status, { status: answer.status });
      waiting(kept, told, answer.status < 500 && answer.status !== 429);
      return;
    }
    if (!receiptHolds(kept, answer.receipt, data.receipt_key)) { waiting(kept, words.bad_receipt, false); return; }
    const whole = { ...kept, receipt: { at: answer.receipt.at, signature: answer.receipt.signature, key: answer.receipt.key } };
    keep(whole);
    received(whole);
  };

  const confirmed = (fen) => new Promise((answered) => {
    const yes = button(words.confirm, () => { dialog.returnValue = "yes"; dialog.close("yes"); }, "sm-btn--primary");
    const no = button(words.cancel, () => dialog.close("no"));
    const dialog = el("dialog", { class: "sm-dialog", "aria-labelledby": "seal-ask" },
      el("h2", { id: "seal-ask" }, fill(words.ask, { seq: data.seq })), el("p", { class: "sm-sealed" }, ...figures(fen)), el("p", {}, data.seq > 1 ? words.ask_more : words.ask_first), el("div", { class: "sm-actions" }, no, yes));
    dialog.addEventListener("close", () => { dialog.remove(); answered(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const found = judged();
    complain(found.wrong ?? "");
    if (found.wrong) { input.focus(); return; }
    if (!(await confirmed(found.fen))) { input.focus(); return; }
    out.replaceChildren(el("p", { role: "status" }, words.sealing));
    const wrong = await wrongKeys();
    if (wrong) { out.replaceChildren(notice("bad", words.not_sealed, el("p", {}, wrong))); return; }
    const sealed = await sealQuote({ project: data.project, uscc: data.uscc, seq: data.seq, amount: found.fen, keys: data.keys });
    const kept = keptFile({ project: data.project, uscc: data.uscc, seq: data.seq, keys: data.keys, sealed, receipt: null });
    input.value = "";
    show();
    // Kept before it is sent: a connection that breaks loses nothing. Where the browser keeps nothing, the file comes first.
    if (!keep(kept)) fileLink(kept).click();
    await hand(kept);
  });

  const known = new Set([...document.querySelectorAll("[data-kept]")].map((cell) => cell.dataset.kept));
  const open = keptOf(data.project).find((kept) => kept.receipt === null && kept.uscc === data.uscc);
  if (open && known.has(open.commitment)) hand(open);
  else if (open) waiting(open, open.seq === data.seq ? words.unconfirmed : words.outdated, open.seq !== data.seq);
  root.hidden = false;
  show();
};

// Own quotes: the amounts stand in this browser's kept files only.
const showOwn = () => {
  const kept = new Map(keptOf(own.dataset.project).map((each) => [each.commitment, each]));
  for (const cell of document.querySelectorAll("[data-kept]")) {
    const found = kept.get(cell.dataset.kept);
    if (!found) continue;
    const remove = button(words.remove, () => { if (confirm(words.remove_ask)) { forget(found); cell.replaceChildren("–"); } }, "sm-btn--quiet sm-btn--small");
    cell.replaceChildren(el("strong", { class: "sm-num" }, yuan(partsOf(found.body).amount)), " ", fileLink(found, "sm-btn sm-btn--small"), " ", remove);
  }
  for (const place of document.querySelectorAll("[data-insert-kept]")) {
    const found = kept.get(place.dataset.insertKept) ?? (place.dataset.insertKept ? null : [...kept.values()][0]);
    if (!found) continue;
    place.replaceChildren(button(fill(words.insert, { seq: found.seq }), () => {
      const area = document.getElementById(place.dataset.into);
      area.value = JSON.stringify(found, null, 2);
      area.focus();
    }));
  }
};

showOwn();
if (root) {
  if (able()) setUpSealing();
  else document.getElementById("seal-unable").hidden = false;
}
