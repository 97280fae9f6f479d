// How fast jobs go through the queue, and how long one waits that comes to an idle one.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export function queue({ program }, postgres, add) {
  const example = join(dirname(program), "examples/jobs");
  const folder = mkdtempSync(join(tmpdir(), "mainstay-queue-"));
  try {
    for (const [engine, url, least] of [["SQLite", `sqlite://${folder}/queue.db`, 5_000], ["PostgreSQL", postgres, 3_000]]) {
      const done = spawnSync(example, ["speed", url], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
      if (done.status !== 0) throw new Error(`jobs speed: ${done.status}`);
      const { rate, wait } = JSON.parse(done.stdout);
      add(`${engine}: a thousand no-op jobs`, 1_000_000 / rate, 1_000_000 / least, "ms");
      add(`${engine}: from enqueued to started on an idle queue, p95`, wait, 25, "ms");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
