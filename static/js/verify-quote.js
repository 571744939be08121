// The page “Check a quote”: a kept file, the public book and the proof from the log are compared here; once the page is
// loaded no network is needed.
import { checkProof, parseProof } from "../verify/log.js";
import { able, checkBook, checkKept, parseBook, parseKept, partsOf } from "../verify/quote.js";

const { fill } = window.market;
const root = document.getElementById("verify-here");
const words = JSON.parse(root.dataset.words);
const out = document.getElementById("verify-out");
const bookOut = document.getElementById("book-out");
const proofOut = document.getElementById("proof-out");
const fields = { kept: document.getElementById("kept-file"), book: document.getElementById("book-file"), proof: document.getElementById("proof-file") };
let kept = null, book = null, proof = null;

const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const stepLine = (step) => el("li", { "data-state": step.state }, el("strong", {}, `${words.states[step.state]} `), words.steps[step.name] ?? step.name,
  ...(step.shown ? [el("br", {}), el("span", { class: "sm-mono sm-small" }, step.shown)] : []));
const show = (place, title, found, ...more) => {
  place.replaceChildren(el("h3", { tabindex: "-1" }, title), ...more, el("ol", { class: "sm-steps-found" }, ...found.steps.map(stepLine)));
  place.dataset.ok = String(found.ok);
};
const refuse = (place, message) => {
  place.replaceChildren(el("p", { role: "alert", class: "sm-error" }, message));
  place.dataset.ok = "false";
};
const yuan = (fen) => `¥${(fen / 100n).toLocaleString("en")}.${String(fen % 100n).padStart(2, "0")}`;

const compare = async () => {
  if (!kept) return;
  const found = await checkKept(kept, book, proof);
  const parts = partsOf(kept.body);
  show(out, found.ok ? words.holds : words.differs, found, ...(parts ? [el("p", {}, fill(words.amount, { amount: yuan(parts.amount) }))] : []));
  out.firstChild.focus();
};
const took = async (bytes) => {
  book = parseBook(bytes);
  const found = await checkBook(book);
  show(bookOut, found.ok ? words.book_holds : words.differs, found);
};
const tookProof = async (bytes) => {
  proof = parseProof(bytes);
  const found = await checkProof(proof);
  show(proofOut, found.ok ? words.proof_holds : words.differs, found);
};
const choose = async (name, file) => {
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const place = { kept: out, book: bookOut, proof: proofOut }[name];
  try {
    if (name === "kept") kept = parseKept(bytes);
    else if (name === "proof") await tookProof(bytes);
    else await took(bytes);
  } catch (error) {
    if (name === "kept") kept = null;
    if (name === "proof") proof = null;
    refuse(place, words[error.message] ?? words[`bad_${name}`]);
    return;
  }
  await compare();
};

if (able()) {
  root.hidden = false;
  for (const [name, input] of Object.entries(fields)) input.addEventListener("change", () => choose(name, input.files[0]));
  for (const zone of document.querySelectorAll("[data-drop]")) {
    for (const kind of ["dragover", "dragleave", "drop"]) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.toggle("sm-file--over", kind === "dragover");
        if (kind === "drop") choose(zone.dataset.drop, event.dataTransfer.files[0]);
      });
    }
  }
  if (root.dataset.book) {
    fetch(root.dataset.book, { credentials: "omit" }).then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
      .then((bytes) => took(new Uint8Array(bytes)))
      .catch(() => refuse(bookOut, words.not_loaded));
  }
} else {
  document.getElementById("verify-unable").hidden = false;
}
