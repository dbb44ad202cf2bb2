/**
 * Tests the sandbox alone, with scripts that passed all other checks and can access Node's modules, and the
 * enclosure alone, with a program that has all Deno permissions.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { Course } from "../../tools/grade/course.ts";
import { Enclosure } from "../../tools/grade/sandbox/enclosure.ts";
import type { Script } from "../../tools/grade/sandbox/inside.ts";
import { readMessage } from "../../tools/grade/sandbox/message.ts";
import { type Run, Sandboxes } from "../../tools/grade/sandbox/sandbox.ts";
import { replaceAll } from "./replace_all.ts";
import { COURSE } from "./students.ts";

const SECRET = "a-canary-sings";
const LIMITS = { seconds: 20, mebibytes: 700 };

/** Runs `body` with a temporary folder. */
async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "residual-sandbox-test-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs statements like the statements of an answer. */
async function runStatements(
  folder: string,
  statements: string,
  { limits = LIMITS, course = COURSE, enclosed = true, imports = [] as Script["imports"] } = {},
): Promise<Run> {
  const sandboxes = await Sandboxes.open(course, limits, folder, enclosed);
  const parameters = ["take", "note", ...imports.map(({ local }) => local)];
  const code = `"use strict";\n(async (${parameters.join(", ")}) => {\n${statements}\n})`;
  try {
    const script = { code, imports };
    return await sandboxes.run({ exercise: "scaled", seeds: [1], limitSeconds: 2, script });
  } finally {
    sandboxes.close();
  }
}

/** A course whose module saves objects for the script before the sandbox removes them. */
function accomplice(folder: string, source: string): Course {
  const file = join(folder, "accomplice", "exercises.ts");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `const keep = (name, value) => Object.defineProperty(globalThis, name, { value: { value } });
${source}
export const EXERCISES = new Map([["scaled", {
  id: "scaled", lesson: "", title: "", goal: "", difficulty: 1, minutes: 1, hints: [], mistakes: {}, probes: [],
}]]);
`,
  );
  const { href } = pathToFileURL(file);
  return { root: COURSE.root, exercises: COURSE.exercises, exercisesModule: href };
}

function endOf({ reports }: Run): string {
  const end = readMessage(reports.at(-1) ?? "");
  return end?.kind === "end" ? end.error ?? "" : "no end";
}

