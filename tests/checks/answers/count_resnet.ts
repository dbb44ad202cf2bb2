/** Answers to count_resnet: right ones, and each mistake that its check knows. */
import type { Answers } from "./answers.ts";

type BlockKind = "basic" | "bottleneck";

const WIDTHS = [64, 128, 256, 512];

const conv = (size: number, ni: number, no: number) => size * size * ni * no + 2 * no;

function blockByBlock(block: BlockKind, repeat: readonly number[]): number {
  let total = conv(7, 3, 64);
  let ni = 64;
  WIDTHS.forEach((width, stage) => {
    const no = block === "basic" ? width : 4 * width;
    for (let i = 0; i < repeat[stage]!; i++) {
      total += block === "basic"
        ? conv(3, ni, width) + conv(3, width, width)
        : conv(1, ni, width) + conv(3, width, width) + conv(1, width, no);
      if (ni !== no) total += conv(1, ni, no);
      ni = no;
    }
  });
  return total + ni * 1000 + 1000;
}

/** The first block of each stage, and the others times their number. */
function stageByStage(block: BlockKind, repeat: readonly number[]): number {
  const expansion = block === "basic" ? 1 : 4;
  const main = (ni: number, width: number) =>
    expansion === 1
      ? conv(3, ni, width) + conv(3, width, width)
      : conv(1, ni, width) + conv(3, width, width) + conv(1, width, 4 * width);
  const stages = WIDTHS.map((width, i) => {
    const [ni, no] = [i === 0 ? 64 : WIDTHS[i - 1]! * expansion, width * expansion];
    return main(ni, width) + (ni === no ? 0 : conv(1, ni, no)) + (repeat[i]! - 1) * main(no, width);
  });
  return stages.reduce((sum, count) => sum + count, conv(7, 3, 64) + 512_000 * expansion + 1000);
}

/** How an answer counts. */
interface Rules {
  perFilter?: number;
  expansion?: number;
  classifier?: (ni: number) => number;
  bias?: number;
  projects?: (stage: number, ni: number, no: number) => boolean;
  perProjection?: number;
  head?: boolean;
  repeat?: readonly number[];
}

/** A count by other rules. */
function counting(rules: Rules) {
  const { perFilter = 2, expansion = 4, classifier = (ni) => ni, bias = 1000, head = true } = rules;
  const { projects = (_, ni, no) => ni !== no, perProjection = perFilter, repeat: fixed } = rules;
  return (block: BlockKind, repeat: readonly number[]): number => {
    const layer = (size: number, ni: number, no: number) => (size * size * ni + perFilter) * no;
    let total = head ? layer(7, 3, 64) : 0;
    let ni = 64;
    WIDTHS.forEach((width, stage) => {
      const no = block === "basic" ? width : expansion * width;
      for (let i = 0; i < (fixed ?? repeat)[stage]!; i++) {
        if (i === 0 && projects(stage, ni, no)) total += (ni + perProjection) * no;
        total += block === "basic"
          ? layer(3, ni, width) + layer(3, width, width)
          : layer(1, ni, width) + layer(3, width, width) + layer(1, width, no);
        ni = no;
      }
    });
    return total + classifier(ni) * 1000 + bias;
  };
}

export const answers: Answers = {
  right: { "block by block": blockByBlock, "stage by stage": stageByStage },
  wrong: {
    biased_convolutions: counting({ perFilter: 3 }),
    statistics_counted: counting({ perFilter: 4 }),
    no_batch_norm: counting({ perFilter: 0 }),
    no_expansion: counting({ expansion: 1 }),
    narrow_classifier: counting({ classifier: () => 512 }),
    no_linear_bias: counting({ bias: 0 }),
    no_first_projection: counting({ projects: (stage) => stage > 0 }),
    no_projections: counting({ projects: () => false }),
    needless_projection: counting({ projects: () => true }),
    projections_without_norm: counting({ perProjection: 0 }),
    no_head: counting({ head: false }),
    repeat_ignored: counting({ repeat: [3, 4, 6, 3] }),
  },
};
