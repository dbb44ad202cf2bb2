/**
 * Step 3b: tfjs-node's addon, built from the C++ sources in its npm package against TensorFlow's library.
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "./command.mjs";
import { explain, lastWords, SetupError } from "./errors.mjs";
import type { StepLine } from "./progress.mjs";
import { digestOf, NODE, sha256, type Site } from "./paths.ts";
import type { CheckResult, Part } from "./part.ts";
import { pipInstall } from "./pip.ts";
import { section, sectionDigest } from "./requirements.ts";
import { tensorflowPackage, tensorflowVersion, wantedDevice } from "./tensorflow.ts";
import { needRoom, publish, readText, remove, withWork } from "./work.mjs";

const BINDING = "node_modules/@tensorflow/tfjs-node/binding";

/** Measured: 0.41 GB of ziglang and 0.09 GB of its cache. */
const COMPILER_ROOM = 0.6e9;

export interface Compiler {
  /** The command and its first arguments. */
  command: readonly string[];
  /** For people: `c++ 12.2.0`. */
  name: string;
}

export const addonPart: Part = {
  id: "addon",
  title: "native backend (tfjs-node)",
  advice:
    "npm start -- --setup-only builds it again; without it the lessons run on WebAssembly, which is slow",
  check: checkAddon,
  make: makeAddon,
};

/** The compiler of the machine, or undefined when there is none. */
export async function findCompiler(): Promise<Compiler | undefined> {
  const names = [process.env.CXX ?? "", "c++", "g++", "clang++"].filter((name) => name !== "");
  for (const name of names) {
    const command = name.split(/\s+/);
    const { code, output } = await runCommand(
      command[0] ?? "",
      [...command.slice(1), "--version"],
      {
        timeout: 20_000,
      },
    );
    if (code === 0) return { command, name: `${name} (${output.split("\n")[0]?.trim() ?? ""})` };
  }
  return undefined;
}

/** What the addon depends on. A different compiler alone is no reason to build again. */
async function wantedStamp(site: Site): Promise<string> {
  const device = await wantedDevice();
  const sources = digestOf(site.checkout, [BINDING], /\.(cc|h)$/);
  const options = compilerArguments(site, tensorflowPackage(site, device), "")
    .map((option) => option.replaceAll(site.checkout, ""));
  return sha256(
    [sources, tensorflowVersion(site), device, process.platform, process.arch, ...options]
      .join("\n"),
  );
}

async function checkAddon(site: Site): Promise<CheckResult> {
  if (!fs.existsSync(site.addon)) return { ready: false, found: "not built" };
  const [stamp, size, compiler] = (readText(`${site.addon}.stamp`) ?? "").split("\n");
  if (stamp !== await wantedStamp(site)) return { ready: false, found: "built from other sources" };
  if (Number(size) !== fs.statSync(site.addon).size) {
    return { ready: false, found: "altered since it was built" };
  }
  return { ready: true, found: `built with ${compiler}` };
}

