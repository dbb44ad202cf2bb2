// A lesson for the grader's tests, with an exercise of the kit's.

// %% [markdown]
// # The identity block

// %%
import { BatchNorm, Block, check, Conv2d, startBackend, tf } from "residual";

await startBackend();

// %% [markdown] exercise="res_identity"

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
    return tf.relu(tf.add(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))), x));
    // END SOLUTION
  }
}

// %% id="check_res_identity" role="check"
await check("res_identity", ResIdentity);
// BEGIN HIDDEN TESTS
await check("res_identity", ResIdentity, { seed: 20 });
// END HIDDEN TESTS
