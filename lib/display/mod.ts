/**
 * Tables, images, curves and diagrams, in notebooks and in terminals.
 *
 * @module
 */
export { Display, type FrontEnd, frontEnd, type MimeBundle, show, showText } from "./display.ts";
export * from "./table.ts";
export * from "./images.ts";
export * from "./curve.ts";
export * from "./confusion.ts";
export * from "./architecture.ts";
export * from "./areas.ts";
export { featureMap, mapImage } from "./feature_map.ts";
export { type Distribution, type Histogram, showHistogram } from "./histogram.ts";
export { sparkline } from "./sparkline.ts";
export { formatSeconds } from "./seconds.ts";
export { train } from "./train.ts";
export { showTraining, type TrainingDisplay } from "./training_display.ts";
export type {
  TrainingPast,
  TrainingPlan,
  TrainingState,
  ValidationResult,
} from "./training_record.ts";
