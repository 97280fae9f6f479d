import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { asked, conclude, judge, readJUnit, readPlaywright } from "./steady.mjs";

/** A runner that fails these tests, each so many times; `all` says what else there is. */
function runner(failures, { all = [], broken = false } = {}) {
  const left = { ...failures };
  const names = [...Object.keys(failures), ...all];
  const ran = [];
  const run = (test) => {
    ran.push(test?.name ?? "all");
    const tests = (test ? [test.name] : names).map((name) => {
      const fails = (left[name] ?? 0) > 0;
      if (fails) left[name] -= 1;
      return { id: name, name, state: fails ? "failed" : "passed", output: fails ? "expected 1, found 2" : "took 3 s" };
    });
    return { broken, tests };
  };
  return { run, ran };
}

const closing = (...sums) => conclude(sums.map((sum) => ({ title: "Rust tests", ...sum })));
const last = (text) => text.split("\n").at(-1);

test("what passes is run once", () => {
  const { run, ran } = runner({}, { all: ["a", "b"] });
  assert.deepEqual(closing(judge(run)), { text: "2 passed, 0 failed", ok: true });
  assert.deepEqual(ran, ["all"]);
});

test("what fails twice has failed", () => {
  const { run, ran } = runner({ a: 2 }, { all: ["b"] });
  assert.deepEqual(closing(judge(run)), { text: "1 passed, 1 failed", ok: false });
  assert.deepEqual(ran, ["all", "a"]);
});

test("what passes alone is unsteady: it is shown with both outputs and counts as passed", () => {
  const { text, ok } = closing(judge(runner({ a: 1 }, { all: ["b"] }).run));
  assert.equal(ok, true);
  assert.match(text, /unsteady: a \(Rust tests\)\n.*\n {2}expected 1, found 2\n.*\n {2}took 3 s\n/);
  assert.equal(last(text), "2 passed, 0 failed");
});

test("three are let through, of all parts together, and with a fourth all have failed", () => {
  const [three, one] = [judge(runner({ a: 1, b: 1, c: 1 }).run), judge(runner({ d: 1 }, { all: ["e"] }).run)];
  assert.deepEqual([closing(three).ok, last(closing(three).text)], [true, "3 passed, 0 failed"]);
  const { text, ok } = closing(three, one);
  assert.deepEqual([ok, last(text)], [false, "1 passed, 4 failed"]);
  assert.match(text, /unsteady: d/);
});

test("a run that came to nothing has failed, and is not tried again", () => {
  const { run, ran } = runner({}, { broken: true });
  assert.deepEqual(closing(judge(run)), { text: "0 passed, 1 failed", ok: false });
  assert.deepEqual(ran, ["all"]);
  const cut = runner({ a: 1 }, { all: ["b"], broken: true });
  assert.equal(closing(judge(cut.run)).text, "1 passed, 2 failed");
  assert.deepEqual(cut.ran, ["all"]);
});

test("a second run that comes to nothing, or does not have the test, makes no test unsteady", () => {
  for (const second of [{ broken: true, tests: [{ id: "a", state: "passed" }] }, { broken: false, tests: [] }]) {
    const first = { broken: false, tests: [{ id: "a", name: "a", state: "failed", output: "" }] };
    assert.equal(closing(judge((test) => (test ? second : first))).text, "0 passed, 1 failed");
  }
});

test("many failures are no hiccups", () => {
  const { run, ran } = runner(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`t${n}`, 1])));
  assert.equal(closing(judge(run)).text, "0 passed, 21 failed");
  assert.deepEqual(ran, ["all"]);
});

test("what did not run for another's failure counts as it went beside that one's second attempt", () => {
  const serial = (second) => (test) => ({
    broken: false,
    tests: ["first", "then"].map((name) => ({ id: name, name, state: test ? second : name === "first" ? "failed" : "skipped", output: "" })),
  });
  assert.equal(last(closing(judge(serial("passed"))).text), "2 passed, 0 failed");
  assert.equal(last(closing(judge(serial("failed"))).text), "0 passed, 2 failed");
});

test("only the end of a long output is shown", () => {
  const long = Array.from({ length: 500 }, (_, n) => `line ${n}`).join("\n");
  const { text } = closing({ passed: 0, failed: 0, unsteady: [{ name: "a", outputs: [long, ""] }] });
  assert.match(text, /… 400 lines\n {2}line 400\n/);
  assert.doesNotMatch(text, /line 399\n/);
});

const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="3" failures="1" errors="1" timestamp="2026-11-20T12:00:00.188+00:00" time="0.390">
    <testsuite name="kernel" tests="2" failures="1" errors="0">
        <testcase name="money::adds" classname="kernel" timestamp="2026-11-20T12:00:00.189+00:00" time="0.008"/>
        <testcase name="fold::folds" classname="kernel" time="0.178">
            <failure message="panicked at &apos;a &lt; b&apos;" type="test failure with exit code 101">panicked: a &lt; b</failure>
            <system-out>running 1 test &amp; more
</system-out>
            <system-err></system-err>
        </testcase>
    </testsuite>
    <testsuite name="server::http" tests="1" failures="0" errors="1">
        <testcase name="routes" classname="server::http" time="0.1">
            <error message="could not be started" type="exec fail"/>
        </testcase>
    </testsuite>