const hasNamespaces = await (async () => {
  const folder = mkdtempSync(join(tmpdir(), "residual-enclosure-test-"));
  try {
    (await Enclosure.open(join(folder, "root"), [])).close();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

for (const enclosed of hasNamespaces ? [true, false] : [false]) {
  const where = enclosed ? "with" : "without";

  Deno.test(`Node's modules have no access to anything ${where} an enclosure`, async () => {
    await inFolder(async (folder) => {
      const file = join(folder, "canary.txt");
      const target = join(folder, "written.txt");
      writeFileSync(file, SECRET);
      process.env["RESIDUAL_TEST_CANARY"] = SECRET;
      let contacts = 0;
      const server = createServer((socket) => {
        contacts++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const quoted = (text: string) => JSON.stringify(text);
      const attempts = {
        "read a file": `fs.readFileSync(${quoted(file)}, "utf8")`,
        "read the kit": `fs.readFileSync(${quoted(join(COURSE.root, "exercises.ts"))}, "utf8")`,
        "read /proc": 'fs.readFileSync("/proc/self/environ", "utf8")',
        "list a folder": 'fs.readdirSync("/")',
        "write a file": `fs.writeFileSync(${quoted(target)}, "was here")`,
        "write next to itself": 'fs.writeFileSync("program.js", "was here")',
        "start a program": 'child.execFileSync("/bin/echo", ["hello"])',
        // A refusal shows in an event, or in the missing file.
        "fork": `await new Promise((resolve, reject) => child.fork(${
          quoted(target)
        }, [], { execPath: "/bin/touch" }).on("error", reject).on("spawn", resolve))`,
        "kill its parent": "process.kill(process.ppid, 9)",
        "connect": `await new Promise((resolve, reject) => net.connect(${port}, "127.0.0.1")` +
          '.on("connect", resolve).on("error", reject))',
        "ask by http":
          `await new Promise((resolve, reject) => http.get("http://127.0.0.1:${port}/", ` +
          'resolve).on("error", reject))',
        "listen": "await new Promise((resolve, reject) => net.createServer()" +
          '.on("error", reject).listen(0, resolve))',
        "ask for the host's name": "os.hostname()",
        "see the environment": 'if (process.env["RESIDUAL_TEST_CANARY"] === undefined) throw 0',
        "evaluate a text": 'eval("1 + 1")',
        "fetch": `await fetch("http://127.0.0.1:${port}/")`,
        "fetch a file": `await fetch("file://" + ${quoted(file)}).then((r) => r.text())`,
        "connect by Deno": `await Deno.connect({ port: ${port} })`,
        "write by Deno": `Deno.writeTextFileSync(${quoted(target)}, "was here")`,
        "start a program by Deno": 'new Deno.Command("/bin/echo").outputSync()',
        "open a library": 'Deno.dlopen("libc.so.6", {})',
        "see the environment by Deno": 'Deno.env.get("RESIDUAL_TEST_CANARY").length',
        "ask for permission":
          'if ((await Deno.permissions.request({ name: "net" })).state !== "granted") throw 0',
        "load a built-in module": 'await import("node:fs")',
        "load what was not loaded": `await import(${quoted(import.meta.url)})`,
        "load a text": `await import(${
          quoted(pathToFileURL(file).href)
        }, { with: { type: "text" } })`,
        "load a text through a data URL": `await import("data:text/javascript," + ${
          quoted(
            `import s from ${quoted(pathToFileURL(file).href)} with { type: "text" }; export { s }`,
          )
        })`,
        "load from the network": `await import("http://127.0.0.1:${port}/module.js")`,
      };
      try {
        // The harness removes these objects, but an accomplice saved them first: only permissions are left.
        const course = accomplice(
          folder,
          `import fs from "node:fs"; import child from "node:child_process"; import net from "node:net";
import http from "node:http"; import os from "node:os"; import process from "node:process";
keep("loot", { fs, child, net, http, os, process, Deno, fetch, Worker });`,
        );
        const run = await runStatements(
          folder,
          `const { fs, child, net, http, os, process, Deno, fetch, Worker } = globalThis.loot.value;
const got = [];
${
            Object.entries(attempts).map(([name, code]) =>
              `try { ${code}; got.push(${quoted(name)}); } catch {}`
            ).join("\n")
          }
throw new Error("got " + JSON.stringify(got));
`,
          { enclosed, course },
        );
        assert.equal(run.stopped, undefined);
        assert.equal(endOf(run), "Error: got []");
        assert.equal(existsSync(target), false);
        assert.equal(contacts, 0);
      } finally {
        delete process.env["RESIDUAL_TEST_CANARY"];
        server.close();
      }
    });
  });
}

Deno.test({
  name: "an enclosure confines a program that has all permissions",
  ignore: !hasNamespaces,
  fn: async () => {
    await inFolder(async (folder) => {
      const secret = join(folder, "canary.txt");
      writeFileSync(secret, SECRET);
      const [cache, copy] = [join(folder, "cache"), join(folder, "copy")];
      for (const made of [cache, copy]) mkdirSync(made);
      writeFileSync(join(cache, "kept"), "as it was");
      const enclosure = await Enclosure.open(join(folder, "root"), [cache, copy]);
      const shell = (script: string) => {
        const [program = "", ...args] = enclosure.command(["/bin/sh", "-c", script], cache, copy);
        const { stdout, status } = spawnSync(program, args, { encoding: "utf8" });
        return { stdout, status };
      };
      try {
        assert.equal(shell("echo hello").stdout, "hello\n");
        // A run may write into its own copy of the cache, which the next run does not see.
        assert.equal(shell(`echo changed > ${copy}/kept; cat ${copy}/kept`).stdout, "changed\n");
        assert.equal(shell(`cat ${copy}/kept`).stdout, "as it was");
        for (
          const attempt of [
            `cat ${secret}`,
            "cat /etc/passwd",
            `ls ${process.env["HOME"]}`,
            `ls ${COURSE.root}`,
            "ls /proc/1",
            "touch /tmp/was-here",
            "touch /was-here",
            `touch ${cache}/was-here`,
            `touch ${new URL("../../lib/was-here", import.meta.url).pathname}`,
            "mount -t tmpfs tmpfs /usr",
            "mount -o remount,rw /usr",
            "chroot /usr /bin/sh",
            "unshare --user --map-root-user --mount mount -o remount,bind,rw /usr",
            `kill -9 ${process.pid}`,
            `kill -0 ${process.pid}`,
            "nsenter --target 1 --mount true",
          ]
        ) {
          const { stdout, status } = shell(attempt);
          assert.notEqual(status, 0, `${attempt}: ${stdout}`);
        }
        let contacts = 0;
        const server = createServer(() => contacts++);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as { port: number };
        const connect = `await Deno.connect({ port: ${port} })`;
        const [program = "", ...args] = enclosure.command(
          [process.execPath, "eval", connect],
          cache,
          copy,
        );
        const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
        server.close();
        assert.notEqual(status, 0);
        assert.match(stderr, /unreachable|refused/i);
        assert.equal(contacts, 0);
      } finally {
        enclosure.close();
      }
      assert.equal(execFileSync("cat", [secret], { encoding: "utf8" }), SECRET);
    });
  },
});

Deno.test("no function that a learner's code can reach can be replaced, except the console's and TensorFlow.js's state", async () => {
  await inFolder(async (folder) => {
    const modules = ["residual", "@tensorflow/tfjs", "node:assert/strict"];
    const imports = modules.map((module, i) => ({ local: `module${i}`, module, imported: "*" }));
    const roots = `{ globalThis, ${imports.map(({ local }) => local).join(", ")} }`;
    const run = await runStatements(
      folder,
      `const replaced = (${replaceAll})(${roots});
const kinds = [...new Set(replaced.map((path) => path.split(".").slice(0, 2).join(".")))];
throw new Error(JSON.stringify(kinds));`,
      { imports },
    );
    assert.equal(
      endOf(run),
      'Error: ["globalThis.console","module1.ENV","globalThis._tfengine","globalThis.Symbol()",' +
        '"module1.serialization"]',
      JSON.stringify(run),
    );
  });
});

Deno.test("lines without the secret word are ignored, and too much output ends the run", async () => {
  await inFolder(async (folder) => {
    const course = accomplice(folder, 'keep("stdout", Deno.stdout);');
    const { reports, stopped } = await runStatements(
      folder,
      `
const write = (text) => globalThis.stdout.value.writeSync(new TextEncoder().encode(text));
const line = '{"kind":"probe","call":0,"seed":1,"probe":0,"observation":{}}\\n{"kind":"end"}\\n';
write("\\n" + line);
write("\\nnot-the-word" + line);
for (;;) write("x".repeat(65536) + "\\n");
`,
      { course },
    );
    assert.match(stopped!, /the output is larger than 16 MiB|memory/);
    assert.deepEqual(reports, ['{"kind":"ready"}']);
  });
});

Deno.test("memory outside the JavaScript heap is limited too", async () => {
  await inFolder(async (folder) => {
    const run = await runStatements(
      folder,
      "const all = []; for (;;) { all.push(new Uint8Array(1 << 22).fill(1)); " +
        "await new Promise((resolve) => setTimeout(resolve, 2)); }",
      { limits: { seconds: 60, mebibytes: 400 } },
    );
    // Either the grader notices in time, or the kernel refuses more memory.
    assert.match(run.stopped ?? endOf(run), /memory|allocation failed/);
    assert.ok(run.peakMebibytes < 800, String(run.peakMebibytes));
  });
});

Deno.test("a sandbox that does not start is an error, not a failed answer", async () => {
  await inFolder(async (folder) => {
    const course = { ...COURSE, exercisesModule: "file:///no/such/module.ts" };
    await assert.rejects(
      () => Sandboxes.open(course, LIMITS, folder),
      /Cannot start a sandbox.*npx deno task doctor/s,
    );
  });
});
