// Starts the built program on a data folder and a port of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface Server {
  url: string;
  /** Who may do everything in the sample company. */
  administrator: { email: string; password: string };
  /** What the program has written to its log. */
  log(): string;
  /** Runs another command of the program on the same data, with `input` on its standard input. */
  command(args: string[], input?: string): string;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, "..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
/** With what it serves beside it, as `bin/test` builds it. */
const program = process.env.E2E_SERVER ?? join(target, "built/test/mainstay");

/** Starts a server of its own, with the sample company unless it should be `empty`. */
export async function startServer({ empty = false } = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "mainstay-e2e-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  // Nothing of the caller's own settings reaches the program.
  const env = {
    PATH: process.env.PATH ?? "",
    MAINSTAY_ENV: "test",
    MAINSTAY_ADDR: `127.0.0.1:${port}`,
    MAINSTAY_PUBLIC_URL: url,
    MAINSTAY_DATA: join(folder, "data"),
    // Journeys prepare much by the API.
    MAINSTAY_LIMITS_API: "off",
  };
  const command = (args: string[], input = "") => {
    const run = spawnSync(program, args, { cwd: folder, env, input, encoding: "utf8" });
    if (run.status !== 0) throw new Error(`mainstay ${args.join(" ")}: ${run.stderr}`);
    return run.stdout;
  };
  const loaded = empty ? "" : command(["sample", "load"]);
  const said = (what: string) => new RegExp(`${what} +(\\S+)`).exec(loaded)?.[1] ?? "";
  const administrator = { email: said("e-mail"), password: said("password") };
  const file = join(folder, "log");
  const output = openSync(file, "a");
  const log = () => readFileSync(file, "utf8");
  const child = spawn(program, ["serve"], { cwd: folder, env, stdio: ["ignore", output, output] });
  const ended = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; ; waited += 50) {
    if (child.exitCode !== null || waited > 30_000) {
      const text = log();
      await stop();
      throw new Error(`the server did not start:\n${text}`);
    }
    const answer = await fetch(`${url.replace("localhost", "127.0.0.1")}/healthz/`).catch(() => undefined);
    if (answer?.ok) break;
    await new Promise((go) => setTimeout(go, 50));
  }
  return { url, administrator, log, command, stop };
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address ? found(address.port) : failed(new Error("no port"))));
    });
  });
}
