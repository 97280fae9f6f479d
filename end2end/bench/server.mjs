// A server of the build under measurement, on a folder of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EMAIL = "bench@example.com";
const PASSWORD = "a-password-for-measuring";
const TICKS = 100; // Clock ticks a second; Linux has no other on the machines this runs on.
let next = 0;

export const pause = (ms) => new Promise((go) => setTimeout(go, ms));

export class Server {
  static async start({ program, site }, { database, sample, user, counting } = {}) {
    const server = new Server();
    server.data = mkdtempSync(join(tmpdir(), "mainstay-bench-"));
    server.database = database;
    server.email = EMAIL;
    server.password = PASSWORD;
    const port = 20_000 + (process.pid % 20_000) + next++;
    server.url = `http://127.0.0.1:${port}`;
    const classes = ["API", "ANONYMOUS", "BROWSER", "PAGES", "EXPORTS"];
    const limits = Object.fromEntries(classes.map((name) => [`MAINSTAY_LIMITS_${name}`, "off"]));
    const env = {
      PATH: process.env.PATH,
      MAINSTAY_DATA: server.data,
      MAINSTAY_ADDR: `127.0.0.1:${port}`,
      MAINSTAY_SITE: site,
      MAINSTAY_LOG: counting ? "json,sqlx=debug" : "json,warn",
      ...limits,
      ...(database ? { DATABASE_URL: database } : {}),
    };
    const run = (...command) => spawnSync(program, command, { env, input: PASSWORD });
    server.make = (email) => {
      const made = run("user", "create", "--email", email, "--role", "admin", "--password-stdin");
      // Parts on PostgreSQL share a database, and so the person.
      if (made.status !== 0 && !`${made.stderr}`.includes("already")) throw new Error(`no user: ${made.stderr}`);
    };
    if (sample) {
      const loaded = run("sample", "load");
      if (loaded.status !== 0) throw new Error(`no sample company: ${loaded.stderr}`);
    }
    if (user) server.make(EMAIL);
    const began = performance.now();
    const stdio = ["ignore", "ignore", counting ? "pipe" : "inherit"];
    server.process = spawn(program, ["serve"], { env, cwd: server.data, stdio });
    server.statements = 0;
    server.process.stderr?.on("data", (text) => (server.statements += text.toString().split("\n").length - 1));
    server.over = new Promise((done) => server.process.once("exit", done));
    while (!(await fetch(`${server.url}/healthz/`).catch(() => undefined))?.ok) {
      if (server.process.exitCode !== null || performance.now() - began > 60_000) throw new Error("no server");
      await pause(5);
    }
    server.startedIn = performance.now() - began;
    server.agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
    return server;
  }

  async stop() {
    this.agent.destroy();
    this.process.kill("SIGTERM");
    await this.over;
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Signs in; tokens last minutes, so this is done before each measurement. */
  async signIn() {
    this.token = await this.tokenOf(EMAIL);
  }

  /** Signs one more person in and gives their token. */
  async another(email) {
    this.make(email);
    return this.tokenOf(email);
  }

  async tokenOf(email) {
    const answer = await this.request("POST", "/api/v1/auth/login/", { email, password: PASSWORD });
    return JSON.parse(answer.body).tokens.access;
  }

  request(method, path, body, headers = {}) {
    const json = body !== undefined && !Buffer.isBuffer(body);
    const payload = json ? Buffer.from(JSON.stringify(body)) : body;
    const sent = {
      accept: "application/json",
      ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      ...(json ? { "content-type": "application/json" } : {}),
      ...(payload ? { "content-length": payload.length } : {}),
      ...headers,
    };
    return new Promise((done, fail) => {
      const asked = performance.now();
      const request = http.request(this.url + path, { method, headers: sent, agent: this.agent }, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("end", () =>
          done({ status: response.statusCode, took: performance.now() - asked, body: Buffer.concat(parts).toString() }),
        );
      });
      request.on("error", fail);
      request.end(payload);
    });
  }

  /** Seconds of CPU that the server has used, with the database's when that is another program, unless `own` is meant. */
  cpu(own = false) {
    const used = (pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
      // With what its children used that ended meanwhile: the database's come and go.
      return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
    };
    let seconds = used(this.process.pid);
    if (this.database && !own) {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          if (readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("postgres")) seconds += used(pid);
        } catch {
          // It ended meanwhile.
        }
      }
    }
    return seconds;
  }

  /** Waits until nothing goes on by itself any more: after an import indexes, statistics and the told are still busy. */
  async rest() {
    for (let quiet = 0, waited = 0; quiet < 3 && waited < 90; waited++) {
      const cpu = this.cpu();
      await pause(1000);
      quiet = this.cpu() - cpu < 0.05 ? quiet + 1 : 0;
    }
  }

  /** Resident memory in MiB, now (`VmRSS`) or at its highest (`VmHWM`). */
  memory(which) {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024;
  }

  /** From here on `VmHWM` is counted anew. */
  forgetPeak() {
    writeFileSync(`/proc/${this.process.pid}/clear_refs`, "5");
  }

  /** Reads an answer to its end without keeping it, and gives its length. */
  download(path) {
    const headers = { authorization: `Bearer ${this.token}` };
    return new Promise((done, fail) => {
      const request = http.get(this.url + path, { headers, agent: this.agent }, (response) => {
        let bytes = 0;
        response.on("data", (part) => (bytes += part.length));
        response.on("error", fail);
        response.on("end", () => (response.statusCode === 200 ? done(bytes) : fail(new Error(`${path}: ${response.statusCode}`))));
      });
      request.on("error", fail);
    });
  }

  /**
   * CPU a request in ms while as many requests come as are answered, from eight clients at once. With a `body` they write;
   * `own` counts the server without the database.
   */
  async work(path, count, { body, own } = {}) {
    const ask = async (i) => {
      const answer = await this.request(body ? "POST" : "GET", path(i), body?.(i));
      if (answer.status !== (body ? 201 : 200)) throw new Error(`${path(i)}: ${answer.status} ${answer.body}`);
    };
    // Not with numbers that are asked for again.
    for (let i = 0; i < 50; i++) await ask(count + i);
    const cpu = this.cpu(own);
    let next = 0;
    const client = async () => {
      while (next < count) await ask(next++);
    };
    await Promise.all(Array.from({ length: 8 }, client));
    return ((this.cpu(own) - cpu) * 1000) / count;
  }

  /** Sends `count` requests at a steady rate; gives the 50th, 95th and 99th percentile in ms. */
  async load(path, count, rate) {
    for (let i = 0; i < 50; i++) {
      const warm = await this.request("GET", path(i));
      if (warm.status !== 200) throw new Error(`${path(i)}: ${warm.status} ${warm.body}`);
    }
    const began = performance.now();
    const asked = [];
    for (let i = 0; i < count; i++) {
      const due = began + (i * 1000) / rate;
      if (due > performance.now()) await pause(due - performance.now());
      asked.push(this.request("GET", path(i)));
    }
    const answers = await Promise.all(asked);
    const failed = answers.find((answer) => answer.status !== 200);
    if (failed) throw new Error(`${failed.status}: ${failed.body}`);
    const times = answers.map((answer) => answer.took).sort((a, b) => a - b);
    const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
