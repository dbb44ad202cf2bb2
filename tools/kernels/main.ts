/** `node main.js deno|tslab CONNECTION_FILE`: the kernel proxy, as the kernelspecs start it. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { denoKernel } from "./deno_kernel.ts";
import { KernelProxy } from "./kernel_proxy.ts";
import { tslabKernel } from "./tslab_kernel.ts";
import type { Connection } from "./wire.ts";

async function main(): Promise<void> {
  const [name, connectionFile] = process.argv.slice(2);
  if ((name !== "deno" && name !== "tslab") || connectionFile === undefined) {
    console.error("usage: node main.js deno|tslab CONNECTION_FILE");
    process.exit(2);
  }
  const checkout = resolve(join(__dirname, "..", "..", ".."));
  const kind = name === "deno" ? denoKernel(checkout) : tslabKernel(checkout);
  const connection = JSON.parse(readFileSync(connectionFile, "utf8")) as Connection;
  const proxy = new KernelProxy(connection, kind, checkout);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void proxy.end(0));
  }
  // Stop comes as a message; a stray SIGINT (Ctrl-C in the server's terminal) is not for us.
  process.on("SIGINT", () => {});
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void proxy.end(0);
  }, 1000).unref();
  await proxy.start();
}

void main();
