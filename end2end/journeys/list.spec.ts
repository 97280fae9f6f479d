import { enter, expect, make, open, row, test, unique } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

const names = (page: import("@playwright/test").Page) => page.getByRole("rowheader");

test("a list sorts by its heads, and back brings the former order", async ({ page }) => {
  await open(page, "/companies");
  await expect(names(page).first()).toHaveText(/Alder Credit Union/);
  await page.getByRole("columnheader", { name: "Employees" }).getByRole("button").click();
  await expect(page).toHaveURL(/sort=employees/);
  await expect(page.getByRole("columnheader", { name: "Employees" })).toHaveAttribute("aria-sort", "ascending");
  await page.getByRole("columnheader", { name: "Employees" }).getByRole("button").click();
  await expect(page).toHaveURL(/sort=-employees/);
  await expect(page.getByRole("columnheader", { name: "Employees" })).toHaveAttribute("aria-sort", "descending");
  await expect(names(page).first()).not.toHaveText(/Alder Credit Union/);
  await page.goBack();
  await expect(page.getByRole("columnheader", { name: "Employees" })).toHaveAttribute("aria-sort", "ascending");
  await page.goBack();
  await expect(names(page).first()).toHaveText(/Alder Credit Union/);
});

test("search narrows as one types, counts and totals follow, and the address can be shared", async ({ page }) => {
  await open(page, "/companies");
  const foot = page.locator(".table-foot");
  await expect(foot).toContainText("Sum of annual revenue");
  await page.getByRole("searchbox", { name: "Search companies" }).fill("alder");
  await expect(page).toHaveURL(/search=alder/);
  await expect(foot).toContainText(/^6 companies/);
  await expect(foot).toContainText("1–6 of 6");
  const total = await foot.getByText("Sum of annual revenue").textContent();
  const shared = page.url();
  await page.goto("/");
  await open(page, shared);
  await expect(page.getByRole("searchbox", { name: "Search companies" })).toHaveValue("alder");
  await expect(foot.getByText("Sum of annual revenue")).toHaveText(total ?? "");
  await page.getByRole("searchbox").fill("nobody is called so");
  await expect(page.getByText("No companies match.")).toBeVisible();
  await page.getByRole("link", { name: "Clear search and filter" }).click();
  await expect(names(page).first()).toBeVisible();
});

test("the search field keeps the space one has just typed", async ({ page }) => {
  await open(page, "/companies");
  const field = page.getByRole("searchbox", { name: "Search companies" });
  await field.pressSequentially("alder ");
  await expect(page).toHaveURL(/search=alder$/);
  await expect(field).toHaveValue("alder ");
  await field.pressSequentially("foods");
  await expect(page).toHaveURL(/search=alder(%20|\+)foods$/);
  await expect(names(page)).toHaveCount(1);
  await page.goBack();
  await expect(field).not.toHaveValue("alder foods");
});

test("a filter holds the number one typed, reads as one reads, and one that was left leaves nothing behind", async ({ page, context, server }) => {
  const prefer = (number_format: string) =>
    context.request.post(`${server.url}/api/preferences/change`, { data: { changes: { number_format } }, headers: { origin: server.url } });
  await prefer("1.234,56");
  await open(page, "/companies");
  const chip = page.locator(".filter-chip");
  const value = page.locator("#filter-value");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("combobox", { name: "Field" }).selectOption({ label: "Employees" });
  await value.fill("1.000");
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(chip).toContainText("at least 1.000");
  expect(decodeURIComponent(page.url())).toContain('"value":"1000"');
  await chip.getByRole("button", { name: "Employees", exact: true }).click();
  await expect(value).toHaveValue("1000");
  await page.getByRole("button", { name: "Change filter" }).click();
  await expect(chip).toContainText("at least 1.000");

  await chip.getByRole("button", { name: "Employees", exact: true }).click();
  await expect(value).toHaveValue("1000");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await expect(page.getByRole("combobox", { name: "Field" })).toHaveValue("");
  await page.getByRole("combobox", { name: "Field" }).selectOption({ label: "Status" });
  await value.selectOption({ label: "Partner" });
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(chip).toHaveCount(2);
  await prefer("1,234.56");
});

