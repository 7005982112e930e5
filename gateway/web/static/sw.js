// The service worker. It keeps no page that commands anything: without a connection every page is the offline page, which says
// that its values are old. Static files come from the network and are kept for the time without one.
"use strict";
importScripts("/static/push_worker.js");

const KEPT = "kept";
const SHELL = ["/offline", "/static/pond.css", "/static/offline.js", "/static/icon.svg"];
const PATIENCE_MS = 10000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const offline = async () => (await caches.match("/offline")) ?? Response.error();

const tooLong = () => new Promise((_, fail) => setTimeout(() => fail(new Error("no answer")), PATIENCE_MS));

// What is sent may take its time, and is never sent twice.
const page = (request) => (request.method === "GET" ? Promise.race([fetch(request), tooLong()]) : fetch(request)).catch(offline);

const file = async (request) => {
  try {
    const answer = await fetch(request);
    if (answer.ok) await (await caches.open(KEPT)).put(request, answer.clone());
    return answer;
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate" && pathname.startsWith("/api/")) return; // a file to keep: making it may take its time
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (request.method === "GET" && pathname.startsWith("/static/")) event.respondWith(file(request));
});
