"""Drives a kernel as a front end does and prints what it saw as one line of JSON.

    drive.py KERNEL SCENARIO[=ARGUMENT]     (JUPYTER_PATH says where the kernelspecs are)
"""

import json
import os
import sys
import time
from queue import Empty

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient


# Longer than anything takes on a busy machine: a message that has not come by then does not come.
PATIENCE_S = 300


class Session:
    def __init__(self, kernel):
        self.manager = KernelManager(kernel_name=kernel)
        began = time.time()
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_S)
        self.started_s = time.time() - began

    def send(self, code):
        return self.client.execute(code)

    def collect(self, ids, stop_after=None, stop_after_output=None):
        """
        Outputs and replies of these requests, until each has its reply and its idle. Stop is pressed so
        many seconds after the beginning, or after the first output.
        """
        cells = {i: {"outputs": [], "reply": None, "idle": False} for i in ids}
        began = time.time()
        stop_at = None if stop_after is None else began + stop_after
        while not all(c["reply"] and c["idle"] for c in cells.values()):
            if time.time() - began > PATIENCE_S:
                break
            if stop_at is not None and time.time() > stop_at:
                self.manager.interrupt_kernel()
                stop_at = None
            try:
                message = self.client.get_shell_msg(timeout=0)
                if message["parent_header"].get("msg_id") in cells:
                    cells[message["parent_header"]["msg_id"]]["reply"] = message["content"]
            except Empty:
                pass
            try:
                message = self.client.get_iopub_msg(timeout=0.02)
            except Empty:
                continue
            cell = cells.get(message["parent_header"].get("msg_id"))
            kind = message["header"]["msg_type"]
            if cell is None:
                continue
            if kind == "status":
                cell["idle"] = message["content"]["execution_state"] == "idle"
            elif kind != "execute_input":
                cell["outputs"].append({"type": kind, **message["content"]})
                if stop_after_output is not None:
                    stop_at = time.time() + stop_after_output
                    stop_after_output = None
        return {"cells": [cells[i] for i in ids], "seconds": time.time() - began}

    def run(self, code, **options):
        seen = self.collect([self.send(code)], **options)
        return {**seen["cells"][0], "seconds": seen["seconds"]}

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


