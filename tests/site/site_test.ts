/** The browser edition in Chromium, built as a teacher builds it and served as a plain web server serves it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { buildSite } from "../../tools/site/build.ts";
import { lessonEntries } from "../../tools/site/lessons.ts";
import { serve } from "../../tools/site/serve.ts";
import { NotebookPage } from "../browser/notebook_page.ts";
import { built, folder, site } from "./built.ts";

/** Opens a notebook of the site, in a browser of its own. */
async function open(address: string, notebook: string): Promise<NotebookPage> {
  return await NotebookPage.open(
    `${address}lab/index.html?path=${notebook}&RESIDUAL_BUDGET=quick`,
  );
}

/** Runs code in the notebook's first code cell, which it replaces. */
async function runFirst(notebook: NotebookPage, code: string) {
  const cell = notebook.codeCells.first();
  await notebook.write(cell, code);
  await cell.click();
  await notebook.run();
  return await notebook.finished(cell);
}

for (const { file } of lessonEntries()) {
  Deno.test(`the solution of ${file} runs to the end in the browser`, async () => {
    const server = await serve(built, 0, true);
    try {
      await using notebook = await open(server.address, `solutions/${file}`);
      const { page } = notebook;
      await page.evaluate(() => {
        const { jupyterapp } = globalThis as unknown as LabWindow;
        void jupyterapp.commands.execute("notebook:run-all-cells");
      });
      await page.waitForFunction(
        () => {
          const { jupyterapp } = globalThis as unknown as LabWindow;
          const cells = jupyterapp.shell.currentWidget.content.widgets
            .filter(({ model }) => model.type === "code");
          const hasError = ({ model }: LabCell) =>
            model.toJSON().outputs.some(({ output_type }) => output_type === "error");
          return cells.some(hasError) || cells.every(({ prompt }) => /^\d+$/.test(prompt));
        },
        undefined,
        { timeout: 1_800_000, polling: 300 },
      );
      const errors = await page.evaluate(() => {
        const { jupyterapp } = globalThis as unknown as LabWindow;
        return jupyterapp.shell.currentWidget.content.widgets
          .filter(({ model }) => model.type === "code")
          .flatMap(({ model }) => model.toJSON().outputs)
          .flatMap(({ ename, evalue }) => ename === undefined ? [] : [`${ename}: ${evalue}`]);
      });
      assert.deepEqual(errors, []);
    } finally {
      await server.close();
    }
  });
}

/** Saves the notebook, and waits until JupyterLab no longer marks it as changed. */
async function save(notebook: NotebookPage): Promise<void> {
  await notebook.save();
  await notebook.page.locator(".jp-mod-dirty").first().waitFor({ state: "detached" });
}

/** The parts of JupyterLab's application that the tests read. */
interface LabWindow {
  readonly jupyterapp: {
    readonly commands: { execute(id: string): Promise<unknown> };
    readonly shell: {
      readonly currentWidget: { readonly content: { readonly widgets: LabCell[] } };
    };
  };
}

interface LabCell {
  readonly prompt: string;
  readonly model: {
    readonly type: string;
    toJSON(): {
      readonly outputs: { output_type: string; ename?: string; evalue?: string }[];
    };
  };
}

Deno.test("the start page lists the lessons, and isolates the page on a plain host", async () => {
  const server = await serve(built);
  try {
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    const { page } = notebook;
    await page.goto(server.address);
    // The page loads itself again, so that the service worker can isolate it.
    await page.waitForFunction("crossOriginIsolated");
    await page.getByRole("link", { name: "Start the first lesson" }).waitFor();
    assert.equal(await page.locator("ol li").count(), lessonEntries().length);
    await page.getByText("available", { exact: true }).waitFor();
    await page.locator("#backend").filter({ hasText: "WebAssembly" }).waitFor();
  } finally {
    await server.close();
  }
});

