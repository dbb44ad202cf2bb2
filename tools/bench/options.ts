/** The options of `npx deno task bench`. */
import { parseCommandLine, UsageError, wholeNumberOption } from "../command_line.ts";
import { PEER_NAMES, type PeerName } from "./peers.ts";
import { type Mode, MODEL_NAMES, type ModelName, MODES } from "./protocol.ts";

/** With fewer a median is no protection from a machine that others use too. */
const FEWEST_ROUNDS = 5;

export interface BenchOptions {
  models: readonly ModelName[];
  modes: readonly Mode[];
  /** Those that the kit is measured against. */
  against: readonly PeerName[];
  /** Whether the kit is measured without its native kernels, too. */
  kernels: boolean;
  rounds: number;
  json: boolean;
  help: boolean;
}

export const USAGE = `--model NAME       ${MODEL_NAMES.join(" or ")} (default both)
--mode NAME        ${MODES.join(" or ")} (default both)
--against NAME     ${PEER_NAMES.join(" or ")}, installed on first use (5.5 GB and 1.4 GB)
--kernels          the kit without each of its native kernels, and without all of them, too
--rounds N         how often each contender has its turn (default 7, at least ${FEWEST_ROUNDS})
--json             lines of JSON on standard output, one for each thing measured
--help             this list
--model, --mode and --against take several names with commas between them, or can be repeated.`;

/** Parses the options. @throws {UsageError} for one that is not understood. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseCommandLine({
    args: [...args],
    options: {
      model: { type: "string", multiple: true, default: [...MODEL_NAMES] },
      mode: { type: "string", multiple: true, default: [...MODES] },
      against: { type: "string", multiple: true, default: [] },
      kernels: { type: "boolean", default: false },
      rounds: { type: "string", default: "7" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }, USAGE);
  return {
    models: namesOf("model", values.model, MODEL_NAMES),
    modes: namesOf("mode", values.mode, MODES),
    against: namesOf("against", values.against, PEER_NAMES),
    kernels: values.kernels,
    rounds: wholeNumberOption("rounds", values.rounds, { least: FEWEST_ROUNDS }),
    json: values.json,
    help: values.help,
  };
}

/** The names among `known` that were given, each once, in the order of `known`. */
function namesOf<Name extends string>(
  option: string,
  given: readonly string[],
  known: readonly Name[],
): Name[] {
  const names = given.flatMap((text) => text.split(","));
  const unknown = names.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--${option} expects ${known.join(" or ")}, got "${unknown}".\n\n${USAGE}`,
    );
  }
  return known.filter((name) => names.includes(name));
}
