import { accessible, awake, enter, expect, expected, open, signIn, test } from "../fixtures.ts";

test("the administrator signs in, finds the home page and signs out", async ({ page, server }) => {
  await signIn(page, server);
  expect(new URL(page.url()).pathname).toBe("/");
  await expect(page.getByRole("navigation").first()).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Account and appearance" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await page.goto("/companies");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
});

test("signing in and out work before the page is awake", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in?next=/contacts%3Fsort%3Dstatus`);
  await page.getByLabel("E-mail").fill(server.administrator.email);
  await page.getByLabel("Password", { exact: true }).fill(server.administrator.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${server.url}/contacts?sort=status`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Contacts");
  await expect(page.getByRole("rowheader").first()).toBeVisible();
  await page.getByRole("button", { name: "Account and appearance" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(`${server.url}/sign-in`);
  await context.close();
});

test("what is typed before the page is awake stays when it awakes", async ({ page, server }) => {
  let wake = () => {};
  const asleep = new Promise<void>((done) => (wake = done));
  await page.route("**/*.wasm", async (route) => {
    await asleep;
    await route.continue();
  });
  await page.goto("/sign-in", { waitUntil: "commit" });
  await page.getByLabel("E-mail").fill(server.administrator.email);
  await page.getByLabel("Password", { exact: true }).fill(server.administrator.password);
  await expect(page.locator("html[data-hydrated]")).toHaveCount(0);
  wake();
  await awake(page);
  await expect(page.getByLabel("E-mail")).toHaveValue(server.administrator.email);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
});

test("a wrong password is refused in words and the e-mail stays", async ({ page, server, complaints }) => {
  await open(page, "/sign-in");
  await page.getByLabel("E-mail").fill(server.administrator.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".field-error")).toContainText("not right");
  await expect(page.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("E-mail")).toHaveValue(server.administrator.email);
  await accessible(page);
  expected(complaints, "401", "422");
});

test("a stranger is led to sign in and from there to where they wanted", async ({ page, server, context }) => {
  const stranger = await context.request.get(`${server.url}/companies?search=alder&page=2`, { maxRedirects: 0 });
  expect(stranger.status()).toBe(302);
  expect(stranger.headers().location).toBe("/sign-in?next=%2Fcompanies%3Fsearch%3Dalder%26page%3D2");
  expect(await stranger.text()).not.toContain("Alder Foods");
  const script = await context.request.post(`${server.url}/api/records/list`, { data: { record_type: "companies", query: {} } });
  expect(script.status()).toBe(401);

  await open(page, "/companies?search=alder");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  await page.getByLabel("E-mail").fill(server.administrator.email);
  await page.getByLabel("Password", { exact: true }).fill(server.administrator.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/companies?search=alder");
  await expect(page.getByRole("rowheader", { name: "Alder Foods" })).toBeVisible();
});

test("who is signed in stays so in another tab", async ({ context, server }) => {
  await enter(context, server);
  const tab = await context.newPage();
  await open(tab, `${server.url}/companies`);
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Companies");
});
