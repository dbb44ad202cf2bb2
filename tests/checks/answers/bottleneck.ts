/** Answers to bottleneck: right ones, and each mistake that its check knows. */
import { BatchNorm, Block, Conv2d, Sequence, tf } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

class Right extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly downsample: Sequence | undefined;

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    const no = this.no();
    const [first, second, third] = this.strides();
    this.conv1 = this.conv(ni, width, 1, first);
    this.bn1 = new BatchNorm(width);
    this.conv2 = this.conv(width, width, 3, second);
    this.bn2 = new BatchNorm(width);
    this.conv3 = this.conv(width, no, 1, third);
    this.bn3 = new BatchNorm(no);
    if (this.projects()) this.downsample = new Sequence(this.projection(no));
  }

  no(): number {
    return 4 * this.width;
  }

  strides(): [number, number, number] {
    return [1, this.stride, 1];
  }

  conv(ni: number, no: number, size: number, stride: number): Conv2d {
    return new Conv2d(ni, no, size, stride);
  }

  projects(): boolean {
    return this.stride !== 1 || this.ni !== this.no();
  }

  projection(no: number): tf.layers.Layer[] {
    return [new Conv2d(this.ni, no, 1, this.stride), new BatchNorm(no)];
  }

  F(x: tf.Tensor4D): tf.Tensor4D {
    const narrow = tf.relu(this.bn1(this.conv1(x)));
    return this.bn3(this.conv3(tf.relu(this.bn2(this.conv2(narrow)))));
  }

  shortcut(x: tf.Tensor4D): tf.Tensor4D {
    return (this.downsample?.(x) ?? x) as tf.Tensor4D;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(tf.add(this.F(x), this.shortcut(x)));
  }
}

/** The paper's order of words: the shortcut first, its layers in properties of their own. */
class ShortcutFirst extends Block {
  readonly skip: Conv2d | undefined;
  readonly skipNorm: BatchNorm | undefined;
  readonly widen: Conv2d;
  readonly bn3: BatchNorm;
  readonly squeeze: Conv2d;
  readonly bn1: BatchNorm;
  readonly middle: Conv2d;
  readonly bn2: BatchNorm;

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    if (stride > 1 || ni !== 4 * width) {
      this.skip = new Conv2d(ni, 4 * width, 1, stride);
      this.skipNorm = new BatchNorm(4 * width);
    }
    this.widen = new Conv2d(width, 4 * width, 1);
    this.bn3 = new BatchNorm(4 * width);
    this.squeeze = new Conv2d(ni, width, 1);
    this.bn1 = new BatchNorm(width);
    this.middle = new Conv2d(width, width, 3, stride);
    this.bn2 = new BatchNorm(width);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const added = this.skip && this.skipNorm ? this.skipNorm(this.skip(x)) : x;
    let y = tf.relu(this.bn1(this.squeeze(x)));
    y = tf.relu(this.bn2(this.middle(y)));
    return tf.relu(tf.add(added, this.bn3(this.widen(y))));
  }
}

class StrideOnFirst extends Right {
  override strides(): [number, number, number] {
    return [this.stride, 1, 1];
  }
}

class StrideOnLast extends Right {
  override strides(): [number, number, number] {
    return [1, 1, this.stride];
  }
}

class NoExpansion extends Right {
  override no(): number {
    return this.width;
  }
}

class WideMiddle extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly downsample: Sequence;

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    const no = 4 * width;
    this.conv1 = new Conv2d(ni, no, 1);
    this.bn1 = new BatchNorm(no);
    this.conv2 = new Conv2d(no, no, 3, stride);
    this.bn2 = new BatchNorm(no);
    this.conv3 = new Conv2d(no, no, 1);
    this.bn3 = new BatchNorm(no);
    this.downsample = new Sequence([new Conv2d(ni, no, 1, stride), new BatchNorm(no)]);
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const narrow = tf.relu(this.bn1(this.conv1(x)));
    const F = this.bn3(this.conv3(tf.relu(this.bn2(this.conv2(narrow)))));
    return tf.relu(tf.add(F, this.downsample(x) as tf.Tensor4D));
  }
}

class No1x1 extends Right {
  override conv(ni: number, no: number, _: number, stride: number): Conv2d {
    return new Conv2d(ni, no, 3, stride);
  }
}

/** A projection where the map is halved, as between the stages of ResNet18. */
class NoFirstProjection extends Right {
  override projects(): boolean {
    return this.stride !== 1;
  }
}

class AlwaysProjects extends Right {
  override projects(): boolean {
    return true;
  }
}

