// The editor of a way of selection: of each stage only what its kind knows is shown.
(() => {
  "use strict";
  const editor = document.getElementById("mode-editor");
  if (!editor) return;
  const show = () => {
    for (const stage of editor.querySelectorAll("[data-stage]")) {
      const kind = stage.querySelector("select[name$='-stage']").value;
      for (const part of stage.querySelectorAll("[data-kinds]")) part.hidden = !part.dataset.kinds.split(" ").includes(kind);
    }
  };
  editor.addEventListener("change", (event) => { if (event.target.name.endsWith("-stage")) show(); });
  show();
})();
