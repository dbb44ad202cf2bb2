/** The room of the checks: exercises that say what is right, what is wrong, and why. */
export { check, CheckFailed, type CheckOptions } from "./check.ts";
export { hint } from "./hint.ts";
export { progress } from "./progress.ts";
export { reset } from "./reset.ts";
