import { readFile } from "node:fs/promises";
import { accessible, enter, expect, expected, make, open, test, unique } from "../fixtures.ts";

test("what a list shows is exported, followed, fetched later and imported again", async ({ page, context, server, browser }) => {
  await enter(context, server);
  const sector = unique("Sector");
  const hostile = await make(context, server, "companies", { name: `=Hostile, "Inc" ${sector}`, sector });
  await make(context, server, "companies", { name: `Plain ${sector}`, sector });
  await make(context, server, "companies", { name: unique("Elsewhere"), sector: "Other" });

  const filter = encodeURIComponent(JSON.stringify({ field: "sector", op: "eq", value: sector }));
  await open(page, `/companies?filter=${filter}&sort=name`);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByText("Export these").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("that matches the search and the filter");
  await accessible(page);
  await dialog.getByLabel("All there are").check();
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await page.getByRole("button", { name: "Show exports" }).click();
  await expect(page).toHaveURL(/\/exports$/);
  await expect(page.getByRole("row", { name: /filtered/ }).getByText("Ready")).toBeVisible();
  await accessible(page);

  // One leaves, and comes back by the palette.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Companies" }).click();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("Exports");
  await page.keyboard.press("Enter");
  const row = page.getByRole("row", { name: /filtered/ }).first();
  await expect(row).toContainText("until");
  const [download] = await Promise.all([page.waitForEvent("download"), row.getByRole("link", { name: "Download" }).click()]);
  expect(download.suggestedFilename()).toMatch(/^companies-\d{4}-\d\d-\d\d\.csv$/);
  const text = await readFile(await download.path(), "utf8");
  const lines = text.trimEnd().split("\r\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^ID,Name,Status,/);
  expect(lines[1]).toContain(`"'=Hostile, ""Inc"" ${sector}"`);

  // Nobody else gets it.
  const address = await row.getByRole("link", { name: "Download" }).getAttribute("href");
  const stranger = await browser.newContext();
  expect((await stranger.request.get(new URL(address!, page.url()).href, { maxRedirects: 0 })).status()).not.toBe(200);
  await stranger.close();

  // Back in, nothing changes: every cell says what its record says.
  await open(page, "/companies/import");
  await page.locator("input[type=file]").setInputFiles({ name: "again.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.waitForURL(/\/imports\//);
  await page.getByLabel("Find them by").selectOption("name");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.locator(".import-totals")).toContainText(/Unchanged\s*2/);

  // Its name comes before all others in every list: it goes, for the journeys after this one.
  await context.request.post(`${server.url}/api/records/delete`, {
    data: { record_type: "companies", ids: [hostile] },
    headers: { origin: server.url },
  });
});

test("the columns of a file are chosen by keys among all there are", async ({ page, context, server }) => {
  await enter(context, server);
  const sector = unique("Sector");
  await make(context, server, "companies", { name: `Chosen ${sector}`, sector, ticker: "CHO" });
  const filter = encodeURIComponent(JSON.stringify({ field: "sector", op: "eq", value: sector }));
  await open(page, `/companies?filter=${filter}&columns=name.sector.status`);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByText("Export these").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Those the list shows").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByLabel("Some of them")).toBeChecked();
  const columns = dialog.getByRole("group", { name: "Columns of the file" });
  await expect(columns.getByRole("checkbox", { checked: true })).toHaveCount(3);
  await accessible(page);

  // Those of the list come first; the next Tab leads to them.
  await page.keyboard.press("Tab");
  await expect(columns.getByLabel("Name")).toBeFocused();
  for (const label of ["Name", "Sector", "Status"]) await columns.getByLabel(label, { exact: true }).uncheck();
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog.getByText("Choose at least one column.")).toBeVisible();
  await columns.getByLabel("Ticker").check();
  await columns.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.press("Space");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await page.getByRole("button", { name: "Show exports" }).click();
  // The newest stands first; it has a file's name once it is ready.
  const row = page.getByRole("row", { name: /filtered/ }).first();
  await expect(row).toContainText("until");
  const [download] = await Promise.all([page.waitForEvent("download"), row.getByRole("link", { name: "Download" }).click()]);
  expect(await readFile(await download.path(), "utf8")).toBe(`Name,Ticker\r\nChosen ${sector},CHO\r\n`);
});

test("an export of several kinds is put together, held back and cancelled, then made again", async ({ page, context, server }) => {
  await enter(context, server);
  await open(page, "/admin/jobs");
  const queue = page.getByRole("row", { name: /^exports/ });
  await queue.getByRole("button", { name: "Pause" }).click();
  await expect(queue.getByText("Paused")).toBeVisible();

  await open(page, "/exports");
  await page.getByRole("button", { name: "New export" }).click();
  const dialog = page.getByRole("dialog");
  await accessible(page);
  await dialog.getByRole("button", { name: "Export" }).click();
  await expect(dialog.getByText("Say which records")).toBeVisible();
  await dialog.getByLabel("Companies").check();
  await dialog.getByLabel("Contacts").check();
  await dialog.getByLabel("When").selectOption("between");
  await dialog.getByLabel("First day").fill("2020-02-01");
  await dialog.getByLabel("Last day").fill("2020-01-01");
  await dialog.getByRole("button", { name: "Export" }).click();
  await expect(dialog.getByText("2020-02-01 is after 2020-01-01.")).toBeVisible();
  await dialog.getByLabel("When").selectOption("year");
  await dialog.getByRole("button", { name: "Export" }).click();
  await expect(dialog).toBeHidden();

  const row = page.getByRole("row", { name: /Companies, Contacts/ }).first();
  await expect(row).toContainText("Waiting");
  await row.getByRole("button", { name: "Cancel" }).click();
  await expect(row).toContainText("Cancelled");

  await open(page, "/admin/jobs");
  await queue.getByRole("button", { name: "Resume" }).click();
  await open(page, "/exports");
  await page.getByRole("row", { name: /Companies, Contacts/ }).first().getByRole("button", { name: "Again" }).click();
  await expect(page.getByRole("row", { name: /export-.*xlsx/ })).toContainText("Ready");
});

test("who has started as many exports as they may is told when there can be another", async ({ page, context, server, complaints }) => {
  const person = { email: "tireless@example.com", password: "a quiet evening walk" };
  server.command(["user", "create", "--email", person.email, "--role", "admin", "--first-name", "Tess", "--password-stdin"], person.password);
  await enter(context, server, person);
  const wanted = { format: "csv", entities: ["contacts"], date_range: "all", filter: null, search: "", sort: [], fields: [] };
  for (let started = 0; started < 10; started++) {
    const answer = await context.request.post(`${server.url}/api/exports/start`, { data: { wanted }, headers: { origin: server.url } });
    expect(answer.ok()).toBe(true);
  }
  await open(page, "/companies");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByText("Export these").click();
  await page.getByRole("dialog").getByRole("button", { name: "Export", exact: true }).click();
  await expect(page.getByText(/as many exports as you may for now\. Try again in \d+ minutes/)).toBeVisible();
  await accessible(page);
  expected(complaints, "429");
});
