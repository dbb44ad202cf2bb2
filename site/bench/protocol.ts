/** The messages between the page that measures a browser and its workers. */

/** The backends that are measured, each in a worker of its own. */
export const BENCH_BACKENDS = ["webgpu", "webgl", "wasm", "cpu"] as const;

/** A backend's name. */
export type BenchBackend = typeof BENCH_BACKENDS[number];

/** What is measured with ResNet20. */
export type Task = "inference" | "training";

/** A worker's report. */
export type BenchMessage =
  | { readonly kind: "started"; readonly device: string }
  | { readonly kind: "measured"; readonly task: Task; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "done" };
