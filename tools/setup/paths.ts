/** Where things lie, for every step and for the doctor. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { residualFolder } from "./work.mjs";

/** The checkout that these tools belong to. */
export const CHECKOUT: string = path.dirname(
  path.dirname(path.dirname(fileURLToPath(import.meta.url))),
);

/** The places in a checkout that set-up fills. */
export class Site {
  readonly checkout: string;
  readonly residual: string;
  readonly venv: string;
  readonly python: string;
  readonly addon: string;

  constructor(checkout: string = CHECKOUT) {
    this.checkout = checkout;
    this.residual = residualFolder(checkout);
    this.venv = path.join(checkout, ".venv");
    this.python = path.join(this.venv, "bin", "python");
    this.addon = this.at("node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node");
  }

  /** A path inside the checkout. */
  at(...parts: string[]): string {
    return path.join(this.checkout, ...parts);
  }
}

/** The Node.js that started us, or the first on the path. */
export const NODE: string = process.env.RESIDUAL_NODE ??
  (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, "node"))
    .find((file) => path.isAbsolute(file) && fs.existsSync(file)) ??
  "node";

/** SHA-256 of a text or of bytes, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** One digest of all files below the given files and folders, names included. */
export function digestOf(checkout: string, places: readonly string[], ending = /./): string {
  const hash = createHash("sha256");
  const visit = (place: string) => {
    const full = path.join(checkout, place);
    const stat = fs.statSync(full, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      for (const name of fs.readdirSync(full).sort()) {
        if (name !== "dist" && name !== "node_modules") visit(path.join(place, name));
      }
    } else if (stat !== undefined && ending.test(place)) {
      hash.update(`${place}\0${stat.size}\0`).update(fs.readFileSync(full));
    }
  };
  for (const place of places) visit(place);
  return hash.digest("hex");
}