Deno.test("a wrong answer is explained, a hint opens, a correct answer earns points that survive a reload", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    const start =
      'import { check, hint, progress, startBackend } from "residual";\nawait startBackend();\n';
    const wrong = await runFirst(
      notebook,
      `${start}await check("pixel_index", (y, x, c) => (x * 32 + y) * 3 + c);`,
    );
    assert.match(wrong.error, /CheckFailed: pixel_index/);
    assert.match(wrong.text, /✗/);
    const hinted = await runFirst(notebook, `${start}await hint("pixel_index");`);
    assert.match(hinted.text, /How many values lie in front of row y\?/);
    const right = await runFirst(
      notebook,
      `${start}await check("pixel_index", (y: number, x: number, c: number) => (y * 32 + x) * 3 + c);`,
    );
    assert.equal(right.error, "");
    await notebook.visit(notebook.page.url());
    const { text } = await runFirst(notebook, `${start}await progress();`);
    assert.match(text, /[1-9]\d* of \d+ points/);
  } finally {
    await server.close();
  }
});

Deno.test("an error shows its place in the cell, and a syntax error its caret", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    const thrown = await runFirst(
      notebook,
      "interface A { b: number }\nfunction f(): void {\n  throw new Error('here');\n}\nf();",
    );
    assert.match(thrown.error, /Error: here[^]*at f \(cell \d+, line 3, column \d+\)/);
    assert.match(thrown.error, /cell \d+, line 5, column \d+/);
    const misspelled = await runFirst(notebook, "const a = 1;\nconst b = ;");
    assert.match(misspelled.error, /line 2, column 11[^]*const b = ;\n\s+\^/);
  } finally {
    await server.close();
  }
});

for (const isolates of [true, false]) {
  const host = isolates ? "with isolation" : "without isolation";
  Deno.test(`Stop ends loops that never wait and loops that do, ${host}`, async () => {
    const server = await serve(built, 0, isolates);
    try {
      await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
      assert.equal(await notebook.page.evaluate("crossOriginIsolated"), isolates);
      await runFirst(notebook, "const kept = 42;\nlet rounds = 0;");
      const loops = [
        "while (true) { rounds++; await new Promise((go) => setTimeout(go, 20)); }",
        "while (true) rounds++;",
      ];
      for (const [i, loop] of loops.entries()) {
        const cell = notebook.codeCells.first();
        await notebook.write(cell, loop);
        await cell.click();
        await notebook.run();
        await notebook.kernelIs("Busy");
        await notebook.page.waitForTimeout(500);
        await notebook.stop();
        const { error } = await notebook.finished(cell);
        await notebook.kernelIs("Idle");
        const isKept = i === 0 || isolates;
        assert.match(
          error,
          isKept ? /Stop ended this cell\. Its variables are kept/ : /variables are lost/,
        );
        const { text } = await runFirst(notebook, "typeof kept");
        assert.match(text, isKept ? /"number"/ : /"undefined"/);
      }
    } finally {
      await server.close();
    }
  });
}

Deno.test("Stop ends a training run after its step, and the network is kept", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    await runFirst(
      notebook,
      'import { budget, loadCifar10, plain20, startBackend, train } from "residual";\n' +
        "await startBackend();\nconst model = plain20({ seed: 1 });\nlet steps = -1;",
    );
    const cell = notebook.codeCells.first();
    await notebook.write(
      cell,
      'const { loss } = await train(model, loadCifar10(), { budget: budget("lesson"), seed: 1 });\n' +
        "steps = loss.length;\nsteps",
    );
    await cell.click();
    await notebook.run();
    await cell.locator("img").first().waitFor();
    await notebook.stop();
    const { error } = await notebook.finished(cell);
    assert.equal(error, "");
    const { text } = await runFirst(notebook, "steps > 0 && steps < 196");
    assert.match(text, /true/);
  } finally {
    await server.close();
  }
});

