// The bidder's side: the big button, one's own amount, and the agent whose floor never leaves this page.
export const bidder = (root, { words, you, fill, money, toFen, toYuan, offer, state }) => {
  const quick = root.querySelector("[data-quick]");
  const own = root.querySelector(".sm-auction__act form:not([data-quick])");
  const button = quick.querySelector("button");
  const said = root.querySelector('[data-show="said"]');
  const box = root.querySelector("[data-page-agent]");
  const [start, stop] = [box.querySelector("[data-agent-start]"), box.querySelector("[data-agent-stop]")];
  const floorField = box.querySelector("input");
  const agentSaid = box.querySelector('[data-show="agent"]');
  let floor = null; // fen; here and nowhere else
  let sending = false;

  const say = (text, good) => { said.textContent = text; said.className = `sm-auction__said ${good ? "is-good" : "is-bad"}`; };

  const send = async (fen, byAgent) => {
    if (sending) return;
    sending = true;
    button.disabled = true;
    const body = new FormData();
    const token = own.querySelector('[name$="csrf_token"]');
    if (token) body.set(token.name, token.value);
    body.set("bid-amount", toYuan(fen));
    body.set("bid-key", crypto.randomUUID?.() ?? String(Math.random()).slice(2));
    if (byAgent) body.set("bid-agent", "y");
    try {
      const answer = await fetch(own.action, { method: "POST", headers: { Accept: "application/json" }, body });
      const news = await answer.json();
      if (answer.ok) {
        say(fill(words.accepted, { seq: news.seq, amount: money(toFen(news.amount.amount)) }), true);
        own.querySelector('[name="bid-amount"]').value = "";
      } else {
        const would = news.would_be_accepted ? ` ${fill(words.would, { amount: money(toFen(news.would_be_accepted.amount)) })}` : "";
        say(`${news.errors?.[0]?.message ?? news.title}${would}`, false);
      }
    } catch {
      say(words.failed, false);
    } finally {
      sending = false;
      button.disabled = false;
    }
  };

  quick.addEventListener("submit", (event) => { event.preventDefault(); const fen = offer(); if (fen !== null) send(fen, false); });
  own.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const fen = toFen(own.querySelector('[name="bid-amount"]').value);
    if (fen === null) say(words.bad_amount, false); else send(fen, false);
  }, true);

  const keep = (event) => event.preventDefault();
  const agent = (fen, text) => {
    floor = fen;
    start.hidden = fen !== null;
    stop.hidden = fen === null;
    floorField.disabled = fen !== null;
    agentSaid.textContent = text;
    (fen === null ? removeEventListener : addEventListener)("beforeunload", keep);
  };
  const act = () => {
    const now = state();
    if (floor === null || sending || now.phase !== "running" || now.leader === you) return;
    const fen = offer();
    if (fen === null || fen < floor) { agent(null, fill(words.agent_end, { amount: money(floor) })); return; }
    send(fen, true);
  };
  start.addEventListener("click", () => {
    const fen = toFen(floorField.value);
    if (fen === null) { agentSaid.textContent = words.bad_amount; return; }
    agent(fen, fill(words.agent_on, { amount: money(fen) }));
    act();
  });
  stop.addEventListener("click", () => agent(null, words.agent_off));
  box.hidden = false;
  // Half a second after whatever happened, so that a person's own bid comes first.
  setInterval(act, 500);

  return {
    changed: (now, fen) => {
      quick.hidden = now.phase !== "running" || now.leader === you || fen === null;
      if (fen !== null) button.textContent = fill(words.bid_now, { amount: money(fen) });
      if (["closed", "cancelled"].includes(now.phase) && floor !== null) agent(null, words.agent_off);
    },
  };
};
