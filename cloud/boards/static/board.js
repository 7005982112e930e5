// A board: one screen after another, fetched again and again. When the line drops, the last values stay with their age.
"use strict";
(() => {
  const FETCH_MS = 15000, PATIENCE_MS = 10000, TURN_MS = 12000, LOST_MS = 60000;
  const body = document.body, main = document.querySelector("main"), lost = document.getElementById("lost");
  let heard = performance.now(), turn = 0, off = false;

  const screens = () => [...main.querySelectorAll(".screen")];

  const words = (seconds) => {
    const [value, unit] = seconds < 100 ? [seconds, "second"] : seconds < 6000 ? [seconds / 60, "minute"] : seconds < 172800 ? [seconds / 3600, "hour"] : [seconds / 86400, "day"];
    return body.dataset.ago.replace("{age}", Math.round(value) + " " + body.dataset[unit]);
  };

  const calendar = new Intl.DateTimeFormat("en", { timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const clock = (at) => {
    const part = Object.fromEntries(calendar.formatToParts(at * 1000).map(({ type, value }) => [type, value]));
    return `${part.day}/${part.month} ${part.hour}:${part.minute}`;
  };

  // Ages go on by the board's own steady clock: the clock of a TV may be wrong.
  const tick = () => {
    const since = (performance.now() - heard) / 1000;
    for (const screen of screens()) {
      if (screen.dataset.age === "") continue;
      const age = Number(screen.dataset.age) + since;
      screen.querySelector(".age").textContent = words(age);
      if (age <= Number(screen.dataset.stale)) continue;
      screen.classList.add("stale");
      screen.querySelector(".state strong").textContent = body.dataset.silent;
    }
    lost.hidden = off || since * 1000 < LOST_MS;
    lost.querySelector("span").textContent = words(since);
    const first = main.querySelector("[data-time]");
    document.getElementById("clock").textContent = first === null ? "" : clock(Number(first.dataset.time) + since);
  };

  const show = () => {
    const all = screens();
    main.classList.toggle("turning", all.length > 1);
    all.forEach((screen, place) => screen.classList.toggle("shown", place === turn % all.length));
    document.getElementById("dots").textContent = all.length > 1 ? all.map((_, place) => place === turn % all.length ? "●" : "○").join("") : "";
  };

  const take = (html) => {
    main.innerHTML = html;
    heard = performance.now();
    off = false;
    show();
    tick();
  };

  const look = async () => {
    const reply = await fetch(body.dataset.now, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (reply.ok) {
      take(await reply.text());
    } else if (reply.status === 404) {
      off = true;
      const said = document.createElement("p");
      said.className = "empty";
      said.textContent = body.dataset.off;
      main.replaceChildren(said);
      show();
    }
  };

  show();
  tick();
  setInterval(tick, 1000);
  setInterval(() => { turn += 1; show(); }, TURN_MS);
  setInterval(() => { look().catch(() => {}); }, FETCH_MS);
})();
