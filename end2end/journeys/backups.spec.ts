import { accessible, enter, expect, open, test } from "../fixtures.ts";

test("a backup is made, proven and can be fetched", async ({ page, context, server }) => {
  await enter(context, server);
  await open(page, "/admin/backups");
  await expect(page.getByText("Archives are sealed with the secret key")).toBeVisible();
  await accessible(page);
  const before = await page.getByRole("row").count();
  await page.getByRole("button", { name: "Back up now" }).click();
  const row = page.getByRole("row", { name: /mainstay-.*By hand/ }).first();
  await expect(row).toBeVisible();
  await expect(row.getByText("Proven")).toBeVisible({ timeout: 30_000 });
  expect(await page.getByRole("row").count()).toBeGreaterThan(before);
  await expect(page.getByText("Everything can be put back.")).toBeVisible();
  await accessible(page);
  const fetched = page.waitForEvent("download");
  await row.getByRole("link", { name: /^Download/ }).click();
  expect((await fetched).suggestedFilename()).toMatch(/^mainstay-.*\.backup$/);
});
