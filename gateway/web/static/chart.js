// Draws the oxygen charts: lowest to highest of each bucket as a band, the mean as a line, the alarm limits dashed.
"use strict";
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const hours = (speed) => (chart, splits) =>
    splits.map((at) => speed > 1
      ? ((at - chart.scales.x.max) * speed / 3600).toFixed((chart.scales.x.max - chart.scales.x.min) * speed > 6 * 3600 ? 0 : 1) + " h"
      : new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));

  const options = (element, speed) => ({
    width: element.clientWidth,
    height: 170,
    cursor: { drag: { x: false, y: false }, points: { size: 8 } },
    legend: { show: false },
    scales: { x: { range: (_, low, high) => [low, Math.max(high, element.until ?? high)] }, y: { range: (_, low, high) => [Math.max(0, Math.min(2, low ?? 2)), Math.max(8, (high ?? 8) + 0.5)] } },
    axes: [
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, values: hours(speed) },
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, size: 34 },
    ],
    bands: [{ series: [3, 2], fill: colour("--button") }],
    series: [
      {},
      { stroke: colour("--text"), width: 2, points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: colour("--watch"), dash: [6, 4], points: { show: false } },
      { stroke: colour("--danger"), dash: [6, 4], points: { show: false } },
    ],
  });

  const load = async (element) => {
    const reply = await fetch(element.dataset.series);
    if (!reply.ok) return;
    const series = await reply.json();
    const speed = Number(element.dataset.speed || 1);
    element.until = series.until?.[0];
    const flat = (limit) => series.at.map(() => Number(limit));
    const data = [series.at, series.mean, series.low, series.high, flat(element.dataset.alarm), flat(element.dataset.danger)];
    if (element.plot) {
      element.plot.setData(data);
    } else {
      element.plot = new uPlot(options(element, speed), data, element);
    }
  };

  const loadAll = () => { if (!document.hidden) document.querySelectorAll(".chart[data-series]").forEach((element) => load(element).catch(() => {})); };
  loadAll();
  setInterval(loadAll, 20000);
  document.body.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll(".chart[data-series]").forEach((element) => { if (!element.plot) load(element).catch(() => {}); });
  });
  addEventListener("resize", () => document.querySelectorAll(".chart").forEach((element) => element.plot?.setSize({ width: element.clientWidth, height: 170 })));
})();
