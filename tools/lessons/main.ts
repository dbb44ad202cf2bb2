// The command that makes the lessons' notebooks from solutions/NN_name.ts:
//
//   deno task lessons [--check | --execute] [--force] [NN]
//
// A notebook in which somebody has worked is not overwritten, unless --force says so.
import process from "node:process";
import { parseArgs } from "node:util";
import { checkLessons, findLessons, type Lesson, readLesson, writeLesson } from "./build.ts";
import { executeLesson } from "./execute.ts";
import { KIT } from "./kit.ts";

const USAGE = "Usage: deno task lessons [--check | --execute] [--force] [NN]";

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      check: { type: "boolean" },
      execute: { type: "boolean" },
      force: { type: "boolean", default: false },
    },
  });
  const [number, ...rest] = positionals;
  if (rest.length > 0 || (values.check && values.execute)) throw new Error(USAGE);
  const { root } = KIT;
  const lessons: Lesson[] = [];
  for (const name of await findLessons(root, number)) lessons.push(await readLesson(KIT, name));
  if (values.check) {
    const problems = await checkLessons(root, lessons);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) console.error("Run `deno task lessons` to bring them in step.");
    else console.log(`${lessons.length} lesson(s) in step with their sources`);
    return problems.length > 0 ? 1 : 0;
  }
  for (const lesson of lessons) {
    const changed = await writeLesson(root, lesson, { force: values.force });
    console.log(
      changed.length === 0 ? `${lesson.name}: nothing changed` : `wrote ${changed.join(", ")}`,
    );
    if (!values.execute) continue;
    console.log(`running solutions/${lesson.name}.ipynb`);
    await executeLesson(root, lesson.name);
    console.log(`wrote the outputs of solutions/${lesson.name}.ipynb`);
  }
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
