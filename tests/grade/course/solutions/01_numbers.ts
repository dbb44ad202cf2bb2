// A lesson for the grader's tests: answers that need the kit's cells, and each other.

// %% [markdown]
// # Numbers

// %%
import assert from "node:assert/strict";
import { check, showText, startBackend, tf } from "residual";

const backend = await startBackend();
await showText(backend.describe());

// %%
const factors: number[] = [];
factors.push(3);
// A grader that runs what no answer needs would end here.
if (tf.getBackend() === "never") throw new Error("this cell is not needed");

// %% [markdown] exercise="scaled"
// The factor is `factors[0]`.

// %% id="scaled" role="solution"
function scaled(x: number): number {
  // BEGIN SOLUTION
  return x * factors[0]!;
  // END SOLUTION
}

// %% id="check_scaled" role="check"
await check("scaled", scaled);
// BEGIN HIDDEN TESTS
await check("scaled", scaled, { seed: 20 });
// END HIDDEN TESTS

// %%
assert.equal(factors.length, 1);

// %% [markdown] exercise="twice"

// %% id="twice" role="solution"
function twice(x: number): number {
  // BEGIN SOLUTION
  return scaled(scaled(x));
  // END SOLUTION
}

// %% id="check_twice" role="check"
await check("twice", (x: number) => twice(x));

// %% [markdown] id="why" points=4 role="answer"
// Why nine?
// BEGIN SOLUTION
// Three times three.
// END SOLUTION
