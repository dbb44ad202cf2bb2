/** A small task out of the large data set: a few classes, and a few images of each. */
import { type Cifar10, Cifar10Split } from "./cifar10.ts";

/** How much of each class is taken. */
export interface FewOptions {
  /** Images of each class to learn from. Default all. */
  perClass?: number;
}

/**
 * Takes some of the classes: the first `perClass` training images of each, and all their test images.
 * Labels are counted anew, in the order of `classNames`.
 *
 * @throws {RangeError} where there is no class of a name, or fewer than two are named, or `perClass` is
 *   more than there are.
 *
 * @example
 * ```ts
 * import { fewClasses, loadCifar10 } from "residual";
 *
 * const { train, test } = fewClasses(loadCifar10(), ["cat", "dog"], { perClass: 50 });
 * console.log(train.size, test.size); // 100 2000
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
    throw new RangeError(`There is no class "${unknown}"; there are ${all.join(", ")}.`);
  }
  if (new Set(classes).size < 2) {
    throw new RangeError(`Two classes or more are needed, and got [${classNames.join(", ")}].`);
  }
  return {
    train: taken(train, classes, perClass),
    test: taken(test, classes),
    classNames,
  };
}

function taken(split: Cifar10Split, classes: readonly number[], perClass?: number): Cifar10Split {
  const counts = classes.map(() => 0);
  const indices: number[] = [];
  split.labels.forEach((label, i) => {
    const place = classes.indexOf(label);
    if (place < 0 || counts[place]! >= (perClass ?? Infinity)) return;
    counts[place]!++;
    indices.push(i);
  });
  const fewest = Math.min(...counts);
  if (
    perClass !== undefined && (fewest < perClass || !Number.isInteger(perClass) || perClass < 1)
  ) {
    throw new RangeError(`perClass must be 1 to ${fewest}, and is ${perClass}.`);
  }
  const images = new Uint8Array(indices.length * split.image(0).length);
  indices.forEach((index, i) => images.set(split.image(index), i * split.image(0).length));
  return new Cifar10Split(
    images,
    Uint8Array.from(indices, (index) => classes.indexOf(split.labels[index]!)),
  );
}
