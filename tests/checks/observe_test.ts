/** Whatever a learner's code does, its check goes on and says what it did. */
import assert from "node:assert/strict";
import { isTraining } from "../../lib/blocks/callable.ts";
import { type Exercise, probe } from "../../lib/checks/exercise.ts";
import { type CheckResult, compare } from "../../lib/checks/compare.ts";
import { numbersOf } from "../../lib/checks/numbers.ts";
import { observe } from "../../lib/checks/observe.ts";
import { Trial } from "../../lib/checks/trial.ts";
import { Block, ResIdentity as KitResIdentity, Sequence, startBackend, tf } from "../../lib/mod.ts";

await startBackend();

function squareOf(x: tf.Tensor): tf.Tensor {
  return tf.square(x);
}

/** Two probes: the second must run after the first has failed. */
const SQUARE: Exercise = {
  id: "square",
  lesson: "00_test",
  title: "the square",
  goal: "x · x",
  difficulty: 1,
  minutes: 1,
  hints: ["multiply", "by itself"],
  mistakes: { doubled: "that is x + x" },
  ownParts: [squareOf],
  limitSeconds: 0.3,
  probes: [
    probe((candidate, trial) => {
      const x = tf.tensor1d([3]);
      const seen = numbersOf(trial.callForTensor(candidate, x));
      x.dispose();
      return seen;
    }, [
      {
        what: "3 squared",
        expected: "9",
        points: 2,
        compare: ({ values: [value] }) => ({
          passed: value === 9,
          actual: String(value),
          mistake: value === 6 ? "doubled" : undefined,
        }),
      },
    ]),
    probe(() => "seen", [
      {
        what: "the second probe",
        expected: "seen",
        points: 1,
        compare: (actual) => ({ passed: true, actual }),
      },
    ]),
  ],
};

async function checkResult(candidate: unknown): Promise<CheckResult> {
  // As between two processes: nothing but text gets from one half to the other.
  return compare(SQUARE, JSON.parse(JSON.stringify(await observe(SQUARE, candidate, 1))));
}

const TROUBLES: readonly [string, unknown, RegExp][] = [
  ["throws", () => {
    throw new TypeError("no such thing\nand more");
  }, /^it throws TypeError: no such thing$/],
  ["throws a text", () => {
    throw "a text";
  }, /^it throws a text$/],
  ["is the stub", () => {
    throw new Error("not implemented");
  }, /^not written yet$/],
  ["returns nothing", () => {}, /returns nothing: is there a `return`/],
  [
    "returns a promise",
    // deno-lint-ignore require-await -- that it need not be async is the point
    async (x: tf.Tensor) => x,
    /returns a promise: write the function without `async`/,
  ],
  ["returns a number", () => 9, /expected a tensor, but it returns the number 9/],
  ["never ends", () => {
    let i = 0;
    while (i >= 0) i = 1 - i;
  }, /timed out after 0.3 s/],
  ["is no function", 9, /expected a function, got the number 9/],
  ["gives NaN", (x: tf.Tensor) => tf.tidy(() => tf.log(tf.neg(x))), /^null$/],
];

for (const [what, candidate, got] of TROUBLES) {
  Deno.test(`a candidate that ${what} gets a row that says so, and the next probe runs`, async () => {
    const { rows: [first, second], points, passed } = await checkResult(candidate);
    assert.match(first!.actual, got);
    assert.deepEqual([first!.passed, second!.passed, points, passed], [false, true, 1, false]);
  });
}

for (const nothing of [undefined, null]) {
  Deno.test(`${nothing} as an answer leads to the question whether its cell has run`, async () => {
    const { rows, points } = await checkResult(nothing);
    assert.equal(rows.length, 1);
    assert.match(rows[0]!.actual, /have you run the cell with your code\?/);
    assert.equal(points, 0);
  });
}

Deno.test("a time limit may include a fraction of a millisecond", async () => {
  const brief: Exercise = { ...SQUARE, limitSeconds: 8 / 3 };
  const right = (x: tf.Tensor) => tf.mul(x, x);
  assert.equal(compare(brief, await observe(brief, right, 1)).passed, true);
});

Deno.test("after a probe has timed out, the others get a tenth of the time, at least a second", async () => {
  const endless = probe(() => {
    for (;;);
  }, SQUARE.probes[1]!.assertions as never);
  const slow: Exercise = { ...SQUARE, limitSeconds: 3, probes: [endless, endless] };
  const { rows } = compare(slow, await observe(slow, () => 1, 1));
  assert.deepEqual(rows.map(({ actual }) => actual), [
    "timed out after 3 s: is there an infinite loop?",
    "timed out after 1 s: is there an infinite loop?",
  ]);
});

