/** Tests the command that instructors run: its output, its files and its exit status. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { kitPath } from "../../tools/grade/course.ts";
import { type Notebook, notebookText } from "../../tools/lessons/notebook.ts";
import { filled } from "./students.ts";

const LESSON = "05_identity_block";
const handedOut = JSON.parse(
  readFileSync(kitPath(`notebooks/${LESSON}.ipynb`), "utf8"),
) as Notebook;

/** A notebook of the kit's lesson with an answer to the second exercise. */
function answering(source: string): string {
  return notebookText(filled(handedOut, { identity_count: source }));
}

/** The folders and files of a run. */
interface Place {
  readonly folder: string;
  readonly submissions: string;
  readonly out: string;
  readonly temporary: string;
}

async function inPlace(
  files: Readonly<Record<string, string>>,
  body: (place: Place) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "residual-grade-command-"));
  const submissions = join(folder, "class");
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(submissions, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    await body({ folder, submissions, out: join(folder, "grades.csv"), temporary });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command. `onText` receives the whole standard error so far. */
async function run(
  { folder, submissions, out, temporary }: Place,
  options: readonly string[],
  onText?: (text: string, child: ChildProcess) => void,
): Promise<Ended> {
  const args = ["run", "-A", "--no-check", kitPath("tools/grade/main.ts"), submissions];
  const child = spawn(process.execPath, [...args, "--out", out, "--jobs", "1", ...options], {
    env: { ...process.env, RESIDUAL_GRADES: join(folder, "records"), TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Uint8Array) => stdout += new TextDecoder().decode(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => {
    stderr += new TextDecoder().decode(chunk);
    onText?.(stderr, child);
  });
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, stdout, stderr };
}

Deno.test("Ctrl-C ends grading at once, and all finished results are saved", async () => {
  await inPlace({
    [`ann/${LESSON}.ipynb`]: notebookText(handedOut),
    [`bo/${LESSON}.ipynb`]: answering("while (true) {}"),
  }, async (place) => {
    let stops = 0;
    const { status, stdout, stderr } = await run(
      place,
      ["--timeout", "3600"],
      (text, child) => {
        // Deno's kill() loses the exit status.
        if (text.includes("1 of 2 notebooks") && stops++ === 0) process.kill(child.pid!, "SIGINT");
      },
    );
    assert.equal(status, 130, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /Stopped: 1 of 2 notebooks are graded and kept\. .* was not written\./);
    // An incomplete result must not replace a complete one.
    assert.equal(existsSync(place.out), false);
    const records = readdirSync(join(place.folder, "records"));
    assert.equal(records.filter((name) => name.endsWith(".json")).length, 1);
    assert.deepEqual(readdirSync(place.temporary), []);
  });
});

Deno.test("the sandbox of a grader that is killed ends as well", async () => {
  await inPlace({
    [`ann/${LESSON}.ipynb`]: answering(
      "setInterval(() => {}, 1e6);\nconst never = await new Promise(() => {});",
    ),
  }, async (place) => {
    const main = join(place.folder, "records", "compiled", "main-");
    const sandboxes = () =>
      spawnSync("pgrep", ["-f", main], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
    const running = run(place, ["--timeout", "3600"], (_, child) => {
      const look = setInterval(() => {
        // One worker, and a sandbox that has passed its start.
        if (sandboxes().length < 2 || !existsSync(`/proc/${child.pid}`)) return;
        clearInterval(look);
        process.kill(child.pid!, "SIGKILL");
      }, 500);
    });
    await running;
    for (let left = sandboxes(), i = 0; left.length > 0; left = sandboxes()) {
      assert.ok(++i < 600, `still running: ${left.join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});

Deno.test("names are printed without control characters, and every student is in the results", async () => {
  await inPlace({
    [`\x1b[2J\x1b]0;owned\x07/${LESSON}.ipynb`]: notebookText(handedOut),
    "x;=1+1/notes.txt": "nothing",
    "bo/99_\x1b[31mnone.ipynb": "{}",
  }, async (place) => {
    const feedback = join(place.folder, "feedback");
    const json = join(place.folder, "grades.json");
    const { status, stdout, stderr } = await run(place, ["--feedback", feedback, "--json", json]);
    assert.equal(status, 3, stderr);
    // deno-lint-ignore no-control-regex -- these characters must not be printed
    assert.doesNotMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    assert.match(
      stderr,
      /99_.*none\.ipynb: neither the metadata nor the file name matches a lesson/,
    );
    const csv = readFileSync(place.out, "utf8");
    assert.match(csv, /^"x;'?=1\+1",,,0,,2\r$/m);
    assert.match(csv, /^bo,,,0,,2\r$/m);
    assert.equal(readdirSync(join(feedback, "students")).length, 3);
    const { students } = JSON.parse(readFileSync(json, "utf8")) as { students: string[] };
    assert.equal(students.length, 3);
    assert.match(readFileSync(join(feedback, "summary.html"), "utf8"), /Without a graded notebook/);
  });
});

Deno.test("a page that cannot be written is reported, and all other files are written", async () => {
  await inPlace({ [`ann/${LESSON}.ipynb`]: notebookText(handedOut) }, async (place) => {
    const feedback = join(place.folder, "feedback");
    mkdirSync(join(feedback, "students", "ann.html", "in the way"), { recursive: true });
    const { status, stderr } = await run(place, ["--feedback", feedback]);
    assert.equal(status, 3, stderr);
    assert.match(stderr, /Cannot write .*students\/ann\.html: /);
    assert.match(readFileSync(place.out, "utf8"), /^ann,05_identity_block/m);
    assert.match(readFileSync(join(feedback, "summary.html"), "utf8"), /Cannot|ann/);
  });
});
