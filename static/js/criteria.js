// The criteria editor: the sum of the weights while they are typed. Without script the page shows it when it is sent.
(() => {
  "use strict";
  const { fill } = window.market;
  const show = (box) => {
    const sum = box?.querySelector("[data-weights-sum]");
    if (!sum) return;
    let total = 0;
    for (const input of box.querySelectorAll("[data-weight]")) {
      const typed = input.value.normalize("NFKC").trim();
      if (/^[0-9]{1,4}$/.test(typed)) total += Number(typed);
    }
    const text = total === 100 ? box.dataset.weightsWhole : total < 100 ? box.dataset.weightsLess : box.dataset.weightsMore;
    sum.textContent = fill(text, { total, rest: Math.abs(100 - total) });
    sum.dataset.whole = String(total === 100);
  };
  // On the document: the part comes anew when the region changes.
  document.addEventListener("input", (event) => show(event.target.closest?.("[data-weights]")));
  show(document.querySelector("[data-weights]"));
})();
