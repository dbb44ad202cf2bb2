/** pip, with its raw progress turned into a step's line. */
import fs from "node:fs";
import path from "node:path";
import { runCommand } from "./command.mjs";
import { PIP_SETTINGS } from "./environment.mjs";
import { explain } from "./errors.mjs";
import type { StepLine } from "./progress.mjs";
import { megabytes } from "./progress.mjs";

export interface PipJob {
  /** The interpreter whose pip it is. */
  python: string;
  /** Requirement lines. */
  lines: readonly string[];
  /** What follows `pip install`. */
  args: readonly string[];
  /** For the error: "JupyterLab and its packages". */
  what: string;
  /** Where pip downloads and unpacks to: on the disk whose room was measured, as /tmp may not be. */
  work: string;
  line: StepLine;
}

/** Runs `pip install`. @throws {SetupError} with the cause that pip reports. */
export async function pipInstall({ python, lines, args, what, work, line }: PipJob): Promise<void> {
  const file = path.join(work, "requirements.txt");
  fs.writeFileSync(file, lines.join("\n") + "\n");
  const all = ["-I", "-m", "pip", "install", "--progress-bar", "raw", ...args];
  let seen = 0;
  let name = "";
  const { code, output } = await runCommand(python, [...all, "-r", file], {
    env: {
      ...await pipEnvironment(python),
      // What a killed pip leaves behind, gigabytes at worst, is swept with the work folder.
      TMPDIR: work,
    },
    onLine: (text) => {
      const collecting = /^Collecting (\S+)/.exec(text);
      const progress = /^\s*Progress (\d+) of (\d+)/.exec(text);
      const share = lines.length > 1 ? Math.min(1, seen / lines.length) : 0;
      if (collecting) {
        seen++;
        name = collecting[1]?.split(/[=<>;\[]/)[0] ?? "";
        line.update(lines.length > 1 ? share * 0.7 : undefined, name);
      } else if (progress) {
        const [done, total] = [Number(progress[1]), Number(progress[2])];
        const bytes = `${name} ${megabytes(done)} of ${megabytes(total)}`;
        line.update(lines.length > 1 ? share * 0.7 : 0.9 * done / total, bytes);
      } else if (/^Installing collected packages/.test(text)) {
        line.update(lines.length > 1 ? 0.75 : 0.92, "unpacking");
      }
    },
  });
  if (code === 0) return;
  throw explain({
    what: `${what} could not be installed.`,
    tried: `${path.basename(python)} -m pip install ${
      args.filter((arg) => arg.startsWith("-")).join(" ")
    }`,
    output,
    next: "Fix the problem that pip reports above, then start again.",
  });
}

/**
 * pip's environment. Its configuration files may send packages elsewhere (`user`, `target`, `prefix`), so
 * it reads none of them; the settings for the network that stand there are passed on.
 */
export async function pipEnvironment(python: string): Promise<Record<string, string>> {
  const { output } = await runCommand(python, ["-I", "-m", "pip", "config", "list"]);
  return {
    ...networkSettings(output),
    PIP_CONFIG_FILE: "/dev/null",
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
  };
}

/** Parses the output of `pip config list` into variables for the settings that stay. */
export function networkSettings(listed: string): Record<string, string> {
  const settings: Record<string, string> = {};
  // In pip's order: the environment counts more than `install`, and that more than `global`.
  for (const section of ["global", "install", ":env:"]) {
    for (const line of listed.split(/\r?\n/)) {
      const [, at, name = "", text = ""] = /^(.+?)\.([\w-]+)=(['"].*['"])$/.exec(line) ?? [];
      if (at !== section || !PIP_SETTINGS.includes(name)) continue;
      const value = text.slice(1, -1).replace(
        /\\(.)/g,
        (_, letter: string) => letter === "n" ? "\n" : letter,
      );
      settings[`PIP_${name.toUpperCase().replaceAll("-", "_")}`] = value.trim();
    }
  }
  return settings;
}
