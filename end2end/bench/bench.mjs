// Measures a release build against its budgets and prints one table.

import { resolve } from "node:path";
import { scores } from "./lighthouse.mjs";
import { pages } from "./pages.mjs";
import { idle, queue } from "./queue.mjs";
import { records } from "./records.mjs";
import { sizes } from "./sizes.mjs";
import { sockets } from "./sockets.mjs";

const [program, site, postgres, ...options] = process.argv.slice(2);
const build = { program: resolve(program), site: resolve(site) };
const rows = [];
const add = (what, measured, budget, unit, { least = false } = {}) => {
  rows.push({ what, measured, budget, unit, used: least ? budget / measured : measured / budget });
  console.error(`  ${what}: ${measured.toFixed(2)} ${unit}`);
};

sizes(build, add);
await pages(build, add);
await scores(build, add);
await idle(build, postgres, add);
const millions = options.includes("--million");
const celery = options.includes("--celery") && { python: process.env.CELERY_PYTHON, redis: process.env.CELERY_REDIS };
await records(build, "SQLite", undefined, millions, add);
await records(build, "PostgreSQL", postgres, millions, add);
queue(build, postgres, celery, add);
await sockets(build, postgres, add);

const widest = Math.max(...rows.map((row) => row.what.length));
for (const { what, measured, budget, unit, used } of rows) {
  const figure = `${measured.toFixed(2)} ${unit}`.padStart(14);
  const limit = `${Math.round(budget * 100) / 100} ${unit}`.padStart(12);
  console.log(`${what.padEnd(widest)} ${figure} ${limit} ${used.toFixed(2).padStart(6)}`);
}
