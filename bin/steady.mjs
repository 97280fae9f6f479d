// Runs tests and tells a flaw from a hiccup: a test that fails is run once more alone. One that passes then is
// *unsteady*: it is shown at the end with both outputs, and holds nothing back while there are few of them.
//
//   node bin/steady.mjs rust <folder> <title> <filter> <runner's arguments…>
//   node bin/steady.mjs journeys <folder> <title> <runner's arguments…>
//   node bin/steady.mjs close <folder>    shows what is unsteady; the last line is `N passed, N failed`
//
// The folder keeps what the parts of one run came to.

import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How many unsteady tests a whole run may have. */
const FEW = 3;
/** When so many fail in one part, none is run again: something is broken. */
const MANY = 20;
/** How much of an output is shown. */
const LINES = 100;

/**
 * Runs everything, then each test that failed alone, and counts. `run` is called without a test, or with the one to run,
 * and gives `{ broken, tests }`: whether the run as a whole came to nothing or was cut short, and each test with its
 * `id`, `name`, `state` (passed, failed or skipped: one that was to run and did not) and `output`.
 */
export function judge(run) {
  const first = run();
  const those = (state) => first.tests.filter((test) => test.state === state);
  const failures = those("failed");
  const isHopeless = first.broken || failures.length > MANY;
  const seconds = new Map(failures.map((test) => [test, isHopeless ? undefined : run(test)]));
  const sum = { passed: those("passed").length, failed: first.broken ? 1 : 0, unsteady: [] };
  for (const [test, second] of seconds) {
    const again = outcome(second, test);
    if (again?.state === "passed") sum.unsteady.push({ name: test.name, outputs: [test.output, again.output] });
    else sum.failed += 1;
  }
  // What another's failure kept from running has run beside that one's second attempt.
  for (const test of those("skipped")) {
    const caught = [...seconds.values()].some((second) => outcome(second, test)?.state === "passed");
    sum[caught ? "passed" : "failed"] += 1;
  }
  return sum;
}

function outcome(run, test) {
  return run && !run.broken ? run.tests.find(({ id }) => id === test.id) : undefined;
}

/** What is said at the very end of all parts, and whether all is well. */
export function conclude(parts) {
  const unsteady = parts.flatMap((part) => (part.unsteady ?? []).map((test) => ({ ...test, part: part.title })));
  const total = (what) => parts.reduce((sum, part) => sum + part[what], 0);
  const isFew = unsteady.length <= FEW;
  const passed = total("passed") + (isFew ? unsteady.length : 0);
  const failed = total("failed") + (isFew ? 0 : unsteady.length);
  const said = unsteady.flatMap(({ name, part, outputs }) => [
    `── unsteady: ${name} (${part})`,
    "failed at first:",
    indented(outputs[0]),
    "passed alone:",
    indented(outputs[1]),
  ]);
  const verdict = isFew ? "to be mended by the next change" : `more than ${FEW}, so they count as failed`;
  if (unsteady.length > 0) said.push(`── ${unsteady.length} unsteady: ${verdict}`);
  return { text: [...said, `${passed} passed, ${failed} failed`].join("\n"), ok: failed === 0 };
}

function indented(output) {
  const lines = output.trim().split("\n");
  const shown = lines.length > LINES ? [`… ${lines.length - LINES} lines`, ...lines.slice(-LINES)] : lines;
  return shown.map((line) => `  ${line}`.trimEnd()).join("\n");
}

/** The tests of nextest's report: JUnit's XML. */
export function readJUnit(xml) {
  const suites = xml.matchAll(/<testsuite name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testsuite>)/gs);
  return [...suites].flatMap(([, suite, cases]) =>
    [...(cases ?? "").matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs)].map(([, test, inner = ""]) => {
      const [binary, name] = [unescaped(suite), unescaped(test)];
      const state = /<(failure|error)\b/.test(inner) ? "failed" : "passed";
      const output = [...inner.matchAll(/<(failure|error|system-out|system-err)\b([^>]*?)(?:\/>|>(.*?)<\/\1>)/gs)].map(
        ([, kind, attributes, text = ""]) => {
          const isVerdict = kind === "failure" || kind === "error";
          return unescaped(isVerdict ? (/message="([^"]*)"/.exec(attributes)?.[1] ?? kind) : text).trim();
        },
      );
      return { id: `${binary} ${name}`, name: `${binary} ${name}`, binary, test: name, state, output: output.join("\n") };
    }),
  );
}

function unescaped(text) {
  const named = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    name ? (named[name] ?? whole) : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)),
  );
}

