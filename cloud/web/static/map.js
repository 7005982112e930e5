// The map of ponds on a canvas: drag to move, wheel, pinch, + and - to zoom; ponds that would lie on each other are one dot
// with their number, in the colour of the most urgent. A tap names what lies there, and its pond is the next tap. Tiles, where
// the page names some, cover the coast; where one has not come, the coast is seen.
"use strict";
(() => {
  const root = document.querySelector(".map");
  if (!root) return;
  const canvas = root.querySelector("canvas"), pen = canvas.getContext("2d");
  const found = document.querySelector(".found"), unplaced = document.querySelector(".unplaced");
  const COLOURS = ["#ff5a52", "#ff9f7a", "#9fb0bd", "#ffb020", "#35c46a"];
  const NEAR_PX = 26, LEAST = 8, MOST = 20000, SHOWN = 8, MOST_TILES = 300;
  let ponds = null, land = [], view = { x: 0.5, y: 0.5, scale: 600 }, dots = [], waiting = false;
  const fingers = new Map();

  const x = (longitude) => longitude / 360 + 0.5;
  const y = (latitude) => 0.5 - Math.log(Math.tan(Math.PI / 4 + latitude * Math.PI / 360)) / (2 * Math.PI);
  const px = (at) => (at - view.x) * view.scale * 256 + canvas.clientWidth / 2;
  const py = (at) => (at - view.y) * view.scale * 256 + canvas.clientHeight / 2;

  const fit = () => {
    if (!ponds.id.length) { Object.assign(view, { x: x(105.1), y: y(9.9), scale: 200 }); return; }
    const [left, right] = [Math.min(...ponds.x), Math.max(...ponds.x)], [top, bottom] = [Math.min(...ponds.y), Math.max(...ponds.y)];
    const room = Math.min(canvas.clientWidth / Math.max(right - left, 1e-5), canvas.clientHeight / Math.max(bottom - top, 1e-5)) / 256;
    Object.assign(view, { x: (left + right) / 2, y: (top + bottom) / 2, scale: Math.min(Math.max(room * 0.85, LEAST), MOST) });
  };

  const gather = () => {
    const cells = new Map();
    ponds.id.forEach((_, index) => {
      const [left, top] = [px(ponds.x[index]), py(ponds.y[index])];
      if (left < -NEAR_PX || top < -NEAR_PX || left > canvas.clientWidth + NEAR_PX || top > canvas.clientHeight + NEAR_PX) return;
      const key = `${Math.round(left / NEAR_PX)},${Math.round(top / NEAR_PX)}`;
      const cell = cells.get(key) ?? { left: 0, top: 0, level: 9, members: [] };
      cell.left += left; cell.top += top; cell.level = Math.min(cell.level, ponds.level[index]); cell.members.push(index);
      cells.set(key, cell);
    });
    return [...cells.values()].map((cell) => ({ ...cell, left: cell.left / cell.members.length, top: cell.top / cell.members.length }))
      .sort((one, other) => other.level - one.level);
  };

  const tiles = new Map();
  const tile = (zoom, left, top) => {
    const url = root.dataset.tiles.replace("{z}", zoom).replace("{x}", left).replace("{y}", top);
    if (!tiles.has(url)) {
      const picture = new Image();
      picture.addEventListener("load", redraw);
      picture.src = url;
      tiles.set(url, picture);
      if (tiles.size > MOST_TILES) tiles.delete(tiles.keys().next().value);
    }
    return tiles.get(url);
  };
  const cover = () => {
    const zoom = Math.round(Math.log2(view.scale)), many = 2 ** zoom;
    const at = (place, middle, room) => Math.floor((middle + place * room / 2 / view.scale / 256) * many);
    const inside = (number) => Math.min(Math.max(number, 0), many - 1);
    const [first, last] = [-1, 1].map((side) => [at(side, view.x, canvas.clientWidth), at(side, view.y, canvas.clientHeight)].map(inside));
    for (let left = first[0]; left <= last[0]; left++) {
      for (let top = first[1]; top <= last[1]; top++) {
        const picture = tile(zoom, left, top);
        if (!picture.naturalWidth) continue;
        const [x0, y0, x1, y1] = [px(left / many), py(top / many), px((left + 1) / many), py((top + 1) / many)].map(Math.round);
        pen.drawImage(picture, x0, y0, x1 - x0, y1 - y0);
      }
    }
  };

  const draw = () => {
    waiting = false;
    const ratio = devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio; canvas.height = canvas.clientHeight * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#0e2a3a"; pen.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    pen.fillStyle = "#1d3327"; pen.strokeStyle = "#5b7a68";
    land.forEach((ring) => {
      pen.beginPath();
      ring.forEach(([left, top], index) => index ? pen.lineTo(px(left), py(top)) : pen.moveTo(px(left), py(top)));
      pen.closePath(); pen.fill(); pen.stroke();
    });
    if (!ponds) return;
    if (root.dataset.tiles) cover();
    dots = gather();
    pen.font = "600 12px sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
    dots.forEach((dot) => {
      dot.size = dot.members.length > 1 ? 10 + Math.min(8, Math.log2(dot.members.length) * 1.5) : 8;
      pen.beginPath(); pen.arc(dot.left, dot.top, dot.size, 0, 7);
      pen.fillStyle = COLOURS[dot.level]; pen.fill(); pen.strokeStyle = "#0b1620"; pen.stroke();
      if (dot.members.length > 1) { pen.fillStyle = "#0b1620"; pen.fillText(dot.members.length, dot.left, dot.top); }
    });
  };
  const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

  const zoom = (by, left = canvas.clientWidth / 2, top = canvas.clientHeight / 2) => {
    const scale = Math.min(Math.max(view.scale * by, LEAST), MOST);
    view.x += (left - canvas.clientWidth / 2) / 256 * (1 / view.scale - 1 / scale);
    view.y += (top - canvas.clientHeight / 2) / 256 * (1 / view.scale - 1 / scale);
    view.scale = scale;
    redraw();
  };
  const move = (right, down) => { view.x -= right / view.scale / 256; view.y -= down / view.scale / 256; redraw(); };

  const tell = (left, top) => {
    const dot = dots.map((one) => ({ one, far: Math.hypot(one.left - left, one.top - top) }))
      .filter(({ one, far }) => far < Math.max(one.size, 24)).sort((a, b) => a.far - b.far)[0]?.one;
    if (!dot) return;
    found.textContent = dot.members.length > SHOWN ? root.dataset.several.replace("{n}", dot.members.length) : "";
    dot.members.sort((a, b) => ponds.level[a] - ponds.level[b]).slice(0, SHOWN).forEach((index) => {
      const link = document.createElement("a");
      const value = ponds.do_mg_l[index];
      link.href = `/ponds/${ponds.id[index]}`;
      link.textContent = `${ponds.name[index]}${value == null ? "" : ` (${value.toLocaleString(document.documentElement.lang)} mg/L)`}`;
      found.append(" ", link);
    });
  };

  canvas.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY, moved: 0 });
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const [right, down] = [event.offsetX - finger.x, event.offsetY - finger.y];
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const [before, after] = [[finger.x, finger.y], [event.offsetX, event.offsetY]].map(([a, b]) => Math.hypot(a - other.x, b - other.y));
      if (before > 0) zoom(after / before, other.x, other.y);
    } else move(right, down);
    Object.assign(finger, { x: event.offsetX, y: event.offsetY, moved: finger.moved + Math.hypot(right, down) });
  });
  const lift = (event) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (finger && finger.moved < 8 && event.type === "pointerup") tell(event.offsetX, event.offsetY);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY); }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) move(...step);
    else if (event.key === "+") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "Enter") tell(canvas.clientWidth / 2, canvas.clientHeight / 2);
    else return;
    event.preventDefault();
  });
  root.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => zoom(button.dataset.zoom === "in" ? 1.5 : 1 / 1.5)));
  addEventListener("resize", redraw);

  const get = (url) => fetch(url).then((answer) => answer.ok ? answer.json() : Promise.reject(answer.status));
  get(root.dataset.coast).then((coast) => { land = coast.land.map((ring) => ring.map(([a, b]) => [x(a), y(b)])); redraw(); }, () => {});
  get(root.dataset.ponds).then((data) => {
    ponds = { ...data, x: data.longitude.map(x), y: data.latitude.map(y) };
    if (data.unplaced) unplaced.textContent = root.dataset.unplaced.replace("{n}", data.unplaced);
    fit();
    redraw();
    root.dataset.ready = "yes";
  }, () => { found.textContent = root.dataset.failed; });
})();
