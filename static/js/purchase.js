// The form of a purchase: only what the chosen way of selection asks for is shown.
(() => {
  "use strict";
  const form = document.getElementById("purchase");
  if (!form) return;
  const show = () => {
    const chosen = form.querySelector("input[name=mode]:checked");
    for (const part of form.querySelectorAll("[data-modes]")) {
      part.hidden = !chosen || !part.dataset.modes.split(" ").includes(chosen.value);
    }
  };
  form.addEventListener("change", (event) => { if (event.target.name === "mode") show(); });
  // The parts come anew with another region.
  document.addEventListener("htmx:afterSettle", show);
  form.classList.add("is-scripted");
  show();
})();
