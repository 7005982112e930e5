// Draws the oxygen charts. The past: lowest to highest of each bucket as a band, the mean as a line. The night to come: the
// forecast with its band, and how many machines will run. The alarm limits are dashed in both.
"use strict";
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // uPlot draws in the order of the series: the band comes before the line in it.
  const hidden = { stroke: "transparent", points: { show: false } };
  const line = (stroke, rest) => ({ stroke: colour(stroke), width: 2, points: { show: false }, spanGaps: true, ...rest });
  const limits = () => ["--watch", "--danger"].map((stroke) => line(stroke, { width: 1, dash: [6, 4] }));
  const flat = (at, limit) => at.map(() => Number(limit));

  const number = (value, rest) => value.toLocaleString(document.documentElement.lang, rest);

  const ahead = (hours, digits) => {
    const shown = number(hours, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "exceptZero" });
    return shown + " h";
  };

  // A simulated pond's clock is not ours: hours from now, which is one end of the chart.
  const clock = (at, now, speed, { since, until }) => speed > 1
    ? ahead((at - now) * speed / 3600, (until - since) * speed > 6 * 3600 ? 0 : 1)
    : new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const hours = (speed, now) => (chart, splits) => {
    const range = { since: chart.scales.x.min, until: chart.scales.x.max };
    return splits.map((at) => clock(at, now(chart), speed, range));
  };

  // On an axis of our own clock: the day at midnight, else the hour.
  const dates = (splits, step) => splits.map((at) => {
    const date = new Date(at * 1000);
    const two = (value) => String(value).padStart(2, "0");
    const day = step >= 86400 || (date.getHours() === 0 && date.getMinutes() === 0);
    return day ? `${two(date.getDate())}/${two(date.getMonth() + 1)}` : `${two(date.getHours())}:${two(date.getMinutes())}`;
  });
  const axis = (rest) => ({ stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, ...rest });
  const axes = (labels = (_chart, splits, _axis, _space, step) => dates(splits, step)) => [
    axis({ size: 30, values: labels }),
    axis({ size: 40, values: (_, splits) => splits.map((value) => number(value)) }),
  ];
  // From where to where a quantity is drawn; `below`: how much room there is under it.
  const heights = (quantity, low, high, below = 1) => {
    if (low == null) return [0, 10];
    if (quantity === "do_mg_l") return [Math.max(0, Math.min(2, low)), Math.max(8, high + 0.5)];
    const room = Math.max((high - low) * 0.15, 0.2);
    return [low - room * below, high + room];
  };

  const options = (element, now, rest) => ({
    width: element.clientWidth,
    height: element.clientHeight,
    cursor: { drag: { x: false, y: false }, points: { size: 8 } },
    legend: { show: false },
    axes: [
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, size: 30, values: hours(Number(element.dataset.speed || 1), now) },
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, size: 34, values: (_, splits) => splits.map((value) => number(value)) },
    ],
    ...rest,
    scales: { y: { range: (_, low, high) => [Math.max(0, Math.min(2, low ?? 2)), Math.max(8, (high ?? 8) + 0.5)] }, ...rest.scales },
  });

  // How many machines, written where their number changes.
  const writeCounts = (chart) => {
    const [at, counts] = [chart.data[0], chart.data[1]];
    chart.ctx.fillStyle = colour("--text");
    chart.ctx.font = `${12 * devicePixelRatio}px sans-serif`;
    chart.ctx.textAlign = "left";
    let free = 0;
    counts.forEach((count, index) => {
      const left = chart.valToPos(at[index], "x", true) + 3 * devicePixelRatio;
      if (count === null || (index && counts[index - 1] === count) || left < free) return;
      free = left + 12 * devicePixelRatio;
      chart.ctx.fillText(count, left, chart.bbox.top + chart.bbox.height - 4 * devicePixelRatio);
    });
  };

  const past = {
    data: (element, found) => {
      element.until = found.until;
      return [found.at, found.low, found.high, found.mean, flat(found.at, element.dataset.alarm), flat(found.at, element.dataset.danger)];
    },
    options: (element) => options(element, (chart) => chart.scales.x.max, {
      scales: { x: { range: (_, low, high) => [low, Math.max(high, element.until ?? high)] } },
      bands: [{ series: [2, 1], fill: colour("--band") }],
      series: [{}, hidden, hidden, line("--text", { spanGaps: false }), ...limits()],
    }),
  };

  const night = {
    data: (element, found) => {
      element.closest("figure").hidden = !found.at.length;
      return [found.at, found.machines, found.low, found.high, found.mid, flat(found.at, element.dataset.alarm), flat(found.at, element.dataset.danger)];
    },
    options: (element) => options(element, (chart) => chart.scales.x.min, {
      scales: { n: { range: (_, low, high) => [0, Math.max(1, high ?? 1) * 5] } },
      bands: [{ series: [3, 2], fill: colour("--band") }],
      series: [
        {},
        line("--ok", { scale: "n", fill: colour("--air"), width: 1, paths: uPlot.paths.stepped({ align: 1 }) }),
        { ...hidden, spanGaps: true },
        { ...hidden, spanGaps: true },
        line("--text"),
        ...limits(),
      ],
      hooks: { draw: [writeCounts] },
    }),
  };

  const kind = (element) => element.dataset.outlook ? night : past;

  const load = async (element) => {
    const reply = await fetch(element.dataset.outlook ?? element.dataset.series);
    if (!reply.ok) return;
    const data = kind(element).data(element, await reply.json());
    if (element.plot) {
      element.plot.setData(data);
    } else if (element.clientWidth) {
      element.plot = new uPlot(kind(element).options(element), data, element);
    }
  };

  globalThis.pondCharts = { colour, hidden, line, clock, number, dates, axes, heights };
  const each = (work) => document.querySelectorAll(".chart").forEach(work);
  const loadAll = () => { if (!document.hidden) each((element) => load(element).catch(() => {})); };
  loadAll();
  setInterval(loadAll, 20000);
  document.body.addEventListener("htmx:afterSettle", () => each((element) => { if (!element.plot) load(element).catch(() => {}); }));
  addEventListener("resize", () => each((element) => element.plot?.setSize({ width: element.clientWidth, height: element.clientHeight })));
})();
