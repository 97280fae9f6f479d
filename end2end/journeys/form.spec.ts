import { accessible, awake, detail, enter, expect, expected, hold, make, open, test, toast, unique } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

test("a company is created", async ({ page }) => {
  const name = unique("New");
  await open(page, "/companies");
  await page.getByRole("link", { name: "Create" }).click();
  await expect(page).toHaveTitle(/New company/);
  await accessible(page);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Status").selectOption({ label: "Customer" });
  await page.getByLabel("Founded", { exact: true }).fill("2013 (1888)");
  await page.getByLabel("Tags").fill("key account");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(toast(page, "Company created.")).toBeVisible();
  await expect(detail(page, "Year founded")).toHaveText("2013");
  await expect(detail(page, "Owner")).toContainText("Alex Morgan");
});

test("errors stand beside their fields, the first one is focused and nothing typed is lost", async ({ page }) => {
  await open(page, "/companies/new");
  await page.getByLabel("Annual revenue").fill("a lot");
  await page.getByLabel("Headquarters").fill("Leeds");
  await page.getByLabel("Domain").fill("not a domain");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Annual revenue")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Annual revenue")).toHaveValue("a lot");
  await accessible(page);

  await page.getByLabel("Name").fill(unique("Fixed"));
  await page.getByLabel("Annual revenue").fill("12.50");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByLabel("Domain")).toBeFocused();
  await expect(page.locator(".field-error")).toHaveCount(1);
  await expect(page.getByLabel("Headquarters")).toHaveValue("Leeds");
  await page.getByLabel("Domain").fill("");
  await page.keyboard.press("Control+Enter");
  await expect(toast(page, "Company created.")).toBeVisible();
  await expect(detail(page, "Annual revenue")).toHaveText("$12.50");
});

test("what is wrong with a text that fills the view is seen above the buttons", async ({ page }) => {
  await open(page, "/companies/new");
  await page.getByLabel("Name").fill(unique("Long"));
  const notes = page.getByLabel("Notes");
  await notes.fill("x".repeat(100_001));
  await page.keyboard.press("Control+Enter");
  const why = page.locator(".field-error");
  await expect(why).toContainText("longer than 100000 bytes");
  const place = async () => (await why.boundingBox())!;
  const buttons = (await page.locator(".form-actions").boundingBox())!;
  await expect.poll(async () => (await place()).y + (await place()).height).toBeLessThanOrEqual(buttons.y + 20);
});

test("a domain that another company has is refused beside its field", async ({ page }) => {
  await open(page, "/companies/new");
  await page.getByLabel("Name").fill(unique("Twin"));
  await page.getByLabel("Domain").fill("https://www.Alder-Foods.example/about");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Domain")).toBeFocused();
  await expect(page.locator(".field-error")).toHaveCount(1);
});

test("two people edit one record: both versions are shown, and each choice is saved", async ({ page, browser, context, server }) => {
  const id = await make(context, server, "companies", { name: unique("Shared"), ticker: "OLD", sector: "Old", headquarters: "Old" });
  const other = await browser.newContext();
  await enter(other, server);
  const theirs = await other.newPage();
  await open(page, `/companies/${id}/edit`);
  await theirs.goto(`${server.url}/companies/${id}/edit`);
  await awake(theirs);
  for (const [label, value] of [["Ticker", "THEIRS"], ["Sector", "Theirs"], ["Headquarters", "Theirs"]] as const) {
    await theirs.getByLabel(label, { exact: true }).fill(value);
  }
  await theirs.getByRole("button", { name: "Save" }).click();
  await theirs.waitForURL(`**/companies/${id}`);

  await page.getByLabel("Ticker").fill("MINE");
  await page.getByLabel("Sector").fill("Mine");
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("dialog", { name: "Somebody else changed this record" });
  await expect(dialog).toContainText("Alex Morgan saved");
  await expect(dialog.getByRole("group", { name: "Ticker" })).toContainText("THEIRS");
  await expect(dialog.getByRole("group", { name: "Ticker" })).toContainText("MINE");
  await accessible(page);
  await dialog.getByRole("group", { name: "Sector" }).getByRole("radio", { name: /Theirs/ }).check();
  await dialog.getByRole("button", { name: "Save this" }).click();
  await page.waitForURL(`**/companies/${id}`);
  await expect(detail(page, "Ticker")).toHaveText("MINE");
  await expect(detail(page, "Sector")).toHaveText("Theirs");
  await expect(detail(page, "Headquarters")).toHaveText("Theirs");
  await other.close();
});