Deno.test("an answer that awaits forever times out", async () => {
  const waits: Exercise = {
    ...SQUARE,
    probes: [probe(() => new Promise<string>(() => {}), SQUARE.probes[1]!.assertions as never)],
  };
  const { rows } = compare(waits, await observe(waits, () => 1, 1));
  assert.match(rows[0]!.actual, /timed out after 0.3 s/);
});

Deno.test("an answer that leaks tensors keeps its points but does not pass", async () => {
  const before = tf.memory().numTensors;
  const left: tf.Tensor[] = [];
  const { rows, points, maxPoints, passed } = await checkResult((x: tf.Tensor) => {
    left.push(tf.add(x, 1), tf.add(x, 2));
    return tf.mul(x, x);
  });
  assert.deepEqual([points, maxPoints, passed], [3, 3, false]);
  assert.deepEqual([rows[2]!.what, rows[2]!.actual], ["tensors left behind", "2"]);
  assert.match(rows[2]!.next, /tf\.tidy/);
  tf.dispose(left);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("a known mistake is named, and explained once", async () => {
  const { mistakes, rows } = await checkResult((x: tf.Tensor) => tf.add(x, x));
  assert.deepEqual(mistakes, [{ name: "doubled", explanation: "that is x + x" }]);
  assert.equal(rows[0]!.next, "that is x + x");
});

Deno.test("the kit's own function is refused as an answer, and so is a call of it", async () => {
  for (const candidate of [squareOf, (x: tf.Tensor) => squareOf(x)]) {
    const { points, rows } = await checkResult(candidate);
    assert.equal(points, 0);
    assert.match(rows[0]!.actual, /the kit's own squareOf; write yours/);
  }
});

Deno.test("a call in the form that is compiled for Node.js counts as a call", async () => {
  const kit = { squareOf };
  const { rows } = await checkResult((x: tf.Tensor) => (0, kit.squareOf)(x));
  assert.match(rows[0]!.actual, /a call of the kit's own squareOf/);
});

Deno.test("a comment may name the kit's own function", async () => {
  const { passed, rows } = await checkResult((x: tf.Tensor) => {
    // As squareOf(x) does it.
    return tf.mul(x, x); /* and not squareOf (x) */
  });
  assert.ok(passed, JSON.stringify(rows));
});

Deno.test("a string may name the kit's own function", async () => {
  const { passed, rows } = await checkResult((x: tf.Tensor) => {
    if (x.rank > 9) {
      throw new Error(`squareOf(${x.rank})` + " or squareOf(9)" + ' // squareOf("x")');
    }
    return tf.mul(x, x);
  });
  assert.ok(passed, JSON.stringify(rows));
});

Deno.test("an answer with the name of the kit's own function may call itself", async () => {
  const own = {
    squareOf: function squareOf(x: tf.Tensor, again = true): tf.Tensor {
      return again ? squareOf(x, false) : tf.mul(x, x);
    },
  };
  const { passed, rows } = await checkResult(own.squareOf);
  assert.ok(passed, JSON.stringify(rows));
});

Deno.test("an answer with the name of the kit's own function may not call the kit's", async () => {
  const kit = { squareOf };
  const own = {
    squareOf: function squareOf(x: tf.Tensor): tf.Tensor {
      return (0, kit.squareOf)(x);
    },
  };
  const { points, rows } = await checkResult(own.squareOf);
  assert.equal(points, 0);
  assert.match(rows[0]!.actual, /a call of the kit's own squareOf/);
});

Deno.test("a learner's class may construct itself and name itself in a string", async () => {
  class ResIdentity extends Block {
    static of(): ResIdentity {
      return new ResIdentity();
    }
    constructor() {
      super({});
    }
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return x;
    }
    override toString(): string {
      return `ResIdentity(${this.name})` + "ResIdentity(3)";
    }
  }
  const text = probe((candidate, trial) => trial.make(candidate).toString(), [
    { what: "text", expected: "any", points: 1, compare: (actual) => ({ passed: true, actual }) },
  ]);
  const exercise = { ...SQUARE, ownParts: [KitResIdentity], probes: [text] };
  const { passed, rows } = compare(exercise, await observe(exercise, ResIdentity, 1));
  assert.ok(passed, JSON.stringify(rows));
});

Deno.test("the kit's own class is refused in the getters of a returned object", async () => {
  const exercise: Exercise = {
    ...SQUARE,
    ownParts: [KitResIdentity],
    probes: [
      probe((candidate, trial) => trial.call(candidate), [
        {
          what: "text",
          expected: "any",
          points: 1,
          compare: (got) => ({ passed: true, actual: `${got}` }),
        },
      ]),
    ],
  };
  const late = { toJSON: () => new KitResIdentity(3).ni };
  const { points, rows } = compare(exercise, await observe(exercise, () => late, 1));
  assert.equal(points, 0);
  assert.match(rows[0]!.actual, /uses the kit's own ResIdentity/);
  const endless = {
    toJSON() {
      for (;;);
    },
  };
  const { rows: [row] } = compare(exercise, await observe(exercise, () => endless, 1));
  assert.match(row!.actual, /timed out after 0.3 s/);
});

Deno.test("an answer cannot run the probe a second time", async () => {
  const name = Object.getOwnPropertyNames(globalThis).find((name) => name.startsWith("residual."))!;
  const global = globalThis as unknown as Record<string, () => unknown>;
  let calls = 0;
  const { passed, rows } = await checkResult((x: tf.Tensor) => {
    calls++;
    assert.equal(global[name]!(), undefined);
    return tf.mul(x, x);
  });
  assert.ok(passed, JSON.stringify(rows));
  assert.equal(global[name]!(), undefined);
  assert.equal(calls, 1);
});

Deno.test("a layer in place of a model is refused with the reason", () => {
  const trial = new Trial(1);
  assert.throws(
    () => trial.makeModel(() => tf.layers.reLU()),
    /^Trouble: expected a model, but it creates a layer: return tf\.model/,
  );
});

Deno.test("values in another form than the check expects are refused", () => {
  for (const seen of [null, 5, {}, { shape: "x", values: 9 }]) {
    const outcomes = [{ seen }, { seen: "seen" }];
    const { points } = compare(SQUARE, { exercise: "square", seed: 1, outcomes, leaked: 0 });
    assert.equal(points, 1, JSON.stringify(seen));
  }
});

/** Runs a candidate that never ends, then computes a gradient. */
async function gradientAfter(candidate: () => unknown): Promise<unknown> {
  const exercise: Exercise = {
    ...SQUARE,
    probes: [
      probe((endless) => (endless as typeof candidate)() as null, []),
      probe(() => {
        const x = tf.tensor1d([3]);
        const gradient = tf.grad((x) => tf.square(x))(x);
        const seen = numbersOf(gradient);
        tf.dispose([x, gradient]);
        return seen;
      }, []),
    ],
  };
  const { outcomes: [endless, gradient] } = await observe(exercise, candidate, 1);
  assert.match((endless as { trouble: string }).trouble, /timed out/);
  return gradient;
}

const endless = (x: tf.Tensor): tf.Tensor => {
  for (;;) tf.square(x).dispose();
};

/** Frees the values of a tensor as the native backend does, before the engine forgets the tensor. */
function freeValues({ dataId }: tf.Tensor): void {
  const { binding, tensorMap } = tf.backend() as unknown as {
    binding: { deleteTensor(id: number): void };
    tensorMap: { get(dataId: object): { id: number } };
  };
  binding.deleteTensor(tensorMap.get(dataId).id);
}

for (
  const [where, candidate] of [
    ["a scope", () => tf.tidy(() => endless(tf.tensor1d([1])))],
    ["a gradient", () => tf.grad(endless)(tf.tensor1d([1]))],
    [
      "the middle of a disposal",
      () =>
        tf.tidy(() => {
          const x = tf.tensor1d([1]);
          freeValues(tf.square(x));
          return endless(x);
        }),
    ],
    [
      "an operation",
      () =>
        tf.customGrad((x) => ({ value: endless(x as tf.Tensor), gradFunc: (dy) => dy }))(
          tf.tensor1d([1]),
        ),
    ],
  ] as const
) {
  Deno.test(`TensorFlow.js computes gradients and frees memory after a timeout in ${where}`, async () => {
    const { numTensors } = tf.memory();
    assert.deepEqual(await gradientAfter(candidate), { seen: { shape: [1], values: [6] } });
    const { state } = tf.engine();
    assert.deepEqual([state.scopeStack.length, state.gradientDepth, state.kernelDepth], [0, 0, 0]);
    assert.ok(
      tf.memory().numTensors < numTensors + 20,
      `${numTensors} became ${tf.memory().numTensors}`,
    );
  });
}

Deno.test("layers run in inference mode after a timeout in training mode", async () => {
  class Endless extends Block {
    forward(x: tf.Tensor4D): tf.Tensor4D {
      return this.training ? endless(x) as tf.Tensor4D : x;
    }
  }
  const exercise: Exercise = {
    ...SQUARE,
    probes: [
      probe(() => {
        new Sequence([new Endless({})]).apply(tf.ones([1, 2, 2, 1]), { training: true });
        return null;
      }, []),
      probe(() => isTraining(), []),
    ],
  };
  const { outcomes: [timeout, training] } = await observe(exercise, () => null, 1);
  assert.match((timeout as { trouble: string }).trouble, /timed out/);
  assert.deepEqual(training, { seen: false });
});
