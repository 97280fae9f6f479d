// What Lighthouse makes of the pages that one meets first, with the sample company: on a desktop, and on the slow phone
// that it imitates.

import lighthouse from "lighthouse";
import desktop from "lighthouse/core/config/desktop-config.js";
import { launchWhole, signIn } from "./browser.mjs";
import { Server } from "./server.mjs";

const PORT = 42_000 + (process.pid % 10_000);
const RUNS = 3;
// Performance, accessibility, best practices.
const FORMS = [
  ["desktop", desktop, { performance: 100, accessibility: 100, "best-practices": 100 }],
  ["mobile", undefined, { performance: 90 }],
];
// Signing in comes first: whoever has signed in is led on from there.
const PAGES = [
  ["signing in", "/sign-in"],
  ["home", "/"],
  ["the list", "/companies"],
];

export async function scores(build, add) {
  const server = await Server.start(build, { sample: true, user: true });
  // In the profile that Lighthouse uses as well: a header alone would leave the page's socket signed out.
  const browser = await launchWhole(`--remote-debugging-port=${PORT}`);
  try {
    for (const [name, path] of PAGES) {
      if (path === "/") {
        const page = await browser.newPage();
        await signIn(page, server);
        await page.close();
      }
      for (const [form, config, aims] of FORMS) {
        const flags = { port: PORT, logLevel: "error", onlyCategories: Object.keys(aims) };
        const runs = [];
        for (let i = 0; i < RUNS; i++) {
          const { lhr } = await lighthouse(server.url + path, flags, config);
          if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
          if (process.env.LIGHTHOUSE_REPORT) console.error(JSON.stringify(brief(lhr)));
          runs.push(lhr.categories);
        }
        for (const [category, aim] of Object.entries(aims)) {
          const median = runs.map((run) => run[category].score * 100).sort((a, b) => a - b)[Math.floor(RUNS / 2)];
          add(`Lighthouse, ${form}: ${name}, ${category.replace("-", " ")}`, median, aim, "", { least: true });
        }
      }
    }
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** What holds a score back. */
function brief({ finalUrl, finalDisplayedUrl, audits }) {
  const short = Object.values(audits).filter(({ score }) => score !== null && score < 0.9);
  return { url: finalUrl ?? finalDisplayedUrl, short: short.map(({ id, displayValue }) => [id, displayValue]) };
}
