/** The part of `node:process` that the library uses. */
import { settings, WORKING_FOLDER } from "./settings.ts";

const stream = { isTTY: false, columns: 80, write: (): boolean => true };

export default {
  argv: ["", ""],
  env: settings,
  pid: 1,
  platform: "browser",
  versions: {},
  stdout: stream,
  stderr: stream,
  cwd: (): string => WORKING_FOLDER,
  /** A worker has one thread: its time is the clock's. */
  cpuUsage: (): { user: number; system: number } => ({ user: 1000 * performance.now(), system: 0 }),
  once(): void {},
  off(): void {},
};
