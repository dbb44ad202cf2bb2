// The sandbox by itself: programs that got past everything else, with node's modules in their hands.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { type Run, Sandboxes } from "../../tools/grade/sandbox/sandbox.ts";
import { COURSE } from "./students.ts";

const SECRET = "a-canary-sings";
const LIMITS = { seconds: 20, mebibytes: 700 };

/** Runs a program as an answer's would be, and gives what it threw last. */
async function runProgram(
  program: string,
  limits = LIMITS,
  exercisesModule = COURSE.exercisesModule,
): Promise<Run> {
  const sandboxes = new Sandboxes(limits);
  try {
    return await sandboxes.run({
      task: { exercise: "scaled", seeds: [1], limitSeconds: 2 },
      word: "secret-word",
      program,
      ...{ residual: "", exercisesModule },
    });
  } finally {
    sandboxes.close();
  }
}

Deno.test("node's own modules are refused files, network, programs, environment and the rest", async () => {
  const folder = mkdtempSync(join(tmpdir(), "residual-sandbox-test-"));
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
  const attempts = {
    "read a file": `fs.readFileSync(${JSON.stringify(file)}, "utf8")`,
    "read the kit": `fs.readFileSync(${JSON.stringify(join(COURSE.root, "exercises.ts"))}, "utf8")`,
    "read /proc": 'fs.readFileSync("/proc/self/environ", "utf8")',
    "list a folder": 'fs.readdirSync("/")',
    "write a file": `fs.writeFileSync(${JSON.stringify(target)}, "was here")`,
    "write beside itself": 'fs.writeFileSync("program.js", "was here")',
    "start a program": 'child.execFileSync("/bin/echo", ["hello"])',
    // Whether it was refused shows in an event, or in the file that it would have made.
    "fork": `await new Promise((resolve, reject) => child.fork(${
      JSON.stringify(target)
    }, [], { execPath: "/bin/touch" }).on("error", reject).on("spawn", resolve))`,
    "kill its parent": "process.kill(process.ppid, 9)",
    "connect": `await new Promise((resolve, reject) => net.connect(${port}, "127.0.0.1")` +
      '.on("connect", resolve).on("error", reject))',
    "ask by http": `await new Promise((resolve, reject) => http.get("http://127.0.0.1:${port}/", ` +
      'resolve).on("error", reject))',
    "listen": "await new Promise((resolve, reject) => net.createServer()" +
      '.on("error", reject).listen(0, resolve))',
    "ask for the host's name": "os.hostname()",
    "see the environment": 'if (process.env["RESIDUAL_TEST_CANARY"] === undefined) throw 0',
    "evaluate a text": 'eval("1 + 1")',
    "fetch": `await fetch("http://127.0.0.1:${port}/")`,
    "fetch a file": `await fetch("file://" + ${JSON.stringify(file)}).then((r) => r.text())`,
    "connect by Deno": `await Deno.connect({ port: ${port} })`,
    "write by Deno": `Deno.writeTextFileSync(${JSON.stringify(target)}, "was here")`,
    "start a program by Deno": 'new Deno.Command("/bin/echo").outputSync()',
    "open a library": 'Deno.dlopen("libc.so.6", {})',
    "see the environment by Deno": 'Deno.env.get("RESIDUAL_TEST_CANARY").length',
    "ask for permission":
      'if ((await Deno.permissions.request({ name: "net" })).state !== "granted") ' +
      "throw 0",
    "load what was not loaded": `await import(${JSON.stringify(import.meta.url)} + "")`,
    "load from the network": 'await import("https://deno.land/std@0.224.0/version" + ".ts")',
  };
  try {
    // What the harness takes away is got hold of before it comes to that: permissions are all there is.
    const accomplice = join(folder, "accomplice.ts");
    writeFileSync(
      accomplice,
      `import fs from "node:fs"; import child from "node:child_process"; import net from "node:net";
import http from "node:http"; import os from "node:os"; import process from "node:process";
globalThis.loot = { fs, child, net, http, os, process, Deno, fetch, Worker };
export { EXERCISES } from ${JSON.stringify(COURSE.exercisesModule)};
`,
    );
    const { messages, stopped } = await runProgram(
      `const { fs, child, net, http, os, process, Deno, fetch, Worker } = globalThis.loot;
Object.defineProperty(globalThis, "Deno", { value: Deno });
const got = [];
${
        Object.entries(attempts).map(([name, code]) =>
          `try { ${code}; got.push(${JSON.stringify(name)}); } catch {}`
        ).join("\n")
      }
throw new Error("got " + JSON.stringify(got));
`,
      LIMITS,
      pathToFileURL(accomplice).href,
    );
    const end = messages.at(-1);
    assert.equal(stopped, undefined);
    assert.equal(end?.kind === "end" ? end.error : "", "Error: got []");
    assert.equal(existsSync(target), false);
    assert.equal(contacts, 0);
  } finally {
    delete process.env["RESIDUAL_TEST_CANARY"];
    server.close();
    rmSync(folder, { recursive: true });
  }
});

Deno.test("a flood on standard output is cut off, and lines without the word count for nothing", async () => {
  const { messages, stopped } = await runProgram(`
import process from "node:process";
const line = '{"kind":"look","call":0,"seed":1,"look":0,"observation":{}}\\n{"kind":"end"}\\n';
import fs from "node:fs";
process.stdout.write(line);
process.stdout.write("not-the-word" + line);
for (;;) process.stdout.write("x".repeat(65536) + "\\n");
`);
  assert.match(stopped!, /it printed more than 16 MiB|memory/);
  assert.deepEqual(messages.map(({ kind }) => kind), ["ready"]);
});

Deno.test("memory outside JavaScript's heap is watched, too", async () => {
  const { messages, stopped, peakMebibytes } = await runProgram(
    "const all = []; for (;;) { all.push(new Uint8Array(1 << 22).fill(1)); " +
      "await new Promise((resolve) => setTimeout(resolve, 2)); }",
    { seconds: 60, mebibytes: 400 },
  );
  // Either the grader sees it in time, or the kernel gives no more.
  const end = messages.at(-1);
  assert.match(stopped ?? (end?.kind === "end" ? end.error ?? "" : ""), /memory|allocation failed/);
  assert.ok(peakMebibytes < 800, String(peakMebibytes));
});

Deno.test("a sandbox that does not start is no answer's fault", async () => {
  await assert.rejects(async () => {
    const sandboxes = new Sandboxes(LIMITS);
    try {
      await sandboxes.run({
        ...{ task: { exercise: "scaled", seeds: [1], limitSeconds: 2 }, word: "w", program: "" },
        ...{ residual: "", exercisesModule: "file:///no/such/module.ts" },
      });
    } finally {
      sandboxes.close();
    }
  }, /A sandbox did not start .*deno task doctor/);
});
