// The draw as it happens: a clock, the state asked for every few seconds, each pick computed in this browser.
import { able, parsePool, picks, sha256 } from "../verify/draw.js";

const root = document.getElementById("ceremony");
const words = JSON.parse(root.dataset.words);
const said = document.getElementById("ceremony-said");
const lost = document.getElementById("ceremony-lost");
const list = document.getElementById("ceremony-picks");
const again = document.getElementById("ceremony-again");
const large = document.getElementById("ceremony-large");
let offset = Date.parse(document.body.dataset.now) - Date.now();
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const part = () => document.getElementById("ceremony-state");
const rows = () => [...root.querySelectorAll("[data-member]")];
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const bytesOf = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const el = (tag, text, name = "") => {
  const node = document.createElement(tag);
  node.textContent = text;
  if (name) node.className = name;
  return node;
};

// Computes key and picks from the record's pool and value alone; what was published is only compared with at the end.
let playing = false;
const play = async (record, slowly) => {
  if (playing) return;
  playing = true;
  again.hidden = true;
  document.getElementById("ceremony-none")?.remove();
  const names = Object.fromEntries(rows().map((row) => [row.dataset.member, row.querySelector("strong").textContent]));
  for (const row of rows()) { row.classList.remove("sm-picked"); row.querySelector("[data-place]").textContent = "–"; }
  list.replaceChildren();
  said.textContent = words.computing;
  const pool = parsePool(record.pool_file);
  const hash = await sha256(bytesOf(record.pool_file));
  const key = await sha256(new Uint8Array([...bytesOf("draw-v2\n"), ...hash, ...bytesOf(record.value)]));
  const order = [];
  for await (const pick of picks(pool.members, key)) {
    order.push(pick.id);
    const name = names[pick.id] ?? pick.id;
    const line = el("li", "", order.length === 1 ? "sm-ceremony__first" : "");
    const how = `${name === pick.id ? "" : `${pick.id} · `}${fill(words.remainder, pick)}`;
    line.append(el("strong", name), document.createElement("br"), el("span", how, "sm-mono sm-small"));
    list.append(line);
    const row = rows().find((each) => each.dataset.member === pick.id);
    row?.classList.add("sm-picked");
    if (row) row.querySelector("[data-place]").textContent = String(pick.place);
    // A reader of the screen hears the first ones; the rest stands in the list.
    if (pick.place <= 5) said.textContent = fill(words.picked, { place: pick.place, name });
    if (slowly && !calm) await wait(pick.place <= 10 ? 900 : 60);
  }
  const same = JSON.stringify(order) === JSON.stringify(record.order) && record.key === hexOf(key) && record.pool_hash === hexOf(hash);
  said.textContent = same ? words.done : words.differs;
  root.dataset.same = String(same);
  again.hidden = false;
  playing = false;
};

const clockText = () => {
  const { phase, until } = part().dataset;
  const left = until ? Math.ceil((Date.parse(until) - Date.now() - offset) / 1000) : 0;
  if (!until) return words.clock[phase];
  if (left <= 0) return words.clock.over;
  const two = (number) => String(number).padStart(2, "0");
  const time = `${Math.floor(left / 3600) % 24}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  const days = Math.floor(left / 86400);
  return fill(words.clock[phase], { time: days ? fill(words.days, { days, time }) : time });
};
const tick = () => {
  if (part().dataset.drawn === "no") document.getElementById("ceremony-clock").textContent = clockText();
};

// The state as small JSON, which the browser asks for with what it knows already; the page's own words come from the server.
let known = "";
const look = async () => {
  const answer = await fetch(root.dataset.live, { cache: "no-cache" });
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  lost.hidden = true;
  if (text === known) return null;
  const first = known === "";
  known = text;
  if (!first || JSON.parse(text).phase !== part().dataset.phase) {
    const page = await fetch(location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    const changed = fresh.getElementById("ceremony-state");
    if (changed) {
      part().replaceWith(changed);
      offset = Date.parse(fresh.body.dataset.now) - Date.now();
    }
    tick();
  }
  return JSON.parse(text).record;
};
const follow = async () => {
  let record = null;
  try { record = await look(); } catch { lost.hidden = false; }
  if (record?.order) { await play(record, true); return; }
  const { until } = part().dataset;
  const left = until ? Date.parse(until) - Date.now() - offset : Infinity;
  setTimeout(follow, left > 0 && left < 3000 ? 500 : left > 600000 && left < Infinity ? 15000 : 2000);
};

const grow = async () => {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await root.requestFullscreen();
};
if (document.fullscreenEnabled) {
  large.hidden = false;
  large.querySelector("button").addEventListener("click", () => grow().catch(() => { large.hidden = true; }));
  document.addEventListener("fullscreenchange", () => {
    const on = document.fullscreenElement === root;
    large.querySelector("span").textContent = on ? words.small : words.large;
  });
}

if (able()) {
  const record = () => fetch(root.dataset.record, { cache: "no-store" }).then((answer) => answer.json());
  again.querySelector("button").addEventListener("click", async () => play(await record(), true));
  tick();
  if (part().dataset.drawn === "yes") {
    again.hidden = false;
  } else {
    setInterval(tick, 1000);
    follow();
  }
}
