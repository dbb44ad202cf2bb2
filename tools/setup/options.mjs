/** The options of `npm start -- ...`. */
import { SetupError } from "./errors.mjs";

const BACKENDS = ["native", "webgpu", "wasm", "cpu"];

export const OPTIONS = `--no-browser       print the address, open nothing
--port N           JupyterLab's port (default 8888; one in use picks the next)
--backend NAME     ${BACKENDS.join(", ")}: instead of the best one that works
--teacher          show nbgrader's parts of JupyterLab too
--setup-only       set up and end
--help             this list`;

/**
 * @typedef {{ browser: boolean, port: number, backend: string | undefined, teacher: boolean, setupOnly: boolean, help: boolean }} StartOptions
 */

/**
 * @param {readonly string[]} args
 * @returns {StartOptions}
 */
export function parseOptions(args) {
  /** @type {StartOptions} */
  const options = {
    browser: true,
    port: 8888,
    backend: undefined,
    teacher: false,
    setupOnly: false,
    help: false,
  };
  const rest = args.flatMap((arg) =>
    /^--[a-z-]+=/.test(arg) ? [arg.split("=")[0] ?? "", arg.slice(arg.indexOf("=") + 1)] : [arg]
  );
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i];
    if (arg === "--no-browser") options.browser = false;
    else if (arg === "--teacher") options.teacher = true;
    else if (arg === "--setup-only") options.setupOnly = true;
    else if (arg === "--help" || arg === "-h") options.help = true;
    else if (arg === "--port") options.port = portOf(rest[++i]);
    else if (arg === "--backend") options.backend = backendOf(rest[++i]);
    else throw refused(`${arg}`, "an option that does not exist");
  }
  return options;
}

/** @param {string | undefined} text */
function portOf(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw refused(`--port ${text ?? ""}`, "no number from 1 to 65535");
  }
  return port;
}

/** @param {string | undefined} text */
function backendOf(text) {
  if (text === undefined || !BACKENDS.includes(text)) {
    throw refused(`--backend ${text ?? ""}`, `none of ${BACKENDS.join(", ")}`);
  }
  return text;
}

/** @param {string} tried @param {string} came */
function refused(tried, came) {
  return new SetupError({
    what: "There is no such option.",
    tried: `npm start -- ${tried}`,
    came,
    next: `The options are:\n${OPTIONS}`,
  });
}
