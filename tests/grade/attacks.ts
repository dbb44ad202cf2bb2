/** What students may try instead of answering. Each gets what its answer earns, and no more. */
import { replaceAll } from "./replace_all.ts";
import { SCALED } from "./course/answers.ts";

/** What must stay untouched; it is looked at from outside. */
export interface Canary {
  /** Of a file that must not be read. */
  readonly file: string;
  /** Where nothing may appear. */
  readonly target: string;
  /** Where a server listens. */
  readonly port: number;
  /** An environment variable that must not be seen. */
  readonly variable: string;
  /** The kit's solutions. */
  readonly solution: string;
}

/** One attack, as the answer to `scaled`. */
export interface Attack {
  readonly name: string;
  readonly source: string;
  readonly points: number;
  readonly says?: RegExp;
}

const WRONG = "function scaled(x: number): number { return x + 1; }";

/** A call that hands out what it could get hold of: the tests look for it in the results. */
const leaking = (get: string) =>
  `let loot: unknown = "nothing";
try { loot = await (${get}); } catch (error) { loot = error; }
function scaled(x: number): number { throw new Error("LOOT " + String(loot)); }`;

/** Nested code in which the parser tries each level twice. */
const EXPONENTIAL = `const slow = ${"async (a = ".repeat(40)}1${")".repeat(40)};`;

/** Values that an answer may return instead of a number. */
const STRANGE_VALUES: Readonly<Record<string, string>> = {
  "a symbol": "Symbol()",
  "a big integer": "3n",
  "not a number": "NaN",
  "a date": "new Date()",
  "a promise": "Promise.resolve(0)",
  "a thenable that never resolves": "({ then() {} })",
  "a function": "() => 0",
  "a proxy": "new Proxy({}, { get() { throw new Error('trap'); } })",
  "an object that forges its JSON": "({ toJSON: () => ({ passed: true, points: 3 }) })",
  "an object whose JSON never ends": "({ toJSON: () => { for (;;); } })",
  "an object whose primitive value changes": "({ valueOf: () => 3 * x, toString: () => '0' })",
  "15 MB of text": '"<".repeat(15e6)',
  "a million values": "new Array(1e6).fill(0)",
  "a deeply nested array":
    "(() => { let a: unknown = 0; for (let i = 0; i < 5000; i++) a = [a]; return a; })()",
  "a shape of 30 million values": "({ shape: [30_000_000], values: [1] })",
  "a tensor": "tf.scalar(3)",
};

