/** Answers to skip_and_n_identity_blocks: right ones, and each mistake that its check knows. */
import {
  Block,
  NIdentityBlocks,
  ResIdentity,
  ResSkip,
  Sequence,
  type tf,
} from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";
import { OtherIdentity } from "./res_identity.ts";
import { OtherSkip } from "./res_skip.ts";

class Right extends Block {
  readonly steps: readonly Block[];

  constructor(readonly ni: number, readonly no: number, readonly repeat: number) {
    super({ ni, no, repeat });
    this.steps = this.blocks();
  }

  blocks(): Block[] {
    return [this.skip(), ...this.identities(this.repeat - 1)];
  }

  skip(): Block {
    return new ResSkip(this.ni, this.no);
  }

  identities(count: number, ni = this.no): Block[] {
    return Array.from({ length: count }, () => new ResIdentity(ni));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.steps.reduce((y, step) => step(y), x);
  }
}

class AsSequence extends Sequence {
  constructor(readonly ni: number, readonly no: number, readonly repeat: number) {
    const blocks: Block[] = [new ResSkip(ni, no)];
    while (blocks.length < repeat) blocks.push(new ResIdentity(no));
    super(blocks, { ni, no, repeat });
  }
}

/** The row of identity blocks as one block, assigned before the skip block. */
class OfTwoParts extends Block {
  readonly rest: NIdentityBlocks | undefined;
  readonly first: ResSkip;

  constructor(readonly ni: number, readonly no: number, readonly repeat: number) {
    super({ ni, no, repeat });
    this.rest = repeat > 1 ? new NIdentityBlocks(no, repeat - 1) : undefined;
    this.first = new ResSkip(ni, no);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const y = this.first(x);
    return this.rest?.(y) ?? y;
  }
}

class OtherBlocks extends Right {
  override skip(): Block {
    return new OtherSkip(this.ni, this.no);
  }

  override identities(count: number): Block[] {
    return Array.from({ length: count }, () => new OtherIdentity(this.no));
  }
}

class OneTooMany extends Right {
  override blocks(): Block[] {
    return [this.skip(), ...this.identities(this.repeat)];
  }
}

class OneTooFew extends Right {
  override blocks(): Block[] {
    return [this.skip(), ...this.identities(Math.max(0, this.repeat - 2))];
  }
}

class OnlySkip extends Right {
  override blocks(): Block[] {
    return [this.skip()];
  }
}

class AllSkips extends Right {
  override blocks(): Block[] {
    const others = this.identities(this.repeat - 1).map(() => new ResSkip(this.no, this.no));
    return [this.skip(), ...others];
  }
}

class SkipLast extends Right {
  override blocks(): Block[] {
    return [...this.identities(this.repeat - 1, this.ni), this.skip()];
  }
}

class SharedBlock extends Right {
  override blocks(): Block[] {
    return [this.skip(), ...this.identities(Math.min(1, this.repeat - 1))];
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    let y = this.steps[0]!(x);
    for (let i = 1; i < this.repeat; i++) y = this.steps[1]!(y);
    return y;
  }
}

class NotChained extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    const [first, ...others] = this.steps;
    const halved = first!(x);
    let y = halved;
    for (const step of others) y = step(halved);
    return y;
  }
}

/** Blocks where the stage does not find them. */
class NotParts extends Block {
  readonly blocks: { readonly skip: ResSkip; readonly identities: readonly ResIdentity[] };

  constructor(readonly ni: number, readonly no: number, readonly repeat: number) {
    super({ ni, no, repeat });
    const identities = [new ResIdentity(no), new ResIdentity(no)].slice(0, repeat - 1);
    this.blocks = { skip: new ResSkip(ni, no), identities };
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.blocks.identities.reduce((y, block) => block(y), this.blocks.skip(x));
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "a Sequence": AsSequence,
    "of two parts": OfTwoParts,
    "of TensorFlow.js's own layers": OtherBlocks,
  },
  wrong: {
    one_too_many: OneTooMany,
    one_too_few: OneTooFew,
    only_skip: OnlySkip,
    all_skips: AllSkips,
    skip_last: SkipLast,
    shared_block: SharedBlock,
    not_chained: NotChained,
    not_parts: NotParts,
  },
};
