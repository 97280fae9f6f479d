import { accessible, detail, enter, expect, make, open, row, test, toast, unique } from "../fixtures.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });
test.beforeEach(async ({ context, server }) => enter(context, server));

test("on a phone one goes by the drawer, finds, opens and edits", async ({ page, context, server }) => {
  const name = unique("Pocket");
  await make(context, server, "companies", { name });
  const fits = async () => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await open(page, "/");
  await fits();
  await accessible(page);
  await expect(page.getByRole("link", { name: "Companies", exact: true }).first()).not.toBeInViewport();
  await page.getByRole("button", { name: "Menu" }).tap();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeInViewport();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeHidden();
  await expect(page.getByRole("button", { name: "Menu" })).toBeFocused();
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Companies" }).tap();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Companies");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeHidden();
  await fits();
  await accessible(page);

  await page.getByRole("searchbox").fill(name);
  await page.getByRole("rowheader", { name }).getByRole("link").tap();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await fits();
  await accessible(page);

  await page.getByRole("link", { name: "Edit", exact: true }).tap();
  await page.getByLabel("Headquarters").fill("Porto");
  await fits();
  await accessible(page);
  await page.getByRole("button", { name: "Save" }).tap();
  await expect(toast(page, "Company saved.")).toBeVisible();
  await expect(detail(page, "Headquarters")).toHaveText("Porto");
});

test("on a phone what opens over a list stays within the page", async ({ page }) => {
  await open(page, "/companies");
  for (const [name, content] of [
    ["Filter", page.getByLabel("Field")],
    ["Columns", page.getByRole("button", { name: "Back to the default" })],
    ["Notifications", page.getByRole("link", { name: "Show all" })],
  ] as const) {
    await page.getByRole("button", { name, exact: true }).tap();
    await expect(content).toBeVisible();
    const box = await page.locator(".popover:popover-open").boundingBox();
    expect(box?.x, name).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0), name).toBeLessThanOrEqual(390);
    await page.keyboard.press("Escape");
  }
});

test("on a phone the bar over a record keeps all its actions, however long the title", async ({ page, context, server }) => {
  const name = unique("Consolidated International Holdings of the Northern and Southern Provinces");
  const id = await make(context, server, "companies", { name });
  await open(page, `/companies/${id}`);
  const bar = page.locator(".top-bar");
  for (const action of [
    bar.getByRole("link", { name: "Edit", exact: true }),
    bar.getByRole("button", { name: "Delete" }),
    bar.getByRole("button", { name: "Notifications" }),
  ]) {
    const box = await action.boundingBox();
    expect(box?.x).toBeGreaterThan(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
  }
  await expect(bar.getByRole("link", { name: "Companies" })).toBeVisible();
});

test("on a phone the focus goes into the peek that covers the list, and back to its row", async ({ page, context, server }) => {
  const name = unique("Covered");
  await make(context, server, "companies", { name });
  await open(page, `/companies?search=${encodeURIComponent(name)}`);
  await page.keyboard.press("j");
  await expect(row(page, name)).toBeFocused();
  await page.keyboard.press("Space");
  const peek = page.getByRole("complementary", { name: "Company" });
  await expect(peek).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(peek).toHaveCount(0);
  await expect(row(page, name)).toBeFocused();
});
