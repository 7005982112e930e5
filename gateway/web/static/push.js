// The button that lets this device be told of alarms, and where there is one the button that tries it. The words stand in the page.
"use strict";

(() => {
  const box = document.getElementById("push");
  const line = box.querySelector(".push-state");
  const button = box.querySelector(".push-button");
  const trial = box.querySelector(".push-try");

  const show = (state) => {
    line.textContent = box.dataset[state];
    button.hidden = state !== "on" && state !== "off" && state !== "failed";
    button.textContent = state === "on" ? box.dataset.stop : box.dataset.ask;
    box.dataset.state = state;
    if (trial) trial.hidden = state !== "on";
  };

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  };

  const bytes = (coded) => Uint8Array.from(atob(coded.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

  const same = (one, other) => one !== null && one.byteLength === other.byteLength
    && new Uint8Array(one).every((value, at) => value === other[at]);

  const farmKey = async () => bytes((await (await fetch("/push/key")).json()).key);

  const manager = async () => {
    await navigator.serviceWorker.register("/sw.js");
    return (await navigator.serviceWorker.ready).pushManager;
  };

  const look = async () => {
    if (!window.isSecureContext) return "insecure";
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) return "unsupported";
    if (Notification.permission === "denied") return "denied";
    const known = await (await manager()).getSubscription();
    if (known === null) return "off";
    if (!same(known.options.applicationServerKey, await farmKey())) {
      await known.unsubscribe();
      return "off";
    }
    await post("/push/subscribe", known);
    return "on";
  };

  const ask = async () => {
    if (await Notification.requestPermission() !== "granted") return "denied";
    const made = await (await manager()).subscribe({ userVisibleOnly: true, applicationServerKey: await farmKey() });
    await post("/push/subscribe", made);
    return "on";
  };

  const stop = async () => {
    const known = await (await manager()).getSubscription();
    if (known !== null) {
      await post("/push/unsubscribe", { endpoint: known.endpoint });
      await known.unsubscribe();
    }
    return "off";
  };

  const run = async (work) => {
    button.disabled = true;
    try {
      show(await work());
    } catch {
      show("failed");
    }
    button.disabled = false;
  };

  button.addEventListener("click", () => run(box.dataset.state === "on" ? stop : ask));
  trial?.addEventListener("click", () => run(async () => {
    await post("/push/try", {});
    return "on";
  }).then(() => {
    if (box.dataset.state === "on") line.textContent = box.dataset.tried;
  }));
  run(look);
})();
