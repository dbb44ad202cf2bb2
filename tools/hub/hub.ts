/** A folder for a JupyterHub of one machine, and the command that runs it. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { makeReachable } from "../course/reach.ts";
import { NODE, type Site } from "../setup/paths.ts";
import { hubPackages } from "./packages.ts";

/**
 * Who the users are. `accounts`: those of the machine, each with its own rights. `docker`: a container
 * each. `trial`: names alone, all with the rights of whoever starts the hub.
 */
export const USERS = ["accounts", "docker", "trial"] as const;

export type Users = typeof USERS[number];

/** The hub's ports: for each option, the environment variable that passes the port to the hub. */
export const PORTS = {
  port: "RESIDUAL_HUB_PORT",
  "proxy-port": "RESIDUAL_HUB_PROXY_PORT",
  "hub-port": "RESIDUAL_HUB_HUB_PORT",
} as const;

export type PortOption = keyof typeof PORTS;

/** The hub of one machine. */
export interface Hub {
  site: Site;
  /** What the hub keeps: its database, the exchange, and the homes of a trial. */
  folder: string;
  users: Users;
  /** The folder of the homes, where they are not below `folder`. */
  homes?: string;
  /** Ports that differ from the defaults in hub/jupyterhub_config.py. */
  ports?: Partial<Record<PortOption, number>>;
}

/** The folder with the homes of the hub's users. */
export function homesOf({ folder, homes }: Hub): string {
  return homes ?? path.join(folder, "homes");
}

/** Makes the hub's folder; what is in it already stays. */
export async function prepareHub(hub: Hub): Promise<void> {
  const { site, folder, users } = hub;
  fs.mkdirSync(folder, { recursive: true });
  // Users pass through it to the exchange, and read nothing else.
  if (users === "accounts") fs.chmodSync(folder, 0o711);
  fs.mkdirSync(path.join(folder, "state"), { recursive: true, mode: 0o700 });
  const exchange = path.join(folder, "exchange");
  fs.mkdirSync(exchange, { recursive: true });
  // nbgrader's exchange is for everyone to write in; what lies in it has rights of its own.
  fs.chmodSync(exchange, 0o777);
  const own = ownSettings(folder);
  if (!fs.existsSync(own)) fs.writeFileSync(own, firstSettings(users), { mode: 0o600 });
  // Secrets stand in it, and an editor may have made it anew.
  fs.chmodSync(own, 0o600);
  // In containers the homes lie in the image's own /home, which finds the image's kit.
  if (users !== "docker") await makeReachable(homesOf(hub), site.checkout);
}

/** The file of the settings that are not the kit's. */
export function ownSettings(folder: string): string {
  return path.join(folder, "hub_own.py");
}

function firstSettings(users: Users): string {
  const head = `# Your settings of this hub; docs/department.md has more.
# c.JupyterHub.bind_url = "http://127.0.0.1:8000"
teachers.add("teacher")
`;
  return users !== "trial" ? head : `${head}
# Whoever knows it can log in, under any name.
c.SharedPasswordAuthenticator.user_password = "${randomBytes(9).toString("base64url")}"
`;
}

/**
 * The command that starts the hub, and what it adds to the environment. A script in place of `-m`: Python
 * then imports nothing from the folder in which the hub starts.
 */
export function hubCommand(
  hub: Hub,
): { command: string; args: string[]; env: Record<string, string> } {
  const { site, folder, users, ports = {} } = hub;
  const packages = hubPackages(site);
  const programs = [
    path.join(packages, "bin"),
    path.join(site.venv, "bin"),
    path.dirname(NODE),
    process.env.PATH ?? "",
  ];
  return {
    command: site.python,
    args: [path.join(packages, "bin", "jupyterhub"), "-f", site.at("hub", "jupyterhub_config.py")],
    env: {
      PATH: programs.join(path.delimiter),
      PYTHONPATH: packages,
      RESIDUAL_HUB: path.resolve(folder),
      RESIDUAL_HUB_USERS: users,
      RESIDUAL_HUB_HOMES: path.resolve(homesOf(hub)),
      RESIDUAL_NODE: NODE,
      ...Object.fromEntries(
        Object.entries(ports).map(([option, port]) => [PORTS[option as PortOption], String(port)]),
      ),
    },
  };
}
