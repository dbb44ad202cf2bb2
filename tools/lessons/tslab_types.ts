/**
 * Checks the types of the lessons as tslab does, which refuses a cell with a type error: with tslab's own
 * TypeScript 5.0, its lenient settings and the library of ES2022, so that `toSorted` and the like are
 * found. The Deno kernel checks no types. All lessons are one program: about 3 seconds for all of them.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import type ts from "typescript";
import type { Lesson } from "./build.ts";
import { KIT } from "./kit.ts";
import { type Cell, LessonError, withoutAnswers } from "./parse.ts";
import { cellName } from "./subset.ts";

/** tslab's copy of TypeScript, older than the kit's own; what is used here is the same in both. */
function tslabTypeScript(): typeof ts {
  const tslab = createRequire(import.meta.url).resolve("tslab");
  return createRequire(tslab)("@tslab/typescript-for-tslab") as typeof ts;
}

/** A lesson's code in one file, each line where it is in the source. */
function codeOf(cells: readonly Cell[]): string {
  const lines: string[] = [];
  for (const { kind, textLine, lines: text } of cells) {
    if (kind === "code") text.forEach((line, i) => lines[textLine - 1 + i] = line);
  }
  return `${Array.from(lines, (line) => line ?? "").join("\n")}\nexport {};\n`;
}

/** What tslab would refuse, at most one error for each lesson. */
export function typeErrors(root: string, lessons: readonly Lesson[]): LessonError[] {
  const ts = tslabTypeScript();
  const sources = new Map<string, string>();
  const pathOf = ({ name }: Lesson, part: string) => join(root, "solutions", `${name}.${part}.ts`);
  for (const lesson of lessons) {
    sources.set(pathOf(lesson, "solution"), codeOf(lesson.cells));
    sources.set(pathOf(lesson, "learner"), codeOf(lesson.cells.map(withoutAnswers)));
  }
  const program = createProgram(ts, sources);
  return lessons.flatMap((lesson) => {
    const refusal = ({ line, message }: Finding, when: string, exact: boolean) => {
      const cell = lesson.cells.findLast((cell) => cell.line <= line);
      const place = cell === undefined ? "" : ` (${cellName(cell)})`;
      const text = `tslab (TypeScript 5.0, ES2022) rejects this code${when}: ${message}${place}`;
      return [new LessonError(lesson.file, exact ? line : cell?.line ?? line, text)];
    };
    const wrong = firstError(ts, program, pathOf(lesson, "solution"));
    if (wrong !== undefined) return refusal(wrong, "", true);
    const stubbed = firstError(ts, program, pathOf(lesson, "learner"));
    if (stubbed === undefined) return [];
    // A stub is shorter than its answer, so that only the cell is certain.
    return refusal(stubbed, " once the answers are taken out", false);
  });
}

/** An error of TypeScript's and its line, from 1. */
interface Finding {
  line: number;
  message: string;
}

function createProgram(ts_: typeof ts, sources: ReadonlyMap<string, string>): ts.Program {
  const modules = join(KIT.root, "node_modules");
  const options: ts.CompilerOptions = {
    target: ts_.ScriptTarget.ES2022,
    module: ts_.ModuleKind.ESNext,
    lib: ["lib.es2022.d.ts"],
    typeRoots: [join(modules, "@types")],
    esModuleInterop: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
    // The kit's module as it is now, not as it was when set-up built tslab's copy.
    moduleResolution: ts_.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    paths: {
      residual: [join(KIT.root, "lib", "mod.ts")],
      "*": [join(modules, "*"), join(modules, "@types", "*")],
    },
  };
  const host = ts_.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists.call(host, path);
  host.readFile = (path) => sources.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, ...rest) => {
    const text = sources.get(path);
    if (text === undefined) return getSourceFile.call(host, path, ...rest);
    return ts_.createSourceFile(path, text, ts_.ScriptTarget.ES2022);
  };
  return ts_.createProgram([...sources.keys()], options, host);
}

/** The first error in one file. */
function firstError(ts_: typeof ts, program: ts.Program, path: string): Finding | undefined {
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`TypeScript did not read ${path}`);
  const errors = [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ];
  const [first] = errors.filter(({ category }) => category === ts_.DiagnosticCategory.Error)
    .sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
  if (first === undefined) return undefined;
  return {
    line: file.getLineAndCharacterOfPosition(first.start ?? 0).line + 1,
    message: ts_.flattenDiagnosticMessageText(first.messageText, "\n"),
  };
}
