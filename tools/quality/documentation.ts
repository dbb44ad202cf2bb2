/** Checks the doc comments of the module `residual` with `deno doc --lint`. */
import path from "node:path";
import { sources } from "./sources.ts";

/** The folders of `lib` whose `mod.ts` exports public names. */
function topics(checkout: string): string[] {
  return sources(checkout).filter((file) => /^lib\/[^/]+\/mod\.ts$/.test(file));
}

/**
 * One message for each public name without a doc comment, public type that is not exported, and
 * `mod.ts` without a module comment.
 *
 * The folders are checked one by one and not through `lib/mod.ts`, which also exports the whole of
 * TensorFlow.js.
 */
export async function documentationFaults(checkout: string): Promise<string[]> {
  const modules = topics(checkout);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...modules],
    cwd: checkout,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const found = lintFindings(output);
  // A finding in a form that is not understood must not be lost.
  const count = output.match(/^error\[/gm)?.length ?? 0;
  if ((code !== 0 && count === 0) || found.length !== count) {
    throw new Error(
      `deno doc --lint: read ${found.length} of ${count} findings in its output:\n${output}`,
    );
  }
  const kept = found.filter(({ file, message, source }) => {
    const [, type] = /references private type '([^']*)'/.exec(message) ?? [];
    if (type !== undefined) return isOwnType(type, Deno.readTextFileSync(file));
    // The comment of a constructor is that of its class, and an override keeps the inherited one.
    return !/^(constructor\(|(protected )?override )/.test(source);
  });
  return [
    ...kept.map(({ file, line, message }) =>
      `${path.relative(checkout, file)}:${line}: ${message}`
    ),
    ...["lib/mod.ts", ...modules].filter((file) => !hasModuleComment(checkout, file)).map((file) =>
      `${file}:1: The module has no comment with @module.`
    ),
  ];
}

/** A finding of `deno doc --lint`, with the line of source that it prints. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly source: string;
}

/**
 * Reads findings of this form:
 *
 * ```text
 * error[missing-jsdoc]: exported symbol is missing JSDoc documentation
 *   --> /kit/lib/data/photo.ts:10:12
 *    |
 * 10 |   readonly height: number;
 * ```
 */
export function lintFindings(output: string): Finding[] {
  const form = /^error\[[^\]]*\]: (.*)\n *--> (.*):(\d+):\d+\n *\|[^\n]*\n *\d+ \| *(.*)$/gm;
  return [...output.matchAll(form)].map((
    [, message = "", file = "", line, source = ""],
  ) => ({ file, line: Number(line), message, source }));
}

/** Whether the code of a source names a type of the kit. The types of TensorFlow.js are `tf.*`, which is public. */
export function isOwnType(type: string, source: string): boolean {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, "");
  return new RegExp(`(?<![.\\w])${type}\\b`).test(code);
}

function hasModuleComment(checkout: string, file: string): boolean {
  const [comment] = /^\/\*\*[\s\S]*?\*\//.exec(Deno.readTextFileSync(path.join(checkout, file))) ??
    [];
  return comment !== undefined && comment.includes("@module");
}
