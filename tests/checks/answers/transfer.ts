/** Answers to transfer: right ones, and each mistake that its check knows. */
import type { StateDict } from "../../../lib/mod.ts";
import type { Answers } from "./answers.ts";

const inHead = (name: string) => name.startsWith("linear.");

/** An answer that takes the entries with some names from the trained network. */
const taking = (isTaken: (name: string) => boolean) => (trained: StateDict, fresh: StateDict) =>
  new Map([...fresh].map(([name, own]) => [name, isTaken(name) ? trained.get(name)! : own]));

export const answers: Answers = {
  right: {
    "as the lesson has it": (trained: StateDict, fresh: StateDict) =>
      new Map([...fresh, ...[...trained].filter(([name]) => !inHead(name))]),
    "with a loop": (trained: StateDict, fresh: StateDict) => {
      const result = new Map(trained);
      for (const name of ["linear.weight", "linear.bias"]) result.set(name, fresh.get(name)!);
      return result;
    },
    "name by name": taking((name) => !inHead(name)),
  },
  wrong: {
    nothing_copied: taking(() => false),
    head_copied: taking(() => true),
    head_missing: (trained: StateDict) => new Map([...trained].filter(([name]) => !inHead(name))),
    head_by_prefix: taking((name) => !name.startsWith("linear")),
    no_running_statistics: taking((name) => !inHead(name) && !name.includes("running")),
    weights_only: taking((name) => !inHead(name) && name.endsWith(".weight")),
    only_head: taking(inHead),
    in_place: (trained: StateDict, fresh: StateDict) => {
      for (const [name, entry] of trained) {
        if (!inHead(name)) (fresh as Map<string, typeof entry>).set(name, entry);
      }
      return fresh;
    },
  },
};
