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

test("the whole way from the home page to a saved and undone change by keys alone", async ({ page, context, server }) => {
  const name = unique("Keys");
  await make(context, server, "companies", { name, headquarters: "Before" });
  await open(page, "/");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Companies");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type(name);
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("searchbox")).not.toBeFocused();
  await expect(page.getByRole("searchbox")).toHaveValue(name);

  await page.keyboard.press("j");
  await expect(row(page, name)).toBeFocused();
  await page.keyboard.press("x");
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("1 selected")).toBeHidden();
  await page.keyboard.press("Space");
  await expect(page).toHaveURL(/peek=/);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/peek=/);

  await page.keyboard.press("e");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Edit");
  const field = page.getByLabel("Headquarters");
  for (let i = 0; i < 40 && !(await field.evaluate((it) => it === document.activeElement)); i++) await page.keyboard.press("Tab");
  await expect(field).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("After");
  await page.keyboard.press("Control+Enter");
  await expect(toast(page, "Company saved.")).toBeVisible();
  await expect(detail(page, "Headquarters")).toHaveText("After");
  await page.keyboard.press("Control+z");
  await expect(detail(page, "Headquarters")).toHaveText("Before");
});
