import type { BrowserContext, Page } from "@playwright/test";

import { accessible, colleague, enter, expect, hold, make, open, post, set, test, toast, unique, unread } from "../fixtures.ts";
import type { Server } from "../server.ts";

/** Waits until somebody has so many unread notifications. */
async function told(context: BrowserContext, server: Server, count: number) {
  await expect.poll(() => unread(context, server), { timeout: 20_000 }).toBe(count);
}

const bell = (page: Page) => page.getByRole("button", { name: "Notifications" });

test("who is assigned a company hears of it, opens it and follows others", async ({ context, server, browser, complaints }) => {
  test.setTimeout(90_000);
  await enter(context, server);
  const rosa = await colleague(browser, server, "Rosa");
  const name = unique("Ringing");
  const id = await make(context, server, "companies", { name });
  await set(context, server, id, "owner", { id: rosa.id });
  await told(rosa.context, server, 1);

  const page = await rosa.context.newPage();
  await open(page, "/");
  await expect(page.locator(".bell-count")).toHaveText("1");
  await bell(page).click();
  await expect(page.getByRole("dialog", { name: "Notifications" })).toContainText("yours");
  await accessible(page);
  // The server answers once the panel is gone.
  const read = await hold(page, "notifications/read");
  await page.getByRole("link", { name: new RegExp(`made ${name} yours`) }).click();
  await expect(page.getByRole("heading", { level: 2, name })).toBeVisible();
  await read();
  await expect(page.locator(".bell-count")).toHaveCount(0);
  await told(rosa.context, server, 0);

  // Somebody else's company, followed from its page.
  const other = unique("Followed");
  const followed = await make(context, server, "companies", { name: other });
  await open(page, `/companies/${followed}`);
  await page.getByRole("button", { name: "Follow or mute" }).click();
  await page.getByRole("menuitemradio", { name: "Follow", exact: true }).click();
  await expect(toast(page, "You follow this record.")).toBeVisible();
  await set(context, server, followed, "sector", { t: "Utilities" });
  await told(rosa.context, server, 1);

  // On the page of all of them: read, put off, mute.
  await open(page, "/notifications");
  const notice = page.locator(".notice", { hasText: other });
  await expect(notice).toContainText("Changed: Sector.");
  await expect(notice).toContainText("You get this because you own or follow the record.");
  await accessible(page);
  const seen = await hold(page, "notifications/read");
  await notice.locator("a.notice-title").click();
  await expect(page.getByRole("heading", { level: 2, name: other })).toBeVisible();
  await seen();
  await expect(page.locator(".bell-count")).toHaveCount(0);
  expect(complaints).toEqual([]);
  await page.goBack();
  await notice.getByRole("button", { name: "What to do with it" }).click();
  await page.getByRole("menuitem", { name: "Mute this record" }).click();
  await expect(toast(page, "You will hear nothing of this record any more.")).toBeVisible();
  await set(context, server, followed, "sector", { t: "Energy" });
  await notice.getByRole("button", { name: "What to do with it" }).click();
  await page.getByRole("menuitem", { name: "Until tomorrow" }).click();
  await expect(notice).toHaveCount(0);
  await page.getByRole("link", { name: "Put off" }).click();
  await expect(notice).toContainText("Back ");
  await told(rosa.context, server, 0);
  await rosa.context.close();
});

test("preferences hold at once, on every browser, and say how one is told", async ({ page, context, server, browser }) => {
  await enter(context, server);
  await open(page, "/settings/preferences");
  await accessible(page);
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  await expect(toast(page, "Saved.").first()).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByLabel("Numbers").selectOption("1.234,56");
  await page.getByLabel("Date").selectOption("DD.MM.YYYY");
  await page.getByLabel("Start page").selectOption("/companies");
  const assigned = page.getByRole("combobox", { name: "Assigned to me: E-mail" });
  await assigned.selectOption("daily");
  await expect(page.getByText("Text messages cannot be sent here yet")).toBeVisible();
  await page.getByRole("switch", { name: "Quiet hours" }).check({ force: true });
  await page.getByLabel("Until", { exact: true }).fill("06:30");
  await page.getByLabel("Until", { exact: true }).blur();
  await page.getByLabel("Telephone for text messages").fill("12");
  await page.getByLabel("Telephone for text messages").blur();
  await expect(page.getByText("This must be a number with its country code")).toBeVisible();
  const saved = async () => (await (await context.request.get("/api/v1/settings/preferences/")).json());
  await expect.poll(async () => (await saved()).quiet_hours?.until).toBe("06:30");

  const elsewhere = await browser.newContext({ baseURL: server.url });
  await enter(elsewhere, server);
  const other = await elsewhere.newPage();
  await open(other, "/settings/preferences");
  await expect(other.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(other.getByLabel("Numbers")).toHaveValue("1.234,56");
  await expect(other.getByRole("combobox", { name: "Assigned to me: E-mail" })).toHaveValue("daily");
  await elsewhere.close();

  // As it was, for the journeys after this one.
  const usual = { theme: "system", number_format: "1,234.56", date_format: "D MMM YYYY", start_page: "/", quiet_hours: null };
  await post(context, server, "preferences/change", { changes: usual });
});
