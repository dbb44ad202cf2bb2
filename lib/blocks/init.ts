/** Initial weights: by the names that the field uses, and seeded. */
import { seededRandom } from "../data/random.ts";

/**
 * How convolutions and linear layers begin. Both take He et al. 2015 (section 2.2) as their source:
 * a variance that neither dies out nor blows up from layer to layer.
 *
 * - `"kaimingNormal"`, torchvision's choice for its ResNets: a convolution's weights are normal with
 *   variance 2 / fanOut, where fanOut is kernelSize² · no; a linear layer's are PyTorch's default,
 *   uniform in ±1 / √fanIn.
 * - `"kaimingUniform"`, `kaiming_uniform_(weight, a=sqrt(3))`: both are uniform in ±√(1.5 / fanIn).
 *
 * Biases are uniform in ±1 / √fanIn either way; batch norm begins with scale 1 and shift 0.
 */
export type Initialization = "kaimingNormal" | "kaimingUniform";

/** The initializations by name. */
const INITIALIZATIONS: readonly Initialization[] = ["kaimingNormal", "kaimingUniform"];

/** Where the weights of the layers that are built next come from. */
interface Source {
  readonly random: () => number;
  readonly initialization: Initialization;
}

let source = sourceOf(0, "kaimingNormal");

function sourceOf(seed: number, initialization: Initialization): Source {
  if (!INITIALIZATIONS.includes(initialization)) {
    throw new RangeError(`init expects ${INITIALIZATIONS.join(" or ")}, got "${initialization}".`);
  }
  return { random: seededRandom(seed), initialization };
}

/**
 * Restarts the stream of random numbers: layers built after this call get the same initial weights each time.
 * The kit's models have streams of their own, with their options `seed` and `init`.
 *
 * @throws {RangeError} where there is no initialization of that name.
 *
 * @example
 * ```ts
 * import { Conv2d, seedWeights, startBackend, tf } from "residual";
 *
 * await startBackend();
 * seedWeights(7, "kaimingUniform");
 * new Conv2d(3, 16).apply(tf.zeros([1, 8, 8, 3]));
 * ```
 */
export function seedWeights(seed: number, init: Initialization = "kaimingNormal"): void {
  source = sourceOf(seed, init);
}

/** Builds layers with weights of their own seed. The stream of all other layers is unchanged. */
export function withSeed<T>(
  seed: number,
  init: Initialization | undefined,
  build: () => T,
): T {
  const outer = source;
  source = sourceOf(seed, init ?? "kaimingNormal");
  try {
    return build();
  } finally {
    source = outer;
  }
}

/** A convolution's initial weights, `[kernelSize, kernelSize, ni, no]`. */
export function convolutionWeights(kernelSize: number, ni: number, no: number): Float32Array {
  const area = kernelSize ** 2;
  return source.initialization === "kaimingNormal"
    ? normal(area * ni * no, Math.sqrt(2 / (area * no)))
    : uniform(area * ni * no, Math.sqrt(1.5 / (area * ni)));
}

/** A linear layer's initial weights, `[ni, no]`. */
export function linearWeights(ni: number, no: number): Float32Array {
  return uniform(ni * no, Math.sqrt((source.initialization === "kaimingNormal" ? 1 : 1.5) / ni));
}

/** Initial biases of a layer each of whose outputs is a sum over `fanIn` inputs. */
export function biases(fanIn: number, no: number): Float32Array {
  return uniform(no, 1 / Math.sqrt(fanIn));
}

function uniform(size: number, bound: number): Float32Array {
  return Float32Array.from({ length: size }, () => (2 * source.random() - 1) * bound);
}

/** Two normal numbers from two uniform ones (Box and Muller 1958). */
function normal(size: number, deviation: number): Float32Array {
  const { random } = source;
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    // An odd size has no place for the last one; typed arrays ignore what lies outside.
    values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}