Deno.test("a check ends an answer that never returns", async () => {
  const server = await serve(built, 0, true);
  try {
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    const { error, text } = await runFirst(
      notebook,
      'import { check, startBackend } from "residual";\nawait startBackend();\n' +
        'await check("pixel_index", () => { while (true) {} });',
    );
    assert.match(error, /CheckFailed/);
    assert.match(text, /timed out after \d+ s: is there an infinite loop\?/);
  } finally {
    await server.close();
  }
});

Deno.test("a lesson opens again without the network, with the learner's work", async () => {
  const server = await serve(built);
  let isClosed = false;
  try {
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    const { page } = notebook;
    await page.goto(server.address);
    await page.waitForFunction("crossOriginIsolated");
    const lesson = `${server.address}lab/index.html?path=notebooks/00_start_here.ipynb`;
    await notebook.visit(lesson);
    await runFirst(notebook, "const mine = 'still here';\nmine");
    await save(notebook);
    await server.close();
    isClosed = true;
    await notebook.visit(lesson);
    assert.match(await notebook.codeCells.first().innerText(), /still here/);
    const { text } = await runFirst(notebook, "6 * 7");
    assert.match(text, /42/);
  } finally {
    if (!isClosed) await server.close();
  }
});

Deno.test("work can be downloaded and restored in another browser", async () => {
  const server = await serve(built, 0, true);
  try {
    const file = path.join(folder, "work.json");
    {
      await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
      const { page } = notebook;
      await runFirst(notebook, "// my own work");
      await save(notebook);
      await page.goto(server.address);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download my work" }).click(),
      ]);
      await download.saveAs(file);
    }
    assert.match(fs.readFileSync(file, "utf8"), /my own work/);
    await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
    const { page } = notebook;
    await page.goto(server.address);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.locator("#restore").setInputFiles(file);
    await page.getByText(/^Restored [1-9]\d* notebooks/).waitFor();
    await notebook.visit(`${server.address}lab/index.html?path=notebooks/00_start_here.ipynb`);
    assert.match(await notebook.codeCells.first().innerText(), /my own work/);

    await page.goto(server.address);
    fs.writeFileSync(file, '{"format":"residual-work","version":1,"files":null,"notebooks":null}');
    await page.locator("#restore").setInputFiles(file);
    await page.getByText(/was not saved by this page: expected a file from/).waitFor();
  } finally {
    await server.close();
  }
});

Deno.test("a notebook that is downloaded from the site is graded like any other", async () => {
  const server = await serve(built, 0, true);
  try {
    const submissions = path.join(folder, "submissions");
    {
      await using notebook = await open(server.address, "notebooks/00_start_here.ipynb");
      const { page } = notebook;
      const answer = notebook.codeCells.filter({ hasText: "function pixelIndex" });
      await notebook.write(
        answer,
        "function pixelIndex(y: number, x: number, c: number): number {\n" +
          "  return (y * 32 + x) * 3 + c;\n}",
      );
      await save(notebook);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.evaluate(() => {
          const { jupyterapp } = globalThis as unknown as LabWindow;
          void jupyterapp.commands.execute("docmanager:download");
        }),
      ]);
      await download.saveAs(path.join(submissions, "ann", "00_start_here.ipynb"));
    }
    const grades = path.join(folder, "grades.csv");
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tools/grade/main.ts", submissions, "--out", grades],
    }).output();
    const text = new TextDecoder();
    assert.ok(success, text.decode(stdout) + text.decode(stderr));
    assert.match(fs.readFileSync(grades, "utf8"), /^ann,00_start_here,pixel_index,3,3,2\r$/m);
  } finally {
    await server.close();
  }
});

Deno.test("the site is not built over other files", async () => {
  const other = path.join(folder, "other");
  fs.mkdirSync(other);
  fs.writeFileSync(path.join(other, "thesis.txt"), "mine");
  await assert.rejects(
    buildSite(site, other),
    /Cannot build the site in .*: the folder holds other files/,
  );
  assert.equal(fs.readFileSync(path.join(other, "thesis.txt"), "utf8"), "mine");
});
