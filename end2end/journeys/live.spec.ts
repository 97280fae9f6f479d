import type { BrowserContext, Page } from "@playwright/test";
import { accessible, awake, detail, enter, expect, hold, idOf, make, open, row, test, unique, unread } from "../fixtures.ts";
import type { Server } from "../server.ts";

const COLLEAGUE = { email: "noor@example.com", password: "a quiet evening walk" };
const REP = { email: "rita@example.com", password: "a quiet morning walk" };

test.beforeAll(async ({ server }) => {
  const people = [
    [COLLEAGUE, "manager", "Noor", "Haddad"],
    [REP, "sales_rep", "Rita", "Okafor"],
  ] as const;
  for (const [{ email, password }, role, first, last] of people) {
    server.command(["user", "create", "--email", email, "--role", role, "--first-name", first, "--last-name", last, "--password-stdin"], password);
  }
});

/** Changes fields of a company past its form, whatever its version is. */
async function change(context: BrowserContext, server: Server, id: string, fields: Record<string, string>) {
  const headers = { origin: server.url, "if-match": "*" };
  const answer = await context.request.patch(`${server.url}/api/v1/companies/${id}/`, { data: fields, headers });
  expect(answer.ok(), `changing answers ${answer.status()}`).toBe(true);
}

/** Lets the page be painted and not come alive, until what is returned is called. */
async function holdScripts(page: Page) {
  let release = () => {};
  const released = new Promise<void>((go) => (release = go));
  await page.route(/\/pkg\/.*\.(js|wasm)$/, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

test("two browsers show each other's edits as they are made", async ({ page, context, browser, server }) => {
  await enter(context, server);
  const theirs = await browser.newContext({ baseURL: server.url });
  await enter(theirs, server, COLLEAGUE);
  const other = await theirs.newPage();
  const [name, renamed] = [unique("Harbour"), unique("Lighthouse")];

  // A list: a record enters it, changes in its place, moves with the sort, and leaves.
  await open(page, `/companies?search=${name.split(" ")[1]}`);
  await expect(page.getByText("No companies match.")).toBeVisible();
  const id = await make(theirs, server, "companies", { name });
  await expect(row(page, name)).toBeVisible();
  await row(page, name).getByRole("checkbox").check();
  await page.evaluate((of) => document.getElementById(of)!.setAttribute("data-kept", ""), `row-${id}`);
  await open(other, `/companies/${id}`);
  await other.getByRole("button", { name: "Edit sector" }).click();
  await other.getByLabel("Sector").fill("Shipping");
  await other.getByRole("button", { name: "Save" }).click();
  await expect(row(page, name)).toContainText("Shipping");
  // The same row, not another in its place: what was ticked stays ticked.
  await expect(page.locator(`#row-${id}[data-kept]`)).toBeVisible();
  await expect(row(page, name).getByRole("checkbox")).toBeChecked();
  // A second one stands behind it by its name, and before it once it is called otherwise.
  const word = name.split(" ")[1];
  const later = await make(theirs, server, "companies", { name: `Zebra ${word}` });
  const names = page.getByRole("rowheader");
  await expect(names).toHaveText([new RegExp(name), new RegExp(`Zebra ${word}`)]);
  await change(theirs, server, later, { name: `Anchor ${word}` });
  await expect(names).toHaveText([new RegExp(`Anchor ${word}`), new RegExp(name)]);
  await expect(page.locator(`#row-${id}[data-kept]`)).toBeVisible();
  await expect(row(page, name).getByRole("checkbox")).toBeChecked();

  // A record: both know of each other, and each sees what the other saved.
  await open(page, `/companies/${id}`);
  await expect(other.getByRole("status").filter({ hasText: "Alex Morgan is looking at this too" })).toBeAttached();
  await expect(page.getByRole("status").filter({ hasText: "Noor Haddad is looking at this too" })).toBeAttached();
  await accessible(page);
  await other.getByRole("button", { name: "Edit name" }).click();
  await other.getByRole("textbox", { name: /^Name/ }).fill(renamed);
  await other.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: renamed }).first()).toBeVisible();
  await expect(page.getByText("Noor Haddad").first()).toBeVisible();
  await other.goto("/companies");
  await expect(page.getByRole("status").filter({ hasText: "Noor Haddad" })).not.toBeAttached();

  // What is being typed is left alone, and shown once it is done.
  await page.getByRole("button", { name: "Edit sector" }).click();
  await page.getByLabel("Sector").fill("Lighthouses");
  await open(other, `/companies/${id}`);
  await other.getByRole("button", { name: "Edit ticker" }).click();
  await other.getByLabel("Ticker").fill("LGHT");
  await other.getByRole("button", { name: "Save" }).click();
  await expect(detail(other, "Ticker")).toContainText("LGHT");
  await expect(page.getByLabel("Sector")).toHaveValue("Lighthouses");
  await expect(page.getByLabel("Sector")).toBeFocused();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(detail(page, "Ticker")).toContainText("LGHT");
  await expect(detail(other, "Sector")).toContainText("Lighthouses");

  // Deleted there, gone here.
  await open(page, `/companies?search=${renamed.split(" ")[1]}`);
  await expect(row(page, renamed)).toBeVisible();
  await other.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No companies match.")).toBeVisible();
  await theirs.close();
});

