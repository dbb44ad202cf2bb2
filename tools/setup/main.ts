/** `npm start`, after the npm packages: sets up the rest and starts JupyterLab. */
import process from "node:process";
import { messageOf, SetupError } from "./errors.mjs";
import { openBrowser, startLab, trustLessons } from "./jupyter.ts";
import { parseOptions } from "./options.mjs";
import { Site } from "./paths.ts";
import { NoPython } from "./python.ts";
import { setUp, type SetUpResult } from "./steps.ts";

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  const parent = process.ppid;
  const started = Date.now();
  const site = new Site();
  const result = await setUp({ site });
  if (result.failures.has("venv")) return withoutJupyter(result);
  if (!result.ready) return 1;
  sayBackend(result);
  console.log(`Set-up took ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  if (options.setupOnly || process.ppid !== parent) return 0;
  const lab = await startLab(site, options);
  console.log(`\n  ${lab.address}\n`);
  if (options.browser && await openBrowser(lab.address)) {
    console.log("A browser opens on it. Ctrl-C ends it.");
  } else console.log("Open this address in a browser. Ctrl-C ends it.");
  trustLessons(site);
  let asked = false;
  const end = () => {
    asked = true;
    lab.process.kill("SIGTERM");
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  const code = await lab.ended;
  // JupyterLab stops its kernels at SIGTERM, and then dies of it.
  console.log(
    code === 0 || asked ? "JupyterLab has ended." : `JupyterLab has ended with status ${code}.`,
  );
  return asked ? 0 : code;
}

/** A learner who gets the slower backend hears it, and how to get the faster one later. */
function sayBackend({ failures }: SetUpResult): void {
  if (!failures.has("tensorflow") && !failures.has("addon")) return;
  console.log(
    "The lessons will run on WebAssembly: training is several times slower, and the results are the same. To get " +
      "the native backend, fix the problem named above and start again; no other step is repeated.",
  );
}

function withoutJupyter({ failures }: SetUpResult): number {
  const next = failures.get("venv") instanceof NoPython
    ? "With Python 3.10 or newer and its venv module, npm start does the rest."
    : "Once the problem is fixed, npm start does the rest.";
  const works = failures.has("data")
    ? "This works once CIFAR-10 is there"
    : "What works without it is ready";
  console.log(`
There is no JupyterLab yet (see above). ${works}: the lessons as scripts, on WebAssembly, e.g.
    npx deno run -A solutions/07_resnet20.ts
${next}`);
  return 1;
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  console.error(`\n${error instanceof SetupError ? error.toText() : messageOf(error)}`);
  process.exit(1);
});
