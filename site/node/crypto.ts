/** The part of `node:crypto` that the library uses. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

interface Hash {
  update(data: string | Uint8Array): Hash;
  digest(encoding: "hex"): string;
}

/** A hash; the library uses SHA-256 alone. */
export function createHash(name: string): Hash {
  if (name !== "sha256") {
    throw new Error(`Cannot compute ${name}: the browser edition has only sha256.`);
  }
  const hash = sha256.create();
  const self: Hash = {
    update(data) {
      hash.update(typeof data === "string" ? new TextEncoder().encode(data) : data);
      return self;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return self;
}

export function randomBytes(size: number): { toString(encoding: "hex"): string } {
  const bytes = crypto.getRandomValues(new Uint8Array(size));
  return { toString: () => bytesToHex(bytes) };
}
