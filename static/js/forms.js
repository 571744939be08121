// Forms: drafts, the question before a binding act, sums in 万元, file sizes. Every form works without it.
(() => {
  "use strict";
  const { words, fill } = window.market;
  const user = document.body.dataset.user;
  const PREFIX = "draft:";
  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  // Storage may be refused (private windows, full disk); then there are simply no drafts.
  const storage = (() => {
    try { localStorage.setItem("draft-test", "1"); localStorage.removeItem("draft-test"); return localStorage; } catch (_) { return null; }
  })();
  const read = (key) => { try { return JSON.parse(storage.getItem(key)); } catch (_) { return null; } };
  const write = (key, value) => { try { storage.setItem(key, JSON.stringify(value)); } catch (_) { /* full: the form itself still holds it */ } };

  const kept = (field) => field.name && field.name !== "csrf_token" && !["password", "file", "hidden", "submit", "button"].includes(field.type) && !field.closest("[data-no-draft]");
  const values = (form) => {
    const out = {};
    for (const field of form.elements) {
      if (!kept(field)) continue;
      if (field.type === "checkbox" || field.type === "radio") (out[field.name] ||= []).push(...(field.checked ? [field.value] : []));
      else if (field.multiple) out[field.name] = [...field.selectedOptions].map((option) => option.value);
      else (out[field.name] ||= []).push(field.value);
    }
    return out;
  };
  const restore = (form, saved) => {
    const rest = structuredClone(saved);
    for (const field of form.elements) {
      if (!kept(field) || !(field.name in rest)) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = rest[field.name].includes(field.value);
      else if (field.multiple) for (const option of field.options) option.selected = rest[field.name].includes(option.value);
      else if (rest[field.name].length) field.value = rest[field.name].shift();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const forms = [...document.querySelectorAll("form[data-draft]")];
  const present = new Set(forms.map((form) => `${PREFIX}${user}:${form.dataset.draft}`));
  if (storage) {
    // What was sent and not shown again was accepted. Pages of refusal (sign in again, an error) keep it, and so does another reader.
    for (const key of Object.keys(storage)) {
      if (!key.startsWith(`${PREFIX}${user}:`) || present.has(key) || document.body.dataset.drafts === "keep") continue;
      if (read(key)?.sent) storage.removeItem(key);
    }
    for (const form of forms) {
      const key = `${PREFIX}${user}:${form.dataset.draft}`;
      const initial = JSON.stringify(values(form));
      const saved = read(key);
      if (saved && !form.hasAttribute("data-answered") && JSON.stringify(saved.values) !== initial) {
        restore(form, saved.values);
        const clear = el("button", { type: "button", class: "sm-btn sm-btn--small" }, words.draft_clear);
        const bar = el("div", { class: "sm-draft", role: "status" }, fill(words.draft_restored, { time: saved.time }), clear);
        clear.addEventListener("click", () => { storage.removeItem(key); restore(form, JSON.parse(initial)); storage.removeItem(key); bar.remove(); });
        form.prepend(bar);
      }
      let timer = 0;
      const save = (sent) => {
        clearTimeout(timer);
        const now = values(form);
        if (JSON.stringify(now) === initial && !sent) storage.removeItem(key);
        else write(key, { values: now, sent, time: new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) });
      };
      form.addEventListener("input", (event) => { if (event.isTrusted) { clearTimeout(timer); timer = setTimeout(save, 400, false); } });
      form.addEventListener("submit", (event) => { if (!event.defaultPrevented) save(true); });
      addEventListener("pagehide", () => { if (!read(key)?.sent && JSON.stringify(values(form)) !== initial) save(false); });
    }
    for (const form of document.querySelectorAll("[data-sign-out]")) {
      form.addEventListener("submit", () => {
        for (const key of Object.keys(storage)) if (key.startsWith(`${PREFIX}${user}:`)) storage.removeItem(key);
      });
    }
  }

  // Without a draft (files, passwords) the browser asks before what was typed is lost.
  for (const form of document.querySelectorAll("form[data-guard], form[enctype='multipart/form-data']")) {
    let dirty = false;
    form.addEventListener("input", (event) => { dirty ||= form.hasAttribute("data-guard") || event.target.type === "file"; });
    form.addEventListener("submit", () => { dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }

  for (const form of document.querySelectorAll("form[data-confirm]")) {
    let agreed = false;
    form.addEventListener("submit", (event) => {
      if (agreed) { agreed = false; return; }
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = event.submitter;
      const label = form.dataset.confirmLabel || submitter?.textContent.trim() || words.confirm;
      const tone = submitter?.className.includes("danger") ? "danger" : "primary";
      const yes = el("button", { type: "button", class: `sm-btn sm-btn--${tone}` }, label);
      const no = el("button", { type: "button", class: "sm-btn" }, words.cancel);
      const text = el("p", { id: "confirm-text" }, form.dataset.confirm);
      const dialog = el("dialog", { class: "sm-dialog", "aria-labelledby": "confirm-text" }, text, el("div", { class: "sm-actions" }, no, yes));
      no.addEventListener("click", () => dialog.close());
      yes.addEventListener("click", () => { agreed = true; dialog.close(); form.requestSubmit(submitter); });
      dialog.addEventListener("close", () => dialog.remove());
      document.body.append(dialog);
      dialog.showModal();
      no.focus();
    }, { capture: true });
  }

  // A form is sent once; the back button gives the button back.
  const busy = [];
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    setTimeout(() => {
      for (const button of event.target.querySelectorAll("button[type=submit]")) { button.disabled = true; busy.push(button); }
    });
  });
  addEventListener("pageshow", () => { for (const button of busy.splice(0)) button.disabled = false; });

  for (const box of document.querySelectorAll("[data-money]")) {
    const input = box.querySelector("input");
    const output = box.querySelector("output");
    const show = () => {
      const match = /^\s*(\d[\d,]*)(?:\.(\d{1,2}))?\s*$/.exec(input.value);
      const yuan = match ? BigInt(match[1].replaceAll(",", "")) : 0n;
      output.hidden = yuan < 100000n;
      if (output.hidden) return;
      const hundredths = (yuan + 50n) / 100n;
      const part = String(hundredths % 100n).padStart(2, "0").replace(/0+$/, "");
      output.textContent = `= ${(hundredths / 100n).toLocaleString("en")}${part && "."}${part} ${box.dataset.moneyUnit}`;
    };
    input.addEventListener("input", show);
    show();
  }

  for (const input of document.querySelectorAll("input[type=file][data-max-bytes]")) {
    input.addEventListener("change", () => {
      const wrong = [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));
      input.setCustomValidity(wrong ? words.too_large : "");
      if (wrong) { input.reportValidity(); input.value = ""; input.setCustomValidity(""); }
    });
  }

  document.querySelector("[data-focus]")?.focus();
})();
