/**
 * Layers and blocks that networks are built of: convolution, batch norm, residual and plain blocks.
 *
 * @module
 */
export { BasicBlock } from "./basic_block.ts";
export { BatchNorm } from "./batch_norm.ts";
export { Block } from "./block.ts";
export { Bottleneck } from "./bottleneck.ts";
export type { CallableLayer } from "./callable.ts";
export { convolveMap } from "./convolve_map.ts";
export { Conv2d } from "./conv2d.ts";
export { type Initialization, seedWeights } from "./init.ts";
export type { KitLayer } from "./layer.ts";
export { Linear } from "./linear.ts";
export { NBottlenecks } from "./n_bottlenecks.ts";
export { NIdentityBlocks } from "./n_identity_blocks.ts";
export { PlainBlock } from "./plain_block.ts";
export { ResIdentity } from "./res_identity.ts";
export { ResNetHead } from "./resnet_head.ts";
export { ResNetTail } from "./resnet_tail.ts";
export { ResPad } from "./res_pad.ts";
export { ResSkip, type SkipOptions } from "./res_skip.ts";
export { Sequence } from "./sequence.ts";
export { SkipAndNIdentityBlocks } from "./skip_and_n_identity_blocks.ts";
