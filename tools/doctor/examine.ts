/**
 * What the doctor examines: set-up's parts, the programs and the disk they need, and whether the kernels,
 * JupyterLab and TensorFlow work.
 */
import process from "node:process";
import { findCompiler } from "../setup/addon.ts";
import { runCommand } from "../setup/command.mjs";
import { ignoredVariables, ownEnvironment } from "../setup/environment.mjs";
import { lastWords, SetupError } from "../setup/errors.mjs";
import { inspect } from "../setup/part.ts";
import { NODE, Site } from "../setup/paths.ts";
import { megabytes } from "../setup/progress.mjs";
import { findPython, venvPart } from "../setup/python.ts";
import { STEPS } from "../setup/steps.ts";
import { wantedDevice } from "../setup/tensorflow.ts";
import { denoBinary } from "../setup/npm.mjs";
import { freeBytes } from "../setup/work.mjs";
import { variableInTheWay } from "./in_the_way.ts";

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
  const findings = [await node(), await deno(site)];
  // Only .venv is made with it.
  const made = (await inspect(venvPart, site)).ready;
  findings.push(await python(made ? "weak" : "bad"));
  for (const { part, optional } of STEPS) {
    const { ready, found } = await inspect(part, site);
    const state = ready ? "good" : optional ? "weak" : "bad";
    findings.push(finding(part.id, part.title, state, found, part.advice));
  }
  const tried = await tryAll(site, findings);
  return [...findings, await compiler(), await graphics(), ...tried, environment(), disk(site)];
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

async function python(failed: "weak" | "bad"): Promise<Finding> {
  try {
    const { version, path } = await findPython();
    return finding("python", "Python", "good", `${version} (${path})`, "");
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return finding("python", "Python", failed, `${error.message} ${error.came}`, error.next);
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

/** Something that the doctor tries: an argument list of probe.ts. */
interface Trial {
  id: string;
  title: string;
  probe: readonly string[];
  /** What it is where it does not work. */
  failed: "weak" | "bad";
  /** The parts without which it cannot work. */
  needs: readonly string[];
}

const TRIALS: readonly Trial[] = [
  {
    id: "backend",
    title: "TensorFlow computes",
    probe: ["backend"],
    failed: "bad",
    needs: ["npm"],
  },
  {
    id: "deno-kernel",
    title: "Deno kernel",
    probe: ["kernel", "deno"],
    failed: "bad",
    needs: ["npm", "venv", "kernel-proxy", "kernels"],
  },
  {
    id: "tslab-kernel",
    title: "tslab kernel",
    probe: ["kernel", "tslab"],
    failed: "weak",
    needs: ["npm", "venv", "library", "kernel-proxy", "kernels"],
  },
  {
    id: "lab",
    title: "JupyterLab's page",
    probe: ["lab"],
    failed: "bad",
    needs: ["npm", "venv", "kernels"],
  },
];

/** Tries everything, and looks for the variable that is in the way of what fails. */
async function tryAll(site: Site, parts: readonly Finding[]): Promise<Finding[]> {
  const results = await Promise.all(TRIALS.map((trial) => attempt(site, trial, parts)));
  const findings: Finding[] = [];
  let suspect: string | undefined;
  for (const [i, result] of results.entries()) {
    const { id, title, probe, failed } = TRIALS[i]!;
    if (typeof result !== "string") {
      findings.push(result);
      continue;
    }
    const environment = ownEnvironment();
    const works = async (environment: Record<string, string>) =>
      (await runProbe(site, probe, environment)).code === 0;
    // One variable often breaks several things.
    const { [suspect ?? ""]: _, ...others } = environment;
    if (suspect === undefined || !await works(others)) {
      suspect = await variableInTheWay(environment, works);
    }
    const advice = suspect === undefined
      ? "npm start -- --setup-only makes what is missing. If every part is right, bring back lib/ and " +
        "tools/ as they came (git status lists what was changed)."
      : `It works without the variable ${suspect} (now "${process.env[suspect]}"): unset it.`;
    findings.push(finding(id, title, failed, result, advice));
  }
  return findings;
}

/** Runs one trial: its finding where it works or cannot be tried, and otherwise why it failed. */
async function attempt(
  site: Site,
  { id, title, probe, failed, needs }: Trial,
  parts: readonly Finding[],
): Promise<Finding | string> {
  const missing = parts.filter(({ id, state }) => needs.includes(id) && state !== "good");
  if (missing.length > 0) {
    const names = missing.map(({ title }) => title).join(", ");
    return finding(id, title, failed, `not tried without: ${names}`, "See there.");
  }
  const { code, output } = await runProbe(site, probe, process.env);
  const answer = output.split("\n").find((line) => line.startsWith("{"));
  if (code !== 0 || answer === undefined) return lastWords(output);
  if (id === "backend") return backend(title, answer);
  return finding(id, title, "good", (JSON.parse(answer) as { found: string }).found, "");
}

function runProbe(
  site: Site,
  probe: readonly string[],
  caller: Readonly<Record<string, string | undefined>>,
) {
  const program = site.at("tools/doctor/probe.ts");
  return runCommand(denoBinary(site.checkout), ["run", "-A", program, ...probe], {
    cwd: site.checkout,
    caller,
    env: { TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "1", NO_COLOR: "1" },
    timeout: 300_000,
  });
}

/** The backend that computes, and why not a faster one. */
function backend(title: string, answer: string): Finding {
  const { name, text } = JSON.parse(answer) as { name: string; text: string };
  const requested = process.env.RESIDUAL_BACKEND;
  const state = name === "native" || name === "webgpu" || name === requested ? "good" : "weak";
  return finding(
    "backend",
    title,
    state,
    text,
    "npm start -- --setup-only makes the native one, which is faster.",
  );
}

/** Variables that redirect tools do not reach the kit's own programs. */
function environment(): Finding {
  const ignored = ignoredVariables();
  const found = ignored.length === 0
    ? "nothing in it redirects the kit's programs"
    : `the kit's programs ignore ${ignored.join(", ")}`;
  return finding("environment", "environment", "good", found, "");
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
