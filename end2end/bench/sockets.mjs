// What open pages cost: how much memory thousands of sockets take, and how soon a thousand of them hear of a change.

import http from "node:http";

import { pause, Server } from "./server.mjs";

const HELD = 5_000;
const TOLD = 1_000;
const CHANGES = 30;
/** More a person does not get. */
const EACH = 100;

/** A socket that calls back for each message. Only what the server sends is read: short texts, unmasked. */
function open(server, token, heard) {
  return new Promise((done, fail) => {
    const headers = {
      authorization: `Bearer ${token}`,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    const request = http.get(`${server.url}/ws/notifications/`, { headers, agent: false });
    request.on("error", fail);
    request.on("response", (answer) => fail(new Error(`no socket: ${answer.statusCode}`)));
    request.on("upgrade", (_, socket, head) => {
      let rest = head;
      const read = (data) => {
        rest = Buffer.concat([rest, data]);
        for (;;) {
          if (rest.length < 2) return;
          const short = rest[1] & 127;
          const start = short === 126 ? 4 : 2;
          if (rest.length < start) return;
          const end = start + (short === 126 ? rest.readUInt16BE(2) : short);
          if (rest.length < end) return;
          if ((rest[0] & 15) === 1) heard(JSON.parse(rest.subarray(start, end)));
          rest = rest.subarray(end);
        }
      };
      read(Buffer.alloc(0));
      socket.on("data", read);
      socket.on("error", () => {});
      done(socket);
    });
  });
}

export async function sockets(build, postgres, add) {
  for (const [engine, database] of [["SQLite", undefined], ["PostgreSQL", postgres]]) {
    const server = await Server.start(build, { database, user: true });
    const held = [];
    try {
      await server.signIn();
      const made = await server.request("POST", "/api/v1/companies/", { name: "Watched" });
      const { id } = JSON.parse(made.body);
      let hears = () => {};
      const hold = async (count) => {
        while (held.length < count) {
          const token = await server.another(`bench-${held.length / EACH}@example.com`);
          held.push(...(await Promise.all(Array.from({ length: EACH }, () => open(server, token, (m) => hears(m))))));
        }
      };
      await hold(TOLD);
      // New people have all sockets looked at again, at once and a second later.
      await pause(3_000);
      const waits = [];
      for (let change = 0; change < CHANGES; change++) {
        const asked = performance.now();
        const all = new Promise((done) => {
          let left = TOLD;
          hears = (message) => {
            if (message.event !== "records") return;
            waits.push(performance.now() - asked);
            if (--left === 0) done();
          };
        });
        const headers = { "if-match": "*" };
        const edited = await server.request("PATCH", `/api/v1/companies/${id}/`, { notes: `change ${change}` }, headers);
        if (edited.status !== 200) throw new Error(edited.body);
        await all;
      }
      waits.sort((a, b) => a - b);
      add(`${engine}: from a change sent to 1,000 sockets told, p99`, waits[Math.ceil(waits.length * 0.99) - 1], 300, "ms");
      if (engine === "SQLite") {
        await hold(HELD);
        await pause(1_000);
        add("5,000 sockets: resident memory", server.memory("VmRSS"), 250, "MiB");
      }
    } finally {
      for (const socket of held) socket.destroy();
      await server.stop();
    }
  }
}
