// What every journey starts from: a running server, and pages that fail the journey for anything they complain about.

import { randomUUID } from "node:crypto";

import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, expect, test as base, type Page } from "@playwright/test";

import { type Server, startServer } from "./server.ts";

export { expect };

interface Own {
  /** Complaints of any page that the journey causes on purpose are taken out of here. */
  complaints: string[];
  watched: void;
}

export const test = base.extend<Own, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  complaints: async ({}, use) => use([]),
  // Every page there is, of contexts made by hand too.
  watched: [
    async ({ browser, context, complaints }, use) => {
      const watch = (made: BrowserContext) => {
        made.on("console", (message) => {
          if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.text()} ${message.location().url}`);
        });
        made.on("weberror", (error) => complaints.push(String(error.error())));
        return made;
      };
      watch(context);
      const make = browser.newContext.bind(browser);
      browser.newContext = async (options) => watch(await make(options));
      await use();
      browser.newContext = make;
      expect(complaints, "the console stays silent").toEqual([]);
    },
    { auto: true },
  ],
});

/** Waits until the page reacts to clicks. */
export async function awake(page: Page) {
  await expect(page.locator("html[data-hydrated]")).toBeAttached();
}

/** Opens an address as a visitor from outside would, and waits until the page reacts. */
export async function open(page: Page, path: string) {
  const answer = await page.goto(path);
  expect(answer?.ok(), `${path} answers ${answer?.status()}`).toBe(true);
  await awake(page);
}

/** Takes out the complaints that the journey causes on purpose. What is left fails it. */
export function expected(complaints: string[], ...parts: string[]) {
  const rest = complaints.splice(0).filter((text) => !parts.some((part) => text.includes(part)));
  complaints.push(...rest);
}

/** Signs in by the form, as the administrator of the sample company. */
export async function signIn(page: Page, server: Server) {
  await open(page, "/sign-in");
  await page.getByLabel("E-mail").fill(server.administrator.email);
  await page.getByLabel("Password", { exact: true }).fill(server.administrator.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
  await awake(page);
}

/** Signs a browser in without its pages, for journeys about something else. */
export async function enter(context: BrowserContext, server: Server, person = server.administrator) {
  const answer = await context.request.post(`${server.url}/api/identity/sign-in`, {
    form: { email: person.email, password: person.password, next: "/" },
    headers: { origin: server.url },
  });
  expect(answer.ok(), `signing in answers ${answer.status()}`).toBe(true);
}

/** A word that no other journey uses. */
export function unique(word: string) {
  return `${word} ${randomUUID().slice(0, 8)}`;
}

/** Makes a record, as the form would, and gives its id. */
export async function make(context: BrowserContext, server: Server, type: string, fields: Record<string, string>) {
  const set = Object.entries(fields).map(([name, value]) => [name, { t: value }]);
  const answer = await context.request.post(`${server.url}/api/records/save`, {
    data: { record_type: type, id: null, version: null, set },
    headers: { origin: server.url },
  });
  const saved = await answer.json();
  expect(saved.Done?.id, JSON.stringify(saved)).toBeTruthy();
  return saved.Done.id as string;
}

/** Somebody else with a browser of their own. */
export async function colleague(browser: Browser, server: Server, first: string) {
  const person = { email: `${unique(first).replace(/ /g, ".").toLowerCase()}@example.com`, password: "correct horse battery" };
  const words = ["user", "create", "--email", person.email, "--role", "admin", "--first-name", first, "--password-stdin"];
  server.command(words, `${person.password}\n`);
  const context = await browser.newContext({ baseURL: server.url });
  await enter(context, server, person);
  return { context, id: await idOf(context) };
}

/** Who is signed in. */
export async function idOf(context: BrowserContext): Promise<string> {
  return (await (await context.request.get("/api/v1/auth/me/")).json()).user.id;
}

/** Asks the server as its pages do. */
export async function post(context: BrowserContext, server: Server, path: string, data: unknown) {
  const answer = await context.request.post(`${server.url}/api/${path}`, { data, headers: { origin: server.url } });
  expect(answer.ok(), `${path} answers ${answer.status()}`).toBe(true);
  return answer.json();
}

/** Sets a field of a company. */
export async function set(context: BrowserContext, server: Server, id: string, name: string, value: unknown) {
  await post(context, server, "records/edit", { record_type: "companies", ids: [id], set: [[name, value]] });
}

/** How many notifications somebody has not read. */
export async function unread(context: BrowserContext, server: Server) {
  return Number(await post(context, server, "notifications/unread", {}));
}

/** What the shell says after something was done. */
export function toast(page: Page, text: string | RegExp) {
  return page.getByRole("region", { name: "Messages" }).locator(".toast", { hasText: text });
}

/** The row of a list. */
export function row(page: Page, name: string) {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
}

/** The value of a field on the page of a record or in its peek. */
export function detail(page: Page, label: string) {
  return page.locator("dl.description > dt", { hasText: new RegExp(`^${label}$`) }).locator("xpath=following-sibling::dd[1]");
}

/** Lets the answers to requests of the page wait, until what is returned is called. */
export async function hold(page: Page, path: string) {
  let release = () => {};
  const released = new Promise<void>((go) => (release = go));
  await page.route(`**/api/${path}`, async (route) => {
    await released;
    await route.continue();
  });
  return async () => {
    const answered = page.waitForResponse(`**/api/${path}`);
    release();
    await (await answered).finished();
    await page.unroute(`**/api/${path}`);
  };
}

/** Checks WCAG 2.2 A and AA as far as a program can, in both colour schemes. */
export async function accessible(page: Page) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const found = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const said = found.violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(" ")).join(", ")})`);
    expect(said, `nothing to object to in ${colorScheme}`).toEqual([]);
  }
}
