/** The live display of a training run: its progress and its curves. */
import process from "node:process";
import { chartFigure, chartPicture, PLOTLY } from "./chart.ts";
import { Display, frontEnd } from "./display.ts";
import { escapeHtml } from "./html.ts";
import { loadECharts } from "./picture.ts";
import {
  type TrainingPlan,
  TrainingRecord,
  type TrainingState,
  type ValidationResult,
} from "./training_record.ts";

/** Milliseconds between two drawings, at least. */
const PAUSE = 1000;
/** A drawing that took t ms is followed by 150 t ms without one: drawing costs less than 1 %. */
const QUIET = 150;
/** Milliseconds between two lines where lines cannot be rewritten, as in a log file. */
const LOG_PAUSE = 15_000;

/** The place on the page that shows a training. */
export interface TrainingDisplay {
  /** Draws the beginning of the run: the first step may take many seconds. A log file does not need it. */
  begin(): Promise<void>;
  /** Takes in a step. Draws once a second or less often, so that it may be called for every step. */
  update(state: TrainingState): Promise<void>;
  /** Takes in the result of an evaluation on held-out images. */
  validated(result: ValidationResult): Promise<void>;
  /** Draws the end of the run; `note` says how it ended. Default `"done"`. */
  done(note?: string): Promise<void>;
}

/**
 * Opens a training's display; it appears with `begin` or the first update. In a notebook it is a bar and beneath
 * it the curves of loss and accuracy, which grow in place and at the end become a figure to hover and
 * zoom. In a terminal it is one line that rewrites itself, and in a log file a line every 15 seconds.
 *
 * @example
 * ```ts
 * import { showTraining } from "residual";
 *
 * const display = showTraining({ title: "Training", epochs: 1, stepsPerEpoch: 2, validates: true });
 * await display.begin();
 * await display.update({ step: 1, loss: 2.3, accuracy: 0.1, images: 128 });
 * await display.update({ step: 2, loss: 2.2, accuracy: 0.2, images: 256 });
 * await display.validated({ step: 2, loss: 2.2, accuracy: 0.2 });
 * await display.done();
 * ```
 */
export function showTraining(plan: TrainingPlan): TrainingDisplay {
  const record = new TrainingRecord(plan, performance.now());
  const display = new Display();
  const inTerminal = frontEnd() === "terminal";
  const rewrites = inTerminal && process.stdout.isTTY === true;
  const logs = inTerminal && !rewrites;
  let quietUntil = -Infinity;

  async function draw(ended?: string): Promise<void> {
    // Loading happens once; it must not count as the time of a drawing.
    if (!inTerminal && record.hasCurve) await loadECharts();
    const begun = performance.now();
    const line = record.line(ended);
    const headline = `${plan.title}: ${line}`;
    const text = ended === undefined ? headline : [headline, ...record.text].join("\n");
    if (rewrites) rewriteLine(text, ended !== undefined);
    else if (logs) await display.show({ "text/plain": text });
    else {
      const chart = record.chart(ended !== undefined);
      const picture = record.hasCurve ? await chartPicture(chart, { headed: false }) : "";
      await display.show({
        ...(ended !== undefined && { [PLOTLY]: chartFigure({ ...chart, subtitle: line }) }),
        "text/html": `<div><b>${escapeHtml(plan.title)}</b><br>` +
          `<progress value="${record.step}" max="${record.total}" style="width: 100%"></progress>` +
          `<br>${escapeHtml(line)}</div>${picture}`,
        "text/plain": text,
      });
    }
    const now = performance.now();
    quietUntil = now + Math.max(logs ? LOG_PAUSE : PAUSE, QUIET * (now - begun));
  }

  return {
    async begin(): Promise<void> {
      if (!logs) await draw();
    },
    async update(state: TrainingState): Promise<void> {
      const now = performance.now();
      record.add(state, now);
      // Nothing can be drawn during an evaluation, so the picture says beforehand that one runs.
      if (now >= quietUntil || (record.isEvaluating && !logs)) await draw();
    },
    async validated(result: ValidationResult): Promise<void> {
      const now = performance.now();
      record.addValidation(result, now);
      if (now >= quietUntil) await draw();
    },
    async done(note = "done"): Promise<void> {
      await draw(note);
    },
  };
}

function rewriteLine(text: string, ended: boolean): void {
  const columns = process.stdout.columns || 80;
  process.stdout.write(`\r\x1b[K${ended ? `${text}\n` : text.slice(0, columns - 1)}`);
}
