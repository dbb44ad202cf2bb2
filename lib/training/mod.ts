/** The room of the training: budgets, schedules, the optimizer, the loop, the judgement. */
export { type Budget, budget, type BudgetName } from "./budget.ts";
export { classify, type ClassifyOptions, type ClassProbability } from "./classify.ts";
export { estimateSeconds } from "./estimate.ts";
export { evaluate, type Evaluation } from "./evaluate.ts";
export type { EpochResult, History } from "./history.ts";
export { type RunRecord, trainedRun } from "./run_record.ts";
export { oneCycle, type Schedule, stepSchedule } from "./schedule.ts";
export { Sgd, type SgdOptions } from "./sgd.ts";
export { Stopped, stopWasPressed } from "./stop.ts";
export { train, type TrainingData, type TrainOptions } from "./train.ts";