/** The tests of Playwright's report, and whether it ran to its end. */
export function readPlaywright(json) {
  const report = JSON.parse(json);
  const within = (suite, titles) => [
    ...(suite.specs ?? []).flatMap((spec) =>
      spec.tests.filter((test) => !(test.status === "skipped" && test.expectedStatus === "skipped")).map((test) => ({
        id: spec.id,
        name: [...titles, spec.title].join(" › "),
        file: join(report.config.rootDir, spec.file),
        state: { expected: "passed", skipped: "skipped" }[test.status] ?? "failed",
        output: test.results.flatMap((result) => [
          `${result.status} after ${(result.duration / 1000).toFixed(1)} s`,
          ...result.errors.map((error) => error.stack ?? error.message ?? ""),
          ...[...result.stdout, ...result.stderr].map((said) => said.text ?? ""),
        ]).join("\n").replace(/\x1b\[[0-9;]*m/g, ""),
      })),
    ),
    ...(suite.suites ?? []).flatMap((inner) => within(inner, [...titles, inner.title])),
  ];
  return { broken: report.errors.length > 0, tests: within(report, []) };
}

/**
 * The filter for what is to run on another database too: all but the tests that passed without asking for a database.
 * Those that asked stand in `marks`, a line each.
 */
export function asked(tests, marks) {
  const marked = new Set(marks.split("\n"));
  const binaries = new Map();
  for (const { binary, test } of tests.filter(({ state, id }) => state === "passed" && !marked.has(id))) {
    binaries.set(binary, [...(binaries.get(binary) ?? []), test]);
  }
  const others = [...binaries].map(([binary, names]) => `(binary_id(=${binary}) & test(/^(${names.join("|")})$/))`);
  // Without any mark the tests had no way to tell.
  return others.length > 0 && marks ? `not (${others.join(" + ")})` : "all()";
}

/** Runs a command with what it says shown, and gives its exit status; none when it was ended from outside. */
function status(command, args, options) {
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], ...options }).status;
}

/** What is in a file, as `parse` understands it; nothing where it is missing or cut short. */
function read(file, parse = (text) => text) {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Runs nextest with a configuration that limits it to a filter, besides what the arguments choose. `asked` is the filter
 * for what the last part found to be worth another run.
 */
function rust(title, folder, filter, args) {
  const within = (name) => join(folder, name);
  const [config, report, last, marks] = ["nextest.toml", "junit.xml", "tests.json", "marks"].map(within);
  if (filter === "asked") filter = asked(read(last, JSON.parse) ?? [], read(marks) ?? "");
  return (test) => {
    if (test) console.error(`── once more, alone: ${test.name}`);
    // Tests know their names since this version.
    const lines = [
      'nextest-version = "0.9.116"',
      "[profile.default]",
      `default-filter = '${test ? `binary_id(=${test.binary}) & test(=${test.test})` : filter}'`,
      "[profile.default.junit]",
      `path = '${report}'`,
      `store-success-output = ${Boolean(test)}`,
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    rmSync(report, { force: true });
    const options = ["--config-file", config, "--no-fail-fast", "--no-tests=pass"];
    const ended = status("cargo", ["nextest", "run", ...options, ...args], {
      env: { ...process.env, MAINSTAY_TEST_MARKS: marks },
    });
    const xml = read(report) ?? "";
    const tests = readJUnit(xml);
    if (!test) {
      writeFileSync(last, JSON.stringify(tests));
      begin(title, /<testsuites [^>]*timestamp="([^"]*)"/.exec(xml)?.[1]);
    }
    const failures = tests.filter(({ state }) => state === "failed");
    // 100 says that tests have failed. A run that was told to stop says so too, and ends the tests that are under way.
    const isCut = failures.some(({ output }) => output.startsWith("process aborted with signal 15"));
    const isWhole = ended === 0 ? xml !== "" : ended === 100 && failures.length > 0 && !isCut;
    return { broken: !isWhole, tests };
  };
}

/** Notes for the minutes of each part when this one began; until then its tests were built. */
function begin(title, at) {
  const seconds = Math.floor(Date.parse(at) / 1000);
  if (seconds && process.env.MAINSTAY_MINUTES) appendFileSync(process.env.MAINSTAY_MINUTES, `${seconds} ${title}\n`);
}

/** Runs Playwright. A journey of a file whose journeys build on each other is run again with the whole file. */
function journeys(folder, args) {
  const [report, chosen, output] = ["journeys.json", "again.json", "again"].map((name) => join(folder, name));
  const again = ["--last-failed", "--last-failed-file", chosen, "--workers=1", "--output", output];
  let all = [];
  return (test) => {
    if (test) {
      console.error(`── once more, alone: ${test.name}`);
      const isSerial = (read(test.file) ?? "").includes('mode: "serial"');
      const ids = all.filter(({ id, file }) => id === test.id || (isSerial && file === test.file)).map(({ id }) => id);
      writeFileSync(chosen, JSON.stringify({ status: "failed", failedTests: ids }));
    }
    rmSync(report, { force: true });
    const ended = status("node_modules/.bin/playwright", ["test", "--reporter=list,json", ...args, ...(test ? again : [])], {
      cwd: "end2end",
      env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    });
    const { broken, tests } = read(report, readPlaywright) ?? { broken: true, tests: [] };
    if (!test) all = tests;
    const isWhole = ended === 0 || (ended === 1 && tests.some(({ state }) => state === "failed"));
    return { broken: broken || !isWhole, tests };
  };
}

function main([command, folder, ...rest]) {
  const parts = join(folder, "parts");
  const note = (title, run) => appendFileSync(parts, `${JSON.stringify({ title, ...judge(run) })}\n`);
  if (command === "rust") {
    const [title, filter, ...args] = rest;
    note(title, rust(title, folder, filter, args));
  } else if (command === "journeys") {
    const [title, ...args] = rest;
    note(title, journeys(folder, args));
  } else {
    const lines = (read(parts) ?? "").split("\n").filter(Boolean);
    const { text, ok } = conclude(lines.map((line) => JSON.parse(line)));
    console.log(text);
    process.exitCode = ok ? 0 : 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
