/**
 * Gives back to `node:util` what tfjs-node still calls and Node 23+ and Deno have removed.
 *
 * It must be imported before `@tensorflow/tfjs-node` (tensorflow/tfjs#8425).
 */
import util from "node:util";

const removed: Record<string, (value: unknown) => boolean> = {
  isNullOrUndefined: (value) => value === null || value === undefined,
  isArray: (value) => Array.isArray(value),
};

for (const [name, replacement] of Object.entries(removed)) {
  if (!(name in util)) Object.assign(util, { [name]: replacement });
}
