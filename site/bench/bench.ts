/** The script of the page that measures how fast this browser trains ResNet20. */
import { BENCH_BACKENDS, type BenchBackend, type BenchMessage, type Task } from "./protocol.ts";

/** No backend gets more time than this, in milliseconds: four of them take less than a minute. */
const MOST_MS = 14_000;

const NAMES: Readonly<Record<BenchBackend, string>> = {
  webgpu: "WebGPU",
  webgl: "WebGL",
  wasm: "WebAssembly",
  cpu: "plain JavaScript",
};

/** The results of one backend. */
interface Measured {
  device: string;
  /** Milliseconds for each image. */
  readonly times: Partial<Record<Task, number>>;
  /** Why something is missing. */
  reason?: string;
}

function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** Measures a backend in a worker, which is ended if it takes too long. */
function measure(backend: BenchBackend): Promise<Measured> {
  const result: Measured = { device: "", times: {} };
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve) => {
    const end = (reason?: string) => {
      clearTimeout(timer);
      worker.terminate();
      if (reason !== undefined) result.reason = reason;
      resolve(result);
    };
    const timer = setTimeout(
      () => end(`stopped after ${MOST_MS / 1000} s`),
      MOST_MS,
    );
    worker.onerror = ({ message }) => end(message || "the worker failed");
    worker.onmessage = ({ data }: MessageEvent<BenchMessage>) => {
      if (data.kind === "started") result.device = data.device;
      else if (data.kind === "measured") result.times[data.task] = data.milliseconds;
      else end(data.kind === "failed" ? data.reason : undefined);
    };
    worker.postMessage(backend);
  });
}

function timeText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "–";
  return milliseconds.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

function cellsOf(backend: BenchBackend, { device, times, reason }: Measured): string[] {
  return [
    NAMES[backend],
    timeText(times.inference),
    timeText(times.training),
    [device, reason].filter((text) => text !== undefined && text !== "").join("; "),
  ];
}

function addRow(cells: readonly string[]): void {
  const row = element<HTMLTableElement>("results").tBodies[0]!.insertRow();
  cells.forEach((text, i) => {
    const cell = document.createElement(i === 0 ? "th" : "td");
    if (i === 0) cell.setAttribute("scope", "row");
    cell.textContent = text;
    row.append(cell);
  });
}

async function measureAll(): Promise<void> {
  const button = element<HTMLButtonElement>("measure");
  const status = element("status");
  button.disabled = true;
  element("table").hidden = false;
  element<HTMLTableElement>("results").tBodies[0]!.replaceChildren();
  const lines = [
    `Residual, ResNet20 on 32×32 images, milliseconds per image, ${
      new Date().toISOString().slice(0, 10)
    }`,
    `${navigator.userAgent}; ${navigator.hardwareConcurrency} threads; ` +
    (crossOriginIsolated ? "isolated" : "not isolated"),
    "backend | inference | training | device",
  ];
  for (const backend of BENCH_BACKENDS) {
    status.textContent = `Measuring ${NAMES[backend]} …`;
    const cells = cellsOf(backend, await measure(backend));
    addRow(cells);
    lines.push(cells.join(" | "));
  }
  element<HTMLTextAreaElement>("text").value = lines.join("\n");
  status.textContent = "Done. Copy the text below to report your results.";
  button.disabled = false;
}

element("measure").addEventListener("click", () => void measureAll());
element("copy").addEventListener("click", () => {
  const area = element<HTMLTextAreaElement>("text");
  navigator.clipboard.writeText(area.value).then(
    () => element("status").textContent = "Copied.",
    () => {
      area.select();
      element("status").textContent = "Press Ctrl+C or ⌘C to copy the selected text.";
    },
  );
});
