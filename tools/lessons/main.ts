/**
 * The command that makes the lessons' notebooks from solutions/NN_name.ts:
 *
 *   npx deno task lessons [NN...] [--force]                        writes them
 *   npx deno task lessons [NN...] --check                          only says which are out of step
 *   npx deno task lessons [NN...] --execute [--kernel deno|tslab]  also runs the solutions
 *   npx deno task lessons [NN...] --watch                          writes them again at each change
 *
 * A notebook in which somebody has worked is not overwritten, unless --force says so. A lesson with
 * an error is not written; the others are. `--root DIR` is for lessons that lie elsewhere.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { callerFolder, fromCaller } from "../caller_path.ts";
import { parseCommandLine, UsageError } from "../command_line.ts";
import { checkLessons, findLessons, type Lesson, readLesson, writeLesson } from "./build.ts";
import { executeLesson, KERNELS } from "./execute.ts";
import { KIT } from "./kit.ts";
import { typeErrors } from "./tslab_types.ts";
import { type Choice, watch } from "./watch.ts";

const USAGE =
  "Usage: npx deno task lessons [NN...] [--check | --execute [--kernel deno|tslab] | --watch] " +
  "[--force] [--root DIR]";

/** Does `work`; where it fails, says why and returns undefined. */
async function told<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

/** The lessons that are fit for notebooks; why the others are not is said here. */
async function readLessons(root: string, names: readonly string[]): Promise<Lesson[]> {
  const read: Lesson[] = [];
  for (const name of names) {
    const lesson = await told(() => readLesson({ ...KIT, root }, name));
    if (lesson !== undefined) read.push(lesson);
  }
  if (read.length === 0) return read;
  const errors = typeErrors(root, read);
  for (const { message } of errors) console.error(message);
  return read.filter(({ file }) => errors.every((error) => error.file !== file));
}

/** Builds in a process of its own, which knows the exercises as they are now. */
async function rebuild(root: string, numbers: readonly string[], force: boolean): Promise<void> {
  const args = ["run", "-A", "--quiet", fileURLToPath(import.meta.url), "--root", root];
  if (force) args.push("--force");
  const child = new Deno.Command(Deno.execPath(), { args: [...args, ...numbers], stdin: "null" });
  await child.spawn().status;
}

/** Builds the lessons of these numbers (or all) at each change, until Ctrl+C. */
async function watchLessons(root: string, numbers: readonly string[], force: boolean) {
  const stopped = new AbortController();
  Deno.addSignalListener("SIGINT", () => stopped.abort());
  await watch(root, async (lessons: Choice) => {
    if (lessons === "all") return await rebuild(root, numbers, force);
    const changed = [...lessons].map((name) => name.slice(0, 2));
    const mine = changed.filter((number) => numbers.length === 0 || numbers.includes(number));
    if (mine.length > 0) await rebuild(root, mine, force);
  }, stopped.signal);
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseCommandLine({
    args,
    allowPositionals: true,
    options: {
      check: { type: "boolean", default: false },
      execute: { type: "boolean", default: false },
      force: { type: "boolean", default: false },
      kernel: { type: "string" },
      root: { type: "string", default: KIT.root },
      watch: { type: "boolean", default: false },
    },
  }, USAGE);
  const { force } = values;
  const root = fromCaller(values.root);
  const kernel = KERNELS.find((name) => name === (values.kernel ?? "deno"));
  const modes = [values.check, values.execute, values.watch].filter(Boolean).length;
  const usable = modes <= 1 && (values.execute || values.kernel === undefined);
  if (!usable || kernel === undefined) throw new UsageError(USAGE);

  // As make does: the paths in all that follows begin there.
  if (root !== callerFolder()) console.log(`In ${root}:`);
  if (values.watch) {
    await watchLessons(root, positionals, force);
    return 0;
  }
  const names = await findLessons(root, positionals);
  const lessons = await readLessons(root, names);
  let good = lessons.length === names.length;
  if (values.check) {
    const problems = await checkLessons(root, lessons);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) console.error("Run `npx deno task lessons` to bring them in step.");
    else console.log(`${lessons.length} lesson(s) in step with their sources`);
    return good && problems.length === 0 ? 0 : 1;
  }
  for (const lesson of lessons) {
    const done = await told(async () => {
      const changed = await writeLesson(root, lesson, { force });
      console.log(
        changed.length === 0 ? `${lesson.name}: nothing changed` : `wrote ${changed.join(", ")}`,
      );
      if (!values.execute) return true;
      console.log(`running solutions/${lesson.name}.ipynb in the ${kernel} kernel`);
      await executeLesson(root, lesson, kernel);
      console.log(
        kernel === "deno"
          ? `wrote the outputs of solutions/${lesson.name}.ipynb`
          : `every cell ran; the outputs of the ${kernel} kernel are not kept`,
      );
      return true;
    });
    good &&= done === true;
  }
  return good ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
