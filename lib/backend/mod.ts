/** The room of the backends: which one computes, and what each lacks. */
export { Backend, type BackendName, BACKENDS, type Rejected, startBackend } from "./backend.ts";
export { type BatchNormResult, batchNormTraining } from "./batch_norm.ts";
