// What can do harm is held for a second before it is done: a brush of the thumb switches nothing off.
"use strict";
(() => {
  const HOLD_MS = 1000;
  let timer = 0, done = null;
  const button = (event) => event.target.closest?.("[data-hold]");

  const stop = () => {
    clearTimeout(timer);
    document.querySelectorAll(".holding").forEach((one) => one.classList.remove("holding"));
  };
  const start = (held) => {
    stop();
    held.classList.add("holding");
    timer = setTimeout(() => {
      stop();
      done = held;
      held.click();
      done = null;
    }, HOLD_MS);
  };

  document.addEventListener("pointerdown", (event) => { if (button(event)) start(button(event)); });
  for (const end of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(end, stop, true);
  // Focus that comes to the button leaves another element, and a finger may wander within the button.
  for (const end of ["pointerout", "blur"]) document.addEventListener(end, (event) => { if (event.target === button(event)) stop(); }, true);
  document.addEventListener("keydown", (event) => {
    if (!button(event) || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (!event.repeat) start(button(event));
  });
  document.addEventListener("contextmenu", (event) => { if (button(event)) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const held = button(event);
    if (!held || held === done) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
})();
