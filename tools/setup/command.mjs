/** Runs a command to its end and keeps what it said. */
import { spawn } from "node:child_process";
import { ownEnvironment } from "./environment.mjs";

/** Characters of the output that are kept: the last ones. */
const KEPT = 200_000;

/** @typedef {import("./environment.mjs").Environment} Environment */
/**
 * @typedef {{ code: number, output: string, stdout: string }} Ended code -1: the command could not be
 *   started; `output` has both streams
 * @typedef {{ cwd?: string, env?: Environment, caller?: Environment, onLine?: (line: string) => void, timeout?: number, keep?: number }} RunOptions
 */

/**
 * Runs one of the kit's programs; its environment is `env` on top of what stays of the
 * caller's.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Ended>}
 */
export function runCommand(command, args, { cwd, env, caller, onLine, timeout, keep = KEPT } = {}) {
  return new Promise((resolve) => {
    let output = "";
    let stdout = "";
    let rest = "";
    /** @param {unknown} chunk */
    const take = (chunk) => {
      const text = String(chunk);
      output = (output + text).slice(-keep);
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? "";
      if (onLine) { for (const line of lines) onLine(line); }
    };
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(timeout === undefined ? {} : { timeout }),
      env: ownEnvironment(env, caller),
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Decoded by the streams: a character may lie across two chunks.
    child.stdout.setEncoding("utf8").on("data", take).on("data", (text) => {
      stdout = (stdout + text).slice(-keep);
    });
    child.stderr.setEncoding("utf8").on("data", take);
    child.on(
      "error",
      (error) => resolve({ code: -1, output: `${command}: ${error.message}`, stdout }),
    );
    child.on("close", (code, signal) => {
      if (rest !== "" && onLine) onLine(rest);
      resolve({
        code: code ?? 1,
        output: signal ? `${output}\n${command} was ended by ${signal}` : output,
        stdout,
      });
    });
  });
}
