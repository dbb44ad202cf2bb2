/**
 * Chooses the TensorFlow.js backend that computes, and tells why the faster ones were not taken.
 *
 * @module
 */
export {
  Backend,
  type BackendName,
  BACKENDS,
  type Pace,
  pace,
  type Rejected,
  startBackend,
} from "./backend.ts";