</testsuites>`;

test("nextest's report is read", () => {
  const tests = readJUnit(JUNIT).map(({ id, state, output }) => [id, state, output]);
  assert.deepEqual(tests, [
    ["kernel money::adds", "passed", ""],
    ["kernel fold::folds", "failed", "panicked at 'a < b'\nrunning 1 test & more\n"],
    ["server::http routes", "failed", "could not be started"],
  ]);
});

/** A report of Playwright on journeys with these states. */
function report(states, errors = []) {
  const spec = ([title, status]) => {
    const skipped = status === "skipped on purpose";
    const results = [{ status: "failed", duration: 1200, errors: [{ stack: "\u001b[31mError\u001b[0m: no" }], stdout: [{ text: "said" }], stderr: [] }];
    return { title, id: title, file: "a.spec.ts", tests: [{ expectedStatus: skipped ? "skipped" : "passed", status: status.split(" ")[0], results }] };
  };
  const inner = { title: "deep", specs: Object.entries(states).map(spec) };
  return JSON.stringify({ config: { rootDir: "/journeys" }, suites: [{ title: "a.spec.ts", suites: [inner] }], errors });
}

test("Playwright's report is read", () => {
  const { broken, tests } = readPlaywright(report({ a: "expected", b: "unexpected", c: "skipped", d: "skipped on purpose" }));
  assert.deepEqual([broken, tests.map(({ id, state }) => [id, state])], [false, [["a", "passed"], ["b", "failed"], ["c", "skipped"]]]);
  assert.equal(tests[1].name, "a.spec.ts › deep › b");
  assert.equal(tests[1].file, "/journeys/a.spec.ts");
  assert.equal(tests[1].output, "failed after 1.2 s\nError: no\nsaid");
  assert.equal(readPlaywright(report({ a: "expected" }, [{ message: "Timed out" }])).broken, true);
});

test("on another database runs what asked for one, what failed, and all where nobody could tell", () => {
  const one = (binary, name, state = "passed") => ({ id: `${binary} ${name}`, binary, test: name, state });
  const tests = [one("kernel", "a"), one("kernel", "b"), one("kernel", "asks"), one("crm", "c"), one("crm", "fails", "failed")];
  const others = "not ((binary_id(=kernel) & test(/^(a|b)$/)) + (binary_id(=crm) & test(/^(c)$/)))";
  assert.equal(asked(tests, "kernel asks\nkernel asks\n"), others);
  assert.equal(asked(tests, ""), "all()");
  assert.equal(asked([], "kernel asks\n"), "all()");
});

/** The last line after a runner that ends so, each time it is called: with a status, and a report or none. */
function ending(kind, ...runs) {
  const folder = mkdtempSync(join(tmpdir(), "steady-"));
  const place = (path, text, mode = 0o644) => writeFileSync(join(folder, path), text, { mode });
  mkdirSync(join(folder, "end2end/node_modules/.bin"), { recursive: true });
  const program = `#!/bin/sh
    cd "${folder}"
    echo >> calls
    n=$(grep -c "" calls)
    if [ -f "$n" ]; then cp "$n" ${kind === "rust" ? "junit.xml" : "journeys.json"}; fi
    exit "$(cat "$n.status")"\n`;
  place("cargo", program, 0o755);
  place("end2end/node_modules/.bin/playwright", program, 0o755);
  for (const [i, [status, text]] of runs.entries()) {
    place(`${i + 1}.status`, `${status}`);
    if (text !== undefined) place(`${i + 1}`, text);
  }
  const script = fileURLToPath(new URL("steady.mjs", import.meta.url));
  const steady = (...args) =>
    spawnSync(process.execPath, [script, ...args], { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` }, encoding: "utf8" });
  steady(kind, folder, "Tests", ...(kind === "rust" ? ["all()"] : []));
  const { stdout, status } = steady("close", folder);
  rmSync(folder, { recursive: true });
  return [last(stdout.trim()), status];
}

/** A report of nextest on one test. */
const one = (inner) => `<testsuites><testsuite name="kernel"><testcase name="a">${inner}</testcase></testsuite></testsuites>`;
const [failing, passing] = [one('<failure message="no">no</failure>'), one("<system-out>yes</system-out>")];

test("nextest decides by its status and its report", () => {
  assert.deepEqual(ending("rust", [0, passing]), ["1 passed, 0 failed", 0]);
  assert.deepEqual(ending("rust", [100, failing], [100, failing]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("rust", [100, failing], [0, passing]), ["1 passed, 0 failed", 0]);
  // It does not compile, or says nothing.
  assert.deepEqual(ending("rust", [101]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("rust", [0]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("rust", [100]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("rust", [100, passing]), ["1 passed, 1 failed", 1]);
  assert.deepEqual(ending("rust", [100, failing], [101]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("rust", [100, failing], [0]), ["0 passed, 1 failed", 1]);
  // Told to stop.
  const cut = one('<failure message="process aborted with signal 15 (SIGTERM)"/>');
  assert.deepEqual(ending("rust", [100, cut], [0, passing]), ["0 passed, 2 failed", 1]);
});

test("Playwright decides by its status and its report", () => {
  const [failing, passing] = ["unexpected", "expected"].map((state) => report({ a: state }));
  assert.deepEqual(ending("journeys", [0, passing]), ["1 passed, 0 failed", 0]);
  assert.deepEqual(ending("journeys", [1, report({ a: "expected" }, [{}])]), ["1 passed, 1 failed", 1]);
  assert.deepEqual(ending("journeys", [0]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("journeys", [1, "{"]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("journeys", [1, failing], [1, failing]), ["0 passed, 1 failed", 1]);
  assert.deepEqual(ending("journeys", [1, failing], [0, passing]), ["1 passed, 0 failed", 0]);
});