class NoProjectionNorm extends Right {
  override projection(no: number): tf.layers.Layer[] {
    return [new Conv2d(this.ni, no, 1, this.stride)];
  }
}

class Projection3x3 extends Right {
  override projection(no: number): tf.layers.Layer[] {
    return [new Conv2d(this.ni, no, 3, this.stride), new BatchNorm(no)];
  }
}

class ShortcutNormUnused extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly project: Conv2d | undefined;
  readonly projectNorm: BatchNorm | undefined;

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    const no = 4 * width;
    this.conv1 = new Conv2d(ni, width, 1);
    this.bn1 = new BatchNorm(width);
    this.conv2 = new Conv2d(width, width, 3, stride);
    this.bn2 = new BatchNorm(width);
    this.conv3 = new Conv2d(width, no, 1);
    this.bn3 = new BatchNorm(no);
    if (stride !== 1 || ni !== no) {
      this.project = new Conv2d(ni, no, 1, stride);
      this.projectNorm = new BatchNorm(no);
    }
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const F = this.bn3(
      this.conv3(tf.relu(this.bn2(this.conv2(tf.relu(this.bn1(this.conv1(x))))))),
    );
    const added = this.project?.(x) ?? x;
    this.projectNorm?.(added);
    return tf.relu(tf.add(F, added));
  }
}

class NoShortcut extends Right {
  override projects(): boolean {
    return false;
  }

  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.F(x));
  }
}

class ReluOnShortcut extends Right {
  override shortcut(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(super.shortcut(x));
  }
}

class ReluBeforeSum extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(tf.relu(this.F(x)), this.shortcut(x));
  }
}

class NoLastRelu extends Right {
  override forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(this.F(x), this.shortcut(x));
  }
}

class MissingInnerRelu extends Right {
  override F(x: tf.Tensor4D): tf.Tensor4D {
    return this.bn3(this.conv3(tf.relu(this.bn2(this.conv2(this.bn1(this.conv1(x)))))));
  }
}

class SamePadding extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly conv2: tf.layers.Layer;
  readonly bn2: BatchNorm;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm;
  readonly downsample: Sequence | undefined;

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    const no = 4 * width;
    this.conv1 = new Conv2d(ni, width, 1);
    this.bn1 = new BatchNorm(width);
    const sizes = { kernelSize: 3, strides: stride, padding: "same" } as const;
    this.conv2 = tf.layers.conv2d({ filters: width, useBias: false, ...sizes });
    this.bn2 = new BatchNorm(width);
    this.conv3 = new Conv2d(width, no, 1);
    this.bn3 = new BatchNorm(no);
    if (stride !== 1 || ni !== no) {
      this.downsample = new Sequence([new Conv2d(ni, no, 1, stride), new BatchNorm(no)]);
    }
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const narrow = tf.relu(this.bn1(this.conv1(x)));
    const middle = tf.relu(this.bn2(this.conv2.apply(narrow) as tf.Tensor4D));
    const F = this.bn3(this.conv3(middle));
    return tf.relu(tf.add(F, (this.downsample?.(x) ?? x) as tf.Tensor4D));
  }
}

class Biased extends Right {
  override conv(ni: number, no: number, size: number, stride: number): Conv2d {
    return new Conv2d(ni, no, size, stride, true);
  }
}

/** Layers in a plain object are no parts of the block. */
class NotParts extends Block {
  readonly made: { readonly conv: Conv2d; readonly bn: BatchNorm };

  constructor(readonly ni: number, readonly width: number, readonly stride = 1) {
    super({ ni, width, stride });
    this.made = {
      conv: new Conv2d(ni, 4 * width, 1, stride),
      bn: new BatchNorm(4 * width),
    };
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.made.bn(this.made.conv(x)));
  }
}

export const answers: Answers = {
  right: { "as the lesson has it": Right, "the shortcut first": ShortcutFirst },
  wrong: {
    stride_on_first: StrideOnFirst,
    stride_on_last: StrideOnLast,
    no_expansion: NoExpansion,
    wide_middle: WideMiddle,
    no_1x1: No1x1,
    no_projection: NoFirstProjection,
    needless_projection: AlwaysProjects,
    no_projection_norm: NoProjectionNorm,
    projection_3x3: Projection3x3,
    shortcut_norm_unused: ShortcutNormUnused,
    no_shortcut: NoShortcut,
    relu_on_shortcut: ReluOnShortcut,
    relu_before_sum: ReluBeforeSum,
    no_last_relu: NoLastRelu,
    missing_inner_relu: MissingInnerRelu,
    same_padding: SamePadding,
    biased_convolutions: Biased,
    not_parts: NotParts,
  },
};
