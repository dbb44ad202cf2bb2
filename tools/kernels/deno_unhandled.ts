/**
 * Shows errors that no cell awaits: a rejected promise, and what a timer or an event listener throws. Deno's
 * kernel drops them, and the cell looks as if it had succeeded. Runs in the kernel, as text.
 */
import { STOPPED_WAITING } from "./kernel_kind.ts";

/** An event of the kernel. Deno's types are not those of this program. */
interface KernelEvent {
  preventDefault(): void;
  error?: unknown;
  reason?: unknown;
}

interface KernelGlobals {
  addEventListener(type: string, listener: (event: KernelEvent) => void): void;
  Deno: { inspect(value: unknown): string };
}

function showUnhandled(stopped: string): void {
  const kernel = globalThis as unknown as KernelGlobals;
  const show = (what: string, error: unknown, advice: string) => {
    // Stop rejects what nobody may have awaited; the cell says so already.
    if ((error as { message?: unknown } | null | undefined)?.message === stopped) return;
    console.error(`${what}: ${kernel.Deno.inspect(error)}${advice}`);
  };
  kernel.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    show("Unhandled rejection", event.reason, "\nIs an `await` missing?");
  });
  kernel.addEventListener("error", (event) => {
    event.preventDefault();
    show("Uncaught error", event.error, "");
  });
}

export const SHOW_UNHANDLED = `(${showUnhandled})(${JSON.stringify(STOPPED_WAITING.evalue)});`;