test("filters are built, changed, combined and taken away, all in the address", async ({ page }) => {
  await open(page, "/companies");
  const add = async (field: string, condition: string | undefined, value: string) => {
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("combobox", { name: "Field" }).selectOption({ label: field });
    if (condition) await page.getByRole("combobox", { name: "Condition" }).selectOption({ label: condition });
    const control = page.locator("#filter-value");
    if ((await control.evaluate((e) => e.tagName)) === "SELECT") await control.selectOption({ label: value });
    else await control.fill(value);
    await page.getByRole("button", { name: "Add filter" }).click();
  };
  const foot = page.locator(".table-foot");
  await add("Status", undefined, "Partner");
  await expect(page).toHaveURL(/filter=/);
  await expect(foot).toContainText(/^7 companies/);
  await add("Sector", "is", "Health Care");
  await expect(page.locator(".filter-chip")).toHaveCount(2);
  await expect(foot).toContainText(/^\d companies|^1 company/);

  await page.getByRole("combobox", { name: "Rows meet" }).selectOption("any");
  await expect(foot).toContainText(/^1\d companies/);
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Rows meet" })).toHaveValue("any");
  await expect(page.locator(".filter-chip").first()).toContainText("Partner");

  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  await page.locator(".filter-chip").first().getByRole("button", { name: "Status", exact: true }).click();
  await page.locator("#filter-value").selectOption({ label: "At risk" });
  await page.getByRole("button", { name: "Change filter" }).click();
  await expect(page.locator(".filter-chip").first()).toContainText("At risk");
  await expect(page.locator(".filter-chip")).toHaveCount(2);
  await page.getByRole("button", { name: "Remove filter Sector" }).click();
  await expect(foot).toContainText(/^6 companies/);
  await page.goBack();
  await expect(page.locator(".filter-chip")).toHaveCount(2);
});

test("a filter by date knows relative phrases", async ({ page }) => {
  await open(page, "/companies");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("combobox", { name: "Field" }).selectOption({ label: "Created" });
  await page.locator("#filter-value").selectOption("last 7 days");
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(page.locator(".filter-chip")).toContainText("last 7 days");
  await expect(names(page).first()).toBeVisible();
});

test("columns are chosen, moved and resized, and a link shows the same", async ({ page, browser, server }) => {
  await open(page, "/companies");
  const heads = page.locator("thead th .sort-button > span");
  const before = await heads.allTextContents();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Ticker", exact: true }).check();
  await page.getByRole("checkbox", { name: "Sector", exact: true }).uncheck();
  await page.getByRole("button", { name: "Move up Ticker" }).click();
  await page.keyboard.press("Escape");
  const wanted = before.filter((name) => name !== "Sector");
  wanted.splice(wanted.length - 1, 0, "Ticker");
  await expect(heads).toHaveText(wanted);
  await expect(page).toHaveURL(/columns=.*ticker/);

  const handle = page.getByRole("separator", { name: "Width of Headquarters" });
  const head = page.getByRole("columnheader", { name: "Headquarters" });
  const width = (await head.boundingBox())?.width ?? 0;
  await handle.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect.poll(async () => Math.round((await head.boundingBox())?.width ?? 0)).toBe(Math.round(width) + 32);
  await expect(page).toHaveURL(/headquarters%3A|headquarters:/);

  const other = await browser.newContext();
  await enter(other, server);
  const friend = await other.newPage();
  await friend.goto(page.url());
  await expect(friend.locator("thead th .sort-button > span")).toHaveText(wanted);
  expect(Math.round((await friend.getByRole("columnheader", { name: "Headquarters" }).boundingBox())?.width ?? 0)).toBe(Math.round(width) + 32);
  await other.close();

  await open(page, "/companies");
  await expect(heads).toHaveText(wanted);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "Back to the default" }).click();
  await expect(heads).toHaveText(before);
});

