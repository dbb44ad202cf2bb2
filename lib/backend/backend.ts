/**
 * Chooses the TensorFlow.js backend: native → webgpu → wasm → cpu, the first that really computes.
 *
 * Nothing outside this folder knows which one is in force.
 */
import "./default_backend.ts";
import "./engine_state.ts";
import "./node_compat.ts";
import "./weak_variables.ts";
import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { environment } from "./environment.ts";
import { explainOperationErrors } from "./native/operation_errors.ts";
import { registerReluGradient } from "./native/relu_grad.ts";
import { registerConvolutionGradients } from "./wasm.ts";

/** The backends by the names that `--backend` and `RESIDUAL_BACKEND` take, fastest first. */
export const BACKENDS = ["native", "webgpu", "wasm", "cpu"] as const;

/** The name of a backend. */
export type BackendName = (typeof BACKENDS)[number];

/** A backend that was not chosen, and the reason. */
export interface Rejected {
  /** The backend that was not chosen. */
  readonly name: BackendName;
  /** Why it was not taken. */
  readonly reason: string;
}

/** The active backend, and why it was chosen. */
export class Backend {
  constructor(
    readonly name: BackendName,
    /** The device, for people: `"TensorFlow's C library on the CPU"`, `"WebAssembly with SIMD, one thread"`. */
    readonly device: string,
    /** Why this one was taken. */
    readonly reason: string,
    /** The backends before it in the order, and why each was not chosen. */
    readonly rejected: readonly Rejected[],
  ) {}

  /** The same in a few lines for a person. */
  describe(): string {
    return [
      `Backend: ${this.name} (${this.device}), ${this.reason}.`,
      ...this.rejected.map(({ name, reason }) => `  not ${name}: ${reason}`),
    ].join("\n");
  }
}

/** The training speed of a backend: `slow` is about 20 times slower than `fast`, `slowest` 1000 times or more. */
export type Pace = "fast" | "slow" | "slowest";

const PACES: Readonly<Record<string, Pace>> = {
  tensorflow: "fast",
  webgpu: "fast",
  wasm: "slow",
  cpu: "slowest",
};

/** The training speed of the active backend, from which budgets follow. */
export function pace(): Pace {
  // Without `startBackend()`, TensorFlow.js starts a backend here, and the user gets a warning.
  tf.backend();
  return PACES[tf.getBackend()] ?? "slowest";
}

let active: Promise<Backend> | undefined;

/**
 * Starts the fastest backend that works here, once, and says which it is and why.
 *
 * `RESIDUAL_BACKEND` names one to try first; where that one fails, the usual order follows.
 *
 * @throws {RangeError} where `RESIDUAL_BACKEND` names no backend.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { BACKENDS, startBackend } from "residual";
 *
 * const backend = await startBackend();
 * assert.ok(BACKENDS.includes(backend.name));
 * assert.match(backend.describe(), /^Backend: /);
 * ```
 */
export function startBackend(): Promise<Backend> {
  active ??= choose(requestedBackend());
  return active;
}

function requestedBackend(): BackendName | undefined {
  const requested = environment("RESIDUAL_BACKEND");
  if (requested === undefined) return undefined;
  const name = BACKENDS.find((backend) => backend === requested);
  if (name) return name;
  throw new RangeError(
    `RESIDUAL_BACKEND expects one of ${BACKENDS.join(", ")}, got "${requested}".`,
  );
}

async function choose(requested: BackendName | undefined): Promise<Backend> {
  const order = requested
    ? [requested, ...BACKENDS.filter((name) => name !== requested)]
    : BACKENDS;
  const rejected: Rejected[] = [];
  for (const name of order) {
    try {
      const device = await starters[name](name === requested);
      registerReluGradient();
      await proveItComputes();
      const reason = name === requested
        ? "as RESIDUAL_BACKEND asks"
        : rejected.length === 0
        ? "the fastest there is"
        : "the fastest that works here";
      return new Backend(name, device, reason, rejected);
    } catch (error) {
      const [reason = "it failed"] = String(error instanceof Error ? error.message : error)
        .split("\n");
      rejected.push({ name, reason });
    }
  }
  throw new Error(
    "No TensorFlow.js backend works here: " +
      rejected.map(({ name, reason }) => `${name}: ${reason}`).join("; "),
  );
}

/** A backend that loads may still be unable to compute; a convolution shows it. */
async function proveItComputes(): Promise<void> {
  const sum = tf.tidy(() => {
    const image = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
    return tf.sum(tf.conv2d(image, tf.ones<tf.Rank.R4>([3, 3, 1, 1]), 1, "valid"));
  });
  const [value] = await sum.data();
  sum.dispose();
  if (value !== 9) throw new Error(`a 3×3 convolution of ones gave ${value} instead of 9`);
}

/** The part of WebGPU that tells a graphics card from software that plays one. */
interface Gpu {
  requestAdapter(): Promise<
    { info: { isFallbackAdapter: boolean; description: string } } | null
  >;
}

const starters: Record<BackendName, (wished: boolean) => Promise<string>> = {
  async native() {
    // Read at load: oneDNN makes convolutions about twice as fast on processors without AVX-512.
    process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "1";
    // Keeps oneDNN's code for each filter gradient: TensorFlow builds it anew in every step otherwise.
    process.env["TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE"] ??= "false";
    process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
    await import("@tensorflow/tfjs-node");
    await use("tensorflow");
    explainOperationErrors();
    const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
    return backend.isUsingGpuDevice
      ? "TensorFlow's C library on the GPU"
      : "TensorFlow's C library on the CPU";
  },
  async webgpu(wished) {
    const { gpu } = (globalThis as { navigator?: { gpu?: Gpu } }).navigator ?? {};
    if (!gpu) throw new Error("there is no navigator.gpu");
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error("no graphics adapter was found");
    // Who asks for it gets the software too: to go on to TensorFlow's library after this adapter has
    // loaded its own LLVM ends the process (seen with llvmpipe).
    if (adapter.info.isFallbackAdapter && !wished) {
      throw new Error(`the adapter is software, not a graphics card: ${adapter.info.description}`);
    }
    await import("@tensorflow/tfjs-backend-webgpu");
    await use("webgpu");
    return `${adapter.info.description || "the graphics card"} through WebGPU`;
  },
  async wasm() {
    const { getThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(join(dirname(resolvePackage("@tensorflow/tfjs-backend-wasm")), "/"));
    registerConvolutionGradients();
    await use("wasm");
    // Its threads are workers made from a blob URL by a classic script, which neither Node nor Deno starts.
    const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
    const hasThreads = await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT");
    const threads = hasThreads ? getThreadsCount() : 1;
    const count = threads === 1 ? "one thread" : `${threads} threads`;
    return `WebAssembly${simd ? " with SIMD" : ""}, ${count}`;
  },
  async cpu() {
    await use("cpu");
    return "plain JavaScript";
  },
};

/** Where a package lies, seen from the notebook's folder or from the script that runs. */
function resolvePackage(name: string): string {
  const script = process.argv[1];
  try {
    return createRequire(join(process.cwd(), "notebook.js")).resolve(name);
  } catch (error) {
    if (script === undefined) throw error;
    return createRequire(script).resolve(name);
  }
}

async function use(name: string): Promise<void> {
  if (!await tf.setBackend(name)) throw new Error(`TensorFlow.js could not start "${name}"`);
  await tf.ready();
}
