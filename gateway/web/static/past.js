// The past of one pond at any zoom: lowest to highest of each bucket as a band, the mean as a line, gaps as gaps, and how
// many machines ran. Drag to move, pinch to zoom, double tap to start over; arrows, + and - do the same. Each view is
// fetched anew, so that it is as fine as its range allows.
"use strict";
(() => {
  const root = document.querySelector("[data-past]");
  if (!root) return;
  const { colour, hidden, line, clock, dates, axes, heights } = pondCharts;
  const speed = Number(root.dataset.speed), machines = Number(root.dataset.machines);
  const [figure, summary, reset] = [".plot", ".summary", ".reset"].map((name) => root.querySelector(name));
  const DAY_S = 86400, LEAST_S = 600 / speed, MOST_S = 90 * DAY_S / speed, TAP_MS = 350, TAP_PX = 12;
  const title = figure.getAttribute("aria-label");
  const digits = () => quantity === "ph" ? 2 : 1;
  const number = (value) => value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits(), maximumFractionDigits: digits() });
  let hours = 24, quantity = root.querySelector("[data-quantity]").value, moved = false, seen = null, plot = null, asked = 0, later = 0;

  const worded = (template, values) => Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), template);
  const time = (at) => speed > 1 ? clock(at, seen.until, speed, seen)
    : new Date(at * 1000).toLocaleString([], { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

  const overall = (data) => {
    const [at, , lows, highs, mids] = data;
    const inside = at.map((_, index) => index).filter((index) => at[index] >= seen.since && at[index] <= seen.until && mids[index] != null);
    if (!inside.length) return root.dataset.none;
    const means = inside.map((index) => mids[index]);
    return worded(root.dataset.summary, {
      low: number(Math.min(...inside.map((index) => lows[index]))),
      mean: number(means.reduce((sum, mean) => sum + mean, 0) / means.length),
      high: number(Math.max(...inside.map((index) => highs[index]))),
    });
  };

  const say = (chart) => {
    const index = chart.cursor.idx;
    const value = index == null || chart.cursor.left < 0 ? null : chart.data[4][index];
    const text = value == null ? overall(chart.data) : worded(root.dataset.at, { time: time(chart.data[0][index]), value: number(value) });
    if (summary.textContent !== text) summary.textContent = text;
    if (value == null) figure.setAttribute("aria-label", `${title}. ${text}`);
  };

  const table = (found) => {
    const data = uPlot.join([[found.machines.at ?? [], found.machines.running ?? []], [found.at, found.low, found.high, found.mean]], [[0, 1], [0, 1, 1, 1]]);
    const limit = (name) => data[0].map(() => quantity === "do_mg_l" ? Number(root.dataset[name]) : null);
    return [...data, limit("alarm"), limit("danger")];
  };

  const labels = (_chart, splits, _axis, _space, step) => speed > 1 ? splits.map((at) => clock(at, seen.until, speed, seen)) : dates(splits, step);

  const make = (data) => new uPlot({
    width: figure.clientWidth,
    height: figure.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
    axes: axes(labels),
    scales: { x: { range: () => [seen.since, seen.until] }, y: { range: (_, low, high) => heights(quantity, low, high, machines ? 2.5 : 1) }, n: { range: () => [0, Math.max(1, machines) * 5] } },
    bands: [{ series: [3, 2], fill: colour("--band") }],
    series: [
      {},
      line("--ok", { scale: "n", fill: colour("--air"), width: 1, spanGaps: false, paths: uPlot.paths.stepped({ align: 1 }) }),
      hidden, hidden, line("--text", { spanGaps: false }),
      ...["--watch", "--danger"].map((stroke) => line(stroke, { width: 1, dash: [6, 4] })),
    ],
    hooks: { setCursor: [say] },
  }, data, figure);

  const load = async () => {
    const ticket = ++asked;
    const query = new URLSearchParams({ quantity, hours });
    if (moved) { query.set("since", seen.since.toFixed(1)); query.set("until", seen.until.toFixed(1)); }
    const reply = await fetch(`${root.dataset.past}?${query}`);
    if (!reply.ok || ticket !== asked) return;
    const found = await reply.json();
    if (ticket !== asked) return;
    if (!moved) seen = { since: found.since, until: found.until };
    const data = table(found);
    if (plot) plot.setData(data);
    else if (figure.clientWidth) { plot = make(data); listen(plot.over); }
    if (plot) say(plot);
  };
  const soon = () => { clearTimeout(later); later = setTimeout(() => load().catch(() => {}), 200); };

  const look = (since, until) => {
    const now = Date.now() / 1000, span = Math.min(Math.max(until - since, LEAST_S), MOST_S);
    const end = Math.min((since + until + span) / 2, now);
    seen = { since: end - span, until: end };
    moved = true;
    reset.hidden = false;
    plot.setScale("x", { min: seen.since, max: seen.until });
    soon();
  };
  const restart = () => { moved = false; reset.hidden = true; load().catch(() => {}); };
  const zoom = (factor, share = 0.5) => {
    const span = seen.until - seen.since, fixed = seen.since + span * share;
    look(fixed - span * factor * share, fixed + span * factor * (1 - share));
  };
  const shift = (share) => look(seen.since + (seen.until - seen.since) * share, seen.until + (seen.until - seen.since) * share);

  const listen = (over) => {
    const fingers = new Map();
    let from = null, tapped = 0;
    const places = () => [...fingers.values()].sort((one, other) => one - other);
    const hold = () => { from = fingers.size ? { ...seen, places: places() } : null; };
    over.addEventListener("pointerdown", (event) => { over.setPointerCapture(event.pointerId); fingers.set(event.pointerId, event.clientX); hold(); });
    over.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event.clientX);
      const [now, then, span] = [places(), from.places, from.until - from.since];
      const box = over.getBoundingClientRect();
      const at = (place, range) => from.since + (place - box.left) / box.width * range;
      if (now.length === 1 && Math.abs(now[0] - then[0]) > TAP_PX) {
        const by = (then[0] - now[0]) / box.width * span;
        look(from.since + by, from.until + by);
      } else if (now.length === 2) {
        const wide = span * Math.max(20, then[1] - then[0]) / Math.max(20, now[1] - now[0]);
        const since = at((then[0] + then[1]) / 2, span) - ((now[0] + now[1]) / 2 - box.left) / box.width * wide;
        look(since, since + wide);
      }
    });
    const lift = (event) => {
      const still = fingers.size === 1 && from && Math.abs(event.clientX - from.places[0]) <= TAP_PX;
      fingers.delete(event.pointerId);
      hold();
      if (event.type !== "pointerup" || !still) return;
      if (event.timeStamp - tapped < TAP_MS) { tapped = 0; restart(); } else tapped = event.timeStamp;
    };
    over.addEventListener("pointerup", lift);
    over.addEventListener("pointercancel", lift);
    over.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX / over.clientWidth);
    }, { passive: false });
  };

  const keys = { ArrowLeft: () => shift(-0.25), ArrowRight: () => shift(0.25), "+": () => zoom(0.5), "-": () => zoom(2), 0: restart };
  figure.tabIndex = 0;
  figure.addEventListener("keydown", (event) => { if (plot && keys[event.key]) { event.preventDefault(); keys[event.key](); } });
  reset.addEventListener("click", restart);
  root.querySelector("[data-quantity]").addEventListener("change", (event) => { quantity = event.target.value; load().catch(() => {}); });
  const buttons = root.querySelectorAll("[data-hours]");
  buttons.forEach((button) => button.addEventListener("click", () => {
    hours = Number(button.dataset.hours);
    buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    restart();
  }));
  load().catch(() => {});
  setInterval(() => { if (!document.hidden && !moved) load().catch(() => {}); }, 20000);
  addEventListener("resize", () => plot?.setSize({ width: figure.clientWidth, height: figure.clientHeight }));
})();
