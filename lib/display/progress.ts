// How far a training is: a bar in a notebook, one line that rewrites itself in a terminal.
import process from "node:process";
import { Display, frontEnd, type MimeBundle } from "./display.ts";
import { escapeHtml } from "./html.ts";

/** Milliseconds between two drawings: four a second cost the training nothing. */
const PAUSE = 250;
/** Milliseconds between two lines where lines cannot be rewritten, as in a log file. */
const LOG_PAUSE = 15_000;

/** Where a training stands. */
export interface ProgressState {
  /** Steps done. */
  step: number;
  /** The latest loss. */
  loss: number;
  /** Share of right answers, 0 to 1. */
  accuracy: number;
  /** Images seen so far. */
  images: number;
}

/** A bar on the page. */
export interface Progress {
  /** Says where the training stands; drawn at most four times a second. */
  update(state: ProgressState): Promise<void>;
  /** Draws the last state, whatever the time; `note` says how it ended, for example "stopped". */
  done(note?: string): Promise<void>;
}

/**
 * Writes seconds as people say them.
 *
 * @example
 * ```ts
 * formatSeconds(95); // "1 min 35 s"
 * ```
 */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Builds what a progress display shows after `seconds` of work.
 *
 * @example
 * ```ts
 * const state = { step: 10, loss: 2.1, accuracy: 0.25, images: 1280 };
 * progressBundle("Training", 100, state, 2)["text/plain"];
 * // "Training: step 10 of 100 · loss 2.100 · accuracy 25.0 % · 640 images/s · 18 s left"
 * ```
 */
export function progressBundle(
  title: string,
  total: number,
  state: ProgressState,
  seconds: number,
  ended?: string,
): MimeBundle {
  const { step, loss, accuracy, images } = state;
  const rate = seconds > 0 ? Math.round(images / seconds) : 0;
  const parts = [`step ${step} of ${total}`];
  if (step > 0) {
    parts.push(
      `loss ${loss.toFixed(3)}`,
      `accuracy ${(accuracy * 100).toFixed(1)} %`,
      `${rate.toLocaleString("en-US")} images/s`,
    );
  }
  if (ended !== undefined) parts.push(`${ended} after ${formatSeconds(seconds)}`);
  else if (step > 0) parts.push(`${formatSeconds((seconds / step) * (total - step))} left`);
  const line = parts.join(" · ");
  return {
    "text/html": `<div><b>${escapeHtml(title)}</b><br>` +
      `<progress value="${step}" max="${total}" style="width: 100%"></progress><br>` +
      `${escapeHtml(line)}</div>`,
    "text/plain": `${title}: ${line}`,
  };
}

/**
 * Opens a progress display of `total` steps. It appears with the first update.
 *
 * @example
 * ```ts
 * const bar = showProgress(100, "Training");
 * await bar.update({ step: 1, loss: 2.3, accuracy: 0.1, images: 128 });
 * await bar.done();
 * ```
 */
export function showProgress(total: number, title: string): Progress {
  const display = new Display();
  const start = performance.now();
  const inTerminal = frontEnd() === "terminal";
  const rewrites = inTerminal && process.stdout.isTTY === true;
  const pause = inTerminal && !rewrites ? LOG_PAUSE : PAUSE;
  let last: ProgressState = { step: 0, loss: NaN, accuracy: NaN, images: 0 };
  let seen = start;
  let drawn = -Infinity;

  async function draw(ended?: string): Promise<void> {
    drawn = performance.now();
    // The time of the last step, so that what comes between it and the end does not slow the rate.
    const bundle = progressBundle(title, total, last, (seen - start) / 1000, ended);
    if (!rewrites) return await display.show(bundle);
    const columns = process.stdout.columns || 80;
    const line = bundle["text/plain"].slice(0, ended === undefined ? columns - 1 : undefined);
    process.stdout.write(`\r\x1b[K${line}${ended === undefined ? "" : "\n"}`);
  }

  return {
    async update(state: ProgressState): Promise<void> {
      last = { ...state };
      seen = performance.now();
      if (seen - drawn >= pause) await draw();
    },
    async done(note = "done"): Promise<void> {
      await draw(note);
    },
  };
}
