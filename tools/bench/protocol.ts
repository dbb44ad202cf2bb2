/**
 * What the benchmark and a contender say to each other, one line of JSON each. The contender begins with
 * a `Hello`; then each `Request` on its standard input gets an `Answer` on its standard output. It ends
 * where its input does, so that it cannot outlive the benchmark.
 */

/** Training is forward, backward and the optimizer's step; inference is the logits of a batch. */
export const MODES = ["train", "infer"] as const;

export type Mode = (typeof MODES)[number];

/** The models, and the batches that they are measured with. */
export const WORKLOADS = {
  resnet20: { batch: 128, size: 32, classes: 10 },
  resnet18: { batch: 32, size: 64, classes: 1000 },
} as const;

export type ModelName = keyof typeof WORKLOADS;

export const MODEL_NAMES = Object.keys(WORKLOADS) as ModelName[];

/** A model and its batches: `[batch, size, size, 3]` in, `[batch, classes]` out. */
export interface Workload {
  readonly model: ModelName;
  readonly batch: number;
  readonly size: number;
  readonly classes: number;
}

/** A contender's first line. */
export interface Hello {
  /** Itself and its parts: "PyTorch 2.15.0". */
  readonly version: string;
  /** What computes: "native", "CPU". */
  readonly backend: string;
}

export interface Request extends Workload {
  readonly mode: Mode;
  readonly steps: number;
}

export interface Answer {
  /** The model's trainable parameters: they show that all contenders run the same network. */
  readonly parameters: number;
  /** Milliseconds of each step, its result read. */
  readonly msPerStep: readonly number[];
}

const SHAPES = {
  hello: '{"version": "...", "backend": "..."}',
  answer: (steps: number) => `{"parameters": N, "msPerStep": [${steps} numbers above 0]}`,
};

/** Reads a contender's first line. @throws {TypeError} where it is none. */
export function parseHello(line: string): Hello {
  const { version, backend } = parseObject(line) as Partial<Hello>;
  if (typeof version === "string" && typeof backend === "string") return { version, backend };
  throw new TypeError(`expected ${SHAPES.hello}, got ${shortened(line)}`);
}

/** Reads the answer to a request of so many steps. @throws {TypeError} where it is none. */
export function parseAnswer(line: string, steps: number): Answer {
  const { parameters, msPerStep } = parseObject(line) as Partial<Answer>;
  const isTime = (value: unknown) => typeof value === "number" && value > 0;
  if (
    Number.isInteger(parameters) && Array.isArray(msPerStep) && msPerStep.length === steps &&
    msPerStep.every(isTime)
  ) {
    return { parameters: parameters!, msPerStep };
  }
  throw new TypeError(`expected ${SHAPES.answer(steps)}, got ${shortened(line)}`);
}

function parseObject(line: string): unknown {
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
}

function shortened(line: string): string {
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}
