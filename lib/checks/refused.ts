/**
 * What an answer must not use: the grader runs answers without files, network and other programs, so a
 * notebook's check refuses the same, in the same words.
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

/** Global names that lead out of the process, or to code that the grader does not know. */
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

/** Why an answer must not import this module. */
export function moduleRefusal(module: string): string {
  return `it imports "${module.slice(0, 80)}"; an answer can import ${MODULES.join(", ")}`;
}

/** Why an answer must not use this global name; undefined if it may. */
export function globalRefusal(name: string): string | undefined {
  if (!GLOBALS.has(name)) return undefined;
  return `it uses ${name}; an answer runs without files, network and other programs`;
}

/**
 * Whether code may use what is refused. This is a quick search for words, which also finds them in comments
 * and in texts: `false` means that the code uses nothing of the kind.
 */
export function mayBeRefused(code: string): boolean {
  if (GLOBAL_NAME.test(code)) return true;
  const imports = code.match(/\bimport\b/g) ?? [];
  const allowed = [...code.matchAll(/\bfrom\s*(["'])(.*?)\1/g)]
    .filter(([, , module = ""]) => isAllowedModule(module));
  return imports.length > allowed.length;
}

/** Why an answer must not load other code. */
export const LOADING_REFUSAL = "it loads other code while it runs; write an import at the top";

/**
 * The key on the global object under which the kernel proxy leaves the refusals of the checks in a cell:
 * an object of texts by exercise.
 */
export const REFUSALS = Symbol.for("residual.refusals");
