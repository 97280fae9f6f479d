import { accessible, detail, enter, expect, make, open, row, test, unique } from "../fixtures.ts";

const COLLEAGUE = { email: "noor@example.com", password: "a quiet evening walk" };

test.beforeAll(async ({ server }) => {
  server.command(
    ["user", "create", "--email", COLLEAGUE.email, "--role", "manager", "--first-name", "Noor", "--last-name", "Haddad", "--password-stdin"],
    COLLEAGUE.password,
  );
});

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
  // No token stands in the address.
  expect(sockets[0]).toMatch(/\/ws\/notifications\/$/);
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
