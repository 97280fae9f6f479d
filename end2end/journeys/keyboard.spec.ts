import { detail, enter, expect, hold, make, open, row, test, toast, unique } from "../fixtures.ts";

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

test("the palette's mark stays with its command when something is found", async ({ page, context, server }) => {
  await make(context, server, "companies", { name: unique("Settings") });
  await open(page, "/");
  await page.keyboard.press("Control+k");
  const found = await hold(page, "records/search");
  await page.keyboard.type("settings");
  const palette = page.getByRole("dialog", { name: "Search and commands" });
  const own = palette.getByRole("option", { name: /^Settings g/ });
  await expect(own).toHaveAttribute("aria-selected", "true");
  await found();
  await expect(palette.getByRole("option")).not.toHaveCount(1);
  await expect(own).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Organisation");
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

test("single keys rest while a panel is open, and can be switched off", async ({ page }) => {
  await open(page, "/companies");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Ticker", exact: true }).focus();
  await page.keyboard.press("c");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/companies/);
  await expect(page).not.toHaveURL(/new/);

  await open(page, "/settings/preferences");
  const keys = page.getByRole("switch", { name: "Single-key shortcuts" });
  await keys.uncheck();
  await expect(toast(page, "Saved.")).toBeVisible();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Companies" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Companies");
  await page.keyboard.press("j");
  await page.keyboard.press("?");
  await page.keyboard.press("c");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.locator("tr[data-active=true]")).toHaveCount(0);
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("tr[data-active=true]")).toHaveCount(1);

  await open(page, "/settings/preferences");
  await expect(keys).not.toBeChecked();
  await keys.check();
  await expect(toast(page, "Saved.")).toBeVisible();
});

test("F6 goes between list and peek, and Esc closes one layer of it", async ({ page, context, server }) => {
  const name = unique("Crossing");
  await make(context, server, "companies", { name });
  await open(page, `/companies?search=${encodeURIComponent(name)}`);
  await page.keyboard.press("j");
  await page.keyboard.press("Space");
  const peek = page.getByRole("complementary", { name: "Company" });
  await expect(peek.getByRole("heading", { level: 2 })).toHaveText(name);
  await expect(row(page, name)).toBeFocused();
  await page.keyboard.press("F6");
  await expect(peek).toBeFocused();
  await page.keyboard.press("F6");
  await expect(row(page, name)).toBeFocused();
  await page.keyboard.press("F6");
  await peek.getByRole("button", { name: "Follow or mute" }).press("Enter");
  const menu = page.getByRole("menu");
  await expect(menu).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await expect(peek).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(peek).toHaveCount(0);
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
