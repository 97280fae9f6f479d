import { accessible, awake, enter, expect, expected, make, open, test, unique } from "../fixtures.ts";

const company = unique("Crawl");
const places: Record<string, string> = {
  "/": "Good",
  "/companies": "Companies",
  "/companies?deleted=1": "recycle bin",
  "/companies?search=nothing-has-this-name": "Companies",
  "/companies?peek=ID": "Companies",
  "/contacts": "Contacts",
  "/teams": "Teams",
  "/users": "Users",
  "/admin/jobs": "Jobs",
  "/admin/mail": "Mail",
  "/admin/mail-outbox": "Outbox",
  "/admin/deliveries": "Deliveries",
  "/admin/backups": "Backups",
  "/notifications": "Notifications",
  "/settings/preferences": "Preferences",
  "/exports": "Exports",
  "/companies/new": "New company",
  "/contacts/new": "New contact",
  "/companies/import": "Import companies",
  "/companies/ID": company,
  "/companies/ID/edit": "Edit",
};

for (const [place, title] of Object.entries(places)) {
  test(`${place} opens by address, by link and by going back, silently and accessibly`, async ({ page, context, server }) => {
    await enter(context, server);
    const path = place.includes("ID") ? place.replace("ID", await make(context, server, "companies", { name: company })) : place;
    const heading = page.getByRole("heading", { level: 1 });
    await open(page, path);
    await expect(heading).toContainText(title);
    await accessible(page);
    // The same by a link inside the app, then back.
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
    await expect(heading).toHaveText("Organisation");
    await page.evaluate((to) => {
      const link = Object.assign(document.createElement("a"), { href: to, id: "crawl" });
      document.getElementById("main")?.append(link);
      link.click();
      link.remove();
    }, path);
    await expect(heading).toContainText(title);
    await page.goBack();
    await expect(heading).toHaveText("Organisation");
    await page.goForward();
    await expect(heading).toContainText(title);
  });
}

test("the settings open by address, by link and by going back", async ({ page, context, server }) => {
  await enter(context, server);
  await open(page, "/settings/organisation");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Companies" }).click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await expect(page.getByLabel("Reporting currency")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Companies");
  await page.goForward();
  await expect(page.getByLabel("Reporting currency")).toBeVisible();
});

test("the gallery shows every component", async ({ page }) => {
  await open(page, "/_gallery");
  await expect(page.getByRole("heading").first()).toBeVisible();
  await accessible(page);
});

test("a page that stopped offers to load afresh, over an open dialog too", async ({ page, complaints }) => {
  await open(page, "/_gallery");
  await page.getByRole("button", { name: "Dialog", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "New company" });
  await dialog.getByRole("button", { name: "Stop this page" }).click();
  await expect(dialog.getByRole("alert")).toContainText("This page has stopped working.");
  await dialog.getByRole("link", { name: "Reload" }).click();
  await expect(page.locator(".reload-banner")).toHaveCount(0);
  await awake(page);
  await expect(dialog).toBeHidden();
  expected(complaints, "somebody stopped the page", "unreachable");
});

test("lists that hold nothing say what to do", async ({ page, context, server }) => {
  await enter(context, server);
  await open(page, "/teams");
  await expect(page.getByText("There are no teams yet.")).toBeVisible();
  await page.goto("/companies?filter=this%20is%20no%20filter&sort=nothing");
  await awake(page);
  await expect(page.locator("main")).toContainText(/Show the whole list|of \d+/);
});
