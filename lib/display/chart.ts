/**
 * Line charts from one description, in two forms.
 *
 * JupyterLab draws a plotly figure, which can be hovered and zoomed, from its MIME type alone. All other viewers,
 * such as GitHub, VS Code without extensions and untrusted notebooks, get an SVG picture. Plotly cannot make an SVG
 * without a browser, and ECharts has no MIME type that JupyterLab knows, so the kit uses both.
 */
import type { EChartsOption } from "echarts";
import { COLORS, FAINT_INK, INK, pictureHtml, RULES } from "./picture.ts";
import { type Points, rounded, thin } from "./thin.ts";

/** A line, or single points, of a chart. */
export interface Line extends Points {
  name: string;
  /** Whether its points are drawn, with a thin line between them. */
  points?: boolean;
}

/** One pair of axes. */
export interface Panel {
  lines: readonly Line[];
  yLabel: string;
  /** Ends of the y axis. Default: what the lines need. */
  yRange?: readonly [number, number];
}

/** One or more panels side by side, with one title and one legend. */
export interface Chart {
  title: string;
  /** A second, smaller line of the title. */
  subtitle?: string;
  xLabel: string;
  /** Ends of the x axis. Default: what the lines need. */
  xRange?: readonly [number, number];
  panels: readonly Panel[];
}

/** The MIME type of figures that JupyterLab can show once Python's plotly is installed beside it. */
export const PLOTLY = "application/vnd.plotly.v1+json";

/** Points of a line across the whole figure: more than JupyterLab has pixels for. */
const FIGURE_POINTS = 1000;
/** Points of a line across the whole picture. */
const PICTURE_POINTS = 500;
/** A line with more points than this is drawn without circles: they would hide each other. */
const SYMBOLS = 20;
const WIDTH = 800;
/** The height of a panel, by their number. */
const HEIGHT = { one: 230, several: 170 };
/** Pixels between two names: the page's letters may be wider than those that ECharts reckons with. */
const LEGEND_GAP = 32;
/** Pixels of a name's key with the blank behind it, of a letter (about, and rather more), and of a row. */
const LEGEND = { key: 18, blank: 6, letter: 7, row: 20 };
/** Pixels around each panel, for the labels of its axes, and above all for the title and a legend. */
const LEFT = 62;
const RIGHT = 18;
const TITLE = 26;
const ABOVE_LEGEND = 6;
const BELOW_LEGEND = 26;
const BOTTOM = 52;
/** Share of the figure's width that lies between two panels. */
const BETWEEN = 0.08;

/** The names of all lines, each once: panels that show the same thing share a color. */
function names({ panels }: Chart): string[] {
  return [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
}

/** One line needs no name beside its axis; in several panels the name says that they show the same. */
function needsLegend(chart: Chart): boolean {
  return names(chart).length > 1 || chart.panels.length > 1;
}

/** The legend's names, row by row. */
function legendRows(chart: Chart): string[][] {
  if (!needsLegend(chart)) return [];
  const rows: string[][] = [[]];
  let used = 0;
  for (const name of names(chart)) {
    const width = LEGEND.key + LEGEND.blank + LEGEND.letter * name.length + LEGEND_GAP;
    if (used > 0 && used + width > WIDTH - LEFT - RIGHT) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)!.push(name);
    used += width;
  }
  return rows;
}

/** Pixels by which the legend's rows after the first push the panels down. */
function growth(rows: readonly string[][]): number {
  return LEGEND.row * Math.max(0, rows.length - 1);
}

function colorOf(all: readonly string[], name: string): string {
  return COLORS[all.indexOf(name) % COLORS.length]!;
}

