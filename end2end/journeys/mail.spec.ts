import { createServer, type Server as Listener } from "node:net";

import { accessible, enter, expect, expected, open, test, toast } from "../fixtures.ts";

// One after the other: they share the server's settings.
test.describe.configure({ mode: "serial" });

test.beforeEach(async ({ context, server }) => enter(context, server));

/** A mail server that takes messages; of the first `lost` it says nothing and hangs up. */
function flaky(lost: number): Promise<{ port: number; taken: () => number; listener: Listener }> {
  let taken = 0;
  const listener = createServer((socket) => {
    let isMessage = false;
    let text = "";
    socket.on("error", () => {});
    socket.write("220 flaky.example\r\n");
    socket.on("data", (data) => {
      text += data.toString();
      while (text.includes("\r\n")) {
        if (isMessage) {
          if (!text.includes("\r\n.\r\n")) return;
          [isMessage, text] = [false, ""];
          taken += 1;
          if (taken <= lost) return socket.destroy();
          socket.write("250 taken by flaky\r\n");
          continue;
        }
        const line = text.slice(0, text.indexOf("\r\n"));
        text = text.slice(line.length + 2);
        isMessage = line.startsWith("DATA");
        socket.write(isMessage ? "354 go on\r\n" : line.startsWith("QUIT") ? "221 bye\r\n" : "250 fine\r\n");
      }
    });
  });
  return new Promise((ready) => {
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      ready({ port: typeof address === "object" && address ? address.port : 0, taken: () => taken, listener });
    });
  });
}

test("settings that are left before they were saved wait there", async ({ page }) => {
  await open(page, "/admin/mail");
  await page.getByLabel("Send mail by").selectOption("smtp");
  await page.getByLabel("Server").fill("mail.example.com");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Jobs" }).click();
  await expect(toast(page, "Not saved yet")).toBeVisible();
  await page.goBack();
  await expect(page.getByText("What you had typed is here again")).toBeVisible();
  await expect(page.getByLabel("Server")).toHaveValue("mail.example.com");
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByLabel("Server")).toHaveCount(0);
});

test("mail is held until an administrator says how to send it, then tried and sent", async ({ page, complaints }) => {
  await open(page, "/admin/mail");
  await accessible(page);
  await page.getByLabel("Send a test message to").fill("ann@example.com");
  await page.getByRole("button", { name: "Send a test message" }).click();
  await expect(page.getByText("There is no way to send mail yet. The message waits in the outbox.")).toBeVisible();

  // What is missing is said beside its field.
  const card = page.locator(".card", { has: page.getByRole("heading", { name: "How mail is sent" }) });
  await card.getByLabel("Send mail by").selectOption("smtp");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(card.getByText("Enter the name of the server.")).toBeVisible();
  await accessible(page);
  const [host, port] = (process.env.MAINSTAY_TEST_SMTP ?? "").split(":");
  await card.getByLabel("Server").fill(host);
  await card.getByLabel("Port").fill(port);
  await card.getByLabel("Encryption").selectOption("none");
  await card.getByLabel("Sender's address").fill("crm@example.com");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(toast(page, "Settings saved.")).toBeVisible();

  await page.getByLabel("Send a test message to").fill("bob@example.com");
  await page.getByRole("button", { name: "Send a test message" }).click();
  await expect(page.getByText("The mail server accepted the message for bob@example.com. Its words: 250 OK")).toBeVisible();

  // A secret is set, never shown, and taken away again.
  await card.getByLabel("User").fill("mainstay");
  await card.getByLabel("Password").fill("hunter2");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(card.getByRole("button", { name: "Remove" })).toBeVisible();
  await page.reload();
  await expect(card.getByLabel("Password")).toHaveValue("");
  expect(await page.content()).not.toContain("hunter2");
  await card.getByLabel("User").fill("");
  await card.getByRole("button", { name: "Remove" }).click();
  await card.getByRole("button", { name: "Save" }).click();
  await expect(card.getByRole("button", { name: "Remove" })).toHaveCount(0);

  // What was held is shown and sent.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Outbox" }).click();
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /Held/ }).click();
  await expect(page.getByRole("row", { name: /ann@example.com/ })).toBeVisible();
  await accessible(page);
  // Notices of other journeys may be held as well: what was searched for is sent, and nothing else.
  await page.getByLabel("Search subjects and recipients").fill("ann@example.com");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/search=ann/);
  await page.getByRole("button", { name: "Send all of these now" }).click();
  await expect(toast(page, "1 message put in line.")).toBeVisible();
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /Sent/ }).click();
  const sent = page.getByRole("row", { name: /ann@example.com/ });
  await expect(sent).toBeVisible({ timeout: 20_000 });
  await sent.getByRole("button").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("row", { name: /ann@example.com/ })).toContainText("250 OK");
  const frame = dialog.frameLocator("iframe");
  await expect(frame.getByRole("heading", { name: "Mail works" })).toBeVisible();
  await dialog.getByText("As plain text").click();
  await expect(dialog.locator("pre")).toContainText("Mail works");
  await page.keyboard.press("Escape");
  await page.getByLabel("Search subjects and recipients").fill("nobody-has-this");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No messages match.")).toBeVisible();
  // Even the browser's driver may run no script in a message.
  expected(complaints, "the document's frame is sandboxed and the 'allow-scripts' permission is not set");
});

test("a message that may have arrived is sent again by hand alone", async ({ page, complaints }) => {
  const { port, taken, listener } = await flaky(1);
  await open(page, "/admin/mail");
  const card = page.locator(".card", { has: page.getByRole("heading", { name: "How mail is sent" }) });
  await card.getByLabel("Send mail by").selectOption("smtp");
  await card.getByLabel("Server").fill("127.0.0.1");
  await card.getByLabel("Port").fill(String(port));
  await card.getByLabel("Encryption").selectOption("none");
  await card.getByLabel("Sender's address").fill("crm@example.com");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(toast(page, "Settings saved.")).toBeVisible();
  await page.getByLabel("Send a test message to").fill("cy@example.com");
  await page.getByRole("button", { name: "Send a test message" }).click();
  await expect(page.getByText("it is uncertain whether it arrived")).toBeVisible();

  await open(page, "/admin/mail-outbox?state=uncertain");
  await page.getByRole("row", { name: /cy@example.com/ }).getByRole("button").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("sent again, it may arrive twice")).toBeVisible();
  expect(taken()).toBe(1);
  await dialog.getByRole("button", { name: "Send again" }).click();
  await expect(toast(page, "Put in line.")).toBeVisible();
  // The dialog follows by itself.
  await expect(dialog.getByRole("row", { name: /cy@example.com/ })).toContainText("250 taken by flaky");
  await page.keyboard.press("Escape");
  expect(taken()).toBe(2);
  listener.close();
  expected(complaints, "the document's frame is sandboxed and the 'allow-scripts' permission is not set");
});
