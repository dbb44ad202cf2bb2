/**
 * What the CIFAR-10 files must be: the official binary version's names, sizes and digests.
 *
 * Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009); the digests are
 * those of the files inside the official `cifar-10-binary.tar.gz`.
 */

/** Where the files lie, below the checkout. */
export const CIFAR10_FOLDER = "data/cifar-10-batches-bin";

/** Bytes of one record: a label, then 32×32 red, green and blue values. */
export const RECORD_BYTES = 1 + 3 * 32 * 32;

/** Records in each file. */
export const RECORDS_PER_FILE = 10_000;

/** One of the six files. */
export interface Cifar10File {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const BYTES = RECORDS_PER_FILE * RECORD_BYTES;

/** The five training files in order, then the test file. */
export const CIFAR10_FILES: readonly Cifar10File[] = [
  {
    name: "data_batch_1.bin",
    bytes: BYTES,
    sha256: "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
  },
  {
    name: "data_batch_2.bin",
    bytes: BYTES,
    sha256: "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
  },
  {
    name: "data_batch_3.bin",
    bytes: BYTES,
    sha256: "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
  },
  {
    name: "data_batch_4.bin",
    bytes: BYTES,
    sha256: "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
  },
  {
    name: "data_batch_5.bin",
    bytes: BYTES,
    sha256: "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
  },
  {
    name: "test_batch.bin",
    bytes: BYTES,
    sha256: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
  },
];

/** The ten classes, in the order of their labels. */
export const CIFAR10_CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];
