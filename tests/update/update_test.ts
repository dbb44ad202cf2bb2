/** Tests of updates between real git repositories: a server, and a clone in which a learner works. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import {
  type Notebook,
  type NotebookCell,
  type NotebookSource,
  notebookText,
  toNotebook,
} from "../../tools/lessons/notebook.ts";
import { SetupError } from "../../tools/setup/errors.mjs";
import { Site } from "../../tools/setup/paths.ts";
import { tell, update } from "../../tools/update/update.ts";

const text = (line: string): NotebookSource => ({ kind: "markdown", lines: [line] });
const code = (...lines: string[]): NotebookSource => ({ kind: "code", lines });
const answer = (id: string, stub: string): NotebookSource => ({
  kind: "code",
  lines: [stub],
  id,
  exercise: id,
  role: "solution",
  stub,
});
const check = (id: string): NotebookSource => ({
  kind: "code",
  lines: [`await check("${id}", ${id});`],
  id: `check_${id}`,
  role: "check",
  points: 1,
});

/** The first version's lessons. */
const FIRST: Record<string, NotebookSource[]> = {
  "01_numbers": [
    text("# Numbers"),
    code('import { check } from "residual";'),
    answer("half", "function half(x) {}"),
    check("half"),
    text("The end"),
  ],
  "02_more": [text("# More"), answer("third", "function third(x) {}"), check("third")],
};

