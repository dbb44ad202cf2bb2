/**
 * The one place that knows where a lesson runs: in Deno's kernel, in tslab's, in a browser, or as a script.
 */

/** What to show, by MIME type. `text/plain` is what a terminal prints, so always give it. */
export type MimeBundle = Record<string, unknown> & { "text/plain": string };

/** Where the program runs. `"terminal"` means that no notebook is listening. */
export type FrontEnd = "deno" | "tslab" | "browser" | "terminal";

/** A kernel that sends Jupyter's messages to its front ends. */
interface Broadcaster {
  broadcast(type: string, content: Record<string, unknown>): Promise<void>;
}

interface TslabMessages {
  lastWriteDisplayData(content: Record<string, unknown>, update: boolean): void;
}

interface Kernels {
  Deno?: { jupyter?: Broadcaster };
  __tslab__?: { require(id: string): unknown };
}

// The kernels announce themselves as globals, which no package's types describe.
const kernels = globalThis as unknown as Kernels;

function denoKernel(): Broadcaster | undefined {
  try {
    return kernels.Deno?.jupyter;
  } catch {
    return undefined; // In a script, Deno throws when `Deno.jupyter` is read.
  }
}

/** Where the kernel of the browser edition announces itself (site/kernel/worker.ts). */
const BROWSER = Symbol.for("residual.browser");

function browserKernel(): Broadcaster | undefined {
  return (globalThis as unknown as Record<symbol, Broadcaster | undefined>)[BROWSER];
}

function tslabKernel(): TslabMessages | undefined {
  return kernels.__tslab__?.require("tslab/dist/jupyter.js") as TslabMessages | undefined;
}

/**
 * Says where the program runs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { frontEnd } from "residual";
 *
 * assert.ok(["deno", "tslab", "browser", "terminal"].includes(frontEnd()));
 * ```
 */
export function frontEnd(): FrontEnd {
  if (browserKernel() !== undefined) return "browser";
  if (denoKernel() !== undefined) return "deno";
  return kernels.__tslab__ === undefined ? "terminal" : "tslab";
}

let displays = 0;

/**
 * A place on the page that can be shown again with other contents.
 *
 * @example
 * ```ts
 * const place = new Display();
 * await place.show({ "text/plain": "working" });
 * await place.show({ "text/plain": "done" }); // replaces "working" in a notebook
 * ```
 */
export class Display {
  readonly #id = `residual-${Date.now().toString(36)}-${displays++}`;
  #shown = false;

  /** Shows the bundle; in a notebook a second call replaces the first in place. */
  async show(data: MimeBundle): Promise<void> {
    const content = { data, metadata: {}, transient: { display_id: this.#id } };
    const update = this.#shown;
    this.#shown = true;
    const kernel = browserKernel() ?? denoKernel();
    const tslab = tslabKernel();
    if (kernel !== undefined) {
      await kernel.broadcast(update ? "update_display_data" : "display_data", content);
    } else if (tslab !== undefined) {
      tslab.lastWriteDisplayData(content, update);
    } else {
      console.log(data["text/plain"]);
    }
  }
}

/**
 * Shows a bundle once.
 *
 * @example
 * ```ts
 * await show({ "text/html": "<b>F(x) + x</b>", "text/plain": "F(x) + x" });
 * ```
 */
export async function show(data: MimeBundle): Promise<void> {
  await new Display().show(data);
}

/**
 * Shows plain text. Unlike `console.log` it is an output like any other: awaited, it has arrived.
 *
 * @example
 * ```ts
 * await showText("F(x) + x");
 * ```
 */
export async function showText(text: string): Promise<void> {
  await show({ "text/plain": text });
}
