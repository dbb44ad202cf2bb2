/** The room of the training: budgets, the optimiser, the loop, the judgement. */
export { type Budget, budget } from "./budget.ts";
export { estimateSeconds } from "./estimate.ts";
export { Sgd, type SgdOptions } from "./sgd.ts";
export { evaluate, type Evaluation, type History, train } from "./train.ts";
