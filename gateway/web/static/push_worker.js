// The service worker's part of push messages: sw.js loads it with importScripts("/static/push_worker.js").
"use strict";

self.addEventListener("push", (event) => {
  const message = event.data ? event.data.json() : {};
  event.waitUntil(self.registration.showNotification(message.title, {
    body: message.text,
    lang: message.language,
    icon: "/static/icon.svg",
    tag: message.tag ?? `alarm-${message.alarm}`,
    renotify: true,
    requireInteraction: message.priority !== "low",
    vibrate: message.priority === "low" ? [200] : [500, 200, 500, 200, 500],
    data: { alarm: message.alarm, path: message.path ?? "/alarms" },
    actions: message.acknowledge ? [{ action: "acknowledge", title: message.acknowledge }] : [],
  }));
});

const acknowledge = async (alarm) => {
  const answer = await fetch("/push/acknowledge", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ alarm }),
  });
  if (!answer.ok) throw new Error(answer.status);
};

const open = async (path) => {
  const windows = await self.clients.matchAll({ type: "window" });
  if (windows.length === 0) return self.clients.openWindow(path);
  await windows[0].navigate(path);
  return windows[0].focus();
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { alarm, path } = event.notification.data;
  const known = event.action === "acknowledge" ? acknowledge(alarm).catch(() => open(path)) : open(path);
  event.waitUntil(known);
});

self.addEventListener("pushsubscriptionchange", (event) => {
  if (!event.oldSubscription) return;
  event.waitUntil((async () => {
    const made = await self.registration.pushManager.subscribe(event.oldSubscription.options);
    await fetch("/push/subscribe", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(made),
    });
  })());
});
