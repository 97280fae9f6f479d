// Pages: start, memory, first byte, and going from one list to another in a browser.

import { launch, signIn } from "./browser.mjs";
import { Server } from "./server.mjs";

export async function pages(build, add) {
  const server = await Server.start(build, { user: true });
  const browser = await launch();
  try {
    add("start until ready", server.startedIn, 1000, "ms");
    const page = await browser.newPage();
    const cookie = await signIn(page, server);
    const times = [];
    for (let i = 0; i < 200; i++) {
      const answer = await server.request("GET", "/companies", undefined, { cookie, accept: "text/html" });
      if (answer.status !== 200) throw new Error(`/companies: ${answer.status}`);
      times.push(answer.took);
    }
    times.sort((a, b) => a - b);
    add("a list page painted on the server, median of 200", times[100], 30, "ms");
    await page.goto(`${server.url}/companies`);
    await page.locator("html[data-hydrated]").waitFor();
    const moves = [];
    for (let i = 0; i < 20; i++) {
      const [link, heading] = i % 2 ? ["/companies", "Companies"] : ["/contacts", "Contacts"];
      moves.push(
        await page.evaluate(
          ([link, heading]) =>
            new Promise((done) => {
              const began = performance.now();
              document.querySelector(`.sidebar a[href="${link}"]`).click();
              const look = () =>
                document.querySelector("h1")?.textContent === heading && document.querySelector(".empty, .data-table")
                  ? done(performance.now() - began)
                  : requestAnimationFrame(look);
              look();
            }),
          [link, heading],
        ),
      );
    }
    moves.sort((a, b) => a - b);
    add("from one list to another in the browser, median of 20", moves[10], 150, "ms");
    await server.rest();
    add("memory after signing in and these pages", server.memory("VmRSS"), 60, "MiB");
  } finally {
    await browser.close();
    await server.stop();
  }
}
