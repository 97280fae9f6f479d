import { accessible, enter, expect, open, test, toast, unique } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

test("an administrator sets the organisation up, and every page follows", async ({ page }) => {
  const name = unique("House");
  await open(page, "/settings/organisation");
  await accessible(page);
  const former = await page.getByLabel("Name", { exact: true }).inputValue();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(toast(page, "Settings saved.")).toBeVisible();
  await expect(page.locator("#sidebar-home")).toContainText(name);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Home" }).click();
  await expect(page.locator("#sidebar-home")).toContainText(name);

  await open(page, "/settings/organisation");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await page.getByLabel("Name", { exact: true }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
  await page.getByLabel("Name", { exact: true }).fill(former);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("#sidebar-home")).toContainText(former);
});
