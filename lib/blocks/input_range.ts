/** Warns, once, of images that were not normalized: a network's answers for them mean nothing. */
import * as tf from "@tensorflow/tfjs";
import { canReadNow } from "../backend/read_now.ts";

/** Normalized images stay well below: a white pixel is 2.8 in CIFAR-10's normalization. */
const LARGEST = 20;

let hasWarned = false;

/** Whether a layer that is applied to `input` is the first one of a model of color images. */
export function isImageInput(input: unknown): boolean {
  return input instanceof tf.SymbolicTensor &&
    input.sourceLayer.getClassName() === "InputLayer" &&
    input.shape.length === 4 && input.shape[3] === 3;
}

/** Looks at the first image of a batch `[batch, height, width, 3]`. */
export function warnOfRange(images: tf.Tensor): void {
  if (hasWarned || !canReadNow() || images.size === 0) return;
  const [least, most] = tf.tidy(() => {
    const first = tf.slice(images, 0, 1);
    return [tf.min(first).dataSync()[0]!, tf.max(first).dataSync()[0]!];
  });
  // A uniform image may be anything: zeros are often used to try a network's shapes.
  const looksLikeShares = least >= 0 && most <= 1 && most - least > 0.5;
  if (!looksLikeShares && Math.max(-least, most) <= LARGEST) return;
  hasWarned = true;
  const range = [least, most].map((value) => Number(value.toPrecision(3))).join(" to ");
  console.warn(
    `Warning: the values of this image are ${range}. The kit's networks are trained on normalized ` +
      "images, whose values are about -2 to 2.8, and their answers for others mean nothing. Use " +
      "prepare(image) for a photo that readImage has read, and normalized(split, indices) for " +
      "images of CIFAR-10.",
  );
}
