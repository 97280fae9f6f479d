import { accessible, detail, enter, expect, expected, make, open, row, test, toast, unique } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

test("a company is found, opened beside the list, edited there and undone", async ({ page, context, server }) => {
  const name = unique("Peek");
  const id = await make(context, server, "companies", { name, sector: "Utilities" });
  await open(page, "/companies");
  await page.getByRole("searchbox").fill(name);
  await row(page, name).getByText("Utilities").click();
  await expect(page).toHaveURL(new RegExp(`peek=${id}`));
  const peek = page.getByRole("complementary", { name: "Company" });
  await expect(peek.getByRole("heading", { level: 2 })).toHaveText(name);
  await expect(peek.locator(".peek-head .record-mark")).toHaveText("P");
  await accessible(page);

  await detail(page, "Sector").hover();
  await page.getByRole("button", { name: "Edit sector" }).click();
  await expect(page.getByRole("textbox", { name: "Sector" })).toBeFocused();
  await page.getByRole("textbox", { name: "Sector" }).fill("Energy");
  await page.keyboard.press("Enter");
  await expect(toast(page, "Sector saved.")).toBeVisible();
  await expect(detail(page, "Sector")).toHaveText("Energy");
  await expect(row(page, name)).toContainText("Energy");
  await expect(peek.locator(".timeline")).toContainText("Alex Morgan changed this");
  await expect(peek.locator(".timeline")).toContainText("Utilities → Energy");

  await toast(page, "Sector saved.").getByRole("button", { name: "Undo" }).click();
  await expect(detail(page, "Sector")).toHaveText("Utilities");
  await expect(row(page, name)).toContainText("Utilities");

  await page.getByRole("button", { name: "Close", exact: true }).click();
  await expect(peek).toHaveCount(0);
  await page.goBack();
  await expect(peek).toBeVisible();
});

test("a record is edited on its page, and Ctrl+Z takes the last change back", async ({ page, context, server }) => {
  const name = unique("Page");
  const id = await make(context, server, "companies", { name });
  await open(page, `/companies/${id}`);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Headquarters").fill("Bergen, Norway");
  await page.getByLabel("Annual revenue").fill("1,234,567.89");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(`**/companies/${id}`);
  await expect(detail(page, "Headquarters")).toHaveText("Bergen, Norway");
  await expect(detail(page, "Annual revenue")).toHaveText("$1,234,567.89");
  await page.keyboard.press("Control+z");
  await expect(toast(page, "Undone: 1 record.")).toBeVisible();
  await expect(detail(page, "Headquarters")).toHaveText("—");
});

test("history says who changed what, and takes a change back on its own", async ({ page, context, server }) => {
  const id = await make(context, server, "companies", { name: unique("History"), ticker: "AAA" });
  await open(page, `/companies/${id}`);
  for (const ticker of ["BBB", "CCC"]) {
    await detail(page, "Ticker").dblclick();
    await page.getByLabel("Ticker", { exact: true }).fill(ticker);
    await page.keyboard.press("Enter");
    await expect(detail(page, "Ticker")).toHaveText(ticker);
  }
  const items = page.locator(".timeline-item");
  await expect(items).toHaveCount(3);
  await expect(items.nth(0)).toContainText("Alex Morgan changed this just now");
  await expect(items.nth(0)).toContainText("BBB → CCC");
  await expect(items.nth(2)).toContainText("created this");
  await items.nth(0).getByRole("button", { name: "Undo" }).click();
  await expect(detail(page, "Ticker")).toHaveText("BBB");
  await expect(items.nth(0)).toContainText("undid a change");
});

test("the focus is on the pencil again after editing in place", async ({ page, context, server }) => {
  const id = await make(context, server, "companies", { name: unique("Pencil"), ticker: "AAA" });
  await open(page, `/companies/${id}`);
  const pencil = page.getByRole("button", { name: "Edit ticker" });
  const field = page.getByRole("textbox", { name: "Ticker" });
  await pencil.press("Enter");
  await expect(field).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(pencil).toBeFocused();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Cancel" }).press("Enter");
  await expect(pencil).toBeFocused();
  await page.keyboard.press("Enter");
  await field.fill("BBB");
  await page.keyboard.press("Enter");
  await expect(detail(page, "Ticker")).toHaveText("BBB");
  await expect(page.locator(".timeline")).toContainText("AAA → BBB");
  await expect(pencil).toBeFocused();
});

test("the history says how much an undo takes back, and where it is cut", async ({ page, context, server }) => {
  const word = unique("Many");
  const ids = await Promise.all([1, 2].map((n) => make(context, server, "companies", { name: `${word} ${n}`, ticker: "0" })));
  const save = (path: string, data: object) => context.request.post(`${server.url}/api/records/${path}`, { data, headers: { origin: server.url } });
  await save("edit", { record_type: "companies", ids, set: [["status", { t: "partner" }]] });
  await open(page, `/companies/${ids[0]}`);
  await expect(page.locator(".timeline-item").first().getByRole("button", { name: "Undo for all 2 records" })).toBeVisible();
  await expect(page.getByText("The last 100 changes.")).toHaveCount(0);
  for (let n = 1; n <= 99; n++) await save("save", { record_type: "companies", id: ids[0], version: null, set: [["ticker", { t: `${n}` }]] });
  await open(page, `/companies/${ids[0]}`);
  await expect(page.locator(".timeline-item")).toHaveCount(100);
  await expect(page.getByText("The last 100 changes.")).toBeVisible();
});

