/** The start page's script: registers the service worker, shows what the browser can do, keeps work safe. */
import { parseProgress, type Progress } from "../../lib/checks/progress_format.ts";

/** Where the kernel keeps the learner's files (site/kernel/extension.ts). */
const KEPT = "residual.files";
/** The learner's progress among those files (lib/checks/progress_file.ts). */
const PROGRESS = "/progress.json";
/** The database in which JupyterLite keeps notebooks, and its store. */
const DATABASE = "JupyterLite Storage";
const STORE = "files";

/** A learner's work as a file. */
interface Work {
  readonly format: "residual-work";
  readonly version: 1;
  readonly saved: string;
  /** Progress and other files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** JupyterLite's notebooks, by path. */
  readonly notebooks: Readonly<Record<string, unknown>>;
}

function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

function say(id: string, text: string): void {
  element(id).textContent = text;
}

/** Lets the service worker take charge: pages that it serves are isolated, and open without the network. */
async function registerServiceWorker(): Promise<void> {
  try {
    await navigator.serviceWorker.register("service_worker.js");
    await navigator.serviceWorker.ready;
    const isServed = sessionStorage.getItem("residual.reloaded") !== null;
    // Only a page that the worker has served has the headers that isolate it.
    if (!crossOriginIsolated && !isServed) {
      sessionStorage.setItem("residual.reloaded", "yes");
      location.reload();
    }
  } catch (error) {
    console.warn("No service worker:", error);
  }
}

async function describeBrowser(): Promise<void> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<unknown> } }).gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  say(
    "backend",
    adapter
      ? "WebAssembly on the processor (the lessons do not use this browser's WebGPU yet)"
      : "WebAssembly on the processor",
  );
  say("threads", String(navigator.hardwareConcurrency));
  say(
    "isolation",
    crossOriginIsolated
      ? "available"
      : "limited: Stop restarts a cell that never pauses, and WebAssembly has one thread",
  );
  const isKept = await navigator.storage?.persist?.() === true;
  const { quota = 0 } = await navigator.storage?.estimate?.() ?? {};
  say(
    "storage",
    `${(quota / 1e9).toFixed(1)} GB ${isKept ? "that the browser keeps" : "available"}`,
  );
  // Private windows offer little storage and forget it.
  if (quota < 0.3e9) {
    say("warning", "This looks like a private window: your work will be lost when you close it.");
  }
}

/** The progress in a text of the kernel's. A later kit's progress shows no points here. */
function progressIn(text: string | undefined): Progress {
  try {
    return parseProgress(text ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** Shows the points of each lesson that the kernel has kept in this browser. */
function showProgress(): void {
  const files = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, string>;
  const kept = progressIn(files[PROGRESS]);
  for (const lesson of document.querySelectorAll<HTMLElement>("[data-points]")) {
    const most = JSON.parse(lesson.dataset["points"] ?? "{}") as Record<string, number>;
    const earned = Object.keys(most).reduce((sum, id) => sum + (kept[id]?.points ?? 0), 0);
    const all = Object.values(most).reduce((sum, points) => sum + points, 0);
    const place = lesson.querySelector(".points");
    if (place === null || earned === 0) continue;
    place.textContent = `${earned === all ? "✓ " : ""}${earned} of ${all} points`;
  }
}

function request<T>(work: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    work.onsuccess = () => resolve(work.result);
    work.onerror = () => reject(work.error ?? new Error("the database does not answer"));
  });
}

/** JupyterLite's database; undefined while no lesson was opened. */
async function openNotebooks(): Promise<IDBDatabase | undefined> {
  const names = await indexedDB.databases();
  const found = names.find(({ name }) => name?.startsWith(DATABASE));
  return found?.name === undefined ? undefined : await request(indexedDB.open(found.name));
}

async function readNotebooks(): Promise<Record<string, unknown>> {
  const database = await openNotebooks();
  if (database === undefined || !database.objectStoreNames.contains(STORE)) return {};
  const store = database.transaction(STORE).objectStore(STORE);
  const [keys, values] = await Promise.all([request(store.getAllKeys()), request(store.getAll())]);
  database.close();
  return Object.fromEntries(keys.map((key, i) => [String(key), values[i] as unknown]));
}

async function download(): Promise<void> {
  const work: Work = {
    format: "residual-work",
    version: 1,
    saved: new Date().toISOString(),
    files: JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, string>,
    notebooks: await readNotebooks(),
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(work)], { type: "application/json" }));
  link.download = `residual-${work.saved.slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
  say(
    "said",
    `${Object.keys(work.notebooks).length} notebooks and your points are in ${link.download}.`,
  );
}

function isWork(value: unknown): value is Work {
  const { format, version, files, notebooks } = (value ?? {}) as Partial<Work>;
  return format === "residual-work" && version === 1 && isRecord(files) && isRecord(notebooks);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function restore(file: File): Promise<void> {
  let work: unknown;
  try {
    work = JSON.parse(await file.text());
  } catch {
    work = undefined;
  }
  if (!isWork(work)) {
    say(
      "said",
      `${file.name} was not saved by this page: expected a file from "Download my work".`,
    );
    return;
  }
  const database = await openNotebooks();
  const notebooks = Object.entries(work.notebooks);
  if (database === undefined && notebooks.length > 0) {
    say("said", "Open any lesson once, then restore: the browser has no place for notebooks yet.");
    return;
  }
  const question =
    `Replace ${notebooks.length} notebooks and the points in this browser by those of ` +
    `${work.saved.slice(0, 10)}? Work that you have done here since then is lost.`;
  if (!confirm(question)) return;
  if (database !== undefined) {
    const store = database.transaction(STORE, "readwrite").objectStore(STORE);
    for (const [path, notebook] of notebooks) await request(store.put(notebook, path));
    database.close();
  }
  localStorage.setItem(KEPT, JSON.stringify(work.files));
  say("said", `Restored ${notebooks.length} notebooks and your points from ${file.name}.`);
}

const chosen = element<HTMLInputElement>("restore");
element("download").addEventListener("click", () => void download());
element("choose").addEventListener("click", () => chosen.click());
chosen.addEventListener("change", () => {
  const [file] = chosen.files ?? [];
  if (file !== undefined) void restore(file);
});
void registerServiceWorker();
showProgress();
void describeBrowser();
