import { accessible, enter, expect, open, test, toast, unique } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

test("an administrator sets the organisation up, and every page follows", async ({ page }) => {
  const name = unique("House");
  await open(page, "/settings/organisation");
  await accessible(page);
  const former = await page.getByRole("textbox", { name: "Name" }).inputValue();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(toast(page, "Settings saved.")).toBeVisible();
  await expect(page.locator("#sidebar-home")).toContainText(name);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Home" }).click();
  await expect(page.locator("#sidebar-home")).toContainText(name);

  await open(page, "/settings/organisation");
  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue(name);
  await page.getByRole("textbox", { name: "Name" }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("textbox", { name: "Name" })).toBeFocused();
  await page.getByRole("textbox", { name: "Name" }).fill(former);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("#sidebar-home")).toContainText(former);
});
