import { accessible, awake, expect, expected, hold, open, signIn, test, toast } from "../fixtures.ts";

const accounts = [
  "account,sector,year_established,revenue,employees,subsidiary_of",
  "Bluth Company,technolgy,1993,1242.32,3027,Umbrella Works",
  "Umbrella Works,technolgy,1996,1100.04,2822,",
  "Odd One,retail,2001,lots,12,",
].join("\n");

test("a file becomes companies in four steps, and goes again", async ({ page, server }) => {
  await signIn(page, server);
  await open(page, "/companies/import");
  await accessible(page);
  const file = { name: "accounts.csv", mimeType: "text/csv", buffer: Buffer.from(accounts) };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.waitForURL(/\/imports\//);

  await expect(page.getByLabel("Field for account")).toHaveValue("name");
  await expect(page.getByLabel("Field for subsidiary_of")).toHaveValue("parent");
  await page.getByLabel("Factor of revenue").selectOption("1000000");
  await accessible(page);
  await page.getByLabel("Field for sector").selectOption("");
  await expect(page.getByLabel("Find them by")).toHaveValue("name");
  await page.getByRole("button", { name: "Check" }).click();

  await expect(page.getByRole("button", { name: "Import 2 companies" })).toBeVisible();
  await expect(page.getByText("This must be an amount like 1054.00.")).toBeVisible();
  await expect(page.getByText("$1,100,040,000.00")).toBeVisible();
  await accessible(page);

  // A link and a reload lead to the same place.
  await page.reload();
  await awake(page);
  // It is over before the page sees it run.
  const outcome = await hold(page, "imports/open");
  await page.getByRole("button", { name: "Import 2 companies" }).click();
  const rest = `${server.url}/api/v1${new URL(page.url()).pathname}/`;
  await expect.poll(async () => (await (await page.request.get(rest)).json()).status).toBe("done");
  await outcome();
  await expect(page.getByText("Imported 2 companies.")).toBeVisible();
  await expect(toast(page, "The import is over.").getByRole("button", { name: "Undo" })).toBeVisible();
  await accessible(page);

  await page.getByRole("link", { name: "Show the companies" }).click();
  await page.waitForURL(/\/companies\?filter=/);
  await expect(page.getByRole("link", { name: "Umbrella Works" }).first()).toBeVisible();
  await page.goBack();
  await page.getByRole("button", { name: "Undo the import" }).click();
  await expect(page.getByText("Everything is as it was before.")).toBeVisible();
});

test("what was matched is still so after a look elsewhere", async ({ page, server }) => {
  await signIn(page, server);
  await open(page, "/companies/import");
  const file = { name: "accounts.csv", mimeType: "text/csv", buffer: Buffer.from(accounts) };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.waitForURL(/\/imports\//);
  await page.getByLabel("Field for sector").selectOption("");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Contacts" }).click();
  await expect(toast(page, "Not saved yet")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Contacts");
  await page.goBack();
  await expect(page.getByLabel("Field for sector")).toHaveValue("");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByRole("button", { name: "Back to the columns" })).toBeVisible();
  await page.getByRole("button", { name: "Back to the columns" }).click();
  await expect(page.getByLabel("Field for sector")).toHaveValue("");
  await expect(page.getByText("Not saved yet")).toHaveCount(1);
});

test("a step that cannot be read is asked for again, and one that is over no more", async ({ page, server, complaints }) => {
  await signIn(page, server);
  await open(page, "/companies/import");
  const file = { name: "accounts.csv", mimeType: "text/csv", buffer: Buffer.from(accounts) };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.waitForURL(/\/imports\//);
  await page.route("**/api/imports/open", (route) => route.abort());
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("The server cannot be reached.").last()).toBeVisible();
  await page.unroute("**/api/imports/open");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("button", { name: "Import 2 companies" })).toBeVisible();
  expected(complaints, "ERR_FAILED");

  // The page is told that it runs; by the time it asks how far it is, it is over.
  let asked = 0;
  page.on("request", (request) => (asked += request.url().endsWith("/api/imports/progress") ? 1 : 0));
  let opened = 0;
  await page.route("**/api/imports/open", async (route) => {
    opened += 1;
    if (opened > 1) {
      let over = await route.fetch();
      while ((await over.json())[0].status === "running") over = await route.fetch();
      return route.fulfill({ response: over });
    }
    const response = await route.fetch();
    const [now, listed] = await response.json();
    await route.fulfill({ response, json: [{ ...now, status: "running" }, listed] });
  });
  await page.getByRole("button", { name: "Import 2 companies" }).click();
  await expect(page.getByText("Imported 2 companies.")).toBeVisible();
  expect(asked).toBe(1);
  await page.getByRole("button", { name: "Undo the import" }).click();
  await expect(page.getByText("Everything is as it was before.")).toBeVisible();
});

test("what is no table of text is refused where it was dropped", async ({ page, server, complaints }) => {
  await signIn(page, server);
  await open(page, "/companies/import");
  const file = { name: "companies.csv", mimeType: "text/csv", buffer: Buffer.from("PK\u0003\u0004....") };
  await page.locator("input[type=file]").setInputFiles(file);
  await expect(page.getByText("Excel workbook")).toBeVisible();
  // The browser writes every refused request to its console.
  await expect.poll(() => complaints.length).toBeGreaterThan(0);
  complaints.splice(0);
});

test("who knows how a file is written says so, and its letters and columns come out right", async ({ page, server }) => {
  await signIn(page, server);
  await open(page, "/companies/import");
  // Polish, as Windows wrote it, with commas inside the cells.
  const bytes = Buffer.from("name|notes\nZak\xb3ad \x8aruba|a, b, c, d\nHuta \xa3abêdy|e, f, g, h\n", "latin1");
  await page.getByText("Say how the file is written").click();
  await page.getByLabel("Encoding", { exact: true }).selectOption({ label: "Central European (Windows)" });
  await page.getByLabel("Cells are separated by").selectOption({ label: "vertical bars" });
  await accessible(page);
  await page.locator("input[type=file]").setInputFiles({ name: "polish.csv", mimeType: "text/csv", buffer: bytes });
  await page.waitForURL(/\/imports\//);
  await expect(page.getByText("2 rows · windows-1250 · separated by vertical bars")).toBeVisible();
  await expect(page.getByText("Zakład Šruba")).toBeVisible();
  await page.getByRole("link", { name: "Read it otherwise" }).click();
  await expect(page.getByText("Drop a CSV file here")).toBeVisible();
});

test("every step fits a phone", async ({ page, server }) => {
  await page.setViewportSize({ width: 375, height: 720 });
  await signIn(page, server);
  await open(page, "/companies/import");
  const file = { name: "accounts.csv", mimeType: "text/csv", buffer: Buffer.from(accounts) };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.waitForURL(/\/imports\//);
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  await expect(page.getByLabel("Field for account")).toBeVisible();
  expect(await fits()).toBe(true);
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("What would change")).toBeVisible();
  expect(await fits()).toBe(true);
});