test("in place, only a change of the same field is in the way", async ({ page, context, server }) => {
  const id = await make(context, server, "companies", { name: unique("Inline"), ticker: "OLD", sector: "Old" });
  const change = (field: string, value: string) =>
    context.request.post(`${server.url}/api/records/save`, {
      data: { record_type: "companies", id, version: null, set: [[field, { t: value }]] },
      headers: { origin: server.url },
    });
  await open(page, `/companies/${id}`);
  await detail(page, "Ticker").dblclick();
  await page.getByLabel("Ticker", { exact: true }).fill("MINE");
  await change("sector", "Theirs");
  await page.keyboard.press("Enter");
  await expect(detail(page, "Ticker")).toHaveText("MINE");
  await expect(detail(page, "Sector")).toHaveText("Theirs");

  await detail(page, "Ticker").dblclick();
  await page.getByLabel("Ticker", { exact: true }).fill("MINE TOO");
  await change("ticker", "THEIRS");
  await page.keyboard.press("Enter");
  await expect(page.locator(".field-error")).toContainText("Alex Morgan made it “THEIRS” meanwhile.");
  await expect(page.getByLabel("Ticker", { exact: true })).toHaveValue("MINE TOO");
  await page.keyboard.press("Enter");
  await expect(detail(page, "Ticker")).toHaveText("MINE TOO");

  // One that was only opened stays open as well, and is closed once the record is left.
  await detail(page, "Headquarters").dblclick();
  await change("headquarters", "Bern");
  await detail(page, "Sector").dblclick();
  await page.getByLabel("Sector", { exact: true }).fill("Mine");
  await page.keyboard.press("Enter");
  await expect(detail(page, "Sector")).toHaveText("Mine");
  await expect(page.getByLabel("Headquarters", { exact: true })).toHaveValue("Bern");
  await page.getByRole("link", { name: "Contacts" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Contacts" })).toBeVisible();
  await page.goBack();
  await expect(detail(page, "Headquarters")).toHaveText("Bern");
});

test("a session that ended meanwhile asks to sign in again, and what was typed is saved after that", async ({ page, context, server, complaints }) => {
  const id = await make(context, server, "companies", { name: unique("Session") });
  await open(page, `/companies/${id}/edit`);
  await page.getByLabel("Headquarters").fill("Typed before");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("You were signed out")).toBeVisible();
  await expect(page.getByLabel("Headquarters")).toHaveValue("Typed before");
  await accessible(page);

  const opened = context.waitForEvent("page");
  await page.getByRole("link", { name: "Sign in again" }).click();
  const tab = await opened;
  await tab.getByLabel("E-mail").fill(server.administrator.email);
  await tab.getByLabel("Password", { exact: true }).fill(server.administrator.password);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.waitForURL(`**/companies/${id}/edit`);
  await tab.close();
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(`**/companies/${id}`);
  await expect(detail(page, "Headquarters")).toHaveText("Typed before");
  expected(complaints, "401");
});

test("without the server saving says so and nothing is lost", async ({ page, context, server, complaints }) => {
  const id = await make(context, server, "companies", { name: unique("Offline") });
  await open(page, `/companies/${id}/edit`);
  await page.getByLabel("Headquarters").fill("Typed offline");
  await context.setOffline(true);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(toast(page, "The server cannot be reached.")).toBeVisible();
  await expect(page.getByLabel("Headquarters")).toHaveValue("Typed offline");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Contacts" }).click();
  await expect(page.getByText("The server cannot be reached.").last()).toBeVisible();
  // The same trouble again can be asked about again; while it is, the button says so.
  const again = page.getByRole("button", { name: "Try again" });
  await again.click();
  await expect(again).not.toHaveAttribute("aria-busy");
  await context.setOffline(false);
  const rows = await hold(page, "records/list");
  await again.click();
  await expect(again).toHaveAttribute("aria-busy", "true");
  await rows();
  await expect(page.getByRole("rowheader").first()).toBeVisible();
  await page.goBack();
  await expect(page.getByLabel("Headquarters")).toHaveValue("Typed offline");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(detail(page, "Headquarters")).toHaveText("Typed offline");
  expected(complaints, "ERR_INTERNET_DISCONNECTED");
});

test("who leaves while it is saved is told how it went, and of nothing unsaved", async ({ page, context, server }) => {
  const id = await make(context, server, "companies", { name: unique("Hasty") });
  await open(page, `/companies/${id}/edit`);
  await page.getByLabel("Headquarters").fill("Leeds");
  const saved = await hold(page, "records/save");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Contacts" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Contacts");
  await saved();
  await expect(toast(page, "Saved.")).toBeVisible();
  await expect(page.getByText("Not saved yet")).toHaveCount(0);
  await page.goBack();
  await expect(page.getByLabel("Headquarters")).toHaveValue("Leeds");
  await expect(page.getByText("What you had typed is here again")).toHaveCount(0);
});

test("Enter in a field that looks something up takes what was typed, once it is found", async ({ page }) => {
  await open(page, "/contacts/new");
  const company = page.getByRole("combobox", { name: "Company" });
  await company.click();
  await expect(page.locator(".combobox-list [role=option]").first()).toBeVisible();
  const found = await hold(page, "records/lookup");
  await company.pressSequentially("alder foods");
  await company.press("Enter");
  await expect(page.getByText("Searching…")).toBeVisible();
  await found();
  await expect(company).toHaveValue("Alder Foods");
  await company.fill("nobody is called so");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await company.press("Enter");
  await expect(page.locator(".field-error")).toHaveCount(0);
  await expect(company).toHaveValue("nobody is called so");
});

test("a form that is left keeps what was typed, and asks before the page goes", async ({ page, context, server }) => {
  const id = await make(context, server, "companies", { name: unique("Left") });
  await open(page, `/companies/${id}/edit`);
  await page.getByLabel("Headquarters").fill("Typed and left");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Contacts" }).click();
  await expect(toast(page, "Not saved yet")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Contacts");
  await page.goBack();
  await expect(page.getByText("What you had typed is here again")).toBeVisible();
  await expect(page.getByLabel("Headquarters")).toHaveValue("Typed and left");
  await accessible(page);

  const asked = page.waitForEvent("dialog");
  const closing = page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await closing;
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByLabel("Headquarters")).toHaveValue("");
  await expect(page.getByText("What you had typed is here again")).toBeHidden();
});
