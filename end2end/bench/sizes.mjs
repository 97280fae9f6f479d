// What a browser has to load.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export function sizes({ program, site }, add) {
  const lines = readFileSync(join(program, "../hash.txt"), "utf8").trim().split("\n");
  const hashes = Object.fromEntries(lines.map((line) => line.split(": ")));
  const pkg = join(site, "pkg");
  const compressed = (name) => statSync(join(pkg, `${name}.br`)).size / 1000;
  const sum = (names) => names.reduce((all, name) => all + compressed(name), 0);
  const shell = sum([`mainstay.${hashes.wasm}.wasm`, `mainstay.${hashes.js}.js`]);
  add("shell, WASM and JS, brotli", shell, 280, "kB");
  add("styles, brotli", compressed(`mainstay.${hashes.css}.css`), 40, "kB");
  const parts = JSON.parse(readFileSync(join(pkg, `__wasm_split_manifest.${hashes.manifest}.json`), "utf8"));
  const files = (part) => parts[part].map((name) => `${name}.wasm`);
  const loader = compressed(`__wasm_split.${hashes.split}.js`);
  const first = (start) => shell + loader + sum(files(Object.keys(parts).find((part) => part.startsWith(start))));
  // The aim is 550.
  add("a first visit to a list, WASM and JS all together, brotli", first("__list"), 590, "kB");
  add("a first visit to the home page, the same", first("__home"), 430, "kB");
  const all = [...new Set(Object.keys(parts).flatMap(files))];
  add(`largest of ${all.length} parts loaded later, brotli`, Math.max(...all.map(compressed)), 200, "kB");
}
