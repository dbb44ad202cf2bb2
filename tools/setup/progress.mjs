/** One line for each step of set-up: what it does, how far it is, how long it took. */
import process from "node:process";

const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const BAR_WIDTH = 24;

/** @typedef {{ isTTY?: boolean, columns?: number, write(text: string): unknown }} Output */

/** A step's line. On a terminal it is redrawn in place; elsewhere its start and its end are printed. */
export class StepLine {
  /**
   * @param {string} title
   * @param {Output} [output]
   */
  constructor(title, output = process.stdout) {
    this.title = title;
    this.output = output;
    this.started = Date.now();
    /** @type {number | undefined} */
    this.fraction = undefined;
    this.note = "";
    this.frame = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.opened = false;
  }

  /** Shows that work has begun; a step that is already good never calls it. */
  begin() {
    if (this.opened) return;
    this.opened = true;
    this.started = Date.now();
    if (this.output.isTTY) {
      this.timer = setInterval(() => this.draw(), 120);
      this.draw();
    } else {
      this.output.write(`… ${this.title}\n`);
    }
  }

  /**
   * @param {number | undefined} fraction 0 to 1, or undefined while the end is not known
   * @param {string} [note] bytes, file names and the like
   */
  update(fraction, note = "") {
    this.fraction = fraction === undefined ? undefined : Math.min(1, Math.max(0, fraction));
    this.note = note;
    if (this.opened && this.output.isTTY) this.draw();
  }

  draw() {
    const mark = SPINNER[this.frame++ % SPINNER.length];
    let far = "";
    if (this.fraction !== undefined) {
      const full = Math.round(this.fraction * BAR_WIDTH);
      far = `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${
        String(Math.floor(this.fraction * 100)).padStart(3)
      } %`;
    }
    const text = [`${mark} ${this.title}`, far, this.note, this.elapsed()].filter(Boolean).join(
      "  ",
    );
    this.output.write(`\r\x1b[2K${text.slice(0, (this.output.columns ?? 100) - 1)}`);
  }

  elapsed() {
    const seconds = (Date.now() - this.started) / 1000;
    if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
    return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  }

  /** @param {string} mark @param {string} note */
  close(mark, note) {
    clearInterval(this.timer);
    this.timer = undefined;
    const time = this.opened ? ` (${this.elapsed()})` : "";
    const clear = this.output.isTTY && this.opened ? "\r\x1b[2K" : "";
    this.output.write(`${clear}${mark} ${this.title}${note === "" ? "" : `: ${note}`}${time}\n`);
    this.opened = false;
  }

  /** @param {string} [note] */
  done(note = "") {
    this.close("✓", note);
  }

  /** @param {string} [note] */
  fail(note = "") {
    this.close("✗", note);
  }

  /** Not made, and the kit works without it. @param {string} [note] */
  missing(note = "") {
    this.close("!", note);
  }
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}
