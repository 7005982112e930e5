// Ponds side by side: one line each, in the colour that its row of the table has; gaps stay gaps.
"use strict";
(() => {
  const figure = document.querySelector("[data-compare]");
  if (!figure) return;
  const { line, axes, heights, number } = pondCharts;
  const quantity = figure.dataset.quantity, digits = quantity === "ph" ? 2 : 1;
  const summary = document.querySelector(".summary"), label = figure.getAttribute("aria-label");
  const names = [...document.querySelectorAll("[data-name]")].map((one) => one.textContent);
  const DASHES = [[], [], [], [9, 5], [9, 5], [9, 5]];
  const LACK_MG_L = 3;
  let plot = null;

  const say = (chart) => {
    const index = chart.cursor.idx;
    const shown = index == null || chart.cursor.left < 0 ? [] : names
      .map((name, place) => [name, chart.data[place + 1][index]])
      .filter(([, value]) => value != null)
      .map(([name, value]) => `${name} ${number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits })}`);
    const time = shown.length && new Date(chart.data[0][index] * 1000)
      .toLocaleString([], { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    summary.textContent = shown.length ? `${time}: ${shown.join(" · ")}` : "\u00a0";
  };

  const draw = (found) => {
    const data = uPlot.join(found.lines.map((one) => [one.at, one.mean]), found.lines.map(() => [0, 2]));
    const limits = quantity === "do_mg_l" ? [LACK_MG_L] : [];
    if (!data[0].length) { summary.textContent = figure.dataset.none; figure.setAttribute("aria-label", `${label}. ${figure.dataset.none}`); }
    plot = new uPlot({
      width: figure.clientWidth,
      height: figure.clientHeight,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
      axes: axes(),
      scales: { x: { range: () => [found.since, found.until] }, y: { range: (_, low, high) => heights(quantity, low, high) } },
      series: [
        {},
        ...names.map((_, place) => line(`--line-${place + 1}`, { spanGaps: false, dash: DASHES[place] })),
        ...limits.map(() => line("--danger", { width: 1, dash: [6, 4] })),
      ],
      hooks: { setCursor: [say] },
    }, [...data, ...limits.map((limit) => data[0].map(() => limit))], figure);
    figure.dataset.ready = "yes";
  };

  fetch(figure.dataset.compare).then((answer) => answer.ok ? answer.json() : Promise.reject(answer.status))
    .then(draw).catch(() => { summary.textContent = figure.dataset.none; });
  addEventListener("resize", () => plot?.setSize({ width: figure.clientWidth, height: figure.clientHeight }));
})();
