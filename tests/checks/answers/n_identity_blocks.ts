/** Answers to n_identity_blocks: right ones, and each mistake that its check knows. */
import { Block, PlainBlock, ResIdentity, Sequence, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";
import { OtherIdentity } from "./res_identity.ts";

class Right extends Block {
  readonly blocks: readonly Block[];

  constructor(readonly ni: number, readonly repeat: number) {
    super({ ni, repeat });
    this.blocks = Array.from({ length: this.count() }, () => this.block());
  }

  count(): number {
    return this.repeat;
  }

  block(): Block {
    return new ResIdentity(this.ni);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    let y = x;
    for (const block of this.blocks) y = block(y);
    return y;
  }
}

class AsSequence extends Sequence {
  constructor(readonly ni: number, readonly repeat: number) {
    super(Array.from({ length: repeat }, () => new ResIdentity(ni)), { ni, repeat });
  }
}

/** The array's last block comes first. */
class Backwards extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return this.blocks.reduceRight((y, block) => block(y), x);
  }
}

class OtherBlocks extends Right {
  override block(): Block {
    return new OtherIdentity(this.ni);
  }
}

/** Blocks where the row does not find them. */
class NotParts extends Block {
  readonly blocks: ReadonlyMap<number, ResIdentity>;

  constructor(readonly ni: number, readonly repeat: number) {
    super({ ni, repeat });
    this.blocks = new Map(Array.from({ length: repeat }, (_, i) => [i, new ResIdentity(ni)]));
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    let y = x;
    for (const block of this.blocks.values()) y = block(y);
    return y;
  }
}

class OneTooMany extends Right {
  override count(): number {
    return this.repeat + 1;
  }
}

class OneTooFew extends Right {
  override count(): number {
    return this.repeat - 1;
  }
}

class OneBlock extends Right {
  override count(): number {
    return 1;
  }
}

class FixedRepeat extends Right {
  override count(): number {
    return 3;
  }
}

class SharedBlock extends OneBlock {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    let y = x;
    for (let i = 0; i < this.repeat; i++) y = this.blocks[0]!(y);
    return y;
  }
}

class NotChained extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    let y = x;
    for (const block of this.blocks) y = block(x);
    return y;
  }
}

class OuterShortcut extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(super.forward(x), x));
  }
}

class PlainBlocks extends Right {
  override block(): Block {
    return new PlainBlock(this.ni);
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": Right,
    "a Sequence": AsSequence,
    "declared backwards": Backwards,
    "of TensorFlow.js's own layers": OtherBlocks,
  },
  wrong: {
    not_parts: NotParts,
    one_too_few: OneTooFew,
    one_too_many: OneTooMany,
    one_block: OneBlock,
    shared_block: SharedBlock,
    fixed_repeat: FixedRepeat,
    not_chained: NotChained,
    outer_shortcut: OuterShortcut,
    plain_blocks: PlainBlocks,
  },
};
