/**
 * The networks of the papers, their parameter counts, and their weights under PyTorch's names.
 *
 * @module
 */
export type { ArchitectureBlock, ShortcutKind } from "./architecture_block.ts";
export { modelByName } from "./by_name.ts";
export {
  type CifarDepthOptions,
  cifarResNet,
  type CifarResNetOptions,
  plain20,
  plain56,
  resnet110,
  resnet20,
  resnet32,
  resnet44,
  resnet56,
  type Shortcut,
} from "./cifar_resnet.ts";
export { cifarResNet18 } from "./cifar_resnet18.ts";
export { countParams, type ParamCount } from "./count_params.ts";
export { modelArchitecture } from "./model_architecture.ts";
export type { ImageSize } from "./model_blocks.ts";
export { type ModelRow, modelTable } from "./model_table.ts";
export type { ModelOptions } from "./options.ts";
export {
  type BlockKind,
  ResNet,
  resnet101,
  resnet18,
  resnet34,
  resnet50,
  type ResNetOptions,
} from "./resnet.ts";
export {
  loadSafetensors,
  type Metadata,
  readSafetensors,
  saveSafetensors,
  writeSafetensors,
} from "./safetensors.ts";
export { smallResNet } from "./small_resnet.ts";
export { loadStateDict, type StateDict, stateDict, type StateEntry } from "./state_dict.ts";
export { vgg16 } from "./vgg16.ts";
