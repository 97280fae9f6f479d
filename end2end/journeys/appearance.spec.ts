import { enter, expect, expected, open, test, toast } from "../fixtures.ts";

test("theme and density are chosen once and stand in the first byte from then on", async ({ page, context, server }) => {
  await enter(context, server);
  await open(page, "/companies");
  const height = async () => (await page.locator("tbody tr").first().boundingBox())?.height ?? 0;
  const before = await height();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  for (const choice of ["Dark", "Compact"]) {
    await page.getByRole("button", { name: "Account and appearance" }).click();
    await page.getByRole("menuitemradio", { name: choice }).click();
  }
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  expect(await ground()).not.toBe(light);
  expect(await height()).toBeLessThan(before);

  const painted = await (await context.request.get(`${server.url}/companies`)).text();
  expect(painted).toMatch(/<html[^>]*data-theme="dark"[^>]*data-density="compact"/);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-density", "compact");
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Account and appearance" }).click();
  await expect(page.getByRole("menuitemradio", { name: "Dark" })).toHaveAttribute("aria-checked", "true");
  await page.getByRole("menuitemradio", { name: "As the system" }).click();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
});

test("the menu and the preferences know of each other's choices", async ({ page, context, server }) => {
  await enter(context, server);
  const root = page.locator("html");
  const choose = async (choice: string) => {
    await page.getByRole("button", { name: "Account and appearance" }).click();
    await page.getByRole("menuitemradio", { name: choice }).click();
  };
  await open(page, "/settings/preferences");
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  await expect(toast(page, "Saved.")).toBeVisible();
  await choose("Compact");
  await expect(root).toHaveAttribute("data-density", "compact");
  await expect(root).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("radio", { name: "Compact" })).toBeChecked();
  const saved = async () => (await context.request.get("/api/v1/settings/preferences/")).json();
  await expect.poll(saved).toMatchObject({ theme: "dark", density: "compact" });
  await choose("As the system");
  await choose("Default");
  await expect(page.getByRole("radio", { name: "As the system" })).toBeChecked();
  await expect.poll(saved).toMatchObject({ theme: "system", density: "default" });
});

test("a preference that could not be saved goes back to what holds", async ({ page, context, server, complaints }) => {
  await enter(context, server);
  await open(page, "/settings/preferences");
  await page.route("**/api/preferences/change", (route) => route.abort());
  await page.getByLabel("Start page").selectOption("/companies");
  await expect(toast(page, "The server cannot be reached.")).toBeVisible();
  await expect(page.getByLabel("Start page")).toHaveValue("/");
  expected(complaints, "ERR_FAILED");
});
