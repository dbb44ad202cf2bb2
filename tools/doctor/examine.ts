// What the doctor looks at: set-up's parts, and the programs and the room they stand on.
import process from "node:process";
import { findCompiler } from "../setup/addon.ts";
import { runCommand } from "../setup/command.mjs";
import { lastWords, SetupError } from "../setup/errors.mjs";
import { look } from "../setup/part.ts";
import { NODE, Site } from "../setup/paths.ts";
import { megabytes } from "../setup/progress.mjs";
import { findPython } from "../setup/python.ts";
import { STEPS } from "../setup/steps.ts";
import { wantedDevice } from "../setup/tensorflow.ts";
import { denoBinary } from "../setup/npm.mjs";
import { freeBytes } from "../setup/work.mjs";

/** Room that a running lesson should find: run records, notebooks, caches. */
const LITTLE_ROOM = 0.5e9;

/** One line of the doctor's report. */
export interface Finding {
  id: string;
  title: string;
  /** `weak`: lessons run, but slower or in one kernel only. */
  state: "good" | "weak" | "bad";
  found: string;
  /** What to do; only where something is not right. */
  advice?: string;
}

/** Looks at everything, in the order of set-up. */
export async function examine(site: Site = new Site()): Promise<Finding[]> {
  const findings = [await node(), await deno(site), await python()];
  for (const { part, optional } of STEPS) {
    const { good, found } = await look(part, site);
    const state = good ? "good" : optional ? "weak" : "bad";
    findings.push(finding(part.id, part.title, state, found, part.advice));
  }
  return [...findings, await compiler(), await graphics(), await backend(site), disk(site)];
}

function finding(
  id: string,
  title: string,
  state: Finding["state"],
  found: string,
  advice: string,
): Finding {
  return state === "good" ? { id, title, state, found } : { id, title, state, found, advice };
}

async function node(): Promise<Finding> {
  const { code, output } = await runCommand(NODE, ["--version"]);
  const good = code === 0 && Number.parseInt(output.slice(1)) >= 20;
  const found = code === 0 ? output.trim() : "not found";
  return finding("node", "Node.js", good ? "good" : "bad", found, "Install Node.js 20 or newer.");
}

async function deno(site: Site): Promise<Finding> {
  const { code, output } = await runCommand(denoBinary(site.checkout), ["--version"]);
  const found = code === 0 ? output.trim().split("\n").join(", ") : lastWords(output);
  return finding(
    "deno",
    "Deno",
    code === 0 ? "good" : "bad",
    found,
    "npm start -- --setup-only installs it.",
  );
}

async function python(): Promise<Finding> {
  try {
    const { version, path } = await findPython();
    return finding("python", "Python", "good", `${version} (${path})`, "");
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return finding("python", "Python", "bad", `${error.message} ${error.came}`, error.next);
  }
}

/** Not needed when the addon is built; ziglang's takes its place. */
async function compiler(): Promise<Finding> {
  const found = await findCompiler();
  return finding(
    "compiler",
    "C++ compiler",
    "good",
    found?.name ?? "none; set-up builds with ziglang's, which takes about 2 minutes once",
    "",
  );
}

async function graphics(): Promise<Finding> {
  const device = await wantedDevice();
  const found = device === "cuda"
    ? "an NVIDIA GPU answers"
    : "no NVIDIA GPU answers (none is needed)";
  return finding("gpu", "GPU", "good", found, "");
}

/** Starts the backend in a process of its own, as a kernel would, and says why it is the one. */
async function backend(site: Site): Promise<Finding> {
  const title = "backend in force";
  const program = site.at("tools/doctor/backend.ts");
  const { code, output } = await runCommand(denoBinary(site.checkout), ["run", "-A", program], {
    cwd: site.checkout,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "1", NO_COLOR: "1" },
    timeout: 120_000,
  });
  const answer = output.split("\n").find((line) => line.startsWith("{"));
  if (code !== 0 || answer === undefined) {
    const advice =
      "npm start -- --setup-only makes what is missing; if all else is right, mend lib/.";
    return finding("backend", title, "bad", lastWords(output), advice);
  }
  const { name, text } = JSON.parse(answer) as { name: string; text: string };
  const wish = process.env.RESIDUAL_BACKEND;
  const state = name === "native" || name === "webgpu" || name === wish ? "good" : "weak";
  return finding(
    "backend",
    title,
    state,
    text,
    "npm start -- --setup-only makes the native one, which is faster.",
  );
}

function disk(site: Site): Finding {
  const free = freeBytes(site.checkout);
  const state = free >= LITTLE_ROOM ? "good" : "weak";
  return finding(
    "disk",
    "room on the disk",
    state,
    `${megabytes(free)} free`,
    "Make room: lessons save runs.",
  );
}
