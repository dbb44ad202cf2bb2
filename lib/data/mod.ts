/**
 * CIFAR-10 and photos: files, images, augmentation and batches.
 *
 * @module
 */
export {
  type Cifar10,
  Cifar10Split,
  DataFileError,
  type HeldOut,
  holdOut,
  loadCifar10,
} from "./cifar10.ts";
export { type Batch, type BatchOptions, normalized, trainingBatches } from "./batches.ts";
export { fewClasses, type FewOptions } from "./few_classes.ts";
export {
  cropToSize,
  IMAGENET,
  type Normalization,
  type PixelSize,
  prepare,
  type PrepareOptions,
  readImage,
  type RgbImage,
} from "./photo.ts";
export { seededRandom } from "./random.ts";
