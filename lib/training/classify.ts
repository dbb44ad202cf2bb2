/** Classifies photos with a trained network. */
import * as tf from "@tensorflow/tfjs";
import { CIFAR10_CLASSES } from "../data/cifar10_files.ts";
import { type Normalization, prepare, type RgbImage } from "../data/photo.ts";
import { classesOf } from "./classes_of.ts";

/** A class and its probability. A type, so that `showTable` takes it. */
export type ClassProbability = {
  className: string;
  /** 0 to 1. */
  probability: number;
};

/** Options of `classify`. */
export interface ClassifyOptions {
  /** One name for each of the model's outputs. Default: CIFAR-10's, for a model of ten classes. */
  classNames?: readonly string[];
  /** Height and width of the images for a model of any size. Default 32. */
  size?: number;
  /** Default: CIFAR-10's. */
  normalization?: Normalization;
}

/**
 * Classifies images with a model that returns logits. Each image is prepared as `prepare` does, at the
 * model's input size. Returns, for each image, all classes, the most probable first.
 *
 * @throws {RangeError} when the model does not take color images, or the names are not as many as its
 *   classes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { classify, loadTrained, readImage, startBackend } from "residual";
 *
 * await startBackend();
 * const [classes] = await classify(loadTrained("resnet20"), [await readImage("docs/lesson.png")]);
 * assert.equal(classes!.length, 10);
 * ```
 */
export async function classify(
  model: tf.LayersModel,
  images: readonly RgbImage[],
  { classNames, size = 32, normalization }: ClassifyOptions = {},
): Promise<ClassProbability[][]> {
  const names = classNames ?? CIFAR10_CLASSES;
  const classes = classesOf(model);
  if (names.length !== classes) {
    throw new RangeError(
      `classNames expects ${classes} names for ${model.name}, got ${names.length}.`,
    );
  }
  const [, height, width, channels] = model.inputs[0]?.shape ?? [];
  if (model.inputs[0]?.shape.length !== 4 || channels !== 3) {
    throw new RangeError(
      `classify needs a model of color images [batch, height, width, 3], and ${model.name} takes ` +
        `[${model.inputs.map(({ shape }) => shape.map((side) => side ?? "any").join(", "))}].`,
    );
  }
  const results: ClassProbability[][] = [];
  for (const image of images) {
    const probabilities = tf.tidy(() => {
      const input = prepare(image, { height: height ?? size, width: width ?? size, normalization });
      return tf.softmax(model.predict(input) as tf.Tensor2D);
    });
    const values = [...await probabilities.data()];
    probabilities.dispose();
    results.push(
      values.map((probability, i) => ({ className: names[i]!, probability }))
        .sort((a, b) => b.probability - a.probability),
    );
  }
  return results;
}
