/**
 * Step 3a: the TensorFlow wheel, for its two libraries and its C headers. No Python code of it ever runs,
 * so it fits whatever Python there is.
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { runCommand } from "./command.mjs";
import { SetupError } from "./errors.mjs";
import type { StepLine } from "./progress.mjs";
import type { Site } from "./paths.ts";
import type { CheckResult, Part } from "./part.ts";
import { pipInstall } from "./pip.ts";
import { section, sectionDigest } from "./requirements.ts";
import { list, needRoom, publish, readJson, remove, withWork } from "./work.mjs";

/** Measured: a wheel of 0.27 GB that unpacks to 1.3 GB. The figure for CUDA is an estimate, not measured. */
const ROOM = { cpu: 2e9, cuda: 9e9 };

/** The wheel's Python tag. Any would do; this one exists for every platform that has wheels at all. */
const WHEEL_PYTHON = "3.12";

export type Device = "cpu" | "cuda";

const LIBRARIES = process.platform === "darwin"
  ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]
  : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

let device: Promise<Device> | undefined;

/** `cuda` where an NVIDIA GPU answers. */
export function wantedDevice(): Promise<Device> {
  device ??= process.platform === "linux" && process.arch === "x64"
    ? runCommand("nvidia-smi", ["-L"], { timeout: 10_000 })
      .then(({ code, output }) => code === 0 && /GPU \d/.test(output) ? "cuda" : "cpu")
    : Promise.resolve("cpu");
  return device;
}

/** The pinned version of TensorFlow. */
export function tensorflowVersion(site: Site): string {
  return /==([\d.]+)/.exec(section(site, "tensorflow")[0] ?? "")?.[1] ?? "";
}

/** Where the wheel for a device is unpacked. */
function tensorflowFolder(site: Site, device: Device): string {
  return path.join(site.residual, `tensorflow-${tensorflowVersion(site)}-${device}`);
}

/** The package's folder inside it: libraries at its top, headers in `include`. */
export function tensorflowPackage(site: Site, device: Device): string {
  return path.join(tensorflowFolder(site, device), "tensorflow");
}

export const tensorflowPart: Part = {
  id: "tensorflow",
  title: "TensorFlow's library",
  advice:
    "npm start -- --setup-only fetches it again; without it the lessons run on WebAssembly, which is slow",
  check: checkTensorflow,
  make: makeTensorflow,
};

/** What is noted beside an unpacked wheel: the digest of its pins, and its libraries' sizes. */
interface Stamp {
  digest: string;
  sizes: Record<string, number>;
}

async function checkTensorflow(site: Site): Promise<CheckResult> {
  const device = await wantedDevice();
  const folder = tensorflowFolder(site, device);
  const stamp = readJson(path.join(folder, "residual.json")) as Stamp | undefined;
  if (stamp === undefined) return { ready: false, found: "not installed" };
  if (stamp.digest !== sectionDigest(site, sectionOf(device))) {
    return { ready: false, found: "other versions than requirements.txt names" };
  }
  for (const [name, size] of Object.entries(stamp.sizes)) {
    const found = fs.statSync(path.join(folder, "tensorflow", name), { throwIfNoEntry: false })
      ?.size;
    if (found !== size) {
      return { ready: false, found: `${name} is ${found ?? "missing"}, not ${size} bytes` };
    }
  }
  return {
    ready: true,
    found: `${tensorflowVersion(site)} for ${device === "cuda" ? "CUDA" : "the CPU"}`,
  };
}

function sectionOf(device: Device): string {
  return device === "cuda" ? "tensorflow-cuda" : "tensorflow";
}

async function makeTensorflow(site: Site, line: StepLine): Promise<string> {
  const device = await wantedDevice();
  needRoom(site.checkout, ROOM[device], "TensorFlow's library");
  await withWork(site.checkout, async (work) => {
    const target = path.join(work, "tensorflow");
    await pipInstall({
      python: site.python,
      lines: section(site, sectionOf(device)),
      args: [
        ...["--no-deps", "--no-compile", "--only-binary=:all:", "--python-version", WHEEL_PYTHON],
        ...["--target", target],
      ],
      what: "TensorFlow's library",
      work,
      line,
    });
    const stamp: Stamp = { digest: sectionDigest(site, sectionOf(device)), sizes: {} };
    for (const name of LIBRARIES) {
      const file = path.join(target, "tensorflow", name);
      const size = fs.statSync(file, { throwIfNoEntry: false })?.size;
      if (size === undefined) {
        throw new SetupError({
          what: "The TensorFlow wheel contains no library for this machine.",
          tried: section(site, sectionOf(device)).join(", "),
          came: `no ${name} among ${list(path.join(target, "tensorflow")).length} files`,
          next: "Nothing: the lessons run on WebAssembly on this machine.",
        });
      }
      stamp.sizes[name] = size;
    }
    fs.writeFileSync(path.join(target, "residual.json"), JSON.stringify(stamp));
    publish(target, tensorflowFolder(site, device));
  });
  for (const name of list(site.residual)) {
    if (name.startsWith("tensorflow-") && name !== path.basename(tensorflowFolder(site, device))) {
      remove(path.join(site.residual, name));
    }
  }
  return `${tensorflowVersion(site)} for ${device === "cuda" ? "CUDA" : "the CPU"}`;
}
