// The draw as it happens: a clock, the record read again every five seconds, each pick computed in this browser.
import { able, parsePool, picks, sha256 } from "../verify/draw.js";

const root = document.getElementById("ceremony");
const words = JSON.parse(root.dataset.words);
const said = document.getElementById("ceremony-said");
const list = document.getElementById("ceremony-picks");
const again = document.getElementById("ceremony-again");
const offset = Date.parse(document.body.dataset.now) - Date.now();
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const names = Object.fromEntries([...root.querySelectorAll("tbody tr")].map((row) => [row.cells[1].textContent.trim(), row.cells[0].textContent.trim()]));

const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const play = async (record, slowly) => {
  again.hidden = true;
  said.textContent = words.computing;
  const pool = parsePool(record.pool_file);
  const hash = await sha256(new TextEncoder().encode(record.pool_file));
  const prefix = new TextEncoder().encode("draw-v2\n");
  const value = new TextEncoder().encode(record.value);
  const joined = new Uint8Array([...prefix, ...hash, ...value]);
  const key = await sha256(joined);
  const computed = [];
  list.replaceChildren();
  for await (const pick of picks(pool.members, key)) {
    computed.push(pick.id);
    const line = document.createElement("li");
    const name = document.createElement("strong");
    const code = document.createElement("span");
    name.textContent = names[pick.id] ?? pick.id;
    code.textContent = `${pick.id} · ${pick.remainder} / ${pick.tickets}`;
    code.className = "sm-mono sm-small";
    line.append(name, document.createElement("br"), code);
    list.append(line);
    if (slowly && !calm) await wait(pick.place <= 10 ? 700 : 60);
  }
  const same = JSON.stringify(computed) === JSON.stringify(record.order) && record.key === Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("") && JSON.stringify([...fromHex(record.pool_hash)]) === JSON.stringify([...hash]);
  said.textContent = same ? words.done : words.differs;
  root.dataset.same = String(same);
  again.hidden = false;
};

const read = async () => {
  const answer = await fetch(root.dataset.record, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

const clock = document.getElementById("ceremony-clock");
const tick = () => {
  const left = Math.ceil((Date.parse(root.dataset.drawAt) - Date.now() - offset) / 1000);
  if (left <= 0) { clock.textContent = words.due; return; }
  const two = (number) => String(number).padStart(2, "0");
  clock.textContent = words.countdown.replace("{time}", `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`);
};

if (able()) {
  again.querySelector("button").addEventListener("click", async () => play(await read(), true));
  if (root.dataset.drawnAt) {
    again.hidden = false;
  } else {
    tick();
    const ticking = setInterval(tick, 1000);
    const there = JSON.stringify([...root.querySelectorAll("[data-part]")].map((part) => part.dataset.there));
    const look = async () => {
      try {
        const record = await read();
        if (record.order) {
          clearInterval(ticking);
          sessionStorage.setItem("ceremony", root.dataset.record);
          location.reload();
          return;
        }
        const now = JSON.stringify([true, record.receipt, record.value, record.order].map((part) => (part ? "yes" : "no")));
        if (now !== there) { location.reload(); return; }
        said.textContent = words.waiting;
      } catch { /* the network comes back or not; the page says what it knew */ }
      setTimeout(look, 5000);
    };
    setTimeout(look, 5000);
  }
  // Who watched the countdown sees the picks come one by one.
  if (root.dataset.drawnAt && sessionStorage.getItem("ceremony") === root.dataset.record) {
    sessionStorage.removeItem("ceremony");
    read().then((record) => play(record, true)).catch(() => { again.hidden = false; });
  }
}
