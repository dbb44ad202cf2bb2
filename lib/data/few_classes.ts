/** A small task out of the large data set: a few classes, and a few images of each. */
import { type Cifar10, Cifar10Split } from "./cifar10.ts";

/** The number of images of each class. */
export interface FewOptions {
  /** Images of each class to learn from. Default all. */
  perClass?: number;
}

/**
 * Takes some of the classes: the first `perClass` training images of each, and all their test images.
 * Labels are counted anew, in the order of `classNames`.
 *
 * @throws {RangeError} where there is no class of a name, or one is named twice, or fewer than two are
 *   named, or `perClass` is no whole number from 1 to what there is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fewClasses, loadCifar10 } from "residual";
 *
 * const { train, test } = fewClasses(loadCifar10(), ["cat", "dog"], { perClass: 50 });
 * assert.equal(train.size, 100);
 * assert.equal(test.size, 2_000);
 * ```
 */
export function fewClasses(
  { train, test, classNames: all }: Cifar10,
  classNames: readonly string[],
  { perClass }: FewOptions = {},
): Cifar10 {
  const classes = classNames.map((name) => all.indexOf(name));
  const unknown = classNames.find((_, i) => classes[i] === -1);
  if (unknown !== undefined) {
    throw new RangeError(`There is no class "${unknown}". The classes are ${all.join(", ")}.`);
  }
  if (classes.length < 2 || new Set(classes).size < classes.length) {
    throw new RangeError(
      `fewClasses expects two or more different classes, got [${classNames.join(", ")}].`,
    );
  }
  return {
    train: taken(train, classes, perClass),
    test: taken(test, classes),
    classNames,
  };
}

/** The first `perClass` images of each class, or all, in the split's order. */
function taken(split: Cifar10Split, classes: readonly number[], perClass?: number): Cifar10Split {
  const numbers = classes.map((): number[] => []);
  split.labels.forEach((label, i) => numbers[classes.indexOf(label)]?.push(i));
  const fewest = Math.min(...numbers.map(({ length }) => length));
  if (
    perClass !== undefined && !(Number.isInteger(perClass) && perClass >= 1 && perClass <= fewest)
  ) {
    throw new RangeError(
      `perClass expects a whole number from 1 to ${fewest}, got ${perClass}.`,
    );
  }
  const indices = numbers.flatMap((all) => all.slice(0, perClass)).sort((a, b) => a - b);
  const size = split.image(0).length;
  const images = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => images.set(split.image(index), i * size));
  return new Cifar10Split(
    images,
    Uint8Array.from(indices, (index) => classes.indexOf(split.labels[index]!)),
  );
}
