/**
 * Training and evaluation: budgets, learning-rate schedules, the optimizer, the training loop.
 *
 * @module
 */
export { type Budget, budget, type BudgetName } from "./budget.ts";
export { classify, type ClassifyOptions, type ClassProbability } from "./classify.ts";
export { estimateSeconds } from "./estimate.ts";
export { evaluate, type Evaluation } from "./evaluate.ts";
export type { EpochResult, History } from "./history.ts";
export { imageNetClasses, type Pretrained, pretrained, type PretrainedName } from "./pretrained.ts";
export { type RunRecord, trainedRun } from "./run_record.ts";
export { oneCycle, type Schedule, stepSchedule } from "./schedule.ts";
export { type Gradients, Sgd, type SgdOptions } from "./sgd.ts";
export { Stopped, stopWasPressed } from "./stop.ts";
export {
  type RunPlan,
  runTraining,
  type TrainingData,
  type TrainingObserver,
  type TrainOptions,
} from "./run_training.ts";
export { type StepResult, trainStep } from "./train_step.ts";
export { loadTrained } from "./trained.ts";
