import { enter, expect, open, test } from "../fixtures.ts";

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
