/** Answers to resnet: right ones, and each mistake that its check knows. */
import {
  BatchNorm,
  Block,
  Conv2d,
  NIdentityBlocks,
  ResIdentity,
  ResNetHead,
  ResNetTail,
  ResSkip,
  SkipAndNIdentityBlocks,
  tf,
} from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

type Chain = readonly (readonly [name: string, layer: tf.layers.Layer])[];
type Repeat = readonly number[];

const SIDE = 32;

function chained(
  ni: number,
  chain: Chain,
): { inputs: tf.SymbolicTensor; outputs: tf.SymbolicTensor } {
  const inputs = tf.input({ shape: [SIDE, SIDE, ni] });
  let outputs = inputs;
  for (const [name, layer] of chain) {
    if (name !== "") layer.name = name;
    outputs = layer.apply(outputs) as tf.SymbolicTensor;
  }
  return { inputs, outputs };
}

const modelOf = (ni: number, chain: Chain): tf.LayersModel => tf.model(chained(ni, chain));

function chainOf(ni: number, no: number, [l0 = 1, l1 = 1, l2 = 1, l3 = 1]: Repeat): Chain {
  return [
    ["head", new ResNetHead(ni, 64)],
    ["layer1", new NIdentityBlocks(64, l0)],
    ["layer2", new SkipAndNIdentityBlocks(64, 128, l1)],
    ["layer3", new SkipAndNIdentityBlocks(128, 256, l2)],
    ["layer4", new SkipAndNIdentityBlocks(256, 512, l3)],
    ["tail", new ResNetTail(512, no)],
  ];
}

const right = (ni: number, no: number, repeat: Repeat) => modelOf(ni, chainOf(ni, no, repeat));

/** With some layers of the chain exchanged, by name; undefined leaves one out. */
const withLayers = (
  change: (ni: number, no: number, repeat: Repeat) => Record<string, tf.layers.Layer | undefined>,
) =>
(ni: number, no: number, repeat: Repeat) => {
  const changes = change(ni, no, repeat);
  const chain = chainOf(ni, no, repeat).flatMap(([name, layer]) => {
    const other = name in changes ? changes[name] : layer;
    return other === undefined ? [] : [[name, other] as const];
  });
  return modelOf(ni, chain);
};

/** A class, and every block by itself. */
class BlockByBlock extends tf.LayersModel {
  constructor(ni: number, no: number, repeat: Repeat) {
    const chain: [string, tf.layers.Layer][] = [["stem", new ResNetHead(ni, 64)]];
    let width = 64;
    repeat.forEach((blocks, stage) => {
      const wider = 64 * 2 ** stage;
      for (let i = 0; i < blocks; i++) {
        chain.push([
          `layer${stage + 1}.${i}`,
          width === wider ? new ResIdentity(wider) : new ResSkip(width, wider),
        ]);
        width = wider;
      }
    });
    super(chained(ni, [...chain, ["end", new ResNetTail(512, no)]]));
  }
}

/** Blocks of the learner's own, and no head at all. */
function headInTheModel(ni: number, no: number, repeat: Repeat): tf.LayersModel {
  const [, ...stages] = chainOf(ni, no, repeat);
  return modelOf(ni, [
    ["conv1", new Conv2d(ni, 64, 7, 2)],
    ["bn1", new BatchNorm(64)],
    ["", tf.layers.reLU()],
    ["", tf.layers.zeroPadding2d({ padding: 1 })],
    ["", tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "valid" })],
    ...stages,
  ]);
}

/** Its parts declared last to first. */
class OtherHead extends Block {
  readonly bn1: BatchNorm;
  readonly conv1: Conv2d;

  constructor(readonly ni: number, readonly no: number) {
    super({ ni, no });
    this.bn1 = new BatchNorm(no);
    this.conv1 = new Conv2d(ni, no, 7, 2);
  }

  override get transparent(): boolean {
    return true;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    const y: tf.Tensor4D = tf.relu(this.bn1(this.conv1(x)));
    return tf.maxPool(tf.pad4d(y, [[0, 0], [1, 1], [1, 1], [0, 0]], -Infinity), 3, 2, "valid");
  }
}

class SmallHead extends Block {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;

  constructor(readonly ni: number) {
    super({ ni });
    this.conv1 = new Conv2d(ni, 64, 3, 2);
    this.bn1 = new BatchNorm(64);
  }

  override get transparent(): boolean {
    return true;
  }

  forward(x: tf.Tensor4D): tf.Tensor4D {
    return tf.maxPool(tf.relu(this.bn1(this.conv1(x))), 3, 2, "same");
  }
}

export const answers: Answers = {
  right: {
    "as the lesson has it": right,
    "a class, block by block": BlockByBlock,
    "no head, but its layers": headInTheModel,
    "the head's parts in another order": withLayers((ni) => ({ head: new OtherHead(ni, 64) })),
  },
  wrong: {
    one_block_more: (ni: number, no: number, repeat: Repeat) =>
      right(ni, no, repeat.map((blocks, stage) => stage === 0 ? blocks : blocks + 1)),
    stage_missing: withLayers((_, no) => ({ layer4: undefined, tail: new ResNetTail(256, no) })),
    l0_missing: withLayers(() => ({ layer1: undefined })),
    l0_halves: withLayers((_, __, [l0 = 1]) => ({
      layer1: new SkipAndNIdentityBlocks(64, 64, l0),
    })),
    small_stem: withLayers((ni) => ({ head: new SmallHead(ni) })),
    repeat_ignored: (ni: number, no: number) => right(ni, no, [2, 2, 2, 2]),
    repeat_of_first: (ni: number, no: number, [l0 = 1]: Repeat) => right(ni, no, [l0, l0, l0, l0]),
    classes_ignored: (ni: number, _: number, repeat: Repeat) => right(ni, 1000, repeat),
    channels_ignored: (_: number, no: number, repeat: Repeat) => right(3, no, repeat),
    layers_unnamed: (ni: number, no: number, repeat: Repeat) =>
      modelOf(ni, chainOf(ni, no, repeat).map(([, layer]) => ["", layer])),
  },
};
