/** Import cycles that are still to be removed. These lists may only shrink: a new cycle is a fault. */

/** The files of each cycle. */
export const KNOWN_CYCLES: readonly (readonly string[])[] = [
  ["lib/backend/batch_norm.ts", "lib/backend/native/fused_batch_norm.ts"],
  ["lib/backend/native/sgd_step.ts", "lib/backend/sgd_step.ts"],
  ["lib/checks/exercise.ts", "lib/checks/own_parts.ts", "lib/checks/trial.ts"],
];

/** The folders of each cycle between the topics of `lib`. */
export const KNOWN_FOLDER_CYCLES: readonly (readonly string[])[] = [
  ["lib/models", "lib/training"],
];
