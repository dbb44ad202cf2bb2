/**
 * The drawing of a network: each stage on a line of its own, its blocks as boxes from left to right.
 */
import type { ArchitectureBlock, ShortcutKind } from "../models/architecture_block.ts";
import type { GraphicComponentOption } from "echarts";
import { COLORS, FAINT_INK, FONT, INK, pictureHtml } from "./picture.ts";

/** A line, a rectangle, a text or the like. */
type Shape = GraphicComponentOption;
type Point = [x: number, y: number];

/** Blocks that are alike and drawn as one box; most often it is one. */
type Boxed = readonly [ArchitectureBlock, ...ArchitectureBlock[]];

interface Stage {
  /** Its name and the size of its map. */
  label: readonly string[];
  boxes: readonly Boxed[];
}

/** About the width of an output in JupyterLab, in pixels: wider ones are shown smaller. */
const WIDTH = 880;
const MARGIN = 14;
const LABEL = 66;
const TITLE = 44;
/** Between two boxes; the sum of F(x) and the shortcut is in the middle. */
const GAP = 22;
const BOX = 66;
/** How far an arc rises above its box. */
const ARC = 20;
/** From one line of boxes to the next. */
const PITCH = BOX + ARC + 24;
/** A letter of a class's name, and what a box has beside it. */
const LETTER = 7.2;
const PADDING = 12;
/** How far the boxes of a stack look out behind the first. */
const STACK = 3;
const FIRST = MARGIN + LABEL + GAP;

const [BLUE, ORANGE, GREEN] = COLORS;
const GRAY = "#8c959f";
const PAPER = "#ffffff";

/** How each shortcut is called and drawn; as in the paper, a broken line is one that changes shape. */
export const SHORTCUTS: Readonly<
  Record<ShortcutKind, { name: string; color: string; fill: string; dash: number[] }>
> = {
  identity: { name: "identity", color: BLUE, fill: "#eaf4fb", dash: [] },
  projection: { name: "projection", color: ORANGE, fill: "#fdf0e6", dash: [7, 3] },
  pad: { name: "zero padding", color: GREEN, fill: "#e8f6f1", dash: [2, 3] },
  none: { name: "", color: GRAY, fill: "#f6f8fa", dash: [] },
};

/** Sizes as the lessons write them. */
export function formatShape(shape: readonly (number | null)[]): string {
  return shape.map((size) => size ?? "?").join("×");
}

/** What stands in a box. */
function lines(boxed: Boxed): string[] {
  const [{ name, kind, output, parameters }] = boxed;
  const last = boxed.at(-1)!.name;
  return [
    boxed.length === 1 ? name : `${name} to ${last.slice(last.lastIndexOf(".") + 1)}`,
    boxed.length === 1 ? kind : `${boxed.length} × ${kind}`,
    formatShape(output),
    `${parameters.toLocaleString("en-US")}${boxed.length === 1 ? "" : " each"}`,
  ];
}

function widthOf(boxed: Boxed): number {
  return Math.max(...lines(boxed).map((line) => line.length)) * LETTER + PADDING;
}

/** Blocks belong to a stage as long as their names begin alike and their maps are of one size. */
function stagesOf(blocks: readonly ArchitectureBlock[]): Stage[] {
  const begins = ({ name }: ArchitectureBlock) => name.slice(0, Math.max(0, name.lastIndexOf(".")));
  const map = ({ output }: ArchitectureBlock) => formatShape(output.slice(0, -1));
  return runs(blocks, (block) => `${begins(block)} ${map(block)}`).map((stage) => ({
    label: [begins(stage[0]), map(stage[0])].filter((text) => text !== ""),
    boxes: boxesOf(stage),
  }));
}

/** One box for each block, or for each run of equal blocks where that would not fit on a line. */
function boxesOf(stage: Boxed): readonly Boxed[] {
  const single = stage.map((block): Boxed => [block]);
  const end = single.reduce((x, boxed) => x + widthOf(boxed) + GAP, FIRST);
  if (end <= WIDTH) return single;
  return runs(
    stage,
    ({ kind, output, parameters, shortcut }) =>
      JSON.stringify([kind, output, parameters, shortcut]),
  );
}

/** Neighbors with the same key, together. */
function runs(
  blocks: readonly ArchitectureBlock[],
  key: (block: ArchitectureBlock) => string,
): Boxed[] {
  const found: [ArchitectureBlock, ...ArchitectureBlock[]][] = [];
  for (const block of blocks) {
    const run = found.at(-1);
    if (run !== undefined && key(run[0]) === key(block)) run.push(block);
    else found.push([block]);
  }
  return found;
}

function line(points: Point[], color: string): Shape {
  return {
    type: "polyline",
    shape: { points },
    style: { stroke: color, lineWidth: 1.2, fill: "none" },
  };
}

function text(
  content: string,
  [x, y]: Point,
  { size = 11, color = INK, bold = false, centered = false } = {},
): Shape {
  return {
    type: "text",
    style: {
      text: content,
      x,
      y,
      fill: color,
      font: `${bold ? "bold " : ""}${size}px ${FONT}`,
      align: centered ? "center" : "left",
      verticalAlign: "middle",
    },
  };
}

