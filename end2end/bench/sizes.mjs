// What a browser has to load.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export function sizes({ program, site }, add) {
  const lines = readFileSync(join(program, "../hash.txt"), "utf8").trim().split("\n");
  const hashes = Object.fromEntries(lines.map((line) => line.split(": ")));
  const pkg = join(site, "pkg");
  const compressed = (name) => statSync(join(pkg, `${name}.br`)).size / 1000;
  const shell = compressed(`mainstay.${hashes.wasm}.wasm`) + compressed(`mainstay.${hashes.js}.js`);
  add("shell, WASM and JS, brotli", shell, 280, "kB");
  add("styles, brotli", compressed(`mainstay.${hashes.css}.css`), 40, "kB");
  const current = readdirSync(pkg).filter((name) => /^(split|chunk)_.*\.wasm\.br$/.test(name));
  const largest = Math.max(0, ...current.map((name) => statSync(join(pkg, name)).size / 1000));
  add(`largest of ${current.length} parts loaded later, brotli`, largest, 200, "kB");
}