test("a record that is being read again stays in use until its new state is there", async ({ page, context, browser, server }) => {
  await enter(context, server);
  const theirs = await browser.newContext({ baseURL: server.url });
  await enter(theirs, server, COLLEAGUE);
  const me = await idOf(context);
  const name = unique("Ferry");
  const id = await make(theirs, server, "companies", { name, ticker: "FRRY" });

  const round = async (address: string, sector: string) => {
    await open(page, address);
    const given = await make(theirs, server, "companies", { name: unique("Given") });
    const before = await unread(context, server);
    const answer = await hold(page, "records/open");
    const asked = page.waitForRequest("**/api/records/open");
    await change(theirs, server, id, { sector });
    await asked;
    // Something else on the page changes meanwhile, and somebody begins to edit.
    await change(theirs, server, given, { owner: me });
    await expect(page.locator(".bell-count")).toHaveText(String(before + 1));
    await detail(page, "Ticker").dblclick();
    await page.getByRole("textbox", { name: "Ticker" }).fill("FERRY");
    await answer();
    await expect(detail(page, "Sector")).toContainText(sector);
    await expect(page.getByRole("textbox", { name: "Ticker" })).toHaveValue("FERRY");
    await page.getByRole("button", { name: "Cancel" }).click();
  };
  await round(`/companies/${id}`, "Shipping");
  await round(`/companies?search=${name.split(" ")[1]}&peek=${id}`, "Ferries");
  await theirs.close();
});

test("what is written between the painting of a page and its coming alive is shown", async ({ page, context, server }) => {
  await enter(context, server);
  const name = unique("Dawn");
  const release = await holdScripts(page);
  await page.goto(`/companies?search=${name.split(" ")[1]}`, { waitUntil: "commit" });
  await expect(page.getByText("No companies match.")).toBeVisible();
  await make(context, server, "companies", { name });
  release();
  await expect(row(page, name)).toBeVisible();
});

test("a company that is given to somebody else leaves the list of who had it", async ({ page, context, browser, server }) => {
  await enter(context, server, REP);
  const name = unique("Entrusted");
  const id = await make(context, server, "companies", { name });
  await open(page, `/companies?search=${name.split(" ")[1]}`);
  await expect(row(page, name)).toBeVisible();
  const theirs = await browser.newContext();
  await enter(theirs, server);
  const found = await theirs.request.get(`${server.url}/api/v1/users/?email=${COLLEAGUE.email}`);
  await change(theirs, server, id, { owner: (await found.json()).results[0].id });
  await expect(page.getByText("No companies match.")).toBeVisible();
  await theirs.close();
});

test("the home page follows what others write", async ({ page, context, server }) => {
  await enter(context, server);
  await open(page, "/");
  const figure = page.getByRole("main").getByRole("link", { name: /^Companies/ });
  const before = await figure.innerText();
  await make(context, server, "companies", { name: unique("Arrival") });
  await expect(figure).not.toHaveText(before, { useInnerText: true });
});

test("who is signed out is told, not asked again and again, and hears on once signed in elsewhere", async ({ page, context, server }) => {
  await enter(context, server, COLLEAGUE);
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const closed = page.waitForEvent("websocket").then((socket) => socket.waitForEvent("close"));
  await open(page, "/companies");
  await expect.poll(() => sockets.length).toBe(1);
  // No token stands in the address, only where the page was painted.
  expect(sockets[0]).toMatch(/\/ws\/notifications\/\?hub=[0-9a-f]{16}&after=\d+$/);
  const elsewhere = await context.request.post(`${server.url}/sign-out`, { headers: { origin: server.url } });
  expect(elsewhere.ok()).toBe(true);
  await closed;
  await expect(page.getByText("You were signed out")).toBeVisible();
  expect(sockets).toHaveLength(1);
  await enter(context, server, COLLEAGUE);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect.poll(() => sockets.length).toBe(2);
  await expect(page.getByText("You were signed out")).toHaveCount(0);
  const name = unique("Heard");
  await page.getByRole("searchbox").fill(name);
  await expect(page.getByText("No companies match.")).toBeVisible();
  await make(context, server, "companies", { name });
  await expect(row(page, name)).toBeVisible();
});

test("a page that comes alive after its session has ended says so, and does not ask again and again", async ({ page, context, server }) => {
  await enter(context, server, COLLEAGUE);
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const release = await holdScripts(page);
  // A screen that asks for nothing by itself.
  await page.goto("/settings/preferences", { waitUntil: "commit" });
  await expect(page.getByRole("heading", { name: "Preferences" }).first()).toBeVisible();
  const elsewhere = await context.request.post(`${server.url}/sign-out`, { headers: { origin: server.url } });
  expect(elsewhere.ok()).toBe(true);
  release();
  await awake(page);
  await expect(page.getByText("You were signed out")).toBeVisible();
  expect(sockets).toHaveLength(1);
});
