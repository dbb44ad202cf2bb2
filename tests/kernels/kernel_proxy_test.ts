/** Real kernels behind the kernel proxy, driven by jupyter_client and nbclient (drive.py). */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { NODE } from "../../tools/setup/paths.ts";
import {
  type CellError,
  RESTARTED_COMPUTING,
  STOPPED_COMPUTING,
  STOPPED_WAITING,
} from "../../tools/kernels/kernel_kind.ts";
import { type Cell, drive, errorsOf, KERNELS, site, texts } from "./driver.ts";

/** What is seen of a cell that Stop has ended. */
interface Stopped {
  ename: string;
  evalue: string;
  shown: string[];
  last: string;
  queued: string;
  kept: string;
}

const INTERRUPTED = { last: "error", queued: "aborted", kept: "41\n" };

const said = ({ ename, evalue }: CellError) => ({ ename, evalue, shown: [evalue] });

for (const kernel of KERNELS) {
  Deno.test(`no output of 1,000 cells is lost on ${kernel}`, async () => {
    const { missing } = await drive<{ missing: number[] }>(kernel, "outputs");
    deepEqual(missing, []);
  });

  Deno.test(`errors on ${kernel} are shown in full and only once`, async () => {
    const seen = await drive<{ errors: Record<string, Cell> }>(kernel, "errors");
    const { syntax, thrown, after, typed, again, warned, both } = seen.errors;
    ok(syntax && thrown && after && typed && again && warned && both);

    const [shown, ...others] = errorsOf(syntax);
    equal(others.length, 0);
    equal(shown?.ename, "SyntaxError");
    match(shown?.evalue ?? "", /^Expression expected.* \(line 2, column 16\)$/);
    const traceback = shown?.traceback ?? [];
    const line = traceback.findIndex((text) => text.includes("const broken = = 2;"));
    const column = traceback[line]?.indexOf("= 2") ?? -1;
    equal(traceback[line + 1]?.indexOf("^"), column, traceback.join("\n"));
    equal(syntax.reply.evalue, shown?.evalue);

    const [range, ...more] = errorsOf(thrown);
    equal(more.length, 0);
    deepEqual([range?.ename, range?.evalue], ["RangeError", "too far"]);
    deepEqual([thrown.reply.ename, thrown.reply.evalue], ["RangeError", "too far"]);
    equal(texts(thrown), "");
    // deno-lint-ignore no-control-regex
    doesNotMatch(range?.traceback?.join("\n") ?? "", /node_modules|node:vm|sigintHandlers|\x1b/);
    match(range?.traceback?.join("\n") ?? "", /at inner/);

    equal(texts(after), "42\n");
    equal(typed.reply.status, kernel === "deno" ? "ok" : "error");
    equal(texts(again), "again\n");
    equal(warned.reply.status, "ok");
    equal(texts(warned), "only a warning\ndone\n");
    equal(texts(both), "first a warning\n");
    equal(errorsOf(both)[0]?.evalue, "then this");
  });

  Deno.test(`after a failed cell the queued ones are aborted on ${kernel}`, async () => {
    const { queue } = await drive<{ queue: { cells: Cell[]; then: Cell } }>(kernel, "queue");
    deepEqual(queue.cells.map((cell) => cell.reply.status), ["ok", "error", "aborted", "aborted"]);
    deepEqual(queue.cells.slice(2).map((cell) => cell.outputs), [[], []]);
    ok(queue.cells.every((cell) => cell.idle));
    equal(texts(queue.then), "five\n");
  });

  Deno.test(`Stop ends a cell that reads the flag, and one that has not begun, on ${kernel}`, async () => {
    const { stop } = await drive<{ stop: { flags: Cell[] } & Record<string, Cell> }>(
      kernel,
      "stop",
    );
    const { cooperative, kept, flags, waiting, died, afterDeath } = stop;
    ok(cooperative && kept && waiting && died && afterDeath);
    equal(texts(cooperative), "stopped\n");
    equal(cooperative.reply.status, "ok");
    equal(texts(kept), "42\n");
    deepEqual(flags.map(texts), flags.map(() => "false\n"));
    equal(waiting.reply.status, kernel === "deno" ? "error" : "aborted");
    equal(texts(died), "last words\n");
    equal(errorsOf(died)[0]?.ename, "KernelDied");
    match(died.reply.evalue ?? "", /exit code 3/);
    equal(texts(afterDeath), "alive again\n");
  });

  Deno.test(`Stop ends a cell that waits, says so and keeps the variables on ${kernel}`, async () => {
    const { waits } = await drive<{ waits: Record<string, Stopped> }>(kernel, "waits");
    for (const [name, stopped] of Object.entries(waits)) {
      deepEqual(stopped, { ...INTERRUPTED, ...said(STOPPED_WAITING) }, name);
    }
  });

  Deno.test(`Stop ends a cell that computes, and says which variables are kept, on ${kernel}`, async () => {
    const { computations } = await drive<{ computations: Record<string, Stopped> }>(
      kernel,
      "computations",
    );
    // Nothing ends a computation in Node.js that began after a pause.
    const restarts = kernel === "tslab"
      ? ["a loop after a pause", "a loop of empty pauses", "a loop in an async function"]
      : [];
    for (const [name, stopped] of Object.entries(computations)) {
      const waits = kernel === "deno" && name === "a loop in an async function";
      deepEqual(
        stopped,
        restarts.includes(name)
          ? { ...INTERRUPTED, ...said(RESTARTED_COMPUTING), kept: stopped.kept }
          : { ...INTERRUPTED, ...said(waits ? STOPPED_WAITING : STOPPED_COMPUTING) },
        name,
      );
      if (restarts.includes(name)) doesNotMatch(stopped.kept, /41/);
    }
  });

  Deno.test(`TensorFlow.js computes gradients after Stop has ended one on ${kernel}`, async () => {
    const { tensors } = await drive<{ tensors: Record<"begun" | "stopped" | "after", Cell> }>(
      kernel,
      "tensors",
    );
    const { begun, stopped, after } = tensors;
    deepEqual(errorsOf(begun), []);
    deepEqual(errorsOf(stopped).map(({ evalue }) => evalue), [STOPPED_COMPUTING.evalue]);
    // An operation that was ended has not handed its result to any scope.
    match(texts(after), /^6 [0-3]\n$/);
  });

  Deno.test(`the outputs of a failing cell on ${kernel} keep their order, with the error last`, async () => {
    const { order } = await drive<{ order: string[][] }>(kernel, "order");
    deepEqual(order, order.map(() => ["line 1", "table", "line 2", "unawaited", "last"]));
  });

  Deno.test(`Stop waits for a slow step of a cell that has shown something on ${kernel}`, async () => {
    const { slow } = await drive<
      { slow: { second: Cell[]; flag: Cell; first: Cell; patient: Cell } }
    >(kernel, "slow");
    const { second: [second, queued], flag, first, patient } = slow;
    ok(second && queued);
    equal(texts(second), "step 1\nstep 2\n");
    equal(second.reply.status, "ok");
    equal(queued.reply.status, "aborted");
    equal(texts(flag), "false\n");

    equal(texts(first), "begun\nstep 1\n");
    equal(first.reply.status, "ok");

    equal(texts(patient), "step 1\nstep 2\n");
    equal(patient.reply.status, "ok");
  });

  Deno.test(`no process of ${kernel} is left after a shutdown or a kill`, async () => {
    const gone = await drive<Record<"shutdown" | "kill", { running: number; left: number[] }>>(
      kernel,
      "gone",
    );
    for (const { running, left } of Object.values(gone)) {
      // The kernel proxy, the kernel, and the shell that ends it when the kernel proxy cannot.
      ok(running >= 3, `${running} processes ran`);
      deepEqual(left, []);
    }
  });
}

