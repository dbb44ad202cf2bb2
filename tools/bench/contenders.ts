/** How each contender is started. */
import path from "node:path";
import { NATIVE_KERNELS } from "../../lib/backend/native/native_backend.ts";
import { packagesFolder } from "../setup/packages.ts";
import type { Site } from "../setup/paths.ts";
import type { ContenderSpec } from "./contender.ts";
import { type PeerName, PEERS } from "./peers.ts";

const FOLDER = import.meta.dirname ?? "";

/** What the kit's native backend sets for itself, and for Keras the same. */
const TENSORFLOW = {
  TF_ENABLE_ONEDNN_OPTS: "1",
  TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE: "false",
  TF_CPP_MIN_LOG_LEVEL: "2",
};

/** The kit, without the native kernels that `plain` names (see `isNative`). */
export function kit(name = "kit", plain = ""): ContenderSpec {
  return {
    name,
    command: Deno.execPath(),
    args: ["run", "-A", "--no-check", path.join(FOLDER, "kit.ts")],
    env: { ...TENSORFLOW, RESIDUAL_PLAIN_KERNELS: plain },
  };
}

/** The kit without each native kernel, and without any. */
export function kitsWithoutKernels(): ContenderSpec[] {
  return [
    ...NATIVE_KERNELS.map((kernel) => kit(`kit without ${kernel}`, kernel)),
    kit("kit without any native kernel", "all"),
  ];
}

export function peer(site: Site, name: PeerName): ContenderSpec {
  return {
    name,
    command: site.python,
    args: [path.join(FOLDER, `${name}_worker.py`)],
    env: { ...TENSORFLOW, PYTHONPATH: packagesFolder(site, PEERS[name].id) },
  };
}
