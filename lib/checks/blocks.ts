/**
 * What residual blocks compute, from seeded weights: what a learner's block or stack is compared with.
 * Parts may be declared in any order, so there are several right results.
 */
import { orders, type Parts } from "./layers.ts";
import {
  convolve,
  type Map4,
  type Norm,
  type Normalize,
  type Pad,
  relu,
  sum,
  type Walk,
} from "./reference.ts";

/** The trainable parameters of an identity block. */
export function identityParameters(ni: number): number {
  return 2 * (9 * ni * ni + 2 * ni);
}

/** The trainable parameters of a skip block with a projection. */
export function skipParameters(ni: number, no: number): number {
  return 9 * ni * no + 9 * no * no + ni * no + 6 * no;
}

/** A step from one map to the next. */
export type Step = (x: Map4) => Map4;

/** `relu(join(F(x), x))` for the two convolutions of F, each with its batch norm. */
export type Wiring = (x: Map4, first: Step, second: Step) => Map4;

/** He et al. 2016, figure 2. */
export const IDENTITY_WIRING: Wiring = (x, first, second) => relu(sum(second(relu(first(x))), x));

/** The same without the shortcut. */
export const PLAIN_WIRING: Wiring = (x, first, second) => relu(second(relu(first(x))));

/** Blocks that these weights of one identity block can mean, one for each order of its parts. */
export function identityBlocks(
  { kernels, norms }: Parts,
  norm: Normalize,
  wiring: Wiring = IDENTITY_WIRING,
): Step[] {
  if (kernels.length !== 2 || norms.length !== 2) return [];
  return orders(kernels).flatMap(([k1, k2]) =>
    orders(norms).map(([n1, n2]) => (x: Map4) =>
      wiring(x, (x) => norm(convolve(x, k1!), n1!), (x) => norm(convolve(x, k2!), n2!))
    )
  );
}

/** The shapes of the kernels of `repeat` identity blocks. */
export function identityKernels(ni: number, repeat = 1): number[][] {
  return Array.from({ length: 2 * repeat }, () => [3, 3, ni, ni]);
}

/** The shapes of the kernels of a skip block with a projection. */
export function skipKernels(ni: number, no: number): number[][] {
  return [[3, 3, ni, no], [3, 3, no, no], [1, 1, ni, no]];
}

/** The steps of a block that halves the map. */
export interface SkipSteps {
  readonly first: Step;
  readonly second: Step;
  /** The projection with its batch norm. */
  readonly projection: Step;
  /** The projection alone. */
  readonly bare: Step;
}

/** How the convolutions of a block that halves the map walk. */
export interface SkipWalk {
  /** Strides of the first, the second and the projecting convolution. Default 2, 1, 2. */
  readonly strides?: readonly [number, number, number];
  /** Of the 3×3 convolution with stride 2. Default one on both sides. */
  readonly pad?: Pad;
}

/** What a block that halves the map makes of x. */
export type SkipWiring = (x: Map4, steps: SkipSteps) => Map4;

/** He et al. 2016, section 3.3, option B. */
export const SKIP_WIRING: SkipWiring = (x, { first, second, projection }) =>
  relu(sum(second(relu(first(x))), projection(x)));

/** Blocks that these weights of one skip block can mean; its kernels are told apart by their shapes. */
export function skipBlocks(
  { kernels, norms }: Parts,
  norm: Normalize,
  wiring: SkipWiring = SKIP_WIRING,
  { strides: [s1, s2, s3] = [2, 1, 2], pad }: SkipWalk = {},
): Step[] {
  const small = kernels.filter(({ shape }) => shape[0] === 1);
  const [k1, k2] = kernels.filter(({ shape }) => shape[0] === 3)
    .sort((a, b) => a.shape[2]! - b.shape[2]!);
  if (small.length !== 1 || kernels.length !== 3 || norms.length !== 3) return [];
  const walk = (stride: number): Walk =>
    stride === 1 || pad === undefined ? { stride } : { stride, pad };
  const bare: Step = (x) => convolve(x, small[0]!, { stride: s3 });
  return orders(norms).map(([n1, n2, n3]: Norm[]) => (x: Map4) =>
    wiring(x, {
      first: (x) => norm(convolve(x, k1!, walk(s1)), n1!),
      second: (x) => norm(convolve(x, k2!, walk(s2)), n2!),
      projection: (x) => norm(bare(x), n3!),
      bare,
    })
  );
}

/** The weights of `repeat` identity blocks, block by block; nothing where there are more or fewer. */
export function partsOfEach({ kernels, norms }: Parts, repeat: number): Parts[] {
  if (kernels.length !== 2 * repeat || norms.length !== 2 * repeat) return [];
  return Array.from({ length: repeat }, (_, i) => ({
    kernels: kernels.slice(2 * i, 2 * i + 2),
    norms: norms.slice(2 * i, 2 * i + 2),
  }));
}

/** One way for x through equal blocks, for each order of the blocks and of the parts in them. */
export function chains(blocks: readonly (readonly Step[])[]): Step[] {
  if (blocks.length === 0) return [(x) => x];
  return orders(blocks).flatMap((inOrder) =>
    blocks[0]!.map((_, meaning): Step => (x) => inOrder.reduce((y, block) => block[meaning]!(y), x))
  );
}
