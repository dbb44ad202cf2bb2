/** Pictures that need no script: SVG by Apache ECharts, in an <img> of the output's HTML. */
import { Buffer } from "node:buffer";
import type { EChartsOption } from "echarts";
import { escapeHtml } from "./html.ts";

/** Colors that color-blind readers tell apart as well (Okabe and Ito 2008). */
export const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;
/** What every system has; the pictures leave room for wider letters than ECharts reckons with. */
export const FONT = "Helvetica, Arial, sans-serif";
export const INK = "#24292f";
export const FAINT_INK = "#6e7781";
export const RULES = "#d8dee4";

/** What is drawn, and what stands in its place for those who cannot see it. */
export interface Picture {
  option: EChartsOption;
  /** Pixels; a narrower page makes the picture smaller. */
  width: number;
  height: number;
  alt: string;
}

/** Loads ECharts when the first picture is drawn: it takes a third of the kit's loading time. */
export async function loadECharts(): Promise<typeof import("echarts")> {
  return await import("echarts");
}

/**
 * Draws a picture as SVG. It brings its own background: what is drawn in black on nothing cannot be
 * read on JupyterLab's dark theme.
 */
async function pictureSvg({ option, width, height }: Omit<Picture, "alt">): Promise<string> {
  const { init } = await loadECharts();
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      color: [...COLORS],
      textStyle: { color: INK, fontFamily: FONT, fontSize: 12 },
      ...option,
    });
    return withoutHovering(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** Removes the reactions to a mouse, which an image never receives. */
function withoutHovering(svg: string): string {
  return svg.replace(/<style[^]*?<\/style>\n?/g, "")
    .replace(/ (class|pointer-events)="[^"]*"/g, "");
}

/**
 * Draws a picture as an HTML image. Untrusted notebooks strip inline SVG and run no script, but they
 * show an image whose SVG is in its address.
 */
export async function pictureHtml(picture: Picture): Promise<string> {
  const { width, height, alt } = picture;
  const base64 = Buffer.from(await pictureSvg(picture)).toString("base64");
  return `<img src="data:image/svg+xml;base64,${base64}" alt="${escapeHtml(alt)}" ` +
    `width="${width}" height="${height}" style="max-width: 100%; height: auto">`;
}