function git(folder: string, ...args: string[]): string {
  const own = ["-c", "user.name=Kit", "-c", "user.email=kit@example.org"];
  const { status, stdout, stderr } = spawnSync("git", ["-C", folder, ...own, ...args], {
    encoding: "utf8",
  });
  assert.equal(status, 0, `git ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A server with the first version, and a learner's clone of it. */
class World implements Disposable {
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), "residual-update-"));
  readonly server = path.join(this.#folder, "server");
  readonly site = new Site(path.join(this.#folder, "a learner's clone"));

  constructor() {
    fs.mkdirSync(this.server);
    git(this.server, "init", "--quiet", "--initial-branch=main");
    this.publish(FIRST, {
      ".gitignore": ".residual/\n",
      "lib/mod.ts": "export const version = 1;\n",
    });
    git(this.#folder, "clone", "--quiet", this.server, this.site.checkout);
    git(this.site.checkout, "config", "user.name", "Learner");
    git(this.site.checkout, "config", "user.email", "learner@example.org");
  }

  /** Commits a version of the kit. */
  publish(lessons: Record<string, NotebookSource[]>, files: Record<string, string> = {}): void {
    const folder = path.join(this.server, "notebooks");
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
    for (const [name, cells] of Object.entries(lessons)) {
      fs.writeFileSync(path.join(folder, `${name}.ipynb`), notebookText(toNotebook(name, cells)));
    }
    for (const [file, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(this.server, file)), { recursive: true });
      fs.writeFileSync(path.join(this.server, file), content);
    }
    git(this.server, "add", "--all");
    git(this.server, "commit", "--quiet", "--allow-empty", "-m", "version");
  }

  /** The learner's notebook of a lesson. */
  read(name: string): Notebook {
    const file = this.site.at("notebooks", `${name}.ipynb`);
    return JSON.parse(fs.readFileSync(file, "utf8")) as Notebook;
  }

  /** The learner works in a notebook and saves it. */
  work(name: string, change: (cells: NotebookCell[], notebook: Notebook) => void): void {
    const notebook = this.read(name);
    change(notebook.cells, notebook);
    fs.writeFileSync(this.site.at("notebooks", `${name}.ipynb`), JSON.stringify(notebook, null, 2));
  }

  /** Updates, and returns the lines that the learner reads. */
  async update(): Promise<string> {
    return tell(await update(this.site)).join("\n");
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.#folder, { recursive: true });
  }
}

const sources = ({ cells }: Notebook) => cells.map(({ source }) => [source].flat().join(""));

function own(cell_type: "code" | "markdown", id: string, source: string): NotebookCell {
  const cell = { cell_type, id, metadata: {}, source: [source] };
  return cell_type === "code" ? { ...cell, execution_count: 7, outputs: [] } : cell;
}

function solve(cells: NotebookCell[], id: string, source: string): void {
  const cell = cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id)!;
  cell.source = [source];
  cell.execution_count = 3;
  cell.outputs = [{ output_type: "stream", name: "stdout", text: ["ran\n"] }];
}

const HALF = "function half(x) { return x / 2; }";

Deno.test("answers, own cells, edited cells, outputs and the kernel are carried into the new version", async () => {
  using world = new World();
  world.work("01_numbers", (cells, { metadata }) => {
    solve(cells, "half", HALF);
    cells[1]!.source = ['import { check, hint } from "residual";'];
    cells.splice(3, 0, own("code", "mine", "half(4)"));
    cells.push(own("markdown", "note", "Ask about this."));
    metadata["kernelspec"] = { name: "tslab", display_name: "tslab", language: "typescript" };
  });
  world.publish({
    ...FIRST,
    "01_numbers": [
      ...FIRST["01_numbers"]!.slice(0, 2),
      text("A new picture"),
      ...FIRST["01_numbers"]!.slice(2),
    ],
  });
  const said = await world.update();
  assert.match(said, /01_numbers\.ipynb: 1 answer and 3 cells of yours carried over/);
  const notebook = world.read("01_numbers");
  assert.deepEqual(sources(notebook), [
    "# Numbers",
    'import { check, hint } from "residual";',
    "A new picture",
    HALF,
    "half(4)",
    'await check("half", half);',
    "The end",
    "Ask about this.",
  ]);
  assert.deepEqual(notebook.cells[3]!.outputs?.length, 1);
  assert.equal(notebook.cells[3]!.metadata.residual?.stub, "function half(x) {}");
  assert.equal((notebook.metadata["kernelspec"] as { name: string }).name, "tslab");
  const kept = /as they were: (.*)/.exec(said)![1]!;
  const before = JSON.parse(fs.readFileSync(path.join(kept, "notebooks/01_numbers.ipynb"), "utf8"));
  assert.equal(sources(before)[2], HALF);
  assert.equal(await world.update(), "This is the newest version.");
  assert.deepEqual(world.read("01_numbers"), notebook);
});

Deno.test("in a notebook where only the outputs differ, the outputs of unchanged cells are kept", async () => {
  using world = new World();
  const output = { output_type: "stream", name: "stdout", text: ["1\n"] };
  world.work("01_numbers", (cells) => {
    for (const cell of cells) if (cell.cell_type === "code") cell.outputs = [output];
  });
  const changed = [...FIRST["01_numbers"]!];
  changed[1] = code('import { check, tf } from "residual";');
  changed[2] = answer("half", "function half(x: number) {}");
  world.publish({ ...FIRST, "01_numbers": changed });
  await world.update();
  const { cells } = world.read("01_numbers");
  assert.deepEqual(cells.map(({ outputs }) => outputs?.length), [undefined, 0, 0, 1, undefined]);
  assert.deepEqual(sources(world.read("01_numbers"))[2], "function half(x: number) {}");
});

Deno.test("an answer to an exercise whose stub has changed is carried over, and the learner is told", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => solve(cells, "half", HALF));
  const changed = [...FIRST["01_numbers"]!];
  changed[2] = answer("half", "function half(x: number): number {}");
  world.publish({ ...FIRST, "01_numbers": changed });
  assert.match(await world.update(), /→ half begins differently in this version/);
  const { cells } = world.read("01_numbers");
  assert.equal(cells[2]!.source.join(""), HALF);
  assert.equal(cells[2]!.metadata.residual?.stub, "function half(x: number): number {}");
});

Deno.test("a cell that both the learner and the new version changed is kept next to the new cell", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => {
    cells[1]!.source = ["const mine = `a`;"];
  });
  const changed = [...FIRST["01_numbers"]!];
  changed[1] = code('import { check, tf } from "residual";');
  world.publish({ ...FIRST, "01_numbers": changed });
  assert.match(await world.update(), /→ a cell that you had changed is different now/);
  const { cells } = world.read("01_numbers");
  assert.equal(cells.length, 6);
  assert.equal(cells[1]!.cell_type, "markdown");
  assert.match(cells[1]!.source.join(""), /Yours was:\*\*\n\n```ts\nconst mine = `a`;\n```/);
});

Deno.test("the answer to a removed exercise becomes a cell of the learner's own", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => solve(cells, "half", HALF));
  world.publish({
    ...FIRST,
    "01_numbers": FIRST["01_numbers"]!.filter(({ id }) => !/half/.test(id ?? "")),
  });
  assert.match(await world.update(), /→ this version has no exercise half/);
  const { cells } = world.read("01_numbers");
  assert.deepEqual(cells.map(({ metadata }) => metadata.nbgrader), Array(4).fill(undefined));
  assert.match(cells[2]!.source.join(""), /^\/\/ Your answer to half.*\nfunction half/);
});

Deno.test("answers follow their exercises into other lessons, and other notebooks stay", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => {
    solve(cells, "half", HALF);
    cells.push(own("code", "mine", "half(8)"));
  });
  world.work("02_more", (cells) => solve(cells, "third", "function third(x) { return x / 3; }"));
  const [first, second] = Object.values(FIRST) as [NotebookSource[], NotebookSource[]];
  world.publish({ "03_numbers": [...first, second[1]!], "04_other": [text("# Other")] });
  await world.update();
  assert.deepEqual(sources(world.read("03_numbers")), [
    "# Numbers",
    'import { check } from "residual";',
    HALF,
    'await check("half", half);',
    "The end",
    "half(8)",
    "function third(x) { return x / 3; }",
  ]);
  assert.equal(fs.existsSync(world.site.at("notebooks/01_numbers.ipynb")), false);
});

Deno.test("the notebook of a removed lesson stays if the learner worked in it", async () => {
  using world = new World();
  world.work("02_more", (cells) => solve(cells, "third", "function third(x) { return x / 3; }"));
  const { "01_numbers": numbers } = FIRST;
  world.publish({ "01_numbers": numbers! });
  assert.match(await world.update(), /→ this version has no such lesson: your notebook stays/);
  assert.equal(sources(world.read("02_more"))[1], "function third(x) { return x / 3; }");
});

Deno.test("an answer split into two cells keeps both, in order", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => {
    solve(cells, "half", "const two = 2;");
    cells.splice(3, 0, {
      ...structuredClone(cells[2]!),
      id: "lower",
      source: ["function half() {}"],
    });
  });
  world.publish({ ...FIRST, "02_more": [text("# Even more")] });
  await world.update();
  assert.deepEqual(sources(world.read("01_numbers")).slice(2, 4), [
    "const two = 2;",
    "function half() {}",
  ]);
});

Deno.test("an answer that became text is carried as text, and a cell may lack metadata", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => {
    Object.assign(cells[2]!, { cell_type: "markdown", source: "I do not know." });
    delete cells[2]!.outputs;
    delete cells[2]!.execution_count;
    const bare: Partial<NotebookCell> = own("markdown", "bare", "A note");
    delete bare.metadata;
    cells.push(bare as NotebookCell);
  });
  world.publish({ ...FIRST, "02_more": [text("# Even more")] });
  await world.update();
  const { cells } = world.read("01_numbers");
  assert.deepEqual([cells[2]!.cell_type, cells[2]!.outputs], ["markdown", undefined]);
  assert.deepEqual(sources(world.read("01_numbers"))[2], "I do not know.");
  assert.deepEqual(cells.at(-1)!.metadata, {});
});

Deno.test("a notebook that cannot be read is kept, and the new version's takes its place", async () => {
  using world = new World();
  fs.writeFileSync(world.site.at("notebooks/01_numbers.ipynb"), '{ "cells": [<<<<<<<');
  world.work("02_more", (cells) => solve(cells, "third", "function third(x) { return x / 3; }"));
  world.publish({ ...FIRST, "01_numbers": [text("# New numbers")] });
  const said = await world.update();
  assert.match(
    said,
    /01_numbers\.ipynb cannot be read as a notebook: the new version's took its place/,
  );
  assert.deepEqual(sources(world.read("01_numbers")), ["# New numbers"]);
  const kept = /as they were: (.*)/.exec(said)![1]!;
  assert.match(fs.readFileSync(path.join(kept, "notebooks/01_numbers.ipynb"), "utf8"), /<<<<<<</);
  assert.match(sources(world.read("02_more"))[1]!, /x \/ 3/);
});

Deno.test("a solution that the learner ran is kept, unless the new version changes it", async () => {
  using world = new World();
  for (const name of ["01_numbers", "02_more"]) {
    const solution = path.join(world.server, "solutions", `${name}.ipynb`);
    fs.mkdirSync(path.dirname(solution), { recursive: true });
    fs.writeFileSync(solution, "first");
  }
  world.publish(FIRST);
  await world.update();
  for (const name of ["01_numbers", "02_more"]) {
    fs.writeFileSync(world.site.at("solutions", `${name}.ipynb`), "ran");
  }
  world.publish(FIRST, { "solutions/02_more.ipynb": "second" });
  const said = await world.update();
  assert.match(said, /solutions\/02_more\.ipynb is new in this version, and you had changed it/);
  const read = (folder: string, name: string) =>
    fs.readFileSync(path.join(folder, "solutions", `${name}.ipynb`), "utf8");
  assert.equal(read(world.site.checkout, "01_numbers"), "ran");
  assert.equal(read(world.site.checkout, "02_more"), "second");
  assert.equal(read(/as they were: (.*)/.exec(said)![1]!, "02_more"), "ran");
});

Deno.test("without a connection to the server nothing changes, and the learner is told why", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => solve(cells, "half", HALF));
  const before = fs.readFileSync(world.site.at("notebooks/01_numbers.ipynb"), "utf8");
  git(world.site.checkout, "remote", "set-url", "origin", "http://127.0.0.1:9/kit.git");
  const failure = await update(world.site).catch((error) => error);
  assert.ok(failure instanceof SetupError);
  assert.match(
    failure.toText(),
    /could not be fetched; nothing has changed[^]*server cannot be reached/,
  );
  assert.equal(fs.readFileSync(world.site.at("notebooks/01_numbers.ipynb"), "utf8"), before);
});

Deno.test("other changed files stay, unless the new version changes them too: then nothing happens", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => solve(cells, "half", HALF));
  const module = world.site.at("lib/mod.ts");
  fs.writeFileSync(module, "export const version = 0;\n");
  fs.writeFileSync(world.site.at("mine.ts"), "mine");
  world.publish({ ...FIRST, "02_more": [text("# Even more")] }, { "README.md": "New" });
  await world.update();
  assert.equal(fs.readFileSync(module, "utf8"), "export const version = 0;\n");
  const before = world.read("01_numbers");
  world.publish(FIRST, { "lib/mod.ts": "export const version = 2;\n", "mine.ts": "theirs" });
  const failure = await update(world.site).catch((error) => error);
  assert.ok(failure instanceof SetupError);
  assert.match(failure.toText(), /Result: +lib\/mod\.ts, mine\.ts \(new\)\n/);
  assert.deepEqual(world.read("01_numbers"), before);
  assert.equal(fs.readFileSync(world.site.at("mine.ts"), "utf8"), "mine");
});

Deno.test("a learner's own commits are merged, with their notebooks carried over", async () => {
  using world = new World();
  world.work("01_numbers", (cells) => solve(cells, "half", HALF));
  git(world.site.checkout, "commit", "--quiet", "--all", "-m", "My answer");
  world.work("02_more", (cells) => solve(cells, "third", "function third(x) { return x / 3; }"));
  const changed = [...FIRST["01_numbers"]!];
  changed[2] = answer("half", "function half(x: number): number {}");
  world.publish({ "01_numbers": [...changed, text("More")], "02_more": FIRST["02_more"]! });
  await world.update();
  assert.equal(sources(world.read("01_numbers"))[2], HALF);
  assert.equal(sources(world.read("01_numbers")).at(-1), "More");
  assert.match(sources(world.read("02_more"))[1]!, /x \/ 3/);
  assert.equal(
    git(world.site.checkout, "log", "--format=%s", "--merges").trim().split("\n").length,
    1,
  );
  assert.equal(await world.update(), "This is the newest version.");
});

Deno.test("commits that conflict outside the notebooks stop the update, with everything as it was", async () => {
  using world = new World();
  fs.writeFileSync(world.site.at("lib/mod.ts"), "export const version = 0;\n");
  git(world.site.checkout, "commit", "--quiet", "--all", "-m", "Mine");
  world.work("01_numbers", (cells) => solve(cells, "half", HALF));
  const before = fs.readFileSync(world.site.at("notebooks/01_numbers.ipynb"), "utf8");
  const head = git(world.site.checkout, "rev-parse", "HEAD");
  world.publish({ "01_numbers": [text("# New")] }, { "lib/mod.ts": "export const version = 2;\n" });
  const failure = await update(world.site).catch((error) => error);
  assert.ok(failure instanceof SetupError);
  assert.match(failure.toText(), /change the same lines of lib\/mod\.ts/);
  assert.equal(fs.readFileSync(world.site.at("notebooks/01_numbers.ipynb"), "utf8"), before);
  assert.equal(git(world.site.checkout, "rev-parse", "HEAD"), head);
  assert.equal(
    git(world.site.checkout, "status", "--porcelain"),
    " M notebooks/01_numbers.ipynb\n",
  );
});

Deno.test("an update that was killed at any step is finished or undone by the next one", async () => {
  for (const step of ["kept", "restored", "taken"]) {
    using world = new World();
    world.work("01_numbers", (cells) => solve(cells, "half", HALF));
    world.publish({ ...FIRST, "01_numbers": [...FIRST["01_numbers"]!, text("More")] });
    const { checkout } = world.site;
    const head = git(checkout, "rev-parse", "HEAD").trim();
    git(checkout, "fetch", "--quiet");
    const target = git(checkout, "rev-parse", "@{upstream}").trim();
    // What the killed update had done.
    const kept = path.join(world.site.residual, "updates", "2026-01-01_00-00-00-0000000");
    fs.mkdirSync(path.join(kept, "notebooks"), { recursive: true });
    fs.copyFileSync(
      world.site.at("notebooks/01_numbers.ipynb"),
      path.join(kept, "notebooks", "01_numbers.ipynb"),
    );
    const journal = { base: head, head, target, finished: false };
    fs.writeFileSync(path.join(kept, "update.json"), JSON.stringify(journal));
    if (step !== "kept") git(checkout, "checkout", "--quiet", "HEAD", "--", "notebooks");
    if (step === "taken") git(checkout, "merge", "--ff-only", "--quiet", target);
    await world.update();
    assert.equal(sources(world.read("01_numbers"))[2], HALF, step);
    assert.equal(sources(world.read("01_numbers")).at(-1), "More", step);
    assert.equal(await world.update(), "This is the newest version.");
  }
});

Deno.test("a folder that is no clone, and a branch without a server, are named", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "residual-update-"));
  try {
    await assert.rejects(update(new Site(folder)), /is not a git clone of the kit/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  using world = new World();
  git(world.site.checkout, "branch", "--quiet", "--unset-upstream");
  await assert.rejects(update(world.site), /has no upstream branch/);
});
