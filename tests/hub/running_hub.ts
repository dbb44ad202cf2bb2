/** Runs a real hub in a temporary folder, for tests. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import {
  type Hub,
  hubCommand,
  ownSettings,
  type PortOption,
  prepareHub,
} from "../../tools/hub/hub.ts";
import { hubPackages } from "../../tools/hub/packages.ts";
import { HERE, type Running, start, until } from "../setup/copies.ts";

/** Whether `npx deno task hub --setup-only` has run in this checkout. */
export const hubIsInstalled: boolean = fs.existsSync(hubPackages(HERE)) &&
  fs.existsSync(HERE.at("node_modules/configurable-http-proxy/package.json"));

/** A running hub. */
export interface RunningHub {
  readonly address: string;
  /** The token of a service that may create users. */
  readonly admin: string;
  readonly homes: string;
  readonly ports: Readonly<Record<PortOption, number>>;
  readonly child: Running["child"];
}

/** Starts a hub on free ports, runs `work`, then stops the hub and removes its folder. */
export async function withHub(work: (hub: RunningHub) => Promise<void>): Promise<void> {
  const ports = portsOfHub();
  await withHubFolder({ ports }, async (hub) => {
    const admin = randomBytes(16).toString("hex");
    addSettings(
      hub,
      `
c.JupyterHub.services = [{"name": "test", "api_token": "${admin}"}]
c.JupyterHub.load_roles = [
    {"name": "test", "scopes": ["admin:users", "admin:servers", "tokens"], "services": ["test"]}
]`,
    );
    assert.equal(fs.statSync(ownSettings(hub.folder)).mode & 0o777, 0o600);
    const running = startHub(hub);
    try {
      await until(() => /JupyterHub is now running/.test(running.said()), 60);
      const address = `http://127.0.0.1:${ports.port}`;
      const homes = path.join(hub.folder, "homes");
      await work({ address, admin, homes, ports, child: running.child });
    } catch (error) {
      console.error(running.said().slice(-20_000));
      throw error;
    } finally {
      running.child.kill("SIGTERM");
      await running.ended;
    }
  });
}

/** Prepares a trial hub in a temporary folder, runs `work`, then removes the folder. */
export async function withHubFolder(
  settings: Partial<Hub>,
  work: (hub: Hub) => Promise<void>,
): Promise<void> {
  fs.mkdirSync(HERE.at("tests/.tmp"), { recursive: true });
  const folder = fs.mkdtempSync(HERE.at("tests/.tmp/hub-"));
  const hub: Hub = { site: HERE, folder, users: "trial", ...settings };
  try {
    await prepareHub(hub);
    await work(hub);
  } finally {
    assert.deepEqual(processesOf(folder), []);
    fs.rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Adds lines to the hub's own settings. */
export function addSettings(hub: Hub, lines: string): void {
  fs.appendFileSync(ownSettings(hub.folder), `${lines}\n`, { mode: 0o600 });
}

/** Starts a prepared hub. */
export function startHub(hub: Hub): Running {
  const { command, args, env } = hubCommand(hub);
  return start(command, args, env, hub.folder);
}

/** Finds free ports for a hub. */
export function portsOfHub(): Record<PortOption, number> {
  const [port, proxyPort, hubPort] = Array.from({ length: 3 }, () => {
    return Deno.listen({ hostname: "127.0.0.1", port: 0 });
  }).map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  }) as [number, number, number];
  return { port, "proxy-port": proxyPort, "hub-port": hubPort };
}

/** The command lines of processes that still have the hub's folder in their environment. */
function processesOf(folder: string): string[] {
  return fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const environment = fs.readFileSync(`/proc/${pid}/environ`, "utf8");
      if (!environment.includes(`=${folder}`)) return [];
      return [fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
    } catch {
      return []; // It has ended between the two lines, or is somebody else's.
    }
  });
}
