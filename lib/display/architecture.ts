/**
 * A network as a diagram: its blocks in order, what comes out of each, and the shortcuts past them.
 */
import type { ArchitectureBlock } from "../models/architecture_block.ts";
import { architecturePicture, formatShape, SHORTCUTS } from "./architecture_picture.ts";
import { type MimeBundle, show } from "./display.ts";
import { tableBundle } from "./table.ts";

/** How a diagram is headed. */
export interface ArchitectureOptions {
  /** Default `"Architecture"`. */
  title?: string;
}

/**
 * Builds what `showArchitecture` shows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { architectureBundle } from "residual";
 *
 * const blocks = [
 *   { name: "conv1", kind: "Conv2d", output: [8, 8, 4], parameters: 108, shortcut: "none" },
 *   { name: "block", kind: "ResIdentity", output: [8, 8, 4], parameters: 304, shortcut: "identity" },
 * ] as const;
 * const bundle = await architectureBundle(blocks, { title: "Small" });
 * const lines = String(bundle["text/plain"]).split("\n");
 * assert.equal(lines[0], "Small: 412 parameters");
 * assert.equal(lines[1], "block  class        output  parameters  shortcut");
 * assert.equal(lines[3], "block  ResIdentity  8×8×4          304  identity");
 * ```
 */
export async function architectureBundle(
  blocks: readonly ArchitectureBlock[],
  { title = "Architecture" }: ArchitectureOptions = {},
): Promise<MimeBundle> {
  const parameters = blocks.reduce((sum, block) => sum + block.parameters, 0);
  const headline = `${title}: ${parameters.toLocaleString("en-US")} parameters`;
  const table = tableBundle(blocks.map((block) => ({
    block: block.name,
    class: block.kind,
    output: formatShape(block.output),
    parameters: block.parameters,
    shortcut: SHORTCUTS[block.shortcut].name,
  })));
  return {
    "text/html": await architecturePicture(blocks, headline),
    "text/plain": `${headline}\n${table["text/plain"]}`,
  };
}

/**
 * Shows a network as a diagram, stage by stage, each block with its name, its class, what comes out
 * of it and its parameters; its shortcut is an arc past it.
 *
 * @example
 * ```ts
 * import { modelArchitecture, resnet20, showArchitecture, startBackend } from "residual";
 *
 * await startBackend();
 * await showArchitecture(modelArchitecture(resnet20()), { title: "resnet20" });
 * ```
 */
export async function showArchitecture(
  blocks: readonly ArchitectureBlock[],
  options: ArchitectureOptions = {},
): Promise<void> {
  await show(await architectureBundle(blocks, options));
}
