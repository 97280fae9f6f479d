import { detail, enter, expect, make, open, row, test, toast, unique } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

test("the palette goes, creates and finds", async ({ page }) => {
  await open(page, "/");
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Search and commands" });
  await expect(palette.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("alder foods");
  await expect(palette.getByRole("option", { name: /Alder Foods/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Alder Foods");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("create contact");
  await expect(palette.getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("New contact");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("settings");
  await expect(palette.getByRole("option", { name: /Settings/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Organisation");

  await page.keyboard.press("Control+k");
  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
});

test("? shows the shortcuts, and they rest while one types", async ({ page }) => {
  await open(page, "/companies");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
  await page.getByRole("searchbox").fill("");
  await page.getByRole("searchbox").pressSequentially("c?gx");
  await expect(help).toBeHidden();
  await expect(page).toHaveURL(/\/companies/);
  await expect(page.getByRole("searchbox")).toHaveValue("c?gx");
});
