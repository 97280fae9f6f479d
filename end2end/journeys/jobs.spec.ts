import { accessible, enter, expect, expected, open, test, toast } from "../fixtures.ts";

test.beforeEach(async ({ context, server }) => enter(context, server));

test("a paused queue holds an import back until it goes on, and the monitor shows it live", async ({ page, context }) => {
  await open(page, "/admin/jobs");
  await accessible(page);
  const imports = page.getByRole("row", { name: /^imports/ });
  await imports.getByRole("button", { name: "Pause" }).click();
  await expect(imports.getByText("Paused")).toBeVisible();

  const other = await context.newPage();
  await open(other, "/companies/import");
  const file = { name: "held.csv", mimeType: "text/csv", buffer: Buffer.from("name\nHeld Back Ltd\n") };
  await other.locator("input[type=file]").setInputFiles(file);
  await other.waitForURL(/\/imports\//);
  await other.getByRole("button", { name: "Check" }).click();
  await expect(other.getByRole("button", { name: "Stop here" })).toBeVisible();

  // Nobody touches the monitor: it follows by itself.
  await expect(imports).toContainText("1 waiting");
  const states = page.getByRole("navigation", { name: "States" });
  await states.getByRole("link", { name: /Waiting/ }).click();
  await expect(page).toHaveURL(/state=available/);
  await page.getByRole("button", { name: "Check a file" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Alex Morgan");
  await accessible(page);
  await page.keyboard.press("Escape");

  await imports.getByRole("button", { name: "Resume" }).click();
  await expect(other.getByRole("button", { name: "Import 1 company" })).toBeVisible();
  await states.getByRole("link", { name: "Completed" }).click();
  await expect(page.getByRole("row", { name: /Check a file/ }).first()).toContainText("Took");
  await other.close();
});

test("an import that waits is stopped where it was started", async ({ page, context }) => {
  await open(page, "/admin/jobs?queue=imports");
  const imports = page.getByRole("row", { name: /^imports/ });
  await imports.getByRole("button", { name: "Pause" }).click();
  const other = await context.newPage();
  await open(other, "/companies/import");
  const file = { name: "stopped.csv", mimeType: "text/csv", buffer: Buffer.from("name\nStopped Ltd\n") };
  await other.locator("input[type=file]").setInputFiles(file);
  await other.waitForURL(/\/imports\//);
  await other.getByRole("button", { name: "Check" }).click();
  await other.getByRole("button", { name: "Stop here" }).click();
  await expect(other.getByText("Cancelled.")).toBeVisible();
  await expect(other.getByRole("button", { name: "Check" })).toBeVisible();
  await other.close();

  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "Cancelled" }).click();
  await page.getByLabel("Select Check a file").first().check();
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.getByRole("button", { name: "Retry", exact: true }).click();
  await expect(toast(page, "1 job retried.")).toBeVisible();
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /Waiting/ }).click();
  await page.getByRole("button", { name: "Cancel all of these" }).click();
  await expect(toast(page, "1 job cancelled.")).toBeVisible();
  await expect(page.getByText("No jobs match.")).toBeVisible();
  await imports.getByRole("button", { name: "Resume" }).click();
  await expect(imports.getByRole("button", { name: "Pause" })).toBeVisible();
});

test("of two jobs for the same thing one is retried, and the other says why it is not", async ({ page }) => {
  await open(page, "/admin/jobs?kind=identity.prune_sessions");
  const queue = page.getByRole("row", { name: /^default/ });
  await queue.getByRole("button", { name: "Pause" }).click();
  await expect(queue.getByText("Paused")).toBeVisible();
  const schedule = page.getByRole("region", { name: "Schedules" }).getByRole("row", { name: /Remove old sessions/ });
  const states = page.getByRole("navigation", { name: "States" });
  for (let made = 0; made < 2; made += 1) {
    await schedule.getByRole("button", { name: "Run now" }).click();
    await states.getByRole("link", { name: /Waiting/ }).click();
    await page.getByRole("button", { name: "Cancel all of these" }).click();
    await expect(page.getByText("No jobs match.")).toBeVisible();
  }
  await states.getByRole("link", { name: "Cancelled" }).click();
  await page.getByRole("button", { name: "Retry all of these" }).click();
  await expect(toast(page, "1 job retried. 1 left alone: another job for the same thing is under way.")).toBeVisible();
  await page.getByRole("button", { name: "Remove old sessions" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Retry" }).click();
  await expect(toast(page, /^Another job for the same thing is under way/)).toBeVisible();
  await page.keyboard.press("Escape");
  await queue.getByRole("button", { name: "Resume" }).click();
  await states.getByRole("link", { name: "Completed" }).click();
  await expect(page.getByRole("row", { name: /Remove old sessions/ }).first()).toContainText("Took");
  await expect(page.getByRole("img", { name: "Jobs a day, last 30 days" })).toBeVisible();
});

test("a schedule is set, refused, run by hand and set back", async ({ page }) => {
  await open(page, "/admin/jobs");
  const schedule = page.getByRole("region", { name: "Schedules" }).getByRole("row", { name: /Remove old sessions/ });
  await expect(schedule).toContainText("40 2 * * *");
  await schedule.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove old sessions" });
  await dialog.getByLabel("When").fill("now and then");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("This is no cron expression of five fields.")).toBeVisible();
  await accessible(page);
  await dialog.getByLabel("When").fill("15 3 * * 1");
  await dialog.getByLabel("When").press("Enter");
  await expect(schedule).toContainText("15 3 * * 1");
  // Others of this kind may have run before.
  const done = page.getByRole("region", { name: "Jobs" }).getByRole("row", { name: /Remove old sessions.*Completed/ });
  const before = await done.count();
  await schedule.getByRole("button", { name: "Run now" }).click();
  await expect(toast(page, "Remove old sessions: enqueued.")).toBeVisible();
  await expect(done).toHaveCount(before + 1);
  await schedule.getByRole("button", { name: "Edit" }).click();
  await dialog.getByRole("button", { name: "As it came" }).click();
  await dialog.getByLabel("When").press("Control+Enter");
  await expect(schedule).toContainText("40 2 * * *");
});

test("lines of one state do not stand under another whose lines could not be read", async ({ page, complaints }) => {
  await open(page, "/admin/jobs");
  await page.route("**/api/jobs/**", (route) => route.abort());
  const failed = page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /^Failed/ });
  await failed.click();
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Jobs" })).toHaveCount(0);
  await page.unroute("**/api/jobs/**");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(failed).toHaveAttribute("aria-current", "page");
  expected(complaints, "ERR_FAILED");
});
