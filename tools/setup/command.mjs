// Runs a command to its end and keeps what it said.
import { spawn } from "node:child_process";
import process from "node:process";

const KEPT = 200_000;

/**
 * @typedef {{ code: number, output: string }} Ended code -1: the command could not be started
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined>, onLine?: (line: string) => void, timeout?: number }} RunOptions
 */

/**
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Ended>}
 */
export function runCommand(command, args, { cwd, env, onLine, timeout } = {}) {
  return new Promise((resolve) => {
    let output = "";
    let rest = "";
    /** @param {unknown} chunk */
    const take = (chunk) => {
      const text = String(chunk);
      output = (output + text).slice(-KEPT);
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? "";
      if (onLine) { for (const line of lines) onLine(line); }
    };
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(timeout === undefined ? {} : { timeout }),
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve({ code: -1, output: `${command}: ${error.message}` }));
    child.on("close", (code, signal) => {
      if (rest !== "" && onLine) onLine(rest);
      resolve({
        code: code ?? 1,
        output: signal ? `${output}\n${command} was ended by ${signal}` : output,
      });
    });
  });
}
