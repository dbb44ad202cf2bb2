/** Step 2: a Python of the machine's, and the virtual environment with JupyterLab. */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "./command.mjs";
import { explain, lastWords, SetupError } from "./errors.mjs";
import type { StepLine } from "./progress.mjs";
import type { Site } from "./paths.ts";
import type { CheckResult, Part } from "./part.ts";
import { pipEnvironment, pipInstall } from "./pip.ts";
import { section, sectionDigest } from "./requirements.ts";
import {
  isAlive,
  list,
  needRoom,
  publish,
  readJson,
  remove,
  uniqueName,
  withWork,
} from "./work.mjs";

/** Measured: 380 MB, and the downloads on their way. */
const ROOM = 0.7e9;

const PROBE = `
import json, sys
faults = []
for name in ("venv", "ensurepip"):
    try:
        __import__(name)
    except ImportError as error:
        faults.append(name)
print(json.dumps({"version": list(sys.version_info[:3]), "path": sys.executable, "faults": faults}))
`;

export interface Python {
  path: string;
  version: string;
}

/** No Python of the machine's will do. */
export class NoPython extends SetupError {}

/** The first Python that will do, or an error that lists what was tried. */
export async function findPython(): Promise<Python> {
  const named = process.env.RESIDUAL_PYTHON;
  const names = named
    ? [named]
    : ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
  const tried: string[] = [];
  let lacksVenv: string | undefined;
  for (const name of names) {
    const { code, output } = await runCommand(name, ["-I", "-c", PROBE], { timeout: 20_000 });
    if (code === -1) {
      tried.push(`${name}: not found`);
      continue;
    }
    const answer = readAnswer(output);
    if (code !== 0 || answer === undefined) {
      tried.push(`${name}: does not run (${lastWords(output)})`);
      continue;
    }
    const version = answer.version.join(".");
    const [major = 0, minor = 0] = answer.version;
    if (major < 3 || (major === 3 && minor < 10)) tried.push(`${name}: ${version}, too old`);
    else if (answer.faults.length > 0) {
      tried.push(`${name}: ${version}, without ${answer.faults.join(" and ")}`);
      lacksVenv ??= version;
    } else return { path: answer.path, version };
  }
  const debian = lacksVenv === undefined
    ? "apt install python3 python3-venv"
    : `apt install python3-venv, or python${lacksVenv.split(".").slice(0, 2).join(".")}-venv`;
  throw new NoPython({
    what: lacksVenv === undefined
      ? "No Python 3.10 or newer was found."
      : "The Python that was found cannot make virtual environments.",
    tried: names.join(", "),
    came: tried.join("; "),
    next: named
      ? `RESIDUAL_PYTHON names ${named}: unset it, or name a Python 3.10 or newer.`
      : `Install it (Debian, Ubuntu: ${debian}; Fedora: dnf install python3; macOS: brew install python), ` +
        "or name one with RESIDUAL_PYTHON=/path/to/python3, then start again.",
  });
}

function readAnswer(
  output: string,
): { version: number[]; path: string; faults: string[] } | undefined {
  try {
    return JSON.parse(output.trim().split("\n").at(-1) ?? "");
  } catch {
    return undefined;
  }
}

export const venvPart: Part = {
  id: "venv",
  title: "JupyterLab (.venv)",
  advice: "npm start -- --setup-only makes it again",
  check: checkVenv,
  make: makeVenv,
};

/** What is noted in an environment that is whole. */
interface Stamp {
  checkout: string;
  digest: string;
  python: string;
}

/** Good when it was made here, from these pins, and its Python is still there. */
function checkVenv(site: Site): CheckResult {
  const stamp = readJson(path.join(site.venv, "residual.json")) as Stamp | undefined;
  if (stamp === undefined) return { ready: false, found: "not made yet" };
  if (stamp.checkout !== fs.realpathSync(site.checkout)) {
    return { ready: false, found: "made for another folder (the checkout was moved or copied)" };
  }
  if (stamp.digest !== sectionDigest(site, "jupyter")) {
    return { ready: false, found: "made from other versions than requirements.txt names" };
  }
  if (!fs.existsSync(site.python)) return { ready: false, found: "its Python was removed" };
  return { ready: true, found: `Python ${stamp.python}, JupyterLab ${jupyterVersion(site)}` };
}

function jupyterVersion(site: Site): string {
  return section(site, "jupyter").find((line) => line.startsWith("jupyterlab=="))?.split("==")[1] ??
    "?";
}

/**
 * A virtual environment holds its own absolute path, so it is made where it stays, under a name that
 * nobody else uses, and `.venv` is a link that is switched to it when it is whole.
 */
async function makeVenv(site: Site, line: StepLine): Promise<string> {
  const python = await findPython();
  needRoom(site.checkout, ROOM, "JupyterLab");
  sweepVenvs(site);
  const folder = path.join(site.residual, `venv-${uniqueName()}`);
  try {
    await withWork(site.checkout, async (work) => {
      line.update(undefined, `python -m venv (${python.version})`);
      const { code, output } = await runCommand(python.path, ["-I", "-m", "venv", folder]);
      if (code !== 0) {
        throw explain({
          what: "The virtual environment could not be made.",
          tried: `${python.path} -m venv`,
          output,
          next:
            "Debian, Ubuntu: apt install python3-venv. Elsewhere: a Python from python.org or the " +
            "package manager, named with RESIDUAL_PYTHON=/path/to/python3.",
        });
      }
      const inside = path.join(folder, "bin", "python");
      await upgradePip(inside, section(site, "pip"), work);
      await pipInstall({
        python: inside,
        lines: section(site, "jupyter"),
        args: ["--no-compile"],
        what: "JupyterLab and its packages",
        work,
        line,
      });
      const stamp: Stamp = {
        checkout: fs.realpathSync(site.checkout),
        digest: sectionDigest(site, "jupyter"),
        python: python.version,
      };
      fs.writeFileSync(path.join(folder, "residual.json"), JSON.stringify(stamp));
      const link = path.join(work, "venv-link");
      fs.symlinkSync(path.join(".residual", path.basename(folder)), link);
      publish(link, site.venv);
    });
  } catch (error) {
    remove(folder);
    throw error;
  }
  sweepVenvs(site);
  return `Python ${python.version}, JupyterLab ${jupyterVersion(site)}`;
}

/** pip's raw progress is younger than many a Python's own pip. */
async function upgradePip(python: string, lines: string[], work: string): Promise<void> {
  const file = path.join(work, "pip.txt");
  fs.writeFileSync(file, lines.join("\n") + "\n");
  const { code, output } = await runCommand(
    python,
    ["-I", "-m", "pip", "install", "-q", "-r", file],
    { env: await pipEnvironment(python) },
  );
  if (code === 0) return;
  throw explain({
    what: "pip could not be brought up to date.",
    tried: `pip install ${lines.join(" ")}`,
    output,
    next: "Fix the problem that pip reports above, then start again.",
  });
}

/** Removes environments that no `.venv` points to and whose maker is gone. */
function sweepVenvs(site: Site): void {
  const active = fs.existsSync(site.venv) ? path.basename(fs.realpathSync(site.venv)) : "";
  for (const name of list(site.residual)) {
    const pid = /^venv-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || name === active) continue;
    if (Number(pid) === process.pid || !isAlive(Number(pid))) {
      remove(path.join(site.residual, name));
    }
  }
}