async function makeAddon(site: Site, line: StepLine): Promise<string> {
  const device = await wantedDevice();
  const tensorflow = tensorflowPackage(site, device);
  if (!fs.existsSync(tensorflow)) {
    throw new SetupError({
      what: "The native backend needs TensorFlow's library.",
      tried: `looking into ${path.relative(site.checkout, tensorflow)}`,
      came: "it is missing",
      next: "Fix the step above first.",
    });
  }
  const compiler = await findCompiler() ?? await fetchZig(site, line);
  const zig = compiler.name.startsWith("ziglang");
  line.update(undefined, zig ? "ziglang compiles, about 2 minutes the first time" : "compiling");
  await withWork(site.checkout, async (work) => {
    const built = path.join(work, "tfjs_binding.node");
    const args = compilerArguments(site, tensorflow, built);
    const [command = "", ...first] = compiler.command;
    const { code, output } = await runCommand(command, [...first, ...args], {
      env: { ZIG_GLOBAL_CACHE_DIR: path.join(site.residual, "zig-cache") },
    });
    if (code !== 0) {
      throw explain({
        what: "The native backend could not be compiled.",
        tried: `${compiler.name}, ${
          args.filter((arg) => arg.endsWith(".cc")).map((arg) => path.basename(arg)).join(" ")
        }`,
        output,
        next:
          "Install a C++17 compiler (Debian, Ubuntu: apt install g++; macOS: xcode-select --install) " +
          (process.env.CXX
            ? `or unset CXX (now "${process.env.CXX}"), `
            : "or name one with CXX, ") +
          "then start again.",
      });
    }
    line.update(undefined, "trying one operation");
    const size = fs.statSync(built).size;
    const stamp = path.join(work, "stamp");
    fs.writeFileSync(stamp, `${await wantedStamp(site)}\n${size}\n${compiler.name}\n`);
    remove(`${site.addon}.stamp`);
    publish(built, site.addon);
    const fault = await proveAddon(site);
    if (fault !== "") {
      remove(site.addon);
      throw new SetupError({
        what: "The native backend was built but does not work on this machine.",
        tried: "node tools/setup/prove_addon.cjs",
        came: fault,
        next:
          "Try another compiler (CXX=g++ npm start). `npx deno task doctor` shows which backend is active.",
      });
    }
    publish(stamp, `${site.addon}.stamp`);
  });
  return `built with ${compiler.name}`;
}

function compilerArguments(site: Site, tensorflow: string, built: string): string[] {
  const mac = process.platform === "darwin";
  const fromAddon = path.relative(path.dirname(site.addon), tensorflow);
  const sources = fs.readdirSync(site.at(BINDING)).filter((name) => name.endsWith(".cc")).sort();
  return [
    ...["-O2", "-std=c++17", "-shared", "-fPIC", "-DNAPI_VERSION=8"],
    ...["-I", site.at("node_modules/node-api-headers/include")],
    ...["-I", path.join(tensorflow, "include")],
    ...["-I", site.at("node_modules/@tensorflow")],
    ...sources.map((name) => site.at(BINDING, name)),
    ...["-L", tensorflow],
    ...(mac
      ? [
        path.join(tensorflow, "libtensorflow_cc.2.dylib"),
        path.join(tensorflow, "libtensorflow_framework.2.dylib"),
        ...["-undefined", "dynamic_lookup", `-Wl,-rpath,@loader_path/${fromAddon}`],
      ]
      : [
        ...["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
        `-Wl,-rpath,$ORIGIN/${fromAddon}`,
        // Looked up before LD_LIBRARY_PATH, where another TensorFlow may be.
        "-Wl,--disable-new-dtags",
      ]),
    ...["-o", built],
  ];
}

/** Loads the addon in a fresh Node and runs one operation; an empty text when that works. */
export async function proveAddon(site: Site): Promise<string> {
  const { code, output } = await runCommand(NODE, [site.at("tools/setup/prove_addon.cjs")], {
    cwd: site.checkout,
    env: { TF_CPP_MIN_LOG_LEVEL: "2", TF_ENABLE_ONEDNN_OPTS: "1" },
    timeout: 120_000,
  });
  return code === 0 && output.includes("3,3,3,3") ? "" : lastWords(output) || `exit status ${code}`;
}

/** ziglang's compiler, a Python wheel like any other. */
async function fetchZig(site: Site, line: StepLine): Promise<Compiler> {
  const pin = section(site, "compiler")[0] ?? "";
  const folder = path.join(site.residual, pin.replace("==", "-"));
  const digest = sectionDigest(site, "compiler");
  if (readText(path.join(folder, "residual.txt")) !== digest) {
    needRoom(site.checkout, COMPILER_ROOM, "a C++ compiler");
    await withWork(site.checkout, async (work) => {
      const target = path.join(work, "zig");
      await pipInstall({
        python: site.python,
        lines: [pin],
        args: ["--no-deps", "--no-compile", "--target", target],
        what: "A C++ compiler (this machine has none; ziglang would serve)",
        work,
        line,
      });
      fs.writeFileSync(path.join(target, "residual.txt"), digest);
      publish(target, folder);
    });
  }
  return { command: [path.join(folder, "ziglang", "zig"), "c++"], name: pin.replace("==", " ") };
}