test("a deletion is undone by its message", async ({ page, context, server }) => {
  const name = unique("Gone");
  const id = await make(context, server, "companies", { name });
  await open(page, `/companies/${id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.waitForURL("**/companies");
  await expect(toast(page, "Company deleted.")).toBeVisible();
  await toast(page, "Company deleted.").getByRole("button", { name: "Undo" }).click();
  await expect(toast(page, "Undone")).toBeVisible();
  await open(page, `/companies/${id}`);
  await expect(page.getByText("In the recycle bin")).toHaveCount(0);
});

test("deleting from the peek keeps the list as it was", async ({ page, context, server }) => {
  const word = unique("Keep");
  for (const n of [1, 2]) await make(context, server, "companies", { name: `${word} ${n}` });
  await open(page, `/companies?search=${encodeURIComponent(word)}&sort=-name`);
  await row(page, `${word} 1`).getByText("Prospect").click();
  await page.getByRole("complementary", { name: "Company" }).getByRole("button", { name: "Delete" }).click();
  await expect(row(page, `${word} 1`)).toHaveCount(0);
  await expect(row(page, `${word} 2`)).toBeVisible();
  await expect(page).toHaveURL(/sort=-name/);
  await expect(page).not.toHaveURL(/peek=/);
});

test("the recycle bin shows what was deleted and gives it back", async ({ page, context, server }) => {
  const name = unique("Binned");
  await make(context, server, "companies", { name });
  await open(page, `/companies?search=${encodeURIComponent(name)}`);
  await page.getByRole("checkbox", { name: `Select ${name}` }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No companies match.")).toBeVisible();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Recycle bin" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Companies: recycle bin");
  await page.getByRole("checkbox", { name: `Select ${name}` }).check();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(row(page, name)).toHaveCount(0);
  await open(page, `/companies?search=${encodeURIComponent(name)}`);
  await expect(row(page, name)).toBeVisible();
});

test("a record deleted elsewhere while its page is open says so and can be restored", async ({ page, context, server, complaints }) => {
  const id = await make(context, server, "companies", { name: unique("Elsewhere") });
  await open(page, `/companies/${id}`);
  await detail(page, "Ticker").dblclick();
  await page.getByLabel("Ticker", { exact: true }).fill("TYPED");
  await context.request.post(`${server.url}/api/records/delete`, {
    data: { record_type: "companies", ids: [id] },
    headers: { origin: server.url },
  });
  await page.keyboard.press("Enter");
  await expect(page.locator(".field-error")).toContainText("recycle bin");
  await expect(page.getByLabel("Ticker", { exact: true })).toHaveValue("TYPED");
  await page.keyboard.press("Escape");
  const banner = page.locator(".banner", { hasText: "In the recycle bin" });
  await expect(banner).toBeVisible();
  await banner.getByRole("button", { name: "Restore" }).click();
  await expect(banner).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Delete" })).toBeVisible();
  expected(complaints, "409");
});

test("contacts of a company stand on its page and lead back", async ({ page }) => {
  await open(page, "/companies?search=alder%20foods");
  await page.getByRole("rowheader").getByRole("link").first().click();
  const section = page.locator(".record-section", { has: page.getByRole("heading", { name: "Contacts", exact: true }) });
  const contact = section.getByRole("link").first();
  const name = (await contact.locator(".truncate").textContent()) ?? "";
  await contact.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await detail(page, "Company").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Alder Foods");
});

test("names that look like markup or SQL are shown as they are", async ({ page, context, server }) => {
  const name = `<img src=x onerror="document.title='owned'"> '; drop table companies; -- ${unique("x")}`;
  const id = await make(context, server, "companies", { name });
  await open(page, `/companies/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page).not.toHaveTitle("owned");
  await open(page, `/companies?search=${encodeURIComponent("'; drop table")}`);
  await expect(row(page, name)).toBeVisible();
  await expect(page.locator("main img")).toHaveCount(0);
});

test("long texts neither widen the page nor cover others", async ({ page, context, server }) => {
  const name = "Donaudampfschifffahrtsgesellschaft".repeat(6) + unique("");
  const id = await make(context, server, "companies", { name, sector: "s".repeat(200), notes: "n ".repeat(2000) });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const path of [`/companies/${id}`, `/companies/${id}/edit`, `/companies?search=Donaudampf&peek=${id}`]) {
      await open(page, path);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
      const main = page.locator("main .record, main .screen-body, main .peek-body").first();
      expect(await main.evaluate((e) => e.scrollWidth - e.clientWidth), `${path} at ${width}`).toBeLessThanOrEqual(0);
    }
  }
});
