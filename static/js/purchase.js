// The form of a purchase: what only one way of selection needs opens when that way is chosen.
(() => {
  "use strict";
  const parts = { direct: document.getElementById("direct"), merit: document.getElementById("criteria") };
  for (const choice of document.querySelectorAll("input[name=mode]")) {
    choice.addEventListener("change", () => {
      for (const [mode, part] of Object.entries(parts)) if (part) part.open = choice.checked && choice.value === mode;
    });
  }
})();
