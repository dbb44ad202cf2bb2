// Runs a solution's notebook in a kernel and keeps its outputs.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join, relative } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { readNotebook, replaceFile } from "./build.ts";
import { keepOutputs, notebookText } from "./notebook.ts";

/** Runs the solution's notebook in the Deno kernel and keeps its outputs. */
export async function executeLesson(root: string, lesson: string): Promise<void> {
  const path = join(root, "solutions", `${lesson}.ipynb`);
  const python = join(root, ".venv", "bin", "python");
  if (!existsSync(python)) {
    throw new Error(`No ${relative(root, python)}; run \`npm start -- --setup-only\` first.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "residual-lesson-"));
  try {
    const specs = [join(root, ".venv", "share", "jupyter"), process.env["JUPYTER_PATH"]].filter(
      Boolean,
    );
    const args = ["-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", path];
    const settings = ["--output-dir", folder, "--ExecutePreprocessor.timeout=-1"];
    await promisify(execFile)(python, [...args, ...settings], {
      cwd: root,
      env: { ...process.env, JUPYTER_PATH: specs.join(delimiter) },
      maxBuffer: 1 << 26,
    });
    const ran = await readNotebook(join(folder, basename(path)));
    const source = await readNotebook(path);
    if (ran === undefined || source === undefined) {
      throw new Error(`Jupyter ended well but wrote no notebook for ${relative(root, path)}.`);
    }
    await replaceFile(path, notebookText(keepOutputs(source, ran)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