Deno.test("a kernel that cannot start is not restarted forever, and the message says why", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "residual-no-deno-" });
  try {
    // A kernel proxy that finds its packages, but no Deno.
    const dist = join(folder, "tools", "kernels", "dist");
    cpSync(site.at("tools/kernels/dist"), dist, { recursive: true });
    Deno.mkdirSync(join(folder, "node_modules"));
    for (const name of ["zeromq", "@babel"]) {
      Deno.symlinkSync(site.at("node_modules", name), join(folder, "node_modules", name));
    }
    const ports = ["shell", "control", "stdin", "iopub", "hb"].map((
      name,
      i,
    ) => [`${name}_port`, i]);
    const connection = join(folder, "connection.json");
    const sockets = { transport: "ipc", ip: join(folder, "socket"), key: "key" };
    Deno.writeTextFileSync(
      connection,
      JSON.stringify({ ...sockets, ...Object.fromEntries(ports) }),
    );
    const { code, stderr } = await new Deno.Command(NODE, {
      args: [join(dist, "main.js"), "deno", connection],
      signal: AbortSignal.timeout(300_000),
    }).output();
    equal(code, 1);
    match(new TextDecoder().decode(stderr), /^The kernel does not start \(spawn .* ENOENT\)\.$/m);
    const homeless = await new Deno.Command(NODE, {
      args: [join(dist, "main.js"), "deno", connection],
      env: { TMPDIR: join(folder, "nowhere") },
      signal: AbortSignal.timeout(300_000),
    }).output();
    equal(homeless.code, 1);
    match(
      new TextDecoder().decode(homeless.stderr),
      /^The kernel does not start \(ENOENT: .*nowhere\/residual-kernel-\w+'\)\.$/m,
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
