// How entries come: over the live connection (server-sent events, from the last seq on), else asked for every 3 seconds.
const POLL = 3000;
const SILENT = 25000; // the live process says something at least every ten seconds

export const link = ({ feed, live, last, wanted, take, said }) => {
  let source = null;
  let heard = 0;
  let asking = false;

  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(`${feed}?after=${last()}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      take(await answer.json());
      if (!alive()) said("polling");
    } catch {
      if (!alive()) said("offline");
    } finally {
      asking = false;
    }
  };
  const alive = () => source !== null && source.readyState === EventSource.OPEN && Date.now() - heard < SILENT;

  const connect = () => {
    source?.close();
    source = null;
    if (!live) return;
    source = new EventSource(`${live}?after=${last()}`);
    heard = Date.now();
    const read = (event) => {
      heard = Date.now();
      said("live");
      const news = JSON.parse(event.data);
      take(news);
      // Whatever got lost on the way is asked for.
      if (last() < wanted()) ask();
    };
    source.addEventListener("news", read);
  };

  ask().then(connect);
  setInterval(() => {
    if (alive()) return;
    ask();
    // A browser gives up for good where a proxy answers in our place.
    if (live && (source === null || source.readyState === EventSource.CLOSED || Date.now() - heard > SILENT)) connect();
  }, POLL);
  addEventListener("online", connect);
};
