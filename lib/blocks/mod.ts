/** The room of the blocks: what networks are built of. */
export { BatchNorm } from "./batch_norm.ts";
export { Block, type Part } from "./block.ts";
export { Conv2d } from "./conv2d.ts";
export { Linear } from "./linear.ts";
export { PlainBlock } from "./plain_block.ts";
export { ResIdentity } from "./res_identity.ts";
export { ResPad } from "./res_pad.ts";
export { ResSkip } from "./res_skip.ts";
export { seedWeights } from "./seed.ts";
