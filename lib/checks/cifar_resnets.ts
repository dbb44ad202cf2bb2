/** Everything in the kit that builds a CIFAR ResNet, for exercises that ask the learner to do so. */
import { modelByName } from "../models/by_name.ts";
import {
  cifarResNet,
  plain20,
  plain56,
  resnet110,
  resnet20,
  resnet32,
  resnet44,
  resnet56,
} from "../models/cifar_resnet.ts";
import type { OwnPart } from "./own_parts.ts";

export const CIFAR_RESNETS: readonly OwnPart[] = [
  ...[cifarResNet, resnet20, resnet32, resnet44, resnet56, resnet110, plain20, plain56],
  modelByName,
];