test("a head shows its whole label where there is room", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, "/companies");
  for (const label of await page.locator("thead .sort-button > span").all()) {
    const cut = await label.evaluate((e) => e.scrollWidth > e.clientWidth);
    expect(cut, (await label.textContent()) ?? "").toBe(false);
  }
});

test("pages follow one another and are addresses of their own", async ({ page }) => {
  await open(page, "/contacts");
  const foot = page.locator(".table-foot");
  await expect(foot).toContainText(/1–50 of \d+/);
  const first = await names(page).first().textContent();
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page).toHaveURL(/page=2/);
  await expect(foot).toContainText("51–");
  await expect(names(page).first()).not.toHaveText(first ?? "");
  await page.goBack();
  await expect(names(page).first()).toHaveText(first ?? "");
});

test("a page after the last leads to the first, and the last row of a page to the page before", async ({ page, context, server }) => {
  await open(page, "/companies?page=99&sort=-name");
  await expect(page.getByText("There is no page 99.")).toBeVisible();
  await page.getByRole("link", { name: "First page" }).click();
  await expect(page).toHaveURL(/\/companies\?sort=-name$/);
  await expect(names(page).first()).toBeVisible();

  const word = unique("Fifty");
  await Promise.all(Array.from({ length: 51 }, (_, n) => make(context, server, "companies", { name: `${word} ${String(n).padStart(2, "0")}` })));
  await open(page, `/companies?search=${encodeURIComponent(word)}&page=2`);
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
  await expect(page.locator(".table-foot")).toContainText("1–50 of 50");
  await expect(page).not.toHaveURL(/page=/);
});

test("the column of names can be made narrower", async ({ page }) => {
  await open(page, "/companies");
  const cell = names(page).first();
  const before = (await cell.boundingBox())?.width ?? 0;
  await page.getByRole("separator", { name: "Width of Name" }).focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
  await expect.poll(async () => Math.round((await cell.boundingBox())?.width ?? 0)).toBe(Math.round(before) - 80);
});

test("selected rows are changed together, and all of it is undone at once", async ({ page, context, server }) => {
  const word = unique("Bulk");
  for (const n of [1, 2, 3]) await make(context, server, "companies", { name: `${word} ${n}` });
  await open(page, `/companies?search=${encodeURIComponent(word)}`);
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  await expect(page.getByRole("toolbar")).toContainText("3 selected");
  await page.getByRole("button", { name: "Set status" }).click();
  await page.getByRole("menuitem", { name: "Former" }).click();
  await expect(row(page, `${word} 2`)).toContainText("Former");
  await expect(page.getByRole("toolbar")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row(page, `${word} 2`)).toContainText("Prospect");
  await page.getByRole("checkbox", { name: `Select ${word} 1` }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
  await expect(row(page, `${word} 1`)).toHaveCount(0);
  await expect(row(page, `${word} 2`)).toHaveCount(1);
});

test("a row that somebody else takes away is selected no more", async ({ page, context, server }) => {
  const word = unique("Taken");
  const ids = await Promise.all([1, 2].map((n) => make(context, server, "companies", { name: `${word} ${n}` })));
  await open(page, `/companies?search=${encodeURIComponent(word)}`);
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  const toolbar = page.getByRole("toolbar");
  await expect(toolbar).toContainText("2 selected");
  const headers = { origin: server.url, "if-match": "*" };
  // It is called otherwise now: what is done to the selected rows must not be done to it.
  const renamed = await context.request.patch(`${server.url}/api/v1/companies/${ids[1]}/`, { data: { name: unique("Kept") }, headers });
  expect(renamed.ok()).toBe(true);
  await expect(row(page, `${word} 2`)).toHaveCount(0);
  await expect(toolbar).toContainText("1 selected");
  await toolbar.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No companies match.")).toBeVisible();
  const kept = await context.request.get(`${server.url}/api/v1/companies/${ids[1]}/`);
  expect(kept.ok()).toBe(true);
  await expect(toolbar).toHaveCount(0);
});
