/** Names files that are often taken for a safetensors file, by their first bytes. */
import { Buffer } from "node:buffer";

/** A kind of file: what it is, and how to get a safetensors file instead. */
type Kind = readonly [begins: string, what: string, advice: string];

const FROM_PYTORCH = "Convert it in Python: safetensors.torch.save_file(" +
  'torch.load(path, map_location="cpu", weights_only=True), "model.safetensors"), ' +
  "where a checkpoint may hold the weights under a key such as state_dict.";
const FROM_KERAS =
  "Load it in Python and save each weight under its PyTorch name with safetensors.numpy.save_file.";
const DOWNLOAD =
  "Download the file itself: on GitHub or Hugging Face, use the link to the raw file.";
const UNPACK = "Unpack it first.";

/** The first bytes as Latin-1 text; the more specific kind comes first. */
const KINDS: readonly Kind[] = [
  ["version https://git-lfs", "a Git LFS pointer, not the file itself", "Run `git lfs pull`."],
  ["PK\x03\x04", "a zip archive", UNPACK],
  ["\x80", "a Python pickle, such as PyTorch's old .pth or .th files", FROM_PYTORCH],
  ["\x89HDF\r\n", "an HDF5 file, such as Keras's .h5", FROM_KERAS],
  ["\x93NUMPY", "a NumPy array (.npy)", "Save it with safetensors.numpy.save_file."],
  ["GGUF", "a GGUF file", "Download the same model as safetensors."],
  ["\x1f\x8b", "a gzip archive", UNPACK],
  ["<", "an HTML or XML page", DOWNLOAD],
  ["{", "a JSON file", "A model.json of TensorFlow.js is loaded with tf.loadLayersModel."],
];

/** What a zip archive is, by the name of a file in it. */
const ZIPS: readonly Kind[] = [
  ["data.pkl", "a PyTorch file (.pth)", FROM_PYTORCH],
  ["model.weights.h5", "a Keras model (.keras)", FROM_KERAS],
  [".npy", "a NumPy archive (.npz)", "Save its arrays with safetensors.numpy.save_file."],
];

/**
 * Returns what a file is and what to do with it; undefined for a file that may be a safetensors file.
 */
export function foreignFile(bytes: Buffer): string | undefined {
  // The header of a safetensors file is JSON and begins after 8 bytes.
  if (bytes[8] === "{".charCodeAt(0)) return undefined;
  const text = bytes.toString("latin1", 0, 64).trimStart();
  const kind = KINDS.find(([begins]) => text.startsWith(begins));
  if (kind === undefined) return undefined;
  const inner = kind[0] === "PK\x03\x04" ? ZIPS.find(([name]) => bytes.includes(name)) : undefined;
  const [, what, advice] = inner ?? kind;
  return `it is ${what}. ${advice}`;
}
