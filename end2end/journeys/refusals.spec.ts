import { accessible, enter, expect, expected, test } from "../fixtures.ts";

test("an address that leads nowhere says so", async ({ page, complaints }) => {
  const answer = await page.goto("/there/is/no/such/page");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not found");
  await accessible(page);
  expected(complaints, "404");
});

test("what is not there says so inside the app, with the status", async ({ page, context, server, complaints }) => {
  await enter(context, server);
  for (const path of ["/nothings", "/companies/00000000-0000-7000-8000-000000000000", "/companies/not-an-id"]) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not found");
    await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  }
  await accessible(page);
  expected(complaints, "404");
});

test("what one's role does not allow is refused with the status, and not offered", async ({ page, context, server, complaints }) => {
  const person = { email: "viewer@refusals.example", password: "a password for looking" };
  server.command(["user", "create", "--email", person.email, "--role", "Viewer", "--password-stdin"], `${person.password}\n`);
  await enter(context, server, person);
  await page.goto("/companies");
  await expect(page.getByRole("rowheader").first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Create" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Import" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Settings" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Jobs" })).toHaveCount(0);
  for (const path of ["/companies/new", "/companies/import", "/settings/organisation", "/admin/jobs", "/admin/mail", "/admin/mail-outbox"]) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(403);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not allowed");
  }
  await accessible(page);
  expected(complaints, "403");
});
