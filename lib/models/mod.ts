/** The room of the models: the networks of the papers, and how to count them. */
export {
  cifarResNet,
  type CifarResNetOptions,
  plain20,
  resnet20,
  type Shortcut,
} from "./cifar_resnet.ts";
export { countParams, type ParamCount } from "./count_params.ts";
