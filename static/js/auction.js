// A live auction: entries come over the live connection, or are asked for; the same numbers on the board and in the room.
import { link } from "./auction_link.js";
import { money, toFen, toYuan } from "./auction_money.js";
import { bidder } from "./auction_bidder.js";

const root = document.getElementById("auction");
const words = JSON.parse(root.dataset.words);
const you = root.dataset.you ?? "";
const least = Number(root.dataset.least ?? 0);
const entries = new Map();
let state = root.dataset.state ? JSON.parse(root.dataset.state) : null;
let offset = 0; // the server's clock less ours, in milliseconds
const shown = (name) => root.querySelector(`[data-show="${name}"]`);
const put = (name, text) => { const place = shown(name); if (place && place.textContent !== text) place.textContent = text; };
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
const two = (number) => String(number).padStart(2, "0");
const ofDay = (at) => new Date(at).toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" });
const bids = () => [...entries.values()].filter((entry) => entry.kind === "bid").sort((one, other) => one.seq - other.seq);
const offer = () => (state && state.next !== null && state.next >= least ? state.next : null);

const tick = () => {
  const now = Date.now() + offset;
  put("now", ofDay(now));
  const aim = state.phase === "scheduled" ? state.starts_at : state.phase === "running" ? state.ends_at : null;
  const clock = shown("clock");
  if (aim === null) { put("clock", words[state.phase]); clock.classList.remove("is-short"); return; }
  const left = Math.ceil((Date.parse(aim) - now) / 1000);
  clock.classList.toggle("is-short", state.phase === "running" && left <= 120);
  if (left <= 0) { put("clock", state.phase === "scheduled" ? words.waiting : words.closing); return; }
  const hours = Math.floor(left / 3600);
  const time = `${hours ? `${hours}:` : ""}${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  put("clock", fill(state.phase === "scheduled" ? words.begins_in : words.ends_in, { time }));
};

const row = (entry) => {
  const line = document.createElement("tr");
  line.dataset.seq = entry.seq;
  if (entry.alias === you) line.className = "is-own";
  const who = fill(words.bidder, { alias: entry.alias }) + (entry.alias === you ? ` (${words.you})` : "");
  for (const [text, kind] of [[entry.seq, "sm-num"], [who, ""], [money(entry.amount), "sm-num"], [ofDay(entry.at), ""]]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (kind) cell.className = kind;
    line.append(cell);
  }
  return line;
};

const draw = () => {
  const all = bids();
  const figure = root.querySelector(".sm-auction__chart");
  figure.hidden = all.length < 2;
  if (figure.hidden) return;
  const times = all.map((entry) => Date.parse(entry.at));
  const [first, last] = [times[0], Math.max(times[0] + 1000, times.at(-1))];
  const [high, low] = [all[0].amount, all.at(-1).amount];
  const x = (at) => 10 + (580 * (at - first)) / (last - first);
  const y = (amount) => 10 + (160 * (high - amount)) / Math.max(1, high - low);
  const svg = figure.querySelector("svg");
  const make = (name, values) => {
    const part = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(values)) part.setAttribute(key, value);
    return part;
  };
  let path = "";
  all.forEach((entry, place) => { path += place ? `H${x(times[place])}V${y(entry.amount)}` : `M${x(times[0])} ${y(entry.amount)}`; });
  const dots = all.map((entry, place) => make("circle", { class: entry.alias === you ? "own" : "dot", cx: x(times[place]), cy: y(entry.amount), r: 4 }));
  svg.replaceChildren(make("path", { class: "line", d: path }), ...dots);
  put("chart", fill(words.chart, { count: all.length, first: money(high), last: money(low) }));
};

const show = () => {
  put("lowest", state.lowest === null ? words.none : money(state.lowest));
  put("leader", state.leader === null ? "" : fill(words.bidder, { alias: state.leader }) + (state.leader === you ? ` (${words.you})` : ""));
  put("next", state.next === null ? words.bottom : money(state.next));
  put("step", money(state.step));
  put("bids", String(state.bids));
  const place = shown("place");
  if (place) {
    const part = bids().some((entry) => entry.alias === you);
    const ahead = state.leader === you;
    place.textContent = state.phase === "running" && (ahead || part) ? (ahead ? words.ahead : words.behind) : "";
    place.className = ahead ? "is-ahead" : "is-behind";
  }
  tick();
};

const take = (news) => {
  let fresh = false;
  for (const entry of news.entries ?? []) {
    if (entries.has(entry.seq)) continue;
    entries.set(entry.seq, entry);
    fresh = true;
    if (entry.kind === "resumed") { shown("resumed").hidden = false; }
    if (entry.hash) put("head", entry.hash);
    const body = root.querySelector(".sm-auction__bids tbody");
    if (entry.kind === "bid" && !body.querySelector(`[data-seq="${entry.seq}"]`)) body.prepend(row(entry));
  }
  if (news.state) {
    const ended = state.phase !== news.state.phase && ["closed", "cancelled"].includes(news.state.phase);
    if (news.state.seq >= state.seq || news.state.phase !== state.phase) state = news.state;
    offset = Date.parse(news.state.now) - Date.now();
    if (ended) setTimeout(() => location.reload(), 1500);
  }
  if (fresh) draw();
  show();
  room?.changed(state, offer());
};

let room = null;
if (state !== null) {
  offset = Date.parse(state.now) - Date.now();
  if (you && root.querySelector("[data-quick]")) room = bidder(root, { words, you, fill, money, toFen, toYuan, offer, state: () => state });
  show();
  room?.changed(state, offer());
  setInterval(tick, 250);
  if (!["closed", "cancelled"].includes(state.phase)) {
    link({
      feed: root.dataset.feed,
      live: root.dataset.live,
      last: () => Math.max(-1, ...entries.keys()),
      wanted: () => state.seq,
      take,
      said: (how) => {
        put("link", words[how]);
        shown("link").classList.toggle("is-down", how !== "live");
        root.dataset.link = how;
      },
    });
  } else {
    fetch(`${root.dataset.feed}?after=-1`, { cache: "no-store" }).then((answer) => answer.json()).then(take).catch(() => put("link", words.offline));
  }
}
