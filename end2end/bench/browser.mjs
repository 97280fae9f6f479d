// A browser for measuring, and somebody signed in.

import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const launch = (...flags) =>
  chromium.launch({ executablePath: process.env.E2E_CHROMIUM, args: [...FLAGS, ...flags] });

/** The same with one profile for all, which also those see who come by the port for debugging. */
export const launchWhole = (...flags) =>
  chromium.launchPersistentContext("", { executablePath: process.env.E2E_CHROMIUM, args: [...FLAGS, ...flags] });

/** Signs the server's user in on this page and gives the header that says so. */
export async function signIn(page, server) {
  await page.goto(`${server.url}/sign-in`);
  await page.locator("html[data-hydrated]").waitFor();
  await page.fill("input[type=email]", server.email);
  await page.fill("input[type=password]", server.password);
  await page.click("button[type=submit]");
  await page.waitForURL(`${server.url}/`);
  const cookies = await page.context().cookies();
  return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}