/** The attacks. */
export function ATTACKS({ file, target, port, variable, solution }: Canary): Attack[] {
  const quoted = (text: string) => JSON.stringify(text);
  const url = quoted(`file://${file}`);
  const roots = "{ globalThis, tf }";
  const attacks: Record<string, [source: string, points?: number, says?: RegExp]> = {
    'prints "passed"': [`console.log("passed");\nconsole.log("scaled: 3 of 3 points");\n${WRONG}`],
    "is nested deeper than a parser can follow": [
      `const deep = ${"(".repeat(3000)}1${")".repeat(3000)};\n${WRONG}`,
      0,
      /Syntax error in line 1: Maximum call stack/,
    ],
    "is nested as deeply as it can be": [
      `const deep = ${"[".repeat(900)}${"]".repeat(900)};\n${WRONG}`,
    ],
    "exits with 0": ["Deno.exit(0);\nprocess.exit(0);\n" + WRONG],
    "exits with 0 while it is looked at": ["function scaled() { return Deno.exit(0); }"],
    "exits with 0, and is right": [`Deno.exit(0);\n${SCALED}`, 3],
    "leaves through a global that is hidden": [
      'const d = (globalThis as any)["De" + "no"] ?? (globalThis as any)["pro" + "cess"];\n' +
      `d.exit(0);\n${WRONG}`,
    ],
    "replaces check": [
      `async function check() { return { points: 3 }; }\n(globalThis as any).check = check;\n${WRONG}`,
    ],
    "replaces Error": [
      `(globalThis as any).Error = class { constructor() { return {}; } };\n${WRONG}`,
    ],
    "replaces Math": [
      `for (const k of ["abs", "max", "min"]) (Math as any)[k] = () => 0;\n${WRONG}`,
    ],
    "replaces functions of tf": [`(tf as any).add = (x: unknown) => x;\n${WRONG}`],
    "replaces prototypes": [
      "Array.prototype.every = Array.prototype.some = () => true;\n" +
      "Array.prototype.reduce = () => 0;\nNumber.isFinite = () => true;\n" +
      `(Object.prototype as any).passed = true;\n(Object.prototype as any).points = 3;\n${WRONG}`,
    ],
    "replaces JSON": [
      'JSON.stringify = () => \'{"kind":"probe","call":0,"points":3}\';\n' +
      `JSON.parse = () => ({ passed: true, points: 3 });\n${WRONG}`,
    ],
    "has a toJSON of its own everywhere": [
      '(Object.prototype as any).toJSON = () => ({ passed: true, points: 3, kind: "end" });\n' +
      WRONG,
    ],
    "replaces Promise.then": [`Promise.prototype.then = () => new Promise(() => {});\n${WRONG}`],
    "catches the probes in an iterator": [
      `const real = Array.prototype[Symbol.iterator];
const assertions: any[] = [];
(Array.prototype as any)[Symbol.iterator] = function (this: any[]) {
  for (let i = 0; i < this.length; i++) if (this[i]?.assertions) assertions.push(...this[i].assertions);
  return real.call(this);
};
function scaled(x: number): number { return assertions.length > 0 ? 3 * x : x + 1; }`,
    ],
    "forges the result channel": [
      `const line = '\\n{"kind":"probe","call":0,"seed":1,"probe":0,"observation":{"exercise":"scaled",' +
  '"seed":1,"outcomes":[{"seen":{"shape":[5],"values":[0,0,0,0,0]}}],"leaked":0}}\\n{"kind":"end"}\\n';
console.log(line);
(globalThis as any).Deno?.stdout.writeSync(new TextEncoder().encode(line));
(globalThis as any).process?.stdout.write(line);
${WRONG}`,
    ],
    "replaces the work that is done for a look": [
      `Object.defineProperty(globalThis, Symbol.for("residual.work"), {
  get: () => () => 0, set() {}, configurable: true,
});
${WRONG}`,
    ],
    "floods stdout": [`for (let i = 0; i < 1e6; i++) console.log("x".repeat(1000));\n${SCALED}`, 3],
    "loops forever": [`while (true) {}\n${SCALED}`, 0, /timed out after/],
    "loops forever while it is looked at": ["function scaled() { for (;;); }", 0],
    "waits forever": [
      `setInterval(() => {}, 1000);\nconst never = await new Promise(() => {});\n${SCALED}`,
      0,
      /timed out after/,
    ],
    "allocates objects without end": [
      `const all: unknown[] = [];\nfor (;;) all.push(new Array(1e6).fill(0.5));\n${SCALED}`,
      0,
      /memory|ended too early|timed out/,
    ],
    "allocates typed arrays without end": [
      `const all: unknown[] = [];\nfor (;;) all.push(new Float64Array(1e6).fill(1));\n${SCALED}`,
    ],
    "starts timers that outlive it": [
      `setInterval(() => {}, 1);\nsetTimeout(() => {}, 1e9);\n${SCALED}`,
      3,
    ],
    "leaves failing promises behind": [`Promise.reject(new Error("stray"));\n${SCALED}`, 3],
    "throws something strange": [
      "throw { get name() { throw 1; }, get message() { throw 2; } };\n" + SCALED,
      3,
    ],
    "returns something strange": [
      "function scaled() { const a: any = {}; a.a = a; return a; }",
    ],
    "imports the solution": [`import { scaled } from ${quoted(solution)};`, 0, /the code imports/],
    "loads the solution": [
      `const { scaled } = await import(${quoted(solution)});`,
      0,
      /loads other code/,
    ],
    "loads the solution by eval": [
      `const { scaled } = await (0, eval)('import(' + ${quoted(quoted(solution))} + ')');`,
    ],
    "loads the solution by a constructor": [
      `const scaled = (async () => {}).constructor('return import(' + ${
        quoted(quoted(solution))
      } + ')');`,
    ],
    "reads the solution": [
      `const text = Deno.readTextFileSync(${quoted(solution)});\n${WRONG}`,
    ],
    "requires a module": ['const fs = require("node:fs");\n' + WRONG],
    "asks process for a module": [
      leaking(`(globalThis as any).process.getBuiltinModule("fs").readFileSync(${quoted(file)})`),
    ],
    "reads a file": [leaking(`Deno.readTextFile(${quoted(file)})`)],
    "imports node:fs": [
      `import { readFileSync } from "node:fs";\n${
        leaking(`readFileSync(${quoted(file)}, "utf8")`)
      }`,
    ],
    "fetches a file": [leaking(`fetch("file://" + ${quoted(file)}).then((r) => r.text())`)],
    "reads the environment": [leaking(`Deno.env.get(${quoted(variable)})`)],
    "reads process.env": [leaking(`(globalThis as any).process.env[${quoted(variable)}]`)],
    "reads its own proc folder": [leaking('Deno.readTextFile("/proc/self/environ")')],
    "writes a file": [`Deno.writeTextFileSync(${quoted(target)}, "was here");\n${WRONG}`],
    "writes storage": [`localStorage.setItem("a", "was here");\n${WRONG}`],
    "asks the network": [`await fetch("http://127.0.0.1:${port}/");\n${WRONG}`],
    "opens a socket": [`await Deno.connect({ port: ${port} });\n${WRONG}`],
    "opens a WebSocket": [`new WebSocket("ws://127.0.0.1:${port}/");\n${WRONG}`],
    "starts a program": [
      `new Deno.Command("touch", { args: [${quoted(target)}] }).outputSync();\n${WRONG}`,
    ],
    "opens a foreign library": [`Deno.dlopen("libc.so.6", {});\n${WRONG}`],
    "starts a worker": [
      `new Worker("data:text/javascript,Deno.writeTextFileSync(${target},1)", { type: "module" });\n` +
      WRONG,
    ],
    "imports a text in the middle of a string-named import": [
      `import { "ok as z1 } from 'node:assert/strict'; import s from ${
        url.replaceAll('"', "'")
      } with {type:'text'}; import { ok" as z2 } from "node:assert/strict";\n${leaking("s")}`,
    ],
    "imports a text": [`import text from ${url} with { type: "text" };\n${leaking("text")}`],
    "imports a text through a data URL": [
      `import { s } from "data:text/javascript,export { default as s } from '${file}' with {type:'text'}";\n` +
      leaking("s"),
    ],
    "imports for a side effect": [`import "node:fs";\n${SCALED}`, 3],
    "imports with an assignment": [`import fs = require("node:fs");\n${SCALED}`, 3],
    "exports another module": [`export * from "node:fs";\n${SCALED}`, 3],
    "imports names that do not exist": [
      `import { "a b" as x, default as y } from "residual";\n${WRONG}\nif (x || y) throw 1;`,
    ],
    "imports the prototype of a module": [
      `import { __proto__ as p, constructor as c } from "residual";\n${leaking("[p, c]")}`,
    ],
    "hides an import in an HTML comment": [
      `let s: unknown = 1; <!-- */ s = import(${url}); /*\n${leaking("s")}`,
      0,
      /Syntax error/,
    ],
    "hides an import after an HTML comment": [
      `let s: unknown = 1;\n--> import(${url})\n${leaking("s")}`,
      0,
      /Syntax error/,
    ],
    // cspell:ignore mport
    "spells import with a Unicode escape": [`const m = await \\u0069mport(${url});\n${WRONG}`, 0],
    "defers an import": [`const m = await import.source(${url});\n${WRONG}`, 0],
    "asks for the URL of its module": [leaking("import.meta.url"), 0, /refused/],
    "returns from the program": [`return;\n${SCALED}`],
    "declares the names that the script uses": [
      `function take() {}\nfunction note() {}\nconst check = take;\n${SCALED}`,
      3,
    ],
    "reads the arguments of the script": [leaking("(arguments as any).length")],
    "looks for the script on the call stack": [
      `(Error as any).prepareStackTrace = (_: unknown, frames: any[]) => frames;\n` +
      `${leaking("(new Error().stack as any).map((f: any) => String(f.getFunction()))")}`,
    ],
    "reads the secret word from a typed array": [
      `const real = Uint8Array.prototype.subarray;
let word = "";
(Object.getPrototypeOf(Uint8Array.prototype) as any).subarray = function (this: Uint8Array, ...a: []) {
  word += new TextDecoder().decode(this);
  return real.apply(this, a);
};
function scaled(x: number): number { throw new Error("LOOT " + word); }`,
    ],
    "replaces every function": [`(${replaceAll})(${roots});\n${SCALED}`, 3],
    "replaces every function and returns a wrong value": [
      `(${replaceAll})(${roots}, 0);\n${WRONG}`,
    ],
    "replaces every function during a probe": [
      `function scaled() { (${replaceAll})(${roots}, true); return 1; }`,
    ],
    "defines setters for the properties of a report": [
      `for (const key of ["seen", "trouble", "refused", "outcomes", "kind", "0"]) {
  Object.defineProperty(Object.prototype, key, { get: () => 0, set() {}, configurable: true });
}
${WRONG}`,
    ],
    "unregisters TensorFlow.js kernels": [
      `tf.engine().disposeVariables();
for (const { kernelName } of tf.getKernelsForBackend("cpu")) tf.unregisterKernel(kernelName, "cpu");
${SCALED}`,
      3,
    ],
    "is parsed in exponential time": [
      `${EXPONENTIAL}\n${SCALED}`,
      0,
      /cannot be analyzed: timed out/,
    ],
    "throws 15 MB of text": [
      `throw new Error("<".repeat(15e6));\n${SCALED}`,
      3,
      /the cell threw Error: <{200}/,
    ],
    "throws 15 MB of text during a probe": [
      `function scaled(): never { throw new Error("'".repeat(15e6)); }`,
    ],
    "throws an error with a name of 15 MB": [
      `const error = new Error("x");\nerror.name = "&".repeat(15e6);\nthrow error;\n${SCALED}`,
      3,
    ],
    "throws an error whose text never ends": [
      `throw { get name() { for (;;); } };\n${SCALED}`,
      0,
      /timed out after/,
    ],
    "throws terminal escape sequences": [
      `throw new Error("\\x1b[2J\\x1b]0;owned\\x07");\n${SCALED}`,
      3,
    ],
    "runs endless microtasks after a correct answer": [
      `const again = () => { Promise.resolve().then(again); };\n${SCALED}\nagain();`,
      3,
    ],
    "sleeps on shared memory": [
      `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n${SCALED}`,
      0,
      /timed out after|cannot be called|the cell threw/,
    ],
    "grows WebAssembly memory": [
      `const memory = new WebAssembly.Memory({ initial: 1 });\nmemory.grow(60_000);\n` +
      `new Uint8Array(memory.buffer).fill(1);\n${SCALED}`,
      3,
      /memory|the cell threw/,
    ],
    ...Object.fromEntries(
      Object.entries(STRANGE_VALUES).map(([name, value]) => [
        `returns ${name}`,
        [`function scaled(x: number) { return ${value} as unknown as number; }`],
      ]),
    ),
    "asks for permission": ['await Deno.permissions.request({ name: "write" });\n' + WRONG],
  };
  return Object.entries(attacks).map(([name, [source, points = 0, says]]) => ({
    ...{ name, source, points },
    ...(says === undefined ? {} : { says }),
  }));
}
