// Companies by the hundred thousand: import, undo, lists, single records, and by the million when asked.

import { statSync } from "node:fs";
import { join } from "node:path";
import { exports } from "./exports.mjs";
import { Server, pause } from "./server.mjs";

const SECTORS = [
  "Energy", "Materials", "Industrials", "Utilities", "Health Care", "Financials", "Consumer Discretionary",
  "Consumer Staples", "Information Technology", "Communication Services", "Real Estate",
];
const HEAD = "Name,Sector,Sub-industry,Headquarters,Annual revenue,Employees,Ticker,CIK,Founded,Listed since,Status\n";

/** Rows of made-up companies; the same number always makes the same row. */
function csv(from, count) {
  const lines = [HEAD];
  for (let i = from; i < from + count; i++) {
    const mixed = (i * 2_654_435_761) % 4_294_967_296;
    const day = `${1960 + (mixed % 60)}-0${1 + (mixed % 9)}-1${mixed % 10}`;
    lines.push(
      `Company ${mixed.toString(36)} ${i},${SECTORS[mixed % 11]},Branch ${mixed % 120},"City ${mixed % 900}, Land",` +
        `${mixed % 100_000_000}.${10 + (mixed % 90)},${mixed % 90_000},T${i.toString(36).toUpperCase()},${i},` +
        `${1850 + (mixed % 170)},${day},${["prospect", "customer", "partner"][mixed % 3]}\n`,
    );
  }
  return Buffer.from(lines.join(""));
}

async function importing(server, from, count) {
  await server.signIn();
  const edge = "--bench";
  const part = (name, value) => `--${edge}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = `--${edge}\r\ncontent-disposition: form-data; name="file"; filename="bench.csv"\r\ncontent-type: text/csv\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(part("record_type", "companies") + part("mode", "create") + file),
    csv(from, count),
    Buffer.from(`\r\n--${edge}--\r\n`),
  ]);
  const began = performance.now();
  const headers = { "content-type": `multipart/form-data; boundary=${edge}` };
  const answer = await server.request("POST", "/api/v1/imports/", body, headers);
  if (answer.status > 202) throw new Error(`import: ${answer.status} ${answer.body}`);
  const { id } = JSON.parse(answer.body);
  for (;;) {
    await pause(100);
    const state = JSON.parse((await server.request("GET", `/api/v1/imports/${id}/`)).body);
    if (state.status === "done") {
      if (state.created !== count) throw new Error(`imported ${JSON.stringify(state)}`);
      return { id, seconds: (performance.now() - began) / 1000 };
    }
    if (state.status === "failed") throw new Error(`import: ${JSON.stringify(state)}`);
  }
}

async function undoing(server, id) {
  await server.signIn();
  const began = performance.now();
  const answer = await server.request("POST", `/api/v1/imports/${id}/undo/`, {});
  if (answer.status > 202) throw new Error(`undo: ${answer.status} ${answer.body}`);
  for (;;) {
    const state = JSON.parse((await server.request("GET", `/api/v1/imports/${id}/`)).body);
    if (state.status === "undone") return (performance.now() - began) / 1000;
    await pause(100);
  }
}

const filter = (i) => encodeURIComponent(JSON.stringify({ field: "sector", op: "eq", value: SECTORS[i % 11] }));

export async function records(build, engine, database, millions, add) {
  const server = await Server.start(build, { database, user: true });
  try {
    const first = await importing(server, 0, 100_000);
    add(`${engine}: import of 100,000 companies`, first.seconds, database ? 30 : 20, "s");
    add(`${engine}: memory at its highest while importing`, server.memory("VmHWM"), 300, "MiB");
    add(`${engine}: undo of the import`, await undoing(server, first.id), database ? 30 : 20, "s");
    await importing(server, 0, 100_000);
    await server.rest();
    await server.signIn();
    const list = (i) => `/api/v1/companies/?filter=${filter(i)}&sort=-annual_revenue&page_size=50`;
    add(`${engine}: list page of 50, filtered and sorted, CPU a request`, await server.work(list, 6_000), database ? 0.8 : 0.6, "ms");
    add(`${engine}: the same at 300/s, p99`, (await server.load(list, 3_000, 300)).p99, 40, "ms");
    // No index holds these together, so that rows are tested in the order of the sort.
    const customers = encodeURIComponent(JSON.stringify({ field: "status", op: "eq", value: "customer" }));
    const tested = () => `/api/v1/companies/?filter=${customers}&sort=-employees&page_size=50`;
    add(`${engine}: list page of 50 without an index of filter and sort, CPU a request`, await server.work(tested, 6_000), 0.8, "ms");
    const page = JSON.parse((await server.request("GET", "/api/v1/companies/?page_size=200")).body);
    const ids = page.results.map((row) => row.id);
    const one = await server.work((i) => `/api/v1/companies/${ids[i % ids.length]}/`, 6_000);
    add(`${engine}: by id, CPU a request`, one, 0.3, "ms");
    const body = (i) => ({ name: `Created ${i}`, domain: `created-${i}.example`, status: "prospect", employees: i });
    const created = await server.work(() => "/api/v1/companies/", 4_000, { body, own: true });
    add(`${engine}: create, CPU of the server a request`, created, database ? 0.5 : 0.8, "ms");
    await backup(server, engine, add);
    if (millions) await million(server, engine, add);
  } finally {
    await server.stop();
  }
}

/** Gigabytes of the same companies in SQLite's file: what both databases are measured by. */
let gigabytes = 0;

async function backup(server, engine, add) {
  const file = join(server.data, "mainstay.db");
  if (!server.database) gigabytes = (statSync(file).size + statSync(`${file}-wal`).size) / 1e9;
  await server.signIn();
  const { id } = JSON.parse((await server.request("POST", "/api/v1/backups/", {})).body);
  const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;
  for (;;) {
    await server.load(() => "/api/v1/companies/?page_size=50", 50, 50);
    const made = JSON.parse((await server.request("GET", `/api/v1/backups/${id}/`)).body);
    if (made.status === "failed") throw new Error(`backup: ${made.error}`);
    if (made.status !== "proven") continue;
    add(`${engine}: backup while serving, per GB of SQLite's file`, seconds(made.started_at, made.made_at) / gigabytes, 60, "s");
    add(`${engine}: restoring it aside and comparing, the same`, seconds(made.made_at, made.proven_at) / gigabytes, 120, "s");
    return;
  }
}

async function million(server, engine, add) {
  let last = 0;
  for (let n = 1; n < 10; n++) last = (await importing(server, n * 100_000, 100_000)).seconds;
  add(`${engine}: import of the last 100,000 of a million`, last, 25, "s");
  await server.rest();
  await server.signIn();
  for (const sort of ["name", "-annual_revenue", "employees", "-created_at"]) {
    const found = await server.load(() => `/api/v1/companies/?sort=${sort}&page_size=50`, 100, 20);
    add(`${engine}: a million, first page by ${sort}, p95`, found.p95, 100, "ms");
  }
  const words = ["company 1a", "t5k3", "zz9", "company", "q7"];
  const found = await server.load((i) => `/api/v1/companies/?search=${encodeURIComponent(words[i % words.length])}`, 100, 10);
  add(`${engine}: a million, search, p95`, found.p95, 150, "ms");
  await exports(server, engine, add);
}
