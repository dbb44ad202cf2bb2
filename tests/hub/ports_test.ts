/** Tests a hub's ports: the options that set them, and the check before the hub starts. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { type PortOption, PORTS } from "../../tools/hub/hub.ts";
import { once } from "node:events";
import { HERE, start, until } from "../setup/copies.ts";
import {
  addSettings,
  hubIsInstalled,
  portsOfHub,
  startHub,
  withHub,
  withHubFolder,
} from "./running_hub.ts";

const SETTINGS: Readonly<Record<PortOption, { use: string; setting: string }>> = {
  port: { use: "browsers", setting: "c.JupyterHub.bind_url" },
  "proxy-port": { use: "the proxy's API", setting: "c.ConfigurableHTTPProxy.api_url" },
  "hub-port": { use: "the hub itself", setting: "c.JupyterHub.hub_port" },
};

// Deno's sanitizers would report the hub processes as leaks.
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: !hubIsInstalled, sanitizeOps: false, sanitizeResources: false, fn });

test("two hubs with different ports run side by side", () =>
  withHub((first) =>
    withHub(async (second) => {
      for (const { address, admin, ports } of [first, second]) {
        const response = await fetch(`${address}/hub/api/users`, {
          headers: { Authorization: `token ${admin}` },
        });
        assert.equal(response.status, 200, await response.text());
        for (const port of Object.values(ports)) {
          assert.throws(() => Deno.listen({ hostname: "127.0.0.1", port }), Deno.errors.AddrInUse);
        }
      }
    })
  ));

test("a hub whose port is in use reports the port, its purpose, the process and the option", async () => {
  const options = Object.keys(PORTS) as PortOption[];
  await Promise.all(options.map(async (option) => {
    const ports = portsOfHub();
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: ports[option] });
    await withHubFolder({ ports }, async (hub) => {
      const { code, output } = await startHub(hub).ended;
      assert.equal(code, 1, output);
      const { use, setting } = SETTINGS[option];
      const address = `127.0.0.1, port ${ports[option]}, for ${use}`;
      assert.match(output, new RegExp(`cannot listen on ${address}: Address already in use`));
      assert.match(output, new RegExp(`by process ${Deno.pid} of `));
      assert.match(output, new RegExp(`Choose another port with --${option}, or with ${setting}`));
      assert.doesNotMatch(output, /Traceback|now running|Starting proxy/);
      assert.deepEqual(fs.readdirSync(`${hub.folder}/state`), []);
    });
  }));
});

test("the port check reads the address that hub_own.py sets", async () => {
  // An address on all interfaces, and JupyterHub's old name for the setting.
  const settings = ["bind_url = 'http://:PORT'", "port = PORT"];
  await Promise.all(settings.map(async (setting) => {
    const { "proxy-port": proxyPort, "hub-port": hubPort, port } = portsOfHub();
    const ports = { "proxy-port": proxyPort, "hub-port": hubPort };
    using _taken = Deno.listen({ hostname: "127.0.0.1", port });
    await withHubFolder({ ports }, async (hub) => {
      addSettings(hub, `c.JupyterHub.${setting.replace("PORT", String(port))}`);
      const { code, output } = await startHub(hub).ended;
      assert.equal(code, 1, output);
      assert.match(output, new RegExp(`port ${port}, for browsers: Address already in use`));
      assert.doesNotMatch(output, /Traceback/);
    });
  }));
});

test("a hub does not start if two of its ports are equal", async () => {
  const ports = portsOfHub();
  await withHubFolder({ ports: { ...ports, "proxy-port": ports.port } }, async (hub) => {
    const { code, output } = await startHub(hub).ended;
    assert.equal(code, 1, output);
    assert.match(output, /the proxy's API: the hub already uses this port for another purpose/);
  });
});

test("a hub does not start if hub_own.py overrides a port option", async () => {
  const ports = portsOfHub();
  await withHubFolder({ ports }, async (hub) => {
    addSettings(hub, "c.JupyterHub.hub_port = 12345");
    const { code, output } = await startHub(hub).ended;
    assert.equal(code, 1, output);
    const given = `--hub-port is ${ports["hub-port"]}`;
    assert.match(
      output,
      new RegExp(`${given}, but c.JupyterHub.hub_port in .* sets 12345. Remove`),
    );
  });
});

test("a killed hub starts again although its old proxy still uses the ports", () =>
  withHubFolder({ ports: portsOfHub() }, async (hub) => {
    const running = /JupyterHub is now running/;
    const killed = startHub(hub);
    await until(() => running.test(killed.said()), 60);
    killed.child.kill("SIGKILL");
    await once(killed.child, "exit");
    const again = startHub(hub);
    try {
      await until(() => running.test(again.said()), 60);
    } finally {
      again.child.kill("SIGTERM");
      await again.ended;
    }
  }));

Deno.test("the hub command refuses a port that is not a number from 1 to 65535", async () => {
  for (const port of ["0", "65536", "80x", ""]) {
    const args = ["run", "-A", "--no-check", "tools/hub/main.ts", "/nowhere", `--hub-port=${port}`];
    const { code, output } = await start(Deno.execPath(), args, {}, HERE.checkout).ended;
    assert.equal(code, 1);
    assert.equal(output, `--hub-port expects a whole number from 1 to 65535, got "${port}".\n`);
  }
});
