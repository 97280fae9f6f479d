import { accessible, awake, expect, expected, open, test } from "../fixtures.ts";
import { startServer } from "../server.ts";

test("the first visitor sets Mainstay up with the token from the log, once", async ({ page, complaints }) => {
  const server = await startServer({ empty: true });
  try {
    await page.goto(`${server.url}/companies`);
    expect(new URL(page.url()).pathname).toBe("/first-run");

    const link = /http\S+\/first-run\?token=[\w.~-]+/.exec(server.log())?.[0] ?? "";
    await open(page, link);
    await accessible(page);
    await page.getByLabel("Company").fill("Harbour & Sons");
    await page.getByLabel("First name").fill("Ada");
    await page.getByLabel("Last name").fill("Berg");
    await page.getByLabel("E-mail").fill("ada@harbour.example");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByRole("button", { name: "Set up" }).click();
    await expect(page.locator(".field-error")).toBeVisible();
    await expect(page.getByLabel("Company")).toHaveValue("Harbour & Sons");

    await page.getByLabel("Password", { exact: true }).fill("a long enough passphrase");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.waitForURL(`${server.url}/`);
    await awake(page);
    await expect(page.locator(".sidebar")).toContainText("Harbour & Sons");
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Ada");
    await expect(page.getByText("Import your companies")).toBeVisible();

    const again = await page.request.get(link, { maxRedirects: 0, headers: { accept: "text/html" } });
    expect(again.status()).toBe(302);
    expect(again.headers().location).toBe("/sign-in");
    expected(complaints, "422");
  } finally {
    await server.stop();
  }
});