/** A shortcut's arc, `rise` high. */
function arc(from: number, to: number, y: number, rise: number, kind: ShortcutKind): Shape {
  const { color, dash } = SHORTCUTS[kind];
  // A Bézier curve reaches three quarters of its control points' height.
  const top = y - rise / 0.75;
  return {
    type: "bezierCurve",
    shape: { x1: from, y1: y, x2: to, y2: y, cpx1: from, cpy1: top, cpx2: to, cpy2: top },
    style: { stroke: color, lineWidth: 2, lineDash: dash, fill: "none" },
  };
}

/** An arrow to x, y from the left. */
function arrow([x, y]: Point): Shape[] {
  return [line([[x - GAP, y], [x - 1, y]], GRAY), {
    type: "polygon",
    shape: { points: [[x, y], [x - 6, y - 3.5], [x - 6, y + 3.5]] },
    style: { fill: GRAY },
  }];
}

/** The circled plus where F(x) and the shortcut meet. */
function sum([x, y]: Point, color: string): Shape[] {
  return [
    {
      type: "circle",
      shape: { cx: x, cy: y, r: 6 },
      style: { fill: PAPER, stroke: color, lineWidth: 1.2 },
    },
    line([[x - 3, y], [x + 3, y]], color),
    line([[x, y - 3], [x, y + 3]], color),
  ];
}

/** A box whose left side's middle is at x, y, with its arrow and its shortcut. */
function box(boxed: Boxed, [x, y]: Point): Shape[] {
  const { shortcut } = boxed[0];
  const { color, fill } = SHORTCUTS[shortcut];
  const width = widthOf(boxed);
  const top = y - BOX / 2;
  const behind = boxed.length === 1 ? [0] : [2 * STACK, STACK, 0];
  const end = x + width + GAP / 2;
  return [
    ...behind.map((shift): Shape => ({
      type: "rect",
      shape: { x: x + shift, y: top + shift, width, height: BOX, r: 5 },
      style: { fill, stroke: color, lineWidth: 1 },
    })),
    ...arrow([x, y]),
    ...lines(boxed).map((content, i) =>
      text(content, [x + width / 2, top + 10 + i * 15], {
        centered: true,
        bold: i === 1,
        ...(i === 0 ? { size: 10, color: FAINT_INK } : {}),
      })
    ),
    ...(shortcut === "none" ? [] : [
      line([[x + width, y], [end, y]], GRAY),
      arc(x - GAP / 2, end, y, BOX / 2 + ARC, shortcut),
    ]),
  ];
}

/** What stands in a box and what the arcs mean, and where that ends on the right. */
function legend(
  blocks: readonly ArchitectureBlock[],
  y: number,
): { shapes: Shape[]; right: number } {
  const key = "In each box: name, class, what comes out, parameters.";
  const shapes = [text(key, [MARGIN, y], { color: FAINT_INK })];
  let x = 350;
  for (const kind of ["identity", "projection", "pad"] as const) {
    if (!blocks.some(({ shortcut }) => shortcut === kind)) continue;
    const name = `${SHORTCUTS[kind].name} shortcut`;
    shapes.push(arc(x, x + 30, y + 5, 12, kind), text(name, [x + 38, y]));
    x += 60 + name.length * 6.4;
  }
  return { shapes, right: x };
}

/** Draws a network as an HTML image. */
export async function architecturePicture(
  blocks: readonly ArchitectureBlock[],
  headline: string,
): Promise<string> {
  const shapes = [text(headline, [MARGIN, 22], { size: 15, bold: true })];
  /** The middle of the line of boxes that is being drawn. */
  let y = TITLE + ARC + BOX / 2;
  let right = 0;
  let last: Point | undefined;
  /** Drawn at the end: arcs begin in sums, and should not cross them out. */
  const sums: Shape[] = [];
  for (const { label, boxes } of stagesOf(blocks)) {
    label.forEach((content, i) =>
      shapes.push(text(content, [MARGIN, y + (i - (label.length - 1) / 2) * 16], { bold: i === 0 }))
    );
    let x = FIRST;
    for (const boxed of boxes) {
      if (x > FIRST && x + widthOf(boxed) + GAP > WIDTH) {
        x = FIRST;
        y += PITCH;
      }
      if (last !== undefined && last[1] !== y) {
        const between = y - BOX / 2 - ARC - 12;
        const turn = last[0] + GAP / 2;
        const turns: Point[] = [[turn, last[1]], [turn, between], [FIRST - GAP, between]];
        shapes.push(line([last, ...turns, [FIRST - GAP, y]], GRAY));
      }
      shapes.push(...box(boxed, [x, y]));
      x += widthOf(boxed) + GAP;
      right = Math.max(right, x);
      last = [x - GAP, y];
      const { shortcut } = boxed[0];
      if (shortcut !== "none") sums.push(...sum([x - GAP / 2, y], SHORTCUTS[shortcut].color));
    }
    y += PITCH;
  }
  const bottom = y - BOX / 2 - ARC + 4;
  const key = legend(blocks, bottom);
  shapes.push(...sums, ...key.shapes);
  return await pictureHtml({
    option: { graphic: shapes.map((shape) => ({ ...shape, silent: true })) },
    width: Math.ceil(Math.max(right, key.right)),
    height: bottom + 20,
    alt: `${headline}, in ${blocks.length} blocks: ${blocks.map(({ kind }) => kind).join(", ")}`,
  });
}
