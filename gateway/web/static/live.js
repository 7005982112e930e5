// Keeps the page alive: pieces of HTML by server-sent events, or asked for every few seconds (data-every) where one server
// has many pages to keep, and ages that go on even when nothing comes.
"use strict";
(() => {
  const ponds = document.querySelector("[data-live]");
  if (!ponds) { setTimeout(() => location.reload(), 1000); return; }
  const banner = document.getElementById("lost-control");
  const everyMs = 1000 * Number(ponds.dataset.every || 0);
  const quietMs = Math.max(6000, 3 * everyMs);
  const heard = new Map(); // pond element -> [age at receipt, time of receipt]
  let lastEvent = performance.now();
  let source = null, asking = false;

  const put = (id, html) => {
    const element = document.getElementById(id);
    if (element && element.dataset.html !== html) {
      element.dataset.html = html;
      element.innerHTML = html;
    }
  };

  const take = (message) => {
    lastEvent = performance.now();
    for (const [id, html] of Object.entries(message.pieces)) put(id, html);
    for (const pond of message.ponds) {
      const element = document.getElementById("pond-" + pond.id);
      if (!element) { location.reload(); return; }
      element.dataset.level = pond.level;
      element.dataset.stale = pond.stale;
      heard.set(element, [pond.age, lastEvent]);
    }
    tick();
  };

  const words = (seconds) => {
    const [value, unit] = seconds < 100 ? [seconds, "second"] : seconds < 6000 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
    return ponds.dataset.ago.replace("{age}", Math.round(value) + " " + ponds.dataset[unit]);
  };

  const tick = () => {
    const now = performance.now();
    for (const [element, [age, at]] of heard) {
      if (age === null) continue;
      const seconds = age + (now - at) / 1000;
      const stale = seconds > Number(element.dataset.stale);
      element.querySelector(".age").textContent = words(seconds);
      element.classList.toggle("stale", stale);
      if (stale) {
        const state = element.querySelector(".state strong");
        if (state) state.textContent = ponds.dataset.lost;
        delete element.querySelector(".head").dataset.html;
        element.dataset.level = "lost";
      }
    }
    banner.hidden = now - lastEvent < quietMs;
  };

  // On a slow line one question at a time, so that none overtakes another and a wish finds the line free.
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(ponds.dataset.live, { signal: AbortSignal.timeout(quietMs) });
      if (answer.redirected) location.reload();
      else if (answer.ok) take(await answer.json());
    } catch { /* the banner says it */ } finally { asking = false; }
  };

  const connect = () => {
    if (everyMs) { ask(); return; }
    if (source) source.close();
    source = new EventSource(ponds.dataset.live);
    source.onmessage = (event) => take(JSON.parse(event.data));
  };

  for (const element of ponds.querySelectorAll(".pond")) {
    const age = element.dataset.age;
    heard.set(element, [age === "" ? null : Number(age), performance.now()]);
  }
  connect();
  tick();
  setInterval(tick, 1000);
  // Some phones end a stream in the background without a word; every connection begins with a full snapshot.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) connect(); });
  setInterval(() => {
    if (!document.hidden && (everyMs || performance.now() - lastEvent > 10000)) connect();
  }, everyMs || 10000);
})();
