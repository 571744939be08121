// The scoring room: what is kept at every change is what was typed on this page, and whoever types is told when it is not.
(() => {
  "use strict";
  const room = document.getElementById("room");
  if (!room) return;
  const state = document.getElementById("draft-state");
  const place = (name) => /^scores-(\d+)-/.exec(name)?.[1];
  const touched = new Set();
  const touch = (field) => { const number = place(field.name); if (number !== undefined) touched.add(number); };
  room.addEventListener("input", (event) => touch(event.target));
  // What came back with a refusal was typed here, too.
  if ("answered" in room.dataset) for (const field of room.elements) if (field.value) touch(field);
  // Another window may hold newer scores for the rest: only what was touched here is sent.
  room.addEventListener("htmx:configRequest", (event) => {
    for (const name of [...event.detail.formData.keys()]) {
      const number = place(name);
      if (number !== undefined && !touched.has(number)) event.detail.formData.delete(name);
    }
  });
  const unkept = () => { state.textContent = room.dataset.unkept; };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) room.addEventListener(name, unkept);
  // Who is signed out is led to another page; that is no answer for this place.
  room.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.responseURL && !event.detail.xhr.responseURL.endsWith("/draft")) { event.detail.shouldSwap = false; unkept(); }
  });
})();