/** The chart as an HTML image; where its title stands above it already, it is not headed by it. */
export async function chartPicture(chart: Chart, { headed = true } = {}): Promise<string> {
  const { title, xLabel, xRange, panels } = chart;
  const rows = legendRows(chart);
  const legendTop = ABOVE_LEGEND + (headed ? TITLE : 0);
  const top = legendTop + growth(rows) + BELOW_LEGEND;
  const all = names(chart);
  const width = WIDTH / panels.length;
  const axis = {
    type: "value",
    nameLocation: "middle",
    nameTextStyle: { color: FAINT_INK },
    axisLabel: { color: FAINT_INK },
    axisLine: { lineStyle: { color: FAINT_INK } },
    splitLine: { lineStyle: { color: RULES } },
    silent: true,
  } as const;
  const option: EChartsOption = {
    ...(headed && { title: { text: title, left: 10, top: 8, textStyle: { fontSize: 15 } } }),
    legend: rows.map((data, i) => ({
      data,
      left: LEFT,
      top: legendTop + LEGEND.row * i,
      itemGap: LEGEND_GAP,
      icon: "roundRect",
      itemWidth: LEGEND.key,
      itemHeight: 4,
    })),
    grid: panels.map((_, i) => ({
      left: i * width + LEFT,
      width: width - LEFT - RIGHT,
      top,
      bottom: BOTTOM,
    })),
    xAxis: panels.map((_, i) => ({
      ...axis,
      gridIndex: i,
      name: xLabel,
      nameGap: 28,
      min: xRange?.[0] ?? "dataMin",
      max: xRange?.[1] ?? "dataMax",
      splitLine: { show: false },
    })),
    yAxis: panels.map(({ yLabel, yRange }, i) => ({
      ...axis,
      gridIndex: i,
      name: yLabel,
      nameGap: 42,
      scale: true,
      ...(yRange && { min: yRange[0], max: yRange[1] }),
    })),
    series: panels.flatMap(({ lines }, i) =>
      lines.map((line) => {
        const { x, y } = thin(line, PICTURE_POINTS / panels.length);
        return {
          type: "line" as const,
          name: line.name,
          xAxisIndex: i,
          yAxisIndex: i,
          color: colorOf(all, line.name),
          data: x.map((value, j) => [value, Number.isFinite(y[j]) ? y[j]! : "-"]),
          symbol: line.points && x.length <= SYMBOLS ? "circle" : "none",
          symbolSize: 7,
          lineStyle: { width: line.points ? 1 : 1.5 },
          emphasis: { disabled: true },
          silent: true,
        };
      })
    ),
  };
  const height = top + BOTTOM + (panels.length === 1 ? HEIGHT.one : HEIGHT.several);
  const shown = panels.map(({ yLabel }) => `${yLabel} over ${xLabel}`).join(", ");
  return await pictureHtml({ option, width: WIDTH, height, alt: `${title}: ${shown}` });
}

/** The chart as plotly's figure. */
export function chartFigure(chart: Chart): Record<string, unknown> {
  const { title, subtitle, xLabel, panels } = chart;
  const all = names(chart);
  const pushed = growth(legendRows(chart));
  const inLegend = new Set<string>();
  const share = (1 - BETWEEN * (panels.length - 1)) / panels.length;
  const axes = panels.map(({ yLabel, yRange }, i) => {
    const number = i === 0 ? "" : i + 1;
    return {
      [`xaxis${number}`]: {
        title: { text: xLabel },
        anchor: `y${number}`,
        domain: [i * (share + BETWEEN), i * (share + BETWEEN) + share],
      },
      [`yaxis${number}`]: {
        title: { text: yLabel },
        anchor: `x${number}`,
        ...(yRange && { range: yRange }),
      },
    };
  });
  const data = panels.flatMap(({ lines }, i) =>
    lines.map((line) => {
      const { x, y } = thin(line, FIGURE_POINTS / panels.length);
      const first = !inLegend.has(line.name);
      inLegend.add(line.name);
      return {
        type: "scatter",
        mode: line.points ? "lines+markers" : "lines",
        name: line.name,
        x: rounded(x),
        y: rounded(y),
        line: { color: colorOf(all, line.name), width: line.points ? 1 : 2 },
        ...(i > 0 && { xaxis: `x${i + 1}`, yaxis: `y${i + 1}` }),
        legendgroup: line.name,
        showlegend: first,
      };
    })
  );
  return {
    data,
    layout: {
      title: {
        text: title,
        ...(subtitle !== undefined && { subtitle: { text: subtitle } }),
        x: 0.01,
        xanchor: "left",
        y: 0.96,
        yanchor: "top",
      },
      ...Object.assign({}, ...axes),
      height: 360 + pushed,
      margin: { l: 60, r: 20, t: (subtitle === undefined ? 74 : 92) + pushed, b: 50 },
      font: { color: INK },
      showlegend: needsLegend(chart),
      legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" },
    },
  };
}
