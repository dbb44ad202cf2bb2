/** The names and shapes that torchvision's ResNets of basic blocks have, written out by their rule. */

/** One entry of a list of weights: convolutions are `[no, ni, height, width]`, linear layers `[no, ni]`. */
export type TorchEntry = readonly [name: string, shape: readonly number[]];

/** Filters of the four stages. */
export const WIDTHS = [64, 128, 256, 512] as const;

/**
 * What `state_dict()` of torchvision's ResNet lists, batch norm's statistics included and its counters of
 * batches left out: 102 entries for `[2, 2, 2, 2]`.
 */
export function torchvisionEntries(
  ni: number,
  no: number,
  repeat: readonly number[],
): TorchEntry[] {
  const entries: TorchEntry[] = [...convAndNorm("conv1", "bn1", [64, ni, 7, 7])];
  let width = 64;
  for (const [stage, blocks] of repeat.entries()) {
    const wider = WIDTHS[stage]!;
    for (let i = 0; i < blocks; i++) {
      const path = `layer${stage + 1}.${i}`;
      entries.push(
        ...convAndNorm(`${path}.conv1`, `${path}.bn1`, [wider, width, 3, 3]),
        ...convAndNorm(`${path}.conv2`, `${path}.bn2`, [wider, wider, 3, 3]),
      );
      if (width !== wider) {
        const skip = `${path}.downsample`;
        entries.push(...convAndNorm(`${skip}.0`, `${skip}.1`, [wider, width, 1, 1]));
      }
      width = wider;
    }
  }
  return [...entries, ["fc.weight", [no, 512]], ["fc.bias", [no]]];
}

function convAndNorm(conv: string, norm: string, shape: readonly number[]): TorchEntry[] {
  const each = ["weight", "bias", "running_mean", "running_var"] as const;
  return [
    [`${conv}.weight`, shape],
    ...each.map((word): TorchEntry => [`${norm}.${word}`, shape.slice(0, 1)]),
  ];
}
