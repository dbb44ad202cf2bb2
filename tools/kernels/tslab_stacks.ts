/**
 * Gives errors on tslab the lines of the cells. Runs in tslab's process, before tslab is loaded.
 *
 * tslab compiles a cell twice and runs it without a name. Both compilers are told to make source maps, each cell
 * gets a name, and the places in stacks are replaced when a stack is written.
 */
import { Buffer } from "node:buffer";
import { createRequire, SourceMap, type SourceMapPayload } from "node:module";
import process from "node:process";
import type ts from "typescript";
import {
  type Causes,
  NAME,
  nameCellsInStacks,
  PLACE,
  TAKE_CAUSES,
  withCauses,
} from "./stack_frames.ts";
import { correctNames, type Names } from "./tslab_names.ts";
import { separateTimers, type System } from "./tslab_timers.ts";

type Options = Record<string, unknown>;

/** What is used of TypeScript 5.0, which tslab brings. */
interface Compiler extends Names {
  createWatchProgram(host: WatchHost): unknown;
  createWatchCompilerHost(
    files: unknown,
    options: Options,
    system: System,
    ...rest: unknown[]
  ): unknown;
  transpileModule(
    text: string,
    options: { fileName?: string; compilerOptions?: Options },
  ): { outputText: string; sourceMapText?: string };
}

interface WatchHost {
  /** Takes the program after each change of a file. */
  afterProgramCreate(program: ts.BuilderProgram): void;
}

interface Vm {
  runInThisContext(code: string, options: unknown): unknown;
}

interface Frame {
  toString(): string;
}

/** A cell as it runs, with the maps from its lines to the lines of tslab's source, in order. */
interface Cell {
  code: string;
  lines: number;
  maps: SourceMap[];
}

/** What tslab puts around a cell, and the line that it puts above. */
const WRAPPED = /^\((?:async )?function\(exports, require\) \{ /;
const LINES_ABOVE = 1;
const MAP_COMMENT = /\n\/\/# sourceMappingURL=(?:data:[^,\n]*base64,)?(\S*)\s*$/;

/** The cells by their number. */
const cells = new Map<number, Cell>();
/** The outputs of the compiler for the cell that runs next. */
let compiled: Omit<Cell, "lines">[] = [];
let count = 0;

/** Notes that tslab begins with another cell. */
export function beginCell(): void {
  count += 1;
  compiled = [];
}

/** An error with its causes, or undefined if the value is not an error. */
export function describeError(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined;
  const shown = { ename: "", evalue: "", traceback: error.stack.split("\n") };
  const take = (globalThis as unknown as Record<string, () => Causes | undefined>)[TAKE_CAUSES];
  return withCauses(shown, take?.()).traceback.join("\n");
}

export function nameCells(): void {
  const fromTslab = createRequire(createRequire(process.argv[1]!).resolve("../dist/executor.js"));
  makeSourceMaps(fromTslab);
  nameScripts(fromTslab("vm") as Vm);
  nameCellsInStacks(NAME, TAKE_CAUSES);
  const errors = Error as unknown as {
    prepareStackTrace: (error: unknown, frames: readonly Frame[]) => string;
  };
  const prepare = errors.prepareStackTrace;
  errors.prepareStackTrace = (error, frames) =>
    readable(prepare(error, frames.filter((frame) => !isCallOfCell(`${frame}`))));
}

function makeSourceMaps(require: NodeJS.Require): void {
  const name = "@tslab/typescript-for-tslab";
  const compiler = require(name) as Compiler;
  // The properties of the compiler itself cannot be set.
  require.cache[require.resolve(name)]!.exports = {
    ...compiler,
    createWatchCompilerHost(files, options, system, ...rest) {
      separateTimers(system);
      const withMap = { ...options, inlineSourceMap: true };
      return compiler.createWatchCompilerHost(files, withMap, system, ...rest);
    },
    createWatchProgram(host) {
      const take = host.afterProgramCreate;
      host.afterProgramCreate = (program) => {
        correctNames(compiler, program);
        take(program);
      };
      return compiler.createWatchProgram(host);
    },
    transpileModule(text, options) {
      const first = MAP_COMMENT.exec(text);
      if (options.fileName !== "custom.js" || first === null) {
        return compiler.transpileModule(text, options);
      }
      const { outputText, sourceMapText } = compiler.transpileModule(text.slice(0, first.index), {
        ...options,
        compilerOptions: { ...options.compilerOptions, sourceMap: true },
      });
      const code = outputText.replace(MAP_COMMENT, "\n");
      const json = [sourceMapText ?? "", Buffer.from(first[1]!, "base64").toString()];
      const maps = json.map((map) => new SourceMap(JSON.parse(map) as SourceMapPayload));
      compiled.push({ code, maps });
      return { outputText: code };
    },
  } satisfies Compiler;
}

function nameScripts(vm: Vm): void {
  const run = vm.runInThisContext;
  vm.runInThisContext = (code, options) => {
    const wrapper = WRAPPED.exec(code);
    const cell = compiled.find((output) => code.startsWith(output.code, wrapper?.[0].length));
    if (wrapper === null || cell === undefined) return run(code, options);
    cells.set(count, { ...cell, lines: cell.code.split("\n").length });
    return run(code, {
      ...options as object,
      filename: `${NAME}${count}`,
      // As if the wrapper were not there.
      columnOffset: -wrapper[0].length,
    });
  };
}

/** Whether a frame is that of tslab's own call, below the cell's last line. */
function isCallOfCell(frame: string): boolean {
  const [, id, line] = new RegExp(PLACE.source).exec(frame) ?? [];
  const cell = cells.get(Number(id));
  return cell !== undefined && Number(line) > cell.lines;
}

function readable(stack: string): string {
  if (!stack.includes(NAME)) return stack;
  // The functions of earlier cells belong to an object of tslab.
  const plain = stack.replaceAll(/(?<=^ +at (?:async )?)Proxy\.(?=\S+ \(residual)/gm, "");
  return plain.replace(PLACE, (place, id: string, line: string, column: string) => {
    const cell = cells.get(Number(id));
    return cell === undefined ? place : describe(cell, Number(id), Number(line), Number(column));
  });
}

function describe(cell: Cell, id: number, line: number, column: number): string {
  let at = { line: line - 1, column: column - 1 };
  for (const map of cell.maps) {
    const entry = map.findEntry(at.line, at.column);
    if (!("originalLine" in entry)) return `cell ${id}`;
    at = { line: entry.originalLine, column: entry.originalColumn };
  }
  return `cell ${id}, line ${at.line + 1 - LINES_ABOVE}, column ${at.column + 1}`;
}
