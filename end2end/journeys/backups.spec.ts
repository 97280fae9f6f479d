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

test("a backup that came to nothing says so and why, and the next one can be made", async ({ page, context, server }) => {
  await enter(context, server);
  server.command(["jobs", "pause", "backups"]);
  await open(page, "/admin/backups");
  await page.getByRole("button", { name: "Back up now" }).click();
  const row = page.getByRole("row", { name: /mainstay-.*By hand/ }).first();
  await expect(row.getByText("Waiting")).toBeVisible();
  server.command(["jobs", "cancel", "--queue", "backups"]);
  await expect(row.getByText("Failed")).toBeVisible();
  await expect(row.getByText("It was cancelled.")).toBeVisible();
  await expect(row.getByRole("link", { name: /^Download/ })).toHaveCount(0);
  await accessible(page);
  server.command(["jobs", "resume", "backups"]);
  await page.getByRole("button", { name: "Back up now" }).click();
  await expect(page.getByRole("row", { name: /mainstay-.*By hand/ }).first().getByText("Proven")).toBeVisible({ timeout: 30_000 });
});
