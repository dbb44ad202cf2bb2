/** All parts in their order, and the function that makes those that are not ready. */
import { addonPart } from "./addon.ts";
import { dataPart } from "./data.ts";
import { explain, messageOf, SetupError } from "./errors.mjs";
import { kernelsPart } from "./kernels.ts";
import { kernelProxyPart, libraryPart } from "./library.ts";
import { withLock } from "./lock.mjs";
import { installNpm, npmFault, npmPackageCount } from "./npm.mjs";
import { inspect, type Part } from "./part.ts";
import { Site } from "./paths.ts";
import { type Output, StepLine } from "./progress.mjs";
import { venvPart } from "./python.ts";
import { tensorflowPart } from "./tensorflow.ts";
import { sweep } from "./work.mjs";

const npmPart: Part = {
  id: "npm",
  title: "npm packages",
  advice: "npm start -- --setup-only installs them",
  check(site) {
    const fault = npmFault(site.checkout);
    return fault === ""
      ? { ready: true, found: `${npmPackageCount(site.checkout)}, as locked` }
      : { ready: false, found: fault };
  },
  async make(site, line) {
    await installNpm(site.checkout, line);
    return "installed";
  },
};

/** What set-up does with a part. */
export interface Step {
  part: Part;
  /** Parts without which it cannot be made. */
  needs: readonly string[];
  /** The lessons run without it, if more slowly or in one kernel only. */
  optional: boolean;
}

export const STEPS: readonly Step[] = [
  { part: npmPart, needs: [], optional: false },
  { part: venvPart, needs: ["npm"], optional: false },
  { part: tensorflowPart, needs: ["venv"], optional: true },
  { part: addonPart, needs: ["npm", "venv", "tensorflow"], optional: true },
  { part: libraryPart, needs: ["npm"], optional: true },
  { part: kernelProxyPart, needs: ["npm"], optional: false },
  { part: kernelsPart, needs: ["venv"], optional: false },
  { part: dataPart, needs: ["npm"], optional: false },
];

export interface SetUpOptions {
  /** The checkout; by default the one these tools belong to. */
  site?: Site;
  /** Make these parts, and examine no others. Default all. */
  only?: readonly string[];
  /** Parts beyond the kit's own. */
  also?: readonly Step[];
  /** Where the lines go; by default standard output. */
  output?: Output;
}

export interface SetUpResult {
  /** Whether every part that lessons in JupyterLab need is ready. */
  ready: boolean;
  /** By part: what failed. Optional parts are here too. */
  failures: Map<string, SetupError>;
  /** The parts that were made now. */
  made: string[];
}

/**
 * Examines every part and makes those that are not ready. A part that fails does not keep the others, which
 * do not need it, from being made.
 */
export async function setUp(
  { site = new Site(), only, also = [], output }: SetUpOptions = {},
): Promise<SetUpResult> {
  const failures = new Map<string, SetupError>();
  const made: string[] = [];
  const steps = [...STEPS, ...also];
  const say = (text: string) =>
    (output ?? { write: (line: string) => console.log(line.trimEnd()) }).write(`${text}\n`);
  await withLock(site.checkout, async () => {
    sweep(site.checkout);
    for (const { part, needs, optional } of steps) {
      if (only !== undefined && !only.includes(part.id)) continue;
      if (needs.some((id) => failures.has(id))) {
        failures.set(part.id, notReached(part, needs.filter((id) => failures.has(id))));
        continue;
      }
      const line = new StepLine(part.title, output);
      try {
        const state = await inspect(part, site);
        if (state.ready) {
          line.done(state.found);
          continue;
        }
        line.begin();
        line.done(await part.make(site, line));
        made.push(part.id);
      } catch (error) {
        const told = toSetupError(part, error);
        failures.set(part.id, told);
        if (optional) line.missing("not made, the kit works without");
        else line.fail();
        say(indent(told.toText()));
      }
    }
  }, say);
  const ready = steps.every(({ part, optional }) => optional || !failures.has(part.id));
  return { ready, failures, made };
}

function notReached(part: Part, missing: readonly string[]): SetupError {
  return new SetupError({
    what: `${part.title}: skipped.`,
    tried: "nothing",
    came: `it needs ${missing.join(" and ")}`,
    next: "Fix the steps above first.",
  });
}

function toSetupError(part: Part, error: unknown): SetupError {
  return error instanceof SetupError ? error : explain({
    what: `${part.title}: stopped at something unexpected.`,
    tried: "making it",
    output: messageOf(error),
    next: "Start again; if it stays, `npx deno task doctor` says more.",
  });
}

function indent(text: string): string {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}
