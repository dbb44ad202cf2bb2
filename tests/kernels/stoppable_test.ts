/** What the kernel proxy sends to Deno in place of a cell's code. */
import { equal } from "node:assert/strict";
import { stoppable } from "../../tools/kernels/stoppable.ts";

const WAIT = "__residual_wait__";
const EACH = "__residual_wait_each__";

const CHANGED: [code: string, sent: string][] = [
  ["await sleep(200);", `await ${WAIT}(sleep(200));`],
  ["const x = await (a, b);", `const x = await ${WAIT}((a, b));`],
  ["await (await fetch(url)).json()", `await ${WAIT}((await ${WAIT}(fetch(url))).json())`],
  ["const n = (await f() as number) + 1;", `const n = (await ${WAIT}(f()) as number) + 1;`],
  ["await a ?? b", `await ${WAIT}(a) ?? b`],
  ["await f<T>(x)!;", `await ${WAIT}(f<T>(x)!);`],
  ["const f = async () => await g();", `const f = async () => await ${WAIT}(g());`],
  ["class A { async m() { await this.n } }", `class A { async m() { await ${WAIT}(this.n) } }`],
  ["for await (const x of xs) f(x);", `for await (const x of ${EACH}(xs)) f(x);`],
  ["for await (const x of await xs) { }", `for await (const x of ${EACH}(await ${WAIT}(xs))) { }`],
  ["import a from 'a';\nawait a;", `import a from 'a';\nawait ${WAIT}(a);`],
  ["await f(\n  1, // one\n)", `await ${WAIT}(f(\n  1, // one\n))`],
  ["`${await f()}`", `\`\${await ${WAIT}(f())}\``],
  [
    "@d class A {}\nawait f(1 satisfies number)",
    `@d class A {}\nawait ${WAIT}(f(1 satisfies number))`,
  ],
];

const UNCHANGED = [
  "",
  "console.log('await me'); // await",
  "const awaited = { await: 1 }.await;",
  "for (const x of xs) f(x);",
  "await using file = open();",
  // The kernel reports the error in the text that the learner wrote.
  "await f(;",
  "const a = 1; const a = 2; await f();",
];

for (const [code, sent] of CHANGED) {
  Deno.test(`whatever is awaited can be stopped: ${JSON.stringify(code)}`, () => {
    equal(stoppable(code).text, sent);
  });
}

for (const code of UNCHANGED) {
  Deno.test(`code is unchanged: ${JSON.stringify(code)}`, () => equal(stoppable(code).text, code));
}
