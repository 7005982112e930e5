// Makes the pages an app: registers the service worker and keeps, once a minute, what the phone shows without a connection.
// Who has signed out leaves nothing behind.
"use strict";
(() => {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  const EVERY_MS = 60000;

  const keep = async () => {
    if (document.hidden) return;
    const answer = await fetch("/api/last");
    if (!answer.ok) return;
    const last = { ...(await answer.json()), received_ms: Date.now() };
    await (await caches.open("last")).put("/api/last", new Response(JSON.stringify(last)));
  };

  const quietly = (work) => work().catch(() => undefined);

  navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  const { signed } = document.body.dataset;
  if (signed === "out") quietly(() => caches.delete("last"));
  if (signed !== "in") return;
  quietly(async () => (await caches.open("kept")).add("/offline"));
  quietly(keep);
  setInterval(() => quietly(keep), EVERY_MS);
  document.addEventListener("visibilitychange", () => quietly(keep));
})();
