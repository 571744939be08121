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
  // Who was signed out and is in again in another window goes on with a new token, without loading this page anew.
  let unsent = false, renewals = 0;
  const renew = async () => {
    if (!unsent || renewals > 3) return;
    const answer = await fetch(location.pathname, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return;
    const token = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#room input[name=csrf_token]");
    if (!token) return;
    unsent = false;
    renewals += 1;
    room.querySelector("input[name=csrf_token]").value = token.value;
    room.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const unkept = () => { unsent = true; state.textContent = room.dataset.unkept; };
  room.addEventListener("htmx:responseError", () => { unkept(); renew(); });
  for (const name of ["htmx:sendError", "htmx:timeout"]) room.addEventListener(name, unkept);
  addEventListener("focus", renew);
  addEventListener("online", renew);
  // Who is signed out is led to another page; that is no answer for this place.
  room.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status !== 200) return;
    if (xhr.responseURL.endsWith("/draft")) { renewals = 0; return; }
    event.detail.shouldSwap = false;
    unkept();
  });
})();
