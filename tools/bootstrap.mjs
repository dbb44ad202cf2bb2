/**
 * The first file that runs (`npm start`, `npm test`): plain JavaScript, because Node 20 reads no TypeScript.
 * It installs the npm packages, Deno among them, and hands over to Deno.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ownEnvironment } from "./setup/environment.mjs";
import { explain, messageOf, SetupError } from "./setup/errors.mjs";
import { withLock } from "./setup/lock.mjs";
import { denoBinary, installNpm, npmFault, npmPackageCount } from "./setup/npm.mjs";
import { OPTIONS, parseOptions } from "./setup/options.mjs";
import { StepLine } from "./setup/progress.mjs";
import { sweep } from "./setup/work.mjs";

const PROGRAMS = { start: "tools/setup/main.ts", test: "tools/test/main.ts" };

const checkout = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** With 256, npm fails in the middle; with fewer, it hangs. */
const OPEN_FILES = 1024;

/** @param {string[]} argv */
async function main([command, ...args]) {
  checkSystem();
  checkNode();
  checkOpenFiles();
  if (command !== "start" && command !== "test") {
    throw new SetupError({
      what: "There is no such command.",
      tried: `node tools/bootstrap.mjs ${command ?? ""}`,
      came: "neither start nor test",
      next: "Run npm start or npm test.",
    });
  }
  if (command === "start" && parseOptions(args).help) {
    console.log(OPTIONS);
    return 0;
  }
  await withLock(checkout, async () => {
    sweep(checkout);
    const line = new StepLine("npm packages");
    const fault = npmFault(checkout);
    // Set-up says so itself, as it does of every part.
    if (fault === "") return;
    try {
      line.begin();
      await installNpm(checkout, line);
      line.done(`${npmPackageCount(checkout)} installed`);
    } catch (error) {
      line.fail(fault);
      throw error;
    }
  });
  return await handOver(PROGRAMS[command], args);
}

/** Node.js has raised its own limit to the highest that is allowed. */
function checkOpenFiles() {
  const report =
    /** @type {{ excludeNetwork?: boolean } & NodeJS.ProcessReport} */ (process.report);
  report.excludeNetwork = true;
  const { userLimits } = /** @type {{ userLimits?: { open_files: { hard: number | string } } }} */
    (report.getReport());
  const hard = userLimits?.open_files.hard;
  if (typeof hard !== "number" || hard >= OPEN_FILES) return;
  throw new SetupError({
    what: "The limit on open files is too low.",
    tried: "reading the limit of this process",
    came: `${hard} files, ${OPEN_FILES} needed`,
    next:
      `Raise the limit (\`ulimit -n ${OPEN_FILES}\`) and start again. If that is refused, ask the machine's ` +
      "administrator for a higher limit.",
  });
}

/** TensorFlow's library for Windows cannot be linked, and JupyterLab's kernels use Unix signals. */
function checkSystem() {
  if (process.platform !== "win32") return;
  throw new SetupError({
    what: "The kit does not run on Windows itself.",
    tried: `npm ${process.argv[2] ?? ""} on Windows`,
    came: "a system without TensorFlow's library for programs",
    next:
      "Run the kit in the Windows Subsystem for Linux: docs/windows.md has the steps. Or use the browser " +
      "edition, which needs nothing installed: docs/browser.md.",
  });
}

function checkNode() {
  if (Number.parseInt(process.versions.node) >= 20) return;
  throw new SetupError({
    what: "This Node.js is too old.",
    tried: process.execPath,
    came: `version ${process.versions.node}`,
    next: "Install Node.js 20 or newer.",
  });
}

/**
 * Runs a TypeScript program with the kit's own Deno and gives back its exit status. Ctrl-C reaches the
 * program by itself; this process only waits for its end.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function handOver(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      denoBinary(checkout),
      ["run", "-A", path.join(checkout, program), ...args],
      {
        cwd: checkout,
        stdio: "inherit",
        env: ownEnvironment({ RESIDUAL_NODE: process.execPath, DENO_NO_UPDATE_CHECK: "1" }),
      },
    );
    process.on("SIGINT", () => {});
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    process.on("SIGHUP", () => child.kill("SIGTERM"));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

main(process.argv.slice(2)).then((code) => process.exitCode = code, (error) => {
  const told = error instanceof SetupError ? error : explain({
    what: "Set-up stopped at something unexpected.",
    tried: `npm ${process.argv[2] ?? ""}`,
    output: messageOf(error),
    // The doctor needs what this program installs.
    next: `Run it again; if it stays, ${
      npmFault(checkout) === ""
        ? "`npx deno task doctor` says more."
        : "remove node_modules and .residual first: both are made anew."
    }`,
  });
  console.error(`\n${told.toText()}`);
  process.exitCode = 1;
});
