// Shows what Mainstay tells this browser while no page of it is open. A page registers it once its person wants that;
// it looks into no other request.
"use strict";

const ICON = "/icons/icon-192.b3e08ee611ac7aa663dfa0.png";
const SUBSCRIPTIONS = "/api/v1/push-subscriptions/";

// A new version has nothing to wait for.
self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => event.waitUntil(show(read(event))));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { link, notification } = event.notification.data ?? {};
  event.waitUntil(Promise.all([open(local(link)), markRead(notification)]));
});

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event.oldSubscription, event.newSubscription)));

// What the server sent (platform::server::notifications::push). Browsers want something shown for every message.
function read(event) {
  try {
    return event.data.json();
  } catch {
    return { title: "Mainstay", body: "There is something new.", link: "/notifications" };
  }
}

function show({ tag, title, body, link, notification, urgent }) {
  const data = { link, notification };
  return self.registration.showNotification(title, { body, tag, icon: ICON, requireInteraction: urgent === true, data });
}

// The address of a path of this site; of anything else, that of the list.
function local(link) {
  const list = `${self.location.origin}/notifications`;
  try {
    const address = new URL(link ?? list, self.location.origin);
    return address.origin === self.location.origin ? address.href : list;
  } catch {
    return list;
  }
}

// A page that shows it already comes to the front. Others are left alone: something may have been typed there.
async function open(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === address);
  return there ? there.focus() : self.clients.openWindow(address);
}

// Who was signed out meanwhile finds it unread, as they should.
async function markRead(notification) {
  if (notification) await fetch(`/api/v1/notifications/${encodeURIComponent(notification)}/read/`, { method: "POST" }).catch(() => {});
}

// The push service gave this browser another address.
async function renew(before, after) {
  const manager = self.registration.pushManager;
  let now = after ?? (await manager.getSubscription());
  if (!now) {
    const key = before?.options?.applicationServerKey ?? (await (await fetch(SUBSCRIPTIONS)).json()).key;
    now = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }
  const { endpoint, keys } = now.toJSON();
  const body = JSON.stringify({ endpoint, keys, replaces: before?.endpoint ?? null });
  await fetch(SUBSCRIPTIONS, { method: "POST", headers: { "content-type": "application/json" }, body });
}
