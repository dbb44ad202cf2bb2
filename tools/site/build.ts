/** Builds the browser edition: a folder that any web server can serve. */
import fs from "node:fs";
import path from "node:path";
import { CIFAR10_FILES, CIFAR10_FOLDER } from "../../lib/data/cifar10_files.ts";
import { runCommand } from "../setup/command.mjs";
import { digestOf, type Site } from "../setup/paths.ts";
import { bundleBench, bundleKernel, bundleServiceWorker, bundleStart } from "./bundle.ts";
import { sitePackages } from "./packages.ts";
import { lessonEntries } from "./lessons.ts";
import { startPage } from "./pages.ts";
import { pageTemplate } from "./template.ts";
import { writeReadingPages } from "./reading.ts";

/** What the kernel finds in the kit's folder: what the library and the lessons read. */
const KIT_FILES = ["deno.json", "notebooks", "data/trained"] as const;

/**
 * Builds the site into a folder, which is replaced.
 *
 * @throws {Error} when the folder holds something else, or a step fails, with the step's own output.
 */
export async function buildSite(site: Site, out: string): Promise<void> {
  refuseOther(out);
  const work = fs.mkdtempSync(path.join(site.residual, "site-"));
  try {
    const extension = path.join(work, "extensions", "residual-kernel");
    fs.mkdirSync(extension, { recursive: true });
    await bundleKernel(extension);
    const made = path.join(work, "site");
    await buildLite(site, work, made);
    addKit(site, made);
    const settings = liteSettings(made);
    fs.writeFileSync(path.join(made, "index.html"), startPage(settings));
    const lessons = lessonEntries();
    fs.mkdirSync(path.join(made, "pictures"));
    for (const { picture } of lessons) {
      if (picture) fs.writeFileSync(path.join(made, "pictures", picture.file), picture.bytes);
    }
    await writeReadingPages(site, lessons, work, made);
    await bundleStart(made);
    await bundleBench(path.join(made, "bench"));
    fs.writeFileSync(path.join(made, "bench.html"), pageTemplate("bench/bench.html"));
    await bundleServiceWorker(made, digestOf(made, ["."]).slice(0, 12));
    fs.writeFileSync(path.join(made, MARK), "The browser edition of Residual.\n");
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(path.dirname(out), { recursive: true });
    fs.renameSync(made, out);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** The file by which a built site is recognized. */
const MARK = "residual-site.txt";

function refuseOther(out: string): void {
  if (!fs.existsSync(out) || fs.existsSync(path.join(out, MARK))) return;
  if (fs.readdirSync(out).length === 0) return;
  throw new Error(
    `Cannot build the site in ${out}: the folder holds other files. Name an empty folder with --out.`,
  );
}

/** Runs JupyterLite's builder. */
async function buildLite(site: Site, work: string, out: string): Promise<void> {
  const lite = path.join(work, "lite");
  const contents = path.join(work, "contents");
  fs.cpSync(site.at("site/lite"), lite, { recursive: true });
  for (const folder of ["notebooks", "solutions"]) {
    fs.mkdirSync(path.join(contents, folder), { recursive: true });
    for (
      const name of fs.readdirSync(site.at(folder)).filter((name) => /^\d\d_.*\.ipynb$/.test(name))
    ) {
      fs.copyFileSync(site.at(folder, name), path.join(contents, folder, name));
    }
  }
  const config = {
    LiteBuildConfig: {
      output_dir: out,
      contents: [contents],
      no_sourcemaps: true,
      no_unused_shared_packages: true,
      apps: ["lab"],
    },
    FederatedExtensionAddon: { extra_labextensions_path: [path.join(work, "extensions")] },
  };
  fs.writeFileSync(path.join(lite, "jupyter_lite_config.json"), JSON.stringify(config));
  const { code, output } = await runCommand(
    site.python,
    ["-m", "jupyterlite_core.app", "build", "--lite-dir", lite],
    { cwd: work, env: { PYTHONPATH: sitePackages(site) } },
  );
  if (code !== 0) throw new Error(`JupyterLite could not be built:\n${output.slice(-3000)}`);
}

/** The element of JupyterLite's start page that its other pages read their settings from. */
function liteSettings(out: string): string {
  const page = fs.readFileSync(path.join(out, "index.html"), "utf8");
  const [settings] = /<script[^>]*id="jupyter-config-data"[^]*?<\/script>/.exec(page) ?? [];
  if (settings !== undefined) return settings;
  throw new Error(
    "JupyterLite's start page has no jupyter-config-data: is another version installed?",
  );
}

/** Puts the kit's files beside JupyterLite, and a list of their sizes. */
function addKit(site: Site, out: string): void {
  const kit = path.join(out, "kit");
  const sizes: Record<string, number> = {};
  const add = (place: string) => {
    const stat = fs.statSync(site.at(place));
    if (stat.isDirectory()) {
      for (const name of fs.readdirSync(site.at(place)).sort()) {
        if (!/^\.|step_/.test(name)) add(`${place}/${name}`);
      }
      return;
    }
    sizes[`/${place}`] = stat.size;
    fs.mkdirSync(path.dirname(path.join(kit, place)), { recursive: true });
    copyOrLink(site.at(place), path.join(kit, place));
  };
  for (const place of KIT_FILES) add(place);
  for (const { name } of CIFAR10_FILES) add(`${CIFAR10_FOLDER}/${name}`);
  fs.writeFileSync(path.join(kit, "files.json"), JSON.stringify(sizes));
}

/** A link costs no room; where the folders are on different disks, the file is copied. */
function copyOrLink(from: string, to: string): void {
  try {
    fs.linkSync(fs.realpathSync(from), to);
  } catch {
    fs.copyFileSync(from, to);
  }
}