def outputs(kernel, count=1000):
    cells = [
        nbformat.v4.new_code_cell(
            f"console.log('log {i}')" if i % 2 else f"const v{i} = {i}; v{i} + 0.5"
        )
        for i in range(count)
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    began = time.time()
    NotebookClient(
        notebook,
        kernel_name=kernel,
        timeout=PATIENCE_S,
        startup_timeout=PATIENCE_S,
    ).execute()
    missing = [i for i, cell in enumerate(cells) if not cell.outputs]
    return {"missing": missing, "seconds": time.time() - began}


def errors(session):
    return {
        "syntax": session.run("const fine = 1;\nconst broken = = 2;"),
        "thrown": session.run('const inner = () => { throw new RangeError("too far"); };\ninner();'),
        "after": session.run("console.log(40 + 2)"),
        "typed": session.run('const n: number = "text";'),
        "again": session.run("console.log('again')"),
        "warned": session.run("console.error('only a warning'); console.log('done')"),
        "both": session.run("console.error('first a warning'); throw new Error('then this')"),
    }


def syntax(session):
    return {
        "unclosed": session.run("function f() {\n  const a = 1;\n"),
        "twice": session.run("const twice = 1;\nconst twice = 2;"),
        "plain": session.run("function g() {\n  await 1;\n}"),
        "declared": session.run("const kept = 1;"),
        "keyword": session.run("console.log(40);\nlet kept = 2;"),
        "pattern": session.run("console.log(40);\nconst pattern = /(/;"),
        "after": session.run("console.log(40 + 2)"),
    }


UNHANDLED = {
    "rejection": "void Promise.reject(new RangeError('too far'));",
    "timer": "setTimeout(() => { throw new TypeError('in a timer'); }, 10);\nawait pause(100);",
    "forgotten": "const work = async () => { await pause(10); throw new Error('not awaited'); };\n"
    "void work();\nawait pause(100);",
    "text": "void Promise.reject('a text');",
}


def unhandled(session):
    """Errors that no cell awaits, and a Stop, which rejects promises that nobody may have awaited."""
    session.run(FLAG)
    seen = {name: session.run(code) for name, code in UNHANDLED.items()}
    waiting = "const all = [pause(600_000), pause(600_000)].map(async (p) => await p);\nconsole.log(1);\nawait all[0];"
    seen["stopped"] = session.run(waiting, stop_after_output=0.1)
    seen["after"] = session.run("console.log('after')")
    return seen


# What stands above the functions: each is printed by the kernel's compiler in another number of lines.
HEADS = [
    "",
    "// only a comment\n",
    'import { tf, check, type Block } from "residual";',
    'import type { Block } from "residual";',
    'import { type Block } from "residual";',
    'import {\n  train,\n  check,\n} from "residual";',
    'import d2 from "node:path"; import { readFileSync } from "node:fs";\nimport * as os from "node:os";',
    'let x = 1;\nimport { writeFileSync } from "node:fs";\nx = 2;',
    "enum E { A, B }",
    "const list = [1, 2, 3];",
    "class K1 {\n  private z: number = 1;\n m() { }\n}",
    "class K2 { constructor(private q: number) {} }",
    "abstract class Q { abstract m(): void; declare x: number; }",
    "const big = {\n  a: [1, [2, 3]],\n  f(x: number) { return x; },\n  get g() { return 1; },\n};",
    "namespace N { export const x = 1; }",
    "/** doc */\nfunction g() {}",
    "function over(a: string): void;\nfunction over(a: unknown): void {}",
    "type T = 1;\ninterface I {}\ndeclare const zz: number;",
    "const t = `a\nb`;",
    'console.log("déjà", "😀"); await null;',
    "if (false) { 1 } else if (0) {\n} else { 2 }\ntry { throw 1 } catch { 2 } finally { 3 }",
    "for await (const each of [1]) await each;",
]


def places(session):
    """Stacks of errors, and the line and column where each was made and where the cell called."""
    seen = []
    # tslab has no `for await` outside of functions.
    is_deno = session.manager.kernel_name == "deno"
    heads = [head for head in HEADS if is_deno or "for await" not in head]
    for i, head in enumerate(heads):
        code = f"{head}\nfunction thrower{i}(x: number): never {{\n\n  // Deep.\n" \
            "  if (x) { throw new RangeError('far'); }\n  throw 0;\n}\n\n" \
            f"{'await 0; ' if 'await' in head else ''}thrower{i}(1);"
        lines = code.split("\n")
        made = next(n for n, line in enumerate(lines) if "RangeError" in line)
        expected = [
            [made + 1, lines[made].index("new") + 1],
            [len(lines), lines[-1].index("thrower") + 1],
        ]
        seen.append({"head": head, "expected": expected, "cell": session.run(code)})
    return {
        "heads": seen,
        "kept": session.run("function far(x: number): never {\n\n  throw new RangeError('far');\n}"),
        "later": session.run("// Above.\n\nconst found = [3].map(far);"),
        "printed": session.run("\nconsole.error(new TypeError('printed'));"),
        "unhandled": session.run("\nvoid Promise.reject(new Error('forgotten'));"),
        "deep": session.run(
            "async function inner() {\n  await null;\n  throw new TypeError('deep');\n}\n"
            "async function outer() {\n  await inner();\n}\nawait outer();"
        ),
        "caused": session.run(
            "\ntry { far(1); } catch (cause) { throw new Error('wrapped', { cause }); }"
        ),
        "value": session.run("throw 'a text';"),
        "operation": session.run(
            'import { startBackend, tf as flow } from "residual";\n'
            "await startBackend();\nflow.tensor1d([1]).reshape([2, 3]);"
        ),
        "checked": session.run(
            'import { check as look, CheckFailed } from "residual";\n'
            "await look('pixel_index', () => {\n  throw new Error('inside');\n});"
        ),
    }


def ask(session, how, code, cursor=None):
    """What the kernel answers to a question about code, at its end or at another cursor."""
    getattr(session.client, how)(code, len(code) if cursor is None else cursor)
    return session.client.get_shell_msg(timeout=PATIENCE_S)["content"]


def help_of(session):
    """Documentation and completion, as Shift+Tab and Tab ask for them."""
    session.run('import { tf, train, resnet20, Conv2d, Block } from "residual";')
    session.run("/** Triples a number. */\nfunction twice(n: number): number { return 3 * n; }")
    session.run("/** Doubles a number. */\nfunction twice(n: number): number { return 2 * n; }")
    session.run("const model = resnet20();")
    session.run("throw new Error('a cell that fails');")
    inspected = {
        "function": ask(session, "inspect", "train"),
        "call": ask(session, "inspect", "console.log(train(model, ))", len("console.log(train(model, ")),
        "constructor": ask(session, "inspect", "new Conv2d("),
        "method": ask(session, "inspect", "tf.tidy(() => model.predict"),
        "again": ask(session, "inspect", "const é = '😀'; twice"),
        "unknown": ask(session, "inspect", "nothing"),
        "nowhere": ask(session, "inspect", "  ", 1),
        "broken": ask(session, "inspect", "if (true) { train(", len("if (true) { tra")),
    }
    # cspell:ignore resha resid
    completed = {
        "name": ask(session, "complete", "tw"),
        "member": ask(session, "complete", "const é = '😀'; tf.ones([2, 3]).resha"),
        "own": ask(
            session,
            "complete",
            "class A extends Block {\n  myConv = new Conv2d(3, 4);\n  forward(x: tf.Tensor) {\n    return this.my",
        ),
        "runtime": ask(session, "complete", "Deno.readT"),
        "hidden": ask(session, "complete", "__resid"),
    }
    return {"inspected": inspected, "completed": completed}


def written(session, folder):
    """Imports a module, writes it, and runs cells until it is found. Cells that fail for another reason are kept."""
    code = f'import {{ five }} from "./{folder}/five";\nconsole.log(five);'
    first = session.run(code)
    with open(os.path.join(folder, "five.ts"), "w") as file:
        file.write("export const five = 5;\n")
    failed = []
    end = time.time() + PATIENCE_S
    while time.time() < end and not failed:
        cell = session.run("console.log(1);\nawait new Promise((resolve) => setTimeout(resolve, 50));")
        if cell["reply"]["status"] == "error":
            failed.append(cell)
        found = session.run(code)
        if found["reply"]["status"] == "ok":
            break
        if "Cannot find module" not in found["reply"]["evalue"]:
            failed.append(found)
    return {"first": first, "found": found, "failed": failed}


def queue(session):
    codes = ["console.log('one')", "throw new Error('two')", "console.log('three')", "console.log('four')"]
    seen = session.collect([session.send(code) for code in codes])
    return {**seen, "then": session.run("console.log('five')")}


FLAG = """
const stopFlag = Symbol.for("residual.stop");
const shared: any = globalThis;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
"""

COOPERATIVE = """
let steps = 0;
while (!shared[stopFlag] && steps < 3000) {
  steps += 1;
  await pause(10);
}
console.log("stopped");
"""


def flag_after(session):
    """What the flag is when the cell after a stopped one begins."""
    session.run(COOPERATIVE, stop_after=0.1)
    return session.run("console.log(shared[stopFlag])")


def stop(session):
    return {
        "before": session.run(FLAG + "var kept = 41; 0"),
        "cooperative": session.run(COOPERATIVE, stop_after=0.7),
        "kept": session.run("console.log(kept + 1)"),
        # Often, because it may be a matter of milliseconds which comes first.
        "flags": [flag_after(session) for _ in range(8)],
        # tslab takes no cell for a while after one that failed: Stop comes before this one has begun.
        "failed": session.run("throw new Error('first')"),
        "waiting": session.run("while (true) {}", stop_after=0.1),
        "died": session.run("console.log('last words'); (globalThis as any).process.exit(3)"),
        "afterDeath": session.run("console.log('alive again')"),
    }


SILENT_SERVER = """
import net from "node:net";
var server = net.createServer(() => {}).listen(0, "127.0.0.1");
await new Promise((listening) => server.on("listening", listening));
var silent = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
"""

WAITS = {
    "a loop of timers": "while (true) await pause(200);",
    "one timer": "await pause(600_000);",
    "nothing that comes": "await new Promise(() => {});",
    "a server": "await fetch(silent);",
    "several timers": "await Promise.all([pause(600_000), pause(700_000)]);",
    "an async function": "const work = async () => { while (true) await pause(50); };\nawait work();",
    "a stream": """const numbers = async function* () { while (true) { await pause(50); yield 1; } };
const read = async () => { for await (const number of numbers()) if (number < 0) break; };
await read();""",
}

COMPUTATIONS = {
    "a loop": "while (true) {}",
    "a loop after a pause": "await 1;\nwhile (true) {}",
    "a loop of empty pauses": "while (true) await null;",
    "a loop in an async function": "const spin = async () => { await 1; while (true) {} };\nawait spin();",
    "a loop that prints": "for (let i = 0; ; i++) console.log(i);",
}


def stop_each(session, codes):
    """Each cell is stopped once it runs; what is kept and what the next cell says is seen after it."""
    session.run(FLAG)
    session.run(SILENT_SERVER)
    seen = {}
    for name, code in codes.items():
        session.run("var kept = 41; 0")
        cells = session.collect(
            [session.send(f"console.log('begun');\n{code}"), session.send("console.log('not run')")],
            stop_after_output=0.2,
        )["cells"]
        seen[name] = {
            "ename": cells[0]["reply"].get("ename"),
            "evalue": cells[0]["reply"].get("evalue"),
            "shown": [output.get("evalue") for output in cells[0]["outputs"] if output["type"] == "error"],
            "last": cells[0]["outputs"][-1]["type"],
            "queued": cells[1]["reply"]["status"],
            "kept": text_of(session.run("console.log((globalThis as any).kept ?? kept)")),
        }
        if "Restarted" in str(seen[name]["ename"]):
            session.run(FLAG)
    return seen


def waits(session):
    return stop_each(session, WAITS)


def computations(session):
    return stop_each(session, COMPUTATIONS)


USE_TENSORS = """
import { startBackend, tf } from "residual";
await startBackend();
const square = tf.ones([200, 200]) as tf.Tensor2D;
const powers = (x: tf.Tensor2D) => {
  let y = x;
  for (let i = 0; i < 100; i++) y = y.matMul(square).mul(0.001) as tf.Tensor2D;
  return y.sum() as tf.Scalar;
};
const before = tf.memory().numTensors;
"""

COMPUTE_A_GRADIENT = """
console.log("begun");
while (true) tf.grad((x: tf.Tensor) => powers(x as tf.Tensor2D))(square).dispose();
"""

AFTER_TENSORS = """
const gradient = tf.tidy(() => tf.grad((x: tf.Tensor) => x.square().sum() as tf.Scalar)(tf.tensor1d([3])).arraySync());
console.log(String(gradient), tf.memory().numTensors - before);
"""


def tensors(session):
    """What TensorFlow.js computes after Stop has ended a gradient in the middle."""
    return {
        "begun": session.run(USE_TENSORS),
        "stopped": session.run(COMPUTE_A_GRADIENT, stop_after_output=0.5),
        "after": session.run(AFTER_TENSORS),
    }


def text_of(cell):
    return "".join(output.get("text", "") for output in cell["outputs"])


ORDER = {
    "deno": """const shown = (text: string) =>
  Deno.jupyter.broadcast("display_data", { data: { "text/plain": text }, metadata: {}, transient: {} });""",
    "tslab": """import * as tslab from "tslab";
const shown = async (text: string) => tslab.display.raw("text/plain", text);""",
}


def order(session):
    """What cells show before they fail, in the order in which it comes."""
    session.run(ORDER[session.manager.kernel_name])
    seen = []
    for _ in range(40):
        cell = session.run(
            """console.log("line 1");
await shown("table ".repeat(50_000));
console.error("line 2");
void shown("unawaited");
throw new Error("last");"""
        )
        seen.append([name_of(output) for output in cell["outputs"]])
    return seen


def name_of(output):
    if output["type"] == "stream":
        return output["text"].strip()
    return output["evalue"] if output["type"] == "error" else output["data"]["text/plain"].split(" ")[0]


# Steps that hold the event loop, as those of a training do, and see the flag only between two.
SLOW = """
console.log("begun");
await pause(10);
for (let step = 1; !shared[stopFlag] && step < 10; step++) {
  const end = Date.now() + 2500;
  while (Date.now() < end);
  console.log("step", step);
  await pause(10);
}
"""


# Steps that hold nothing, and are longer than the time that a cell gets that does not look at the flag.
PATIENT = """
for (let step = 1; !shared[stopFlag] && step < 10; step++) {
  await pause(2000);
  console.log("step", step);
}
"""


def slow(session):
    session.run(FLAG)
    silently = SLOW.replace('console.log("begun");', "")
    first = session.collect(
        [session.send(silently), session.send("console.log('not run')")], stop_after_output=0.3
    )
    return {
        "second": first["cells"],
        "flag": session.run("console.log(shared[stopFlag])"),
        "first": session.run(SLOW, stop_after_output=1.2),
        "patient": session.run(PATIENT, stop_after_output=0.2),
    }


def gone(kernel):
    """How many processes ran, and which of them a polite shutdown and a kill have left."""
    seen = {}
    for how in ("shutdown", "kill"):
        session = Session(kernel)
        before = set(children_of(session.manager.provisioner.pid))
        session.client.stop_channels()
        session.manager.shutdown_kernel(now=how == "kill")
        end = time.time() + PATIENCE_S
        while time.time() < end and any(alive(pid) for pid in before):
            time.sleep(0.05)
        seen[how] = {"running": len(before), "left": [pid for pid in before if alive(pid)]}
    return seen


def children_of(root):
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                parents[int(pid)] = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    found, fresh = {root}, [root]
    while fresh:
        above = fresh.pop()
        below = [pid for pid, parent in parents.items() if parent == above]
        fresh += below
        found.update(below)
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main(kernel, scenario):
    if scenario == "outputs":
        return outputs(kernel)
    if scenario == "gone":
        return gone(kernel)
    session = Session(kernel)
    try:
        scenarios = {
            "errors": errors,
            "syntax": syntax,
            "help": help_of,
            "places": places,
            "written": written,
            "unhandled": unhandled,
            "queue": queue,
            "stop": stop,
            "waits": waits,
            "computations": computations,
            "order": order,
            "slow": slow,
            "tensors": tensors,
        }
        seen = {}
        for name in scenario.split(","):
            name, *arguments = name.split("=")
            seen[name] = scenarios[name](session, *arguments)
        return {**seen, "startedS": session.started_s}
    finally:
        session.end()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
