/** Everything a notebook needs: `import { ... } from "residual";`. */
export * as tf from "@tensorflow/tfjs";
export * from "./backend/mod.ts";
export * from "./blocks/mod.ts";
export * from "./data/mod.ts";
export * from "./models/mod.ts";
export * from "./display/mod.ts";
export * from "./training/mod.ts";
export * from "./checks/mod.ts";
