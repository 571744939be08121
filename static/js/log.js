// The page of the log: signatures of its heads and the proofs from one to the next are checked here, in the reader's own browser.
import { extendsTree, headHolds } from "../verify/log.js";

const { fill } = window.market;
const root = document.getElementById("check-here");
const mark = (place, fine, words) => {
  if (!place) return;
  place.textContent = ` ${fine ? words.holds : words.differs}`;
  place.dataset.state = fine ? "holds" : "differs";
};

const check = async (heads, words, out) => {
  out.textContent = words.working;
  let signatures = 0, proofs = 0, bad = 0;
  for (const [number, head] of heads.entries()) {
    for (const each of head.signatures) {
      const fine = headHolds(head, each);
      mark(document.querySelector(`[data-signature="${head.size}|${CSS.escape(each.by)}"]`), fine, words);
      signatures += 1;
      bad += fine ? 0 : 1;
    }
    if (!head.proof) continue;
    const answer = await fetch(head.proof, { credentials: "omit" });
    if (!answer.ok) throw new Error("broken");
    const found = await answer.json(), older = heads[number + 1];
    // What the page shows is what counts; of the answer only the path.
    const fine = Array.isArray(found.path) && await extendsTree(older.size, older.root, head.size, head.root, found.path);
    mark(document.querySelector(`[data-proof="${head.size}"]`), fine, words);
    proofs += 1;
    bad += fine ? 0 : 1;
  }
  out.textContent = fill(words.done, { signatures, proofs, bad });
  out.dataset.ok = String(bad === 0);
};

if (root) {
  const words = JSON.parse(root.dataset.words);
  const button = document.getElementById("check-button");
  const out = document.getElementById("check-out");
  if (globalThis.crypto?.subtle) {
    button.hidden = false;
    button.addEventListener("click", () => check(JSON.parse(root.dataset.heads), words, out).catch(() => { out.textContent = words.broken; out.dataset.ok = "false"; }));
  } else {
    out.textContent = words.unable;
  }
}
