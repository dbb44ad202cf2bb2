/**
 * Tells places in a cell's own lines.
 *
 * Deno's kernel runs what its compiler prints: other lines than the cell's, and it calls all cells `<anonymous>`.
 * So each cell is sent with a name, which its stack frames carry, and the names with their positions are replaced
 * in everything that the kernel says. The same compiler's source map leads from its lines to the cell's.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NAME, PLACE } from "./stack_frames.ts";
import { type Insertion, type Node, programOf, type Stoppable } from "./stoppable.ts";

/** What the kernel puts in front of the first line that its compiler prints. */
const PREFIX = `"use strict"; void 0;`;

interface Cell extends Stoppable {
  code: string;
  /** The number that the notebook shows. */
  count?: number;
  /** From the compiler's lines to those of `text`; null if the compiler has failed. */
  map?: SourceMap | null;
}

export class CellPlaces {
  readonly #deno: string;
  readonly #cells: Cell[] = [];

  constructor(deno: string) {
    this.#deno = deno;
  }

  /** The code to send for a cell. */
  name(code: string, toRun: Stoppable): string {
    this.#cells.push({ code, ...toRun });
    // The last line break: the kernel may put a bracket behind a cell that begins with one.
    return `${toRun.text}\n//# sourceURL=${NAME}${this.#cells.length}\n`;
  }

  /** Notes the number that the kernel has given to the cell that was named last. */
  number(count: number): void {
    const last = this.#cells.at(-1);
    if (last !== undefined) last.count = count;
  }

  /** Replaces the places in a text, such as an error's stack. */
  readable(text: string): string {
    if (!text.includes(NAME)) return text;
    return text.replace(PLACE, (place, id: string, line: string, column: string) => {
      const cell = this.#cells[Number(id) - 1];
      return cell === undefined ? place : this.#describe(cell, Number(line), Number(column));
    });
  }

  #describe(cell: Cell, line: number, column: number): string {
    const name = `cell ${cell.count ?? "?"}`;
    cell.map ??= this.#sourceMap(cell.text);
    if (cell.map === null) return name;
    const printed = line === 1 ? Math.max(0, column - 1 - PREFIX.length) : column - 1;
    const entry = cell.map.findEntry(line - 1, printed);
    if (!("originalLine" in entry)) return name;
    const place = placeBefore(cell, entry.originalLine, entry.originalColumn);
    return `${name}, line ${place.line}, column ${place.column}`;
  }

  /** Runs the kernel's compiler once more. Takes about a tenth of a second, and only errors need it. */
  #sourceMap(text: string): SourceMap | null {
    try {
      const folder = mkdtempSync(join(tmpdir(), "residual-cell-"));
      try {
        const source = join(folder, "cell.ts");
        const output = join(folder, "cell.js");
        writeFileSync(source, withoutImports(text));
        const args = ["transpile", "--quiet", "--no-check", "--no-config"];
        spawnSync(this.#deno, [...args, "--source-map", "separate", "--output", output, source]);
        const map = JSON.parse(readFileSync(`${output}.map`, "utf8")) as SourceMapPayload;
        return new SourceMap(map);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    } catch {
      // No room for the files: the number of the cell has to do.
      return null;
    }
  }
}

/**
 * The code with a short statement in place of each import. The compiler leaves out imports that nothing uses, and
 * the kernel does not.
 */
function withoutImports(code: string): string {
  let text = code;
  for (const node of (programOf(code)?.["body"] ?? []) as Node[]) {
    if (node.type !== "ImportDeclaration" || node["importKind"] === "type") continue;
    const rest = code.slice(node.start + 2, node.end).replace(/[^\n]/g, " ");
    text = `${text.slice(0, node.start)}0;${rest}${text.slice(node.end)}`;
  }
  return text;
}

/** Where a place was before the insertions; lines and columns of the cell count from 1, the others from 0. */
function placeBefore(
  { code, text, insertions }: Cell,
  line: number,
  column: number,
): { line: number; column: number } {
  const lines = text.split("\n");
  const start = lines.slice(0, line).reduce((sum, { length }) => sum + length + 1, 0);
  const before = code.slice(0, offsetBefore(insertions, start + column)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function offsetBefore(insertions: readonly Insertion[], offset: number): number {
  let shift = 0;
  for (const { at, text } of insertions) {
    if (at + shift >= offset) break;
    // A place inside an insertion is where it was made.
    shift = Math.min(shift + text.length, offset - at);
  }
  return offset - shift;
}
