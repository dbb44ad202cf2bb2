/** Quantities as squares whose areas can be compared. */
import type { GraphicComponentOption } from "echarts";
import { type MimeBundle, show } from "./display.ts";
import { COLORS, FAINT_INK, FONT, INK, pictureHtml } from "./picture.ts";
import { tableBundle } from "./table.ts";

/** One square. */
export interface Area {
  /** The name below the square. */
  name: string;
  /** The quantity: its square's area is in proportion to it. */
  value: number;
}

/** A row of squares. */
export interface AreaRow {
  /** The name above the row, followed by the sum of its values. */
  name: string;
  /** The squares, from left to right. */
  areas: readonly Area[];
}

/** A picture of rows of squares. */
export interface Areas {
  /** The title above the rows. */
  title: string;
  /** The rows, from top to bottom. All squares have the same scale. */
  rows: readonly AreaRow[];
}

const MARGIN = 14;
const TITLE = 44;
/** The side of the largest square, in pixels. */
const LARGEST = 190;
/** The height of a row's name above its squares, and of the two lines below them. */
const HEAD = 26;
const FOOT = 46;
const GAP = 16;
/** The width of a letter of the title and of a square's name, in pixels, with room for wider fonts. */
const TITLE_LETTER = 10;
const LETTER = 7;

/**
 * Builds the output of `showAreas`.
 *
 * @throws {RangeError} if there is no positive value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { areasBundle } from "residual";
 *
 * const rows = [{ name: "a", areas: [{ name: "first", value: 4 }, { name: "second", value: 1 }] }];
 * const bundle = await areasBundle({ title: "Sizes", rows });
 * assert.equal(String(bundle["text/plain"]).split("\n")[0], "Sizes");
 * ```
 */
export async function areasBundle({ title, rows }: Areas): Promise<MimeBundle> {
  const largest = Math.max(...rows.flatMap(({ areas }) => areas.map(({ value }) => value)));
  if (!(largest > 0)) {
    throw new RangeError(`Cannot draw "${title}": expected a positive value, got none.`);
  }
  const scale = LARGEST / Math.sqrt(largest);
  const elements: GraphicComponentOption[] = [
    text(title, MARGIN, MARGIN, { fontSize: 16, fontWeight: "bold", fill: INK }),
  ];
  let top = TITLE;
  let width = 0;
  for (const [i, { name, areas }] of rows.entries()) {
    const heading = `${name}: ${format(areas.reduce((sum, { value }) => sum + value, 0))}`;
    elements.push(text(heading, MARGIN, top, { fontSize: 13, fontWeight: "bold", fill: INK }));
    const bottom = top + HEAD + Math.max(...areas.map(({ value }) => Math.sqrt(value) * scale));
    let x = MARGIN;
    for (const area of areas) {
      const side = Math.sqrt(area.value) * scale;
      const fill = COLORS[i % COLORS.length]!;
      const shape = { x, y: bottom - side, width: side, height: side };
      elements.push(
        { type: "rect", shape, style: { fill, opacity: 0.85 }, silent: true },
        text(area.name, x, bottom + 6, { fontSize: 12, fill: INK }),
        text(format(area.value), x, bottom + 22, { fontSize: 12, fill: FAINT_INK }),
      );
      x += Math.max(side, LETTER * area.name.length) + GAP;
    }
    width = Math.max(width, x - GAP);
    top = bottom + FOOT;
  }
  const flat = rows.flatMap(({ name, areas }) =>
    areas.map((area) => ({ row: name, area: area.name, value: area.value }))
  );
  return {
    "text/html": await pictureHtml({
      option: { graphic: elements },
      width: Math.ceil(Math.max(width + MARGIN, TITLE_LETTER * title.length + 2 * MARGIN)),
      height: Math.ceil(top + MARGIN),
      alt: `${title}. ${
        flat.map(({ row, area, value }) => `${row}, ${area}: ${format(value)}`).join("; ")
      }.`,
    }),
    "text/plain": `${title}\n${tableBundle(flat)["text/plain"]}`,
  };
}

/**
 * Shows quantities as squares: the area of each is in proportion to its value.
 *
 * @throws {RangeError} if there is no positive value.
 *
 * @example
 * ```ts
 * import { showAreas } from "residual";
 *
 * await showAreas({
 *   title: "Weights",
 *   rows: [{ name: "64 channels", areas: [{ name: "3×3", value: 36_864 }, { name: "1×1", value: 4096 }] }],
 * });
 * ```
 */
export async function showAreas(areas: Areas): Promise<void> {
  await show(await areasBundle(areas));
}

function format(value: number): string {
  return value.toLocaleString("en-US");
}

function text(
  text: string,
  x: number,
  y: number,
  style: { fontSize: number; fontWeight?: "bold"; fill: string },
): GraphicComponentOption {
  return { type: "text", x, y, style: { text, fontFamily: FONT, ...style }, silent: true };
}
