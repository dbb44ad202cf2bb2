/** `npx deno task site`: builds the browser edition, and serves it on this machine. */
import path from "node:path";
import process from "node:process";
import { forCaller, fromCaller } from "../caller_path.ts";
import { parseCommandLine, PORTS, wholeNumberOption } from "../command_line.ts";
import { messageOf } from "../setup/errors.mjs";
import { Site } from "../setup/paths.ts";
import { setUp } from "../setup/steps.ts";
import { buildSite } from "./build.ts";
import { sitePart } from "./packages.ts";
import { serve } from "./serve.ts";

const USAGE = `npx deno task site [options]

--out FOLDER  where the site is built (default public)
--serve       serve the site on this machine once it is built
--port N      the port to serve it on (default 8080)
--isolated    serve it with the headers that isolate pages, as some hosts can`;

async function main(args: string[]): Promise<void> {
  const { values } = parseCommandLine({
    args,
    options: {
      out: { type: "string", default: "public" },
      serve: { type: "boolean", default: false },
      port: { type: "string", default: "8080" },
      isolated: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }, USAGE);
  if (values.help) return console.log(USAGE);
  const port = wholeNumberOption("port", values.port, PORTS);
  const site = new Site();
  const { failures } = await setUp({
    site,
    only: [sitePart.id],
    also: [{ part: sitePart, needs: [], optional: false }],
    output: process.stderr,
  });
  if (failures.size > 0) throw new Error("JupyterLite could not be installed (see above).");
  const out = fromCaller(values.out);
  await buildSite(site, out);
  console.log(`The site is in ${forCaller(out)}: put the folder on any web server.`);
  if (!values.serve) return;
  const { address } = await serve(path.resolve(out), port, values.isolated);
  console.log(`Serving it at ${address} until Ctrl-C.`);
  await new Promise(() => {});
}

if (import.meta.main) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(messageOf(error));
    process.exit(1);
  });
}
