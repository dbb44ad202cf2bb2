/** The command lines of the kit's tasks: their options, the numbers in them, and the errors for both. */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A command line that was not understood. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Parses a command line.
 *
 * @throws {UsageError} with `usage` at its end, for an unknown option or an option without its value.
 */
export function parseCommandLine<Config extends ParseArgsConfig>(
  config: Config,
  usage: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // The sentences after the first are about arguments that begin with "-".
    const [problem] = (error as Error).message.split(/\.? To specify|\n/);
    throw new UsageError(`${problem!.replace(/\.$/, "")}.\n\n${usage}`);
  }
}

/** The range of a number on a command line. */
export interface NumberRange {
  /** The smallest number. Default 0. */
  least?: number;
  /** The largest number. Default none. */
  most?: number;
}

/** Parses the number of an option. @throws {UsageError} if the text is no number in the range. */
export function numberOption(name: string, text: string, range: NumberRange = {}): number {
  return parseNumber(name, text, "number", range, Number.isFinite);
}

/** Parses the whole number of an option. @throws {UsageError} if the text is none in the range. */
export function wholeNumberOption(name: string, text: string, range: NumberRange = {}): number {
  return parseNumber(name, text, "whole number", range, Number.isSafeInteger);
}

/** The range of ports. */
export const PORTS = { least: 1, most: 65_535 } as const;

function parseNumber(
  name: string,
  text: string,
  kind: string,
  { least = 0, most = Infinity }: NumberRange,
  isKind: (value: number) => boolean,
): number {
  const value = Number(text);
  if (text.trim() !== "" && isKind(value) && value >= least && value <= most) return value;
  const upTo = most === Infinity ? "" : ` to ${most}`;
  throw new UsageError(`--${name} expects a ${kind} from ${least}${upTo}, got "${text}".`);
}
