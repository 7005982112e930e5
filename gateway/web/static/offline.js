// Fills the offline page with what was kept, and leaves it as soon as the farm answers.
"use strict";
(() => {
  const box = document.getElementById("offline");
  const LOOK_EVERY_MS = 5000;

  const words = (seconds) => {
    const [value, unit] = seconds < 100 ? [seconds, "second"] : seconds < 6000 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
    return box.dataset.ago.replace("{age}", Math.round(value) + " " + box.dataset[unit]);
  };

  const fill = (template, fields) => {
    const piece = document.getElementById(template).content.cloneNode(true);
    for (const [name, text] of Object.entries(fields)) piece.querySelector("." + name).textContent = text;
    return piece;
  };

  const show = (last) => {
    const since_s = Math.max(0, Date.now() - last.received_ms) / 1000;
    document.getElementById("old-ponds").replaceChildren(...last.ponds.map((pond) => fill("old-pond", {
      name: pond.name,
      number: pond.value,
      age: pond.age_s === null ? "" : words(pond.age_s + since_s),
      then: pond.state,
    })));
    document.getElementById("to-call").replaceChildren(...last.people.map((person) => {
      const piece = fill("person", { name: person.name, role: person.role, phone: person.phone });
      piece.querySelector("a").href = "tel:" + person.phone;
      return piece;
    }));
    document.getElementById("call").hidden = last.people.length === 0;
    document.getElementById("nothing").hidden = true;
  };

  const read = async () => {
    const kept = await caches.match("/api/last", { cacheName: "last" });
    if (kept) show(await kept.json());
  };

  const look = async () => {
    try {
      await fetch("/healthz", { cache: "no-store" });
    } catch {
      return;
    }
    if (location.pathname === "/offline") location.replace("/");
    else location.reload();
  };

  const update = () => read().catch(() => undefined);
  update();
  setInterval(update, LOOK_EVERY_MS);
  setInterval(look, LOOK_EVERY_MS);
  window.addEventListener("online", look);
  document.getElementById("retry").addEventListener("click", look);
})();
