/**
 * Defines what an answer must not use. The grader runs answers without files, network or other programs, so
 * the checks in a notebook refuse the same code with the same messages.
 */

/** The modules that an answer may import. */
export const MODULES = [
  "residual",
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-layers",
  "node:assert",
  "node:assert/strict",
] as const;

/** Global names that give access outside the process, or to code that the grader does not know. */
const GLOBALS: ReadonlySet<string> = new Set([
  ...["Deno", "process", "require", "fetch", "XMLHttpRequest", "WebSocket", "EventSource"],
  ...["Worker", "SharedWorker", "BroadcastChannel", "localStorage", "sessionStorage", "caches"],
  ...["navigator", "location", "prompt", "alert", "confirm"],
]);

const GLOBAL_NAME = new RegExp(`\\b(?:${[...GLOBALS].join("|")})\\b`);

/** Whether an answer may import this module. */
export function isAllowedModule(module: string): module is typeof MODULES[number] {
  return (MODULES as readonly string[]).includes(module);
}

/** The message for an answer that imports this module. */
export function moduleRefusal(module: string): string {
  return `the code imports "${module.slice(0, 80)}"; an answer can import only ${
    MODULES.join(", ")
  }`;
}

/** The message for an answer that uses this global name; undefined if the name is allowed. */
export function globalRefusal(name: string): string | undefined {
  if (!GLOBALS.has(name)) return undefined;
  return `the code uses ${name}; an answer runs without files, network or other programs`;
}

/**
 * Whether code may contain something that is refused. This quick search for words also matches comments and
 * strings. The result `false` is certain: the code contains nothing that is refused.
 */
export function mayBeRefused(code: string): boolean {
  // An escape can spell any name.
  if (GLOBAL_NAME.test(code) || /\\u|\bimport\s*[(.]/.test(code)) return true;
  const imports = code.match(/\bimport\b/g) ?? [];
  const allowed = [...code.matchAll(/\bfrom\s*(["'])(.*?)\1/g)]
    .filter(([, , module = ""]) => isAllowedModule(module));
  return imports.length > allowed.length;
}

/** The message for an answer that loads other code. */
export const LOADING_REFUSAL =
  "the code loads other code at run time; use an import statement at the top";

/**
 * The key of the global property in which the kernel proxy stores the refusals for the checks in a cell: an
 * object of messages by exercise.
 */
export const REFUSALS = Symbol.for("residual.refusals");
