/** Those that the kit is measured against, and what of Python each needs. */
import { packagesPart } from "../setup/packages.ts";
import type { Part } from "../setup/part.ts";

/** By the names that `--against` takes; its part's id is the folder of its packages. */
export const PEERS = {
  pytorch: packagesPart({
    id: "bench-pytorch",
    title: "PyTorch for the benchmark (5.5 GB with its CUDA libraries)",
    advice: "npx deno task bench --against pytorch installs it",
    section: "bench-pytorch",
    room: 12e9,
  }),
  keras: packagesPart({
    id: "bench-keras",
    title: "Keras on TensorFlow for the benchmark (1.4 GB)",
    advice: "npx deno task bench --against keras installs it",
    section: "bench-keras",
    room: 4e9,
  }),
} satisfies Record<string, Part>;

/** The name of one of them. */
export type PeerName = keyof typeof PEERS;

export const PEER_NAMES = Object.keys(PEERS) as PeerName[];
