/** One stream of seeds for the weights, so that a model is the same whenever its seed is. */
import { seededRandom } from "../data/random.ts";

let stream = seededRandom(0);

/** Starts the stream anew: layers made after this call get the same initial weights each time. */
export function seedWeights(seed: number): void {
  stream = seededRandom(seed);
}

/** The next layer's seed. */
export function nextSeed(): number {
  return Math.floor(stream() * 2 ** 31);
}
