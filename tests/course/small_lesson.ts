/** A small lesson for a course, and what students answer in it. */
import fs from "node:fs";
import path from "node:path";
import type { Course } from "../../tools/lessons/build.ts";
import { KIT } from "../../tools/lessons/kit.ts";
import type { Notebook, NotebookCell } from "../../tools/lessons/notebook.ts";
import { EXERCISES } from "./small_exercises.ts";

export const LESSON = "05_identity_block";

/** A lesson with two exercises and one free-text question, so a class is graded in a few minutes. */
const SOURCE = `// %%
import { BatchNorm, Block, check, Conv2d, startBackend, tf } from "residual";
await startBackend();

// %% [markdown] exercise="res_identity"
// Write it.

// %% id="res_identity" role="solution"
class ResIdentity extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = new Conv2d(ni, ni);
    this.bn1 = new BatchNorm(ni);
    this.conv2 = new Conv2d(ni, ni);
    this.bn2 = new BatchNorm(ni);
  }
  forward(x: tf.Tensor4D): tf.Tensor4D {
    // BEGIN SOLUTION
    const residual = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const sum: tf.Tensor4D = tf.add(residual, x);
    return tf.relu(sum);
    // END SOLUTION
  }
}

// %% id="check_res_identity" role="check"
await check("res_identity", ResIdentity);
// BEGIN HIDDEN TESTS
await check("res_identity", ResIdentity, { seed: 20 });
// END HIDDEN TESTS

// %% [markdown] exercise="identity_count"
// Count it.

// %% id="identity_count" role="solution"
function identityCount(ni: number, repeat: number): number {
  // BEGIN SOLUTION
  return repeat * 2 * (9 * ni * ni + 2 * ni);
  // END SOLUTION
}

// %% id="check_identity_count" role="check"
await check("identity_count", identityCount);

// %% [markdown] id="why" points=3 role="answer"
// Why does it help?
//
// BEGIN SOLUTION
// Because F(x) = 0 is easy to learn.
// END SOLUTION
`;

export const RIGHT = `const residual = this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x)))));
    const sum: tf.Tensor4D = tf.add(residual, x);
    return tf.relu(sum);`;
export const STUB = `// YOUR CODE HERE
    throw new Error("not implemented");`;
export const COUNT = "return repeat * 2 * (9 * ni * ni + 2 * ni);";
export const PLAIN = "return tf.relu(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))));";

/** The course of that lesson alone, its source in a new folder below `root`. */
export function smallCourse(root: string): Course {
  fs.mkdirSync(path.join(root, "kit", "solutions"), { recursive: true });
  fs.writeFileSync(path.join(root, "kit", "solutions", `${LESSON}.ts`), SOURCE);
  const exercises = new Map([...EXERCISES.keys()].map((id) => [id, KIT.exercises.get(id)!]));
  return { root: path.join(root, "kit"), exercises };
}

export function cellOf(notebook: Notebook, id: string): NotebookCell {
  return notebook.cells.find(({ metadata }) => metadata.nbgrader?.grade_id === id)!;
}

export function checkOf(notebook: Notebook): NotebookCell {
  return cellOf(notebook, "check_res_identity");
}

/** Puts code in place of the stub. */
export function answer(code: string, exercise = "res_identity"): (notebook: Notebook) => void {
  return (notebook) => {
    const cell = cellOf(notebook, exercise);
    const stub = /\/\/ YOUR CODE HERE\n\s*throw new Error\("not implemented"\);/;
    cell.source = [cell.source.join("").replace(stub, code)];
  };
}
