/**
 * `npx deno task hub FOLDER`: installs JupyterHub, makes a folder for it and runs it until Ctrl-C.
 * In a container image, `--homes DIR --setup-only` without a FOLDER.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { forCaller, fromCaller } from "../caller_path.ts";
import {
  parseCommandLine,
  PORTS as PORT_RANGE,
  UsageError,
  wholeNumberOption,
} from "../command_line.ts";
import { makeReachable } from "../course/reach.ts";
import { ownEnvironment } from "../setup/environment.mjs";
import { Site } from "../setup/paths.ts";
import { setUp } from "../setup/steps.ts";
import {
  type Hub,
  hubCommand,
  ownSettings,
  type PortOption,
  PORTS,
  prepareHub,
  USERS,
} from "./hub.ts";
import { hubPart } from "./packages.ts";
import { checkReadable } from "./readable.ts";

const USAGE = `Usage: npx deno task hub [FOLDER] [options]

FOLDER               what the hub keeps: database, exchange, your settings (hub_own.py)
--users accounts     the machine's own accounts; the hub runs as root (default)
--users docker       a container for each user (with dockerspawner; see docs/department.md)
--users trial        any name with one password (in hub_own.py), no protection between users
--homes DIR          where the homes are: /home, but FOLDER/homes in a trial
--port N             port for browsers (default 8000)
--proxy-port N       port of the proxy's API (default 8001)
--hub-port N         port of the hub for the proxy and the users' servers (default 8081)
--setup-only         install, prepare and end; without FOLDER, only JupyterHub and the homes`;

async function main(argv: string[]): Promise<number> {
  const { values, positionals: [typed, ...rest] } = parseCommandLine({
    args: argv,
    allowPositionals: true,
    options: {
      users: { type: "string", default: "accounts" },
      homes: { type: "string" },
      port: { type: "string" },
      "proxy-port": { type: "string" },
      "hub-port": { type: "string" },
      "setup-only": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }, USAGE);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const folder = typed === undefined ? undefined : fromCaller(typed);
  const users = USERS.find((name) => name === values.users);
  const setUpOnly = values["setup-only"];
  if (users === undefined || rest.length > 0 || (folder === undefined && !setUpOnly)) {
    throw new UsageError(USAGE);
  }
  const ports = portsOf(values);
  const site = new Site();
  const { failures } = await setUp({
    site,
    only: [hubPart.id],
    also: [{ part: hubPart, needs: [], optional: false }],
  });
  if (failures.size > 0) return 1;
  const homes = values.homes !== undefined
    ? fromCaller(values.homes)
    : users === "accounts" && folder !== undefined
    ? "/home"
    : undefined;
  if (folder === undefined) {
    if (homes !== undefined) await makeReachable(homes, site.checkout);
    return 0;
  }
  const hub: Hub = { site, folder, users, ports, ...(homes === undefined ? {} : { homes }) };
  await prepareHub(hub);
  console.log(`${forCaller(folder)} is ready. Your settings: ${forCaller(ownSettings(folder))}`);
  if (setUpOnly) return 0;
  if (users === "accounts") checkReadable(hub);
  const { command, args, env } = hubCommand(hub);
  const child = spawn(command, args, { stdio: "inherit", env: ownEnvironment(env) });
  // Ctrl-C reaches the hub by itself; here is only waited for its end.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** Parses the port options. */
function portsOf(values: Partial<Record<PortOption, string>>): Partial<Record<PortOption, number>> {
  const options = Object.keys(PORTS) as PortOption[];
  return Object.fromEntries(options.flatMap((option) => {
    const value = values[option];
    return value === undefined ? [] : [[option, wholeNumberOption(option, value, PORT_RANGE)]];
  }));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
