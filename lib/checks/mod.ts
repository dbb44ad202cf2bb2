/**
 * Checks of the exercises, with hints and progress.
 *
 * @module
 */
export { check, CheckFailed, type CheckOptions } from "./check.ts";
export { hint } from "./hint.ts";
export { mine } from "./mine.ts";
export { progress } from "./progress.ts";
export { reset } from "./reset.ts";
