// How fast jobs go through the queue, how fast people are told, and how long one waits that comes to an idle one.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Server, pause } from "./server.mjs";

/** Waits until nothing is due by schedule for this long: most of it is every five minutes or more seldom. */
async function betweenTicks(time) {
  const every = 300_000;
  const left = every - (Date.now() % every);
  if (left < time) await pause(left + 10_000);
}

/** How much the database is asked while nobody does anything, in statements a second. */
export async function idle(build, postgres, add) {
  for (const [engine, database] of [["SQLite"], ["PostgreSQL", postgres]]) {
    const server = await Server.start(build, { database, counting: true });
    try {
      await server.rest();
      await betweenTicks(40_000);
      const before = server.statements;
      await pause(30_000);
      add(`${engine}: statements a second while nobody does anything`, (server.statements - before) / 30, 2, "/s");
    } finally {
      await server.stop();
    }
  }
}

/** `celery` is the Python that has it, and the addresses of a Redis for its jobs and their results. */
export function queue({ program }, postgres, celery, add) {
  const example = join(dirname(program), "examples/jobs");
  const notify = join(dirname(program), "examples/notify");
  const folder = mkdtempSync(join(tmpdir(), "mainstay-queue-"));
  try {
    for (const [engine, url, least] of [["SQLite", `sqlite://${folder}/queue.db`, 5_000], ["PostgreSQL", postgres, 3_000]]) {
      const done = spawnSync(example, [url], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
      if (done.status !== 0) throw new Error(`jobs: ${done.status}`);
      const { rate, writes, wait } = JSON.parse(done.stdout);
      add(`${engine}: a thousand no-op jobs`, 1_000_000 / rate, 1_000_000 / least, "ms");
      add(`${engine}: from enqueued to started on an idle queue, p95`, wait, 25, "ms");
      if (engine === "PostgreSQL" && celery) {
        const script = join(import.meta.dirname, "celery/measure.py");
        const asked = [script, `${celery.redis}/0`, `${celery.redis}/1`, postgres];
        const other = spawnSync(celery.python, asked, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
        if (other.status !== 0) throw new Error(`celery: ${other.status}`);
        const theirs = JSON.parse(other.stdout);
        // The budget is what Celery takes on the same machine a minute later.
        add("PostgreSQL: a thousand no-op jobs, beside Celery on Redis", 1_000_000 / rate, 1_000_000 / theirs.rate, "ms");
        add("PostgreSQL: a thousand small writes, beside Celery on Redis", 1_000_000 / writes, 1_000_000 / theirs.writes, "ms");
      }
      const told = spawnSync(notify, [url], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
      if (told.status !== 0) throw new Error(`notify: ${told.status}`);
      add(`${engine}: 10,000 people have a notification in their list`, JSON.parse(told.stdout).seconds * 1_000, 5_000, "ms");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
