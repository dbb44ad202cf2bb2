/** The room of the backends: which one computes, and what each lacks. */
export {
  Backend,
  type BackendName,
  BACKENDS,
  type Pace,
  pace,
  type Rejected,
  startBackend,
} from "./backend.ts";
