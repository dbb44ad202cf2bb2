/** Errors that no cell awaits are shown under the cell, which is not failed by them. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { type Cell, drive, KERNELS, texts } from "./driver.ts";

for (const kernel of KERNELS) {
  Deno.test(`an error that no cell awaits is shown on ${kernel}`, async () => {
    const { unhandled } = await drive<{ unhandled: Record<string, Cell> }>(kernel, "unhandled");
    const { rejection, timer, forgotten, text, stopped, after } = unhandled;
    const shown = { rejection, timer, forgotten, text };
    for (const [name, cell] of Object.entries(shown)) equal(cell!.reply.status, "ok", name);
    match(texts(rejection!), /rejection: RangeError: too far\n +at /i);
    match(texts(timer!), /^Uncaught.*: TypeError: in a timer\n +at /);
    match(texts(forgotten!), /Rejection: Error: not awaited\n +at /i);
    match(texts(text!), /Rejection: "?a text"?\n/i);
    if (kernel === "deno") {
      match(texts(rejection!), /\nIs an `await` missing\?\n$/);
      doesNotMatch(texts(timer!), /ext:/);
    }
    equal(texts(stopped!), "1\n");
    equal(texts(after!), "after\n");
  });
}
