// The pages of the witnesses: each receipt's Ed25519 signature is checked here, in the reader's own browser.
const root = document.getElementById("check-here");
const words = JSON.parse(root.dataset.words);
const button = document.getElementById("check-button");
const out = document.getElementById("check-out");

const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const keyOf = (hex) => crypto.subtle.importKey("raw", fromHex(hex), { name: "Ed25519" }, false, ["verify"]);

/** Whether this browser knows Ed25519: not all do, and none over plain http beyond the reader's own machine. */
const able = async () => {
  try { await keyOf("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"); return true; } catch { return false; }
};

const holds = async (key, project, purpose, receipt) => {
  const body = new TextEncoder().encode(`receipt-v1\n${project}\n${purpose}\n${receipt.pool_hash}\n${receipt.at}\n`);
  try { return await crypto.subtle.verify({ name: "Ed25519" }, key, fromHex(receipt.signature), body); } catch { return false; }
};

// The page's own rows, or those of one project, in one form.
const rowsOf = (found) => found.rows ?? found.draws.map((draw) => draw.comparison);
const keysOf = (found) => found.keys ?? Object.fromEntries(found.witnesses.filter((each) => each.configured).map((each) => [each.name, each.key]));

const check = async () => {
  out.textContent = words.working;
  const found = await (await fetch(root.dataset.source)).json();
  const keys = {};
  for (const [name, hex] of Object.entries(keysOf(found))) keys[name] = await keyOf(hex);
  const places = new Map(Array.from(document.querySelectorAll("[data-signature]"), (node) => [node.dataset.signature, node]));
  let checked = 0;
  let bad = 0;
  for (const row of rowsOf(found)) {
    for (const cell of row.witnesses) {
      const place = places.get(`${row.project}|${row.purpose}|${cell.name}`);
      const receipts = [cell.shown_here, cell.shown_by_witness].filter(Boolean);
      if (!place || !receipts.length || !keys[cell.name]) continue;
      const results = await Promise.all(receipts.map((receipt) => holds(keys[cell.name], row.project, row.purpose, receipt)));
      checked += results.length;
      bad += results.filter((each) => !each).length;
      place.textContent = ` ${results.every(Boolean) ? words.holds : words.differs}`;
      place.dataset.state = results.every(Boolean) ? "holds" : "differs";
    }
  }
  out.textContent = checked ? words.done.replace("{checked}", checked).replace("{bad}", bad) : words.none;
  out.dataset.ok = String(checked > 0 && bad === 0);
};

if (await able()) {
  button.hidden = false;
  button.addEventListener("click", () => check().catch(() => { out.textContent = words.unable; }));
} else {
  out.textContent = words.unable;
}
