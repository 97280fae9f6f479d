// Push messages in a real browser. Its maker's push service is out of reach here, so the journey stands in for that: it takes
// what the server sends, decrypts it as the browser would (RFC 8291), and hands it to the service worker.

import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { BrowserContext, Page } from "@playwright/test";

import { accessible, colleague, enter, expect, expected, idOf, make, open, set, test, toast, unique } from "../fixtures.ts";
import type { Server } from "../server.ts";

/** A push service with one browser behind it. */
class PushService {
  readonly key = createECDH("prime256v1");
  readonly auth = randomBytes(16);
  readonly came: { title: string; body: string; link: string; notification?: string }[] = [];
  /** What it answers; 201 takes the message. */
  answer = 201;
  endpoint = "";
  /** The paths it was asked at. */
  readonly paths: (string | undefined)[] = [];
  private server = createServer((request, response) => {
    const parts: Buffer[] = [];
    this.paths.push(request.url);
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      if (this.answer === 201) this.came.push(JSON.parse(this.read(Buffer.concat(parts))));
      response.writeHead(this.answer).end();
    });
  });

  async start() {
    this.key.generateKeys();
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.endpoint = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/push`;
  }

  stop() {
    this.server.close();
  }

  /** Like what `PushSubscription.toJSON()` gives. */
  subscription() {
    const keys = { p256dh: this.key.getPublicKey("base64url"), auth: this.auth.toString("base64url") };
    return { endpoint: this.endpoint, expirationTime: null, keys };
  }

  private read(body: Buffer) {
    const [salt, sender, record] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)];
    const derive = (salt: Buffer, secret: Buffer, info: Buffer, length: number) =>
      Buffer.from(hkdfSync("sha256", secret, salt, info, length));
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.key.getPublicKey(), sender]);
    const secret = derive(this.auth, this.key.computeSecret(sender), info, 32);
    const key = derive(salt, secret, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
    const nonce = derive(salt, secret, Buffer.from("Content-Encoding: nonce\0"), 12);
    const cipher = createDecipheriv("aes-128-gcm", key, nonce);
    cipher.setAuthTag(record.subarray(-16));
    const text = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()]);
    return text.subarray(0, text.lastIndexOf(2)).toString();
  }
}

/** Lets the browser subscribe at that service instead of its maker's. */
async function subscribesAt(page: Page, service: PushService) {
  await page.addInitScript((given) => {
    const own = { endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => (sessionStorage.removeItem("subscribed"), true) };
    const manager = PushManager.prototype as unknown as Record<string, unknown>;
    manager.getSubscription = async () => (sessionStorage.getItem("subscribed") ? own : null);
    manager.subscribe = async () => (sessionStorage.setItem("subscribed", "yes"), own);
  }, service.subscription());
}

/** Hands a message to the service worker of a page, as the browser does with what its push service brings. */
async function hand(context: BrowserContext, page: Page, data: string) {
  // A worker takes none before it is active.
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
  const session = await context.newCDPSession(page);
  const registered = new Promise<string>((found) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      if (registrations.length > 0) found(registrations[0].registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  const origin = new URL(page.url()).origin;
  await session.send("ServiceWorker.deliverPushMessage", { origin, registrationId: await registered, data });
  await session.detach();
}

/** What the browser shows at the moment. */
function shown(page: Page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const all = await registration.getNotifications();
    return all.map((one) => ({ title: one.title, body: one.body, link: one.data?.link }));
  });
}

/**
 * Delivers a message until it is shown: on a busy machine one that is handed over like this is lost now and then, before
 * the worker hears of it. The same message takes the place of the former.
 */
async function deliver(context: BrowserContext, page: Page, data: string, expected: object) {
  await expect(async () => {
    await hand(context, page, data);
    await expect.poll(() => shown(page), { timeout: 5_000 }).toContainEqual(expect.objectContaining(expected));
  }).toPass({ timeout: 60_000 });
}

/** Says to the service worker what a browser would. */
async function happens(context: BrowserContext, event: "click" | "another address", given: unknown) {
  const [worker] = context.serviceWorkers();
  await worker.evaluate(
    async ([event, given]) => {
      // What a service worker has, and a page has not.
      const scope = self as unknown as { registration: ServiceWorkerRegistration; NotificationEvent: any; ExtendableEvent: any };
      if (event === "click") {
        const notification = (await scope.registration.getNotifications()).find((one) => one.title === given);
        self.dispatchEvent(new scope.NotificationEvent("notificationclick", { notification }));
      } else {
        const [before, after] = given as [unknown, unknown];
        const change = new scope.ExtendableEvent("pushsubscriptionchange");
        self.dispatchEvent(Object.assign(change, { oldSubscription: before, newSubscription: { toJSON: () => after } }));
      }
    },
    [event, given] as const,
  );
}

async function subscriptions(context: BrowserContext, server: Server): Promise<{ id: string }[]> {
  const answer = await context.request.get(`${server.url}/api/v1/push-subscriptions/`);
  return (await answer.json()).results;
}

async function subscribed(context: BrowserContext, server: Server) {
  return (await subscriptions(context, server)).length;
}

/** A job of the queue is done before. */
const SOON = { timeout: 20_000 };

const own = (page: Page) => page.getByRole("switch", { name: "Show notifications in this browser" });

/** Signs in, and has this browser show notifications, which come by a push service of its own. */
async function subscribe(page: Page, context: BrowserContext, server: Server) {
  const service = new PushService();
  await service.start();
  await enter(context, server);
  await context.grantPermissions(["notifications"], { origin: server.url });
  await subscribesAt(page, service);
  await open(page, "/settings/preferences");
  await expect(own(page)).not.toBeChecked();
  await own(page).check({ force: true });
  await expect(toast(page, "This browser shows your notifications.")).toBeVisible();
  return service;
}

test("this browser shows what one is told, and forgets it with signing out", async ({ page, context, server, browser }) => {
  test.setTimeout(180_000);
  const service = await subscribe(page, context, server);
  const me = await idOf(context);
  await expect(own(page)).toBeChecked();
  const listed = page.locator(".browsers li");
  await expect(listed).toContainText("Chrome on Linux");
  await expect(listed).toContainText("This browser");
  await accessible(page);

  // A test, which the service does not take at first.
  service.answer = 503;
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(toast(page, "127.0.0.1 answered 503.")).toBeVisible();
  service.answer = 201;
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(toast(page, "Sent.")).toBeVisible();
  await expect(listed).toContainText("Last message");
  await deliver(context, page, JSON.stringify(service.came.at(-1)), { title: "Push messages work" });

  // Somebody else makes a company theirs.
  const mira = (await colleague(browser, server, "Mira")).context;
  const name = unique("Pushed");
  const id = await make(mira, server, "companies", { name });
  await set(mira, server, id, "owner", { id: me });
  await mira.close();
  await expect.poll(() => service.came.length, SOON).toBe(2);
  const told = service.came[1];
  expect(told.title).toBe(`Mira made ${name} yours`);
  await deliver(context, page, JSON.stringify(told), { title: told.title, link: `/companies/${id}` });
  // The same again takes its place; what cannot be read is shown nonetheless, as browsers want.
  await deliver(context, page, JSON.stringify({ ...told, body: "Again" }), { title: told.title, body: "Again" });
  expect((await shown(page)).filter((one) => one.title === told.title)).toHaveLength(1);
  await deliver(context, page, "{", { title: "Mainstay", link: "/notifications" });

  // A click takes it away and counts as reading it.
  const readAt = async () => {
    const { results } = await (await context.request.get("/api/v1/notifications/")).json();
    return results.find((one: { id: string }) => one.id === told.notification)?.read_at ?? null;
  };
  expect(await readAt()).toBeNull();
  await happens(context, "click", told.title);
  await expect.poll(readAt).not.toBeNull();
  expect((await shown(page)).map((one) => one.title)).not.toContain(told.title);

  // Where the push service gives the browser another address, that one takes the place of the former.
  const moved = { ...service.subscription(), endpoint: `${service.endpoint}/moved` };
  const [former] = await subscriptions(context, server);
  await happens(context, "another address", [service.subscription(), moved]);
  await expect.poll(async () => (await subscriptions(context, server)).map((one) => one.id)).not.toContain(former.id);
  const [latter] = await subscriptions(context, server);
  const tried = await context.request.post(`/api/v1/push-subscriptions/${latter.id}/test/`, { headers: { origin: server.url } });
  expect([tried.status(), service.paths.at(-1)]).toEqual([200, "/push/moved"]);

  // Signing out ends it, and signing in again does not bring it back.
  expect(await subscribed(context, server)).toBe(1);
  await page.getByRole("button", { name: "Account and appearance" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await enter(context, server);
  await open(page, "/settings/preferences");
  await expect(own(page)).not.toBeChecked();
  expect(await subscribed(context, server)).toBe(0);
  service.stop();
});

test("a session that ended by itself is gone on with by its person, and not by anybody else", async ({ page, context, server }) => {
  const service = await subscribe(page, context, server);
  // A new session in the place of the old one, which takes its subscription along.
  await enter(context, server);
  expect(await subscribed(context, server)).toBe(0);
  await open(page, "/settings/preferences");
  await expect(own(page)).toBeChecked();

  const person = { email: `${unique("nora").replace(" ", ".")}@example.com`, password: "correct horse battery" };
  server.command(["user", "create", "--email", person.email, "--role", "viewer", "--password-stdin"], `${person.password}\n`);
  await enter(context, server, person);
  await open(page, "/settings/preferences");
  await expect(own(page)).toBeEnabled();
  await expect(own(page)).not.toBeChecked();
  expect(await subscribed(context, server)).toBe(0);
  await expect.poll(() => page.evaluate(() => [localStorage.getItem("push"), sessionStorage.getItem("subscribed")])).toEqual([null, null]);
  service.stop();
});

test("a browser that shows none says why", async ({ page, context, server, complaints }) => {
  await enter(context, server);
  await page.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "denied" }));
  await open(page, "/settings/preferences");
  await expect(page.getByText("This browser refuses notifications from here.")).toBeVisible();
  await expect(own(page)).toBeDisabled();
  await accessible(page);

  const other = await context.newPage();
  await other.addInitScript(() => Reflect.deleteProperty(window, "PushManager"));
  await open(other, "/settings/preferences");
  await expect(other.getByText("This browser shows no push messages.")).toBeVisible();
  await other.close();

  // Its maker's push service cannot be reached from here.
  const alone = await context.newPage();
  await context.grantPermissions(["notifications"], { origin: server.url });
  await open(alone, "/settings/preferences");
  await own(alone).check({ force: true });
  await expect(alone.getByText("push service cannot be reached")).toBeVisible(SOON);
  await expect(own(alone)).not.toBeChecked();
  await alone.close();
  expected(complaints, "Push API in incognito mode");
});

test("a message that a push service refuses stands among the deliveries, with why, and is tried again", async ({ page, context, server, browser }) => {
  const service = await subscribe(page, context, server);
  const me = await idOf(context);
  service.answer = 413;
  const mira = (await colleague(browser, server, "Mira")).context;
  const id = await make(mira, server, "companies", { name: unique("Refused") });
  await set(mira, server, id, "owner", { id: me });
  await mira.close();

  await open(page, "/admin/deliveries?state=failed&channel=push");
  // The newest; those of other journeys stand after it.
  const delivery = page.getByRole("row", { name: /Push/ }).first();
  await expect(delivery).toContainText(/Attempt 1, .*: 127\.0\.0\.1 refused it with 413\./, SOON);
  expect((await delivery.innerText()).match(/refused it/g)).toHaveLength(1);
  await accessible(page);
  service.answer = 201;
  await delivery.getByRole("button", { name: "Retry" }).click();
  await expect(toast(page, "It is tried again.")).toBeVisible();
  await expect.poll(() => service.came.length, SOON).toBe(1);
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /Sent/ }).click();
  await expect(delivery).toContainText("It was sent to one browser.");
  // What was said before stands on.
  await expect(delivery).toContainText("127.0.0.1 refused it with 413.");
  service.stop();
});
