/**
 * Which class was taken for which: a heat map, and in a terminal each class with its worst mistakes.
 */
import type { EChartsOption } from "echarts";
import { type MimeBundle, show } from "./display.ts";
import { COLORS, FAINT_INK, INK, pictureHtml } from "./picture.ts";

/** Predictions for images whose classes are known. */
export interface Confusion {
  /** The classes by their numbers. */
  classNames: readonly string[];
  /** The class of each image, as a number. */
  truths: ArrayLike<number>;
  /** The predicted class of each image. */
  predictions: ArrayLike<number>;
}

/** Pixels of a cell, a name of a class, and an accuracy. */
const CELL = { width: 60, height: 30 };
const NAME = 96;
const ACCURACY = 70;
/** Pixels above the cells: the title, what the columns are, their names. */
const TOP = 84;
const MARGIN = 14;

const [RIGHT, WRONG] = COLORS;
const PAPER = "#ffffff";
/** The color of a zero: there, but not in the way. */
const NOTHING = "#afb8c1";
/** On blue as dark as this, white numbers are easier to read than black ones. */
const DARK = 0.85;

/** `counts[truth][prediction]`. */
function count({ classNames, truths, predictions }: Confusion): number[][] {
  if (truths.length !== predictions.length) {
    throw new RangeError(
      `Expected as many truths as predictions, got ${truths.length} and ${predictions.length}: ` +
        `pass, for example, \`labels.slice(0, ${predictions.length})\`.`,
    );
  }
  const counts = classNames.map(() => classNames.map(() => 0));
  for (let i = 0; i < truths.length; i++) {
    const row = counts[truths[i]!];
    const prediction = predictions[i]!;
    if (row?.[prediction] === undefined) {
      throw new RangeError(
        `Image ${i} is of class ${truths[i]} and was taken for class ${prediction}; there are ` +
          `names for the classes 0 to ${classNames.length - 1}.`,
      );
    }
    row[prediction]!++;
  }
  return counts;
}

/** A class and its images. */
interface ClassRow {
  name: string;
  counts: readonly number[];
  total: number;
  /** The fraction of its images that were classified correctly; NaN without images. */
  accuracy: number;
}

function percent(share: number): string {
  return Number.isNaN(share) ? "–" : `${(share * 100).toFixed(1)} %`;
}

function headline(rows: readonly ClassRow[]): string {
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  const right = rows.reduce((sum, { counts }, i) => sum + counts[i]!, 0);
  return `${percent(right / total)} of ${
    total.toLocaleString("en-US")
  } images classified correctly`;
}

