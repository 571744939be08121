// The frame: theme, density, drawers, menus, copy buttons, countdowns. Every page works without it.
(() => {
  "use strict";
  const words = JSON.parse(document.querySelector('meta[name="sm-words"]').content);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const remember = (name, value) => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
  };
  window.market = { words, fill };

  // Theme: the media of the dark sheet is the whole state; the server renders it from the cookie.
  const sheet = document.getElementById("dark");
  const isDark = () => sheet.media === "screen" || (sheet.media !== "not all" && matchMedia("(prefers-color-scheme: dark)").matches);
  const announceTheme = () => document.dispatchEvent(new CustomEvent("market:theme"));
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = isDark() ? "light" : "dark";
      sheet.media = next === "dark" ? "screen" : "not all";
      document.querySelector('meta[name="color-scheme"]').content = next;
      remember("theme", next);
      announceTheme();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announceTheme);

  const root = document.documentElement;
  for (const button of document.querySelectorAll("[data-density-switch]")) {
    const show = () => button.setAttribute("aria-pressed", String(root.dataset.density === "compact"));
    button.hidden = false;
    show();
    button.addEventListener("click", () => {
      if (root.dataset.density === "compact") delete root.dataset.density;
      else root.dataset.density = "compact";
      remember("density", root.dataset.density || "normal");
      show();
    });
  }

  // Drawers open by :target without script; with it they keep the address clean, hold the focus and close on Escape.
  let opened = null;
  let opener = null;
  const close = () => {
    if (!opened) return;
    opened.classList.remove("is-open");
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
    opened = null;
  };
  for (const link of document.querySelectorAll("[data-drawer]")) {
    const drawer = document.getElementById(link.dataset.drawer);
    if (!drawer) { link.hidden = true; continue; }
    link.setAttribute("role", "button");
    link.setAttribute("aria-expanded", "false");
    link.setAttribute("aria-controls", drawer.id);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      opened = drawer;
      opener = link;
      drawer.classList.add("is-open");
      link.setAttribute("aria-expanded", "true");
      drawer.querySelector("a, button").focus();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") { event.preventDefault(); link.click(); }
    });
  }
  for (const link of document.querySelectorAll("[data-drawer-close]")) {
    link.addEventListener("click", (event) => {
      if (!opened) return;
      event.preventDefault();
      close();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    if (document.activeElement?.classList.contains("sm-term")) document.activeElement.blur();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (opened && !opened.contains(event.target) && !opener.contains(event.target)) close();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("focusin", (event) => {
    if (opened && !opened.contains(event.target)) opened.querySelector("a, button").focus();
  });

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    const label = button.querySelector("span");
    const before = label.textContent;
    label.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      label.textContent = words.copied;
      setTimeout(() => { label.textContent = before; }, 2000);
    });
  }

  // Countdowns run on the market's clock, which a demonstration moves.
  const offset = Date.parse(document.body.dataset.now) - Date.now();
  const tick = () => {
    for (const node of document.querySelectorAll("[data-countdown]")) {
      const minutes = Math.ceil((Date.parse(node.dataset.countdown) - Date.now() - offset) / 60000);
      let text = words.overdue;
      if (minutes > 2880) text = fill(words.days_left, { n: Math.floor(minutes / 1440) });
      else if (minutes >= 120) text = fill(words.hours_left, { n: Math.floor(minutes / 60) });
      else if (minutes > 0) text = fill(words.minutes_left, { n: minutes });
      if (node.textContent !== text) node.textContent = text;
    }
  };
  if (document.querySelector("[data-countdown]")) {
    tick();
    setInterval(tick, 15000);
  }

  // A search for nothing goes nowhere.
  for (const form of document.querySelectorAll("form[role=search]")) {
    form.addEventListener("submit", (event) => {
      const input = form.querySelector("input[type=search]");
      if (!input.value.trim()) { event.preventDefault(); input.focus(); }
    });
  }
})();
