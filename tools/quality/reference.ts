/** `npx deno task docs`: writes the reference of the module `residual` as HTML. */
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { forCaller } from "../caller_path.ts";
import { CHECKOUT } from "../setup/paths.ts";

const ENTRY = path.join(CHECKOUT, "lib", "mod.ts");
const OUTPUT = path.join(CHECKOUT, "docs", "reference");

/** The text of `lib/mod.ts` for `deno doc`, from any folder. */
function withoutTensorFlow(text: string): string {
  // TensorFlow.js has a reference of its own, and its 1,000 names would hide the kit's.
  return text.replace(/^export \* as tf .*\n/m, "")
    .replaceAll('"./', `"${pathToFileURL(path.dirname(ENTRY)).href}/`);
}

/** Names the module in every page: `deno doc` calls a single module "default" and imports it from ".". */
function nameModule(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const file = path.join(folder, name);
    if (isDirectory) nameModule(file);
    else if (name.endsWith(".html")) {
      const page = Deno.readTextFileSync(file)
        .replaceAll("from &quot;.&quot;;", "from &quot;residual&quot;;")
        .replaceAll(" - default - ", " - ")
        .replaceAll('class="contextLink">default<', 'class="contextLink">residual<');
      Deno.writeTextFileSync(file, page);
    }
  }
}

const folder = await Deno.makeTempDir({ prefix: "residual-reference-" });
try {
  const entry = path.join(folder, "residual.ts");
  await Deno.writeTextFile(entry, withoutTensorFlow(await Deno.readTextFile(ENTRY)));
  await Deno.remove(OUTPUT, { recursive: true }).catch(() => {});
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["doc", "--html", "--name=Residual", `--output=${OUTPUT}`],
      ...["--config", path.join(CHECKOUT, "deno.json"), entry],
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  nameModule(OUTPUT);
  console.log(`Wrote the reference: open ${forCaller(path.join(OUTPUT, "index.html"))}`);
} catch (error) {
  console.error(`Cannot write the reference: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