async function picture(rows: readonly ClassRow[]): Promise<string> {
  const names = rows.map(({ name }) => name);
  const width = MARGIN + NAME + names.length * CELL.width + ACCURACY;
  const height = TOP + rows.length * CELL.height + MARGIN;
  const axis = {
    type: "category",
    axisTick: { show: false },
    axisLine: { show: false },
    nameTextStyle: { color: FAINT_INK },
    silent: true,
  } as const;
  const cells = rows.flatMap(({ counts, total }, truth) =>
    counts.map((images, prediction) => {
      // The root lets a mistake of a few per cent be seen beside the many that are right.
      const shade = total === 0 ? 0 : Math.sqrt(images / total);
      return {
        value: [prediction, truth, shade],
        right: truth === prediction,
        label: {
          formatter: images.toLocaleString("en-US"),
          color: images === 0 ? NOTHING : truth === prediction && shade > DARK ? PAPER : INK,
        },
      };
    })
  );
  const kinds = [
    { data: cells.filter(({ right }) => right), color: RIGHT },
    { data: cells.filter(({ right }) => !right), color: WRONG },
  ];
  const option: EChartsOption = {
    title: { text: headline(rows), left: MARGIN, top: 10, textStyle: { fontSize: 15 } },
    grid: { left: MARGIN + NAME, top: TOP, width: names.length * CELL.width, bottom: MARGIN },
    xAxis: {
      ...axis,
      data: names,
      position: "top",
      name: "predicted class",
      nameLocation: "middle",
      nameGap: 28,
      axisLabel: { color: INK, interval: 0, fontSize: 11 },
    },
    yAxis: [
      {
        ...axis,
        data: names,
        inverse: true,
        name: "true class",
        nameLocation: "start",
        nameGap: 12,
        nameTextStyle: { color: FAINT_INK, align: "right", padding: [0, 8, 0, 0] },
        axisLabel: { color: INK, interval: 0 },
      },
      {
        ...axis,
        data: rows.map(({ accuracy }) => percent(accuracy)),
        inverse: true,
        position: "right",
        name: "accuracy",
        nameLocation: "start",
        nameGap: 12,
        nameTextStyle: { color: FAINT_INK, align: "left", padding: [0, 0, 0, 8] },
        axisLabel: { color: INK, interval: 0, fontWeight: "bold" },
      },
    ],
    visualMap: kinds.map(({ color }, i) => ({
      show: false,
      min: 0,
      max: 1,
      seriesIndex: i,
      inRange: { color: [PAPER, color] },
    })),
    series: kinds.map(({ data }) => ({
      type: "heatmap" as const,
      data,
      label: { show: true, fontSize: 11 },
      itemStyle: { borderColor: PAPER, borderWidth: 1 },
      emphasis: { disabled: true },
      silent: true,
    })),
  };
  return await pictureHtml({
    option,
    width,
    height,
    alt: `Confusion matrix, ${headline(rows)}. Right of each class: ${
      rows.map(({ name, accuracy }) => `${name} ${percent(accuracy)}`).join(", ")
    }.`,
  });
}

/** A class's accuracy, and its three most frequent wrong predictions. */
function sentence({ name, counts, accuracy }: ClassRow, own: number, names: string[]): string {
  const width = Math.max(...names.map((other) => other.length));
  const mistakes = counts.map((images, i) => ({ images, name: names[i]! }))
    .filter(({ images }, i) => i !== own && images > 0)
    .sort((a, b) => b.images - a.images)
    .slice(0, 3)
    .map((mistake) => `${mistake.name} ${mistake.images}`);
  const taken = mistakes.length === 0 ? "" : `  taken for ${mistakes.join(", ")}`;
  return `${name.padEnd(width)}  ${percent(accuracy).padStart(7)}${taken}`;
}

/**
 * Builds what `showConfusion` shows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { confusionBundle } from "residual";
 *
 * const bundle = await confusionBundle({
 *   classNames: ["cat", "dog"],
 *   truths: [0, 0, 1, 1],
 *   predictions: [0, 1, 1, 1],
 * });
 * const lines = String(bundle["text/plain"]).split("\n");
 * assert.equal(lines[0], "75.0 % of 4 images classified correctly");
 * assert.equal(lines[1], "cat   50.0 %  taken for dog 1");
 * ```
 *
 * @throws {RangeError} where truths and predictions differ in number, or a class has no name.
 */
export async function confusionBundle(confusion: Confusion): Promise<MimeBundle> {
  const names = [...confusion.classNames];
  const rows = count(confusion).map((counts, i): ClassRow => {
    const total = counts.reduce((sum, images) => sum + images, 0);
    return { name: names[i]!, counts, total, accuracy: counts[i]! / total };
  });
  return {
    "text/html": await picture(rows),
    "text/plain": [headline(rows), ...rows.map((row, i) => sentence(row, i, names))].join("\n"),
  };
}

/**
 * Shows which classes a model confuses: a row for each true class, a column for each predicted one,
 * the number of images in each cell, and the accuracy of each class. What is right is blue, what is
 * wrong is orange, the darker the larger its share of the row.
 *
 * @example
 * ```ts
 * import { showConfusion } from "residual";
 *
 * await showConfusion({ classNames: ["cat", "dog"], truths: [0, 0, 1], predictions: [0, 1, 1] });
 * ```
 */
export async function showConfusion(confusion: Confusion): Promise<void> {
  await show(await confusionBundle(confusion));
}
