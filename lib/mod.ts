/**
 * The library of the course: blocks, models, data, training and checks, on TensorFlow.js. Everything
 * that a notebook needs comes from one import:
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { countParams, resnet20, startBackend } from "residual";
 *
 * await startBackend();
 * assert.equal(countParams(resnet20()).trainable, 269_722);
 * ```
 *
 * | topic    | start with |
 * | -------- | ---------- |
 * | backend  | {@linkcode startBackend} chooses the fastest TensorFlow.js backend that works |
 * | blocks   | {@linkcode Block} is the base class; {@linkcode Conv2d}, {@linkcode BatchNorm} and {@linkcode Linear} are layers; {@linkcode ResIdentity} and {@linkcode ResSkip} are the residual blocks |
 * | models   | {@linkcode resnet20} and {@linkcode plain20} for CIFAR-10, {@linkcode resnet18} and {@linkcode resnet50} for ImageNet; {@linkcode loadTrained} loads a trained network |
 * | data     | {@linkcode loadCifar10} loads the images, {@linkcode trainingBatches} augments and batches them, {@linkcode readImage} reads a photo |
 * | training | {@linkcode train}, {@linkcode evaluate} and {@linkcode classify}; {@linkcode budget} sets the length of a run |
 * | display  | {@linkcode showCurve}, {@linkcode showImages}, {@linkcode showConfusion} and {@linkcode showArchitecture} |
 * | checks   | {@linkcode check} checks an exercise, {@linkcode hint} gives a hint, {@linkcode progress} lists your points |
 *
 * Images and feature maps are tensors of shape `[batch, height, width, channels]`. `tf` is the namespace
 * of [TensorFlow.js](https://js.tensorflow.org/api/latest/), which has a reference of its own.
 *
 * @module
 */
export * as tf from "@tensorflow/tfjs";
export * from "./backend/mod.ts";
export * from "./blocks/mod.ts";
export * from "./data/mod.ts";
export * from "./models/mod.ts";
export * from "./display/mod.ts";
export * from "./training/mod.ts";
export * from "./checks/mod.ts";
