// A million companies into files of all their columns, in the order of their ids, of an index and of no index.

import { pause } from "./server.mjs";

const ROWS = 1_000_000;
/** Megabytes the process may hold meanwhile, whatever it did before. */
const MEMORY = 200;

export async function exports(server, engine, add) {
  for (const [what, wanted, least] of [
    ["CSV", { format: "csv" }, 100_000],
    ["CSV sorted by name", { format: "csv", sort: "name" }, 100_000],
    ["CSV sorted by founded, without an index", { format: "csv", sort: "founded" }, 100_000],
    ["XLSX", { format: "xlsx" }, 30_000],
    ["XLSX sorted by name", { format: "xlsx", sort: "name" }, 30_000],
  ]) {
    await server.signIn();
    server.forgetPeak();
    const { rows, seconds } = await exporting(server, wanted);
    if (rows !== ROWS) throw new Error(`${what}: ${rows} rows`);
    add(`${engine}: a million companies as ${what}`, seconds, ROWS / least, "s");
    add(`${engine}: memory at its highest meanwhile`, server.memory("VmHWM"), MEMORY, "MiB");
  }
}

/** Exports all companies and fetches the file. The seconds are from the click until it is ready. */
async function exporting(server, wanted) {
  const began = performance.now();
  const answer = await server.request("POST", "/api/v1/settings/export/", { entities: ["companies"], ...wanted });
  if (answer.status !== 202) throw new Error(`export: ${answer.status} ${answer.body}`);
  const { id, status_url } = JSON.parse(answer.body);
  for (;;) {
    await pause(50);
    const state = JSON.parse((await server.request("GET", status_url)).body);
    if (state.status === "done") {
      const seconds = (performance.now() - began) / 1000;
      const bytes = await server.download(`/api/v1/settings/export/${id}/download/`);
      if (bytes !== state.bytes) throw new Error(`${bytes} of ${state.bytes} bytes came`);
      return { rows: state.rows, seconds };
    }
    if (!["waiting", "running"].includes(state.status)) throw new Error(`export: ${JSON.stringify(state)}`);
  }
}
