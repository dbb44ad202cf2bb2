/**
 * The outer layer of the sandboxes on Linux: namespaces without a network and without other processes. Only
 * the system's programs and the kit's own files are visible, read-only.
 *
 * On systems without namespaces, Deno's permissions alone protect the grader. The enclosure is a second layer
 * against unknown faults.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { kitPath } from "../course.ts";

const SCRIPT = fileURLToPath(new URL("enclosure.sh", import.meta.url));

/** The system's programs and libraries, and the devices that a process expects. */
const SYSTEM = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/dev/null", "/dev/urandom"],
];

/** The parts of the kit that a sandbox loads: no solutions, records or progress. */
const KIT = ["lib", "tools/grade/sandbox", "node_modules", "deno.json", "package.json"].map(
  kitPath,
);

/** Gives each run its own copy of the cache, so that no run sees what another one has written. */
const COPY_AND_RUN = 'mount -t tmpfs -o mode=700,nosuid,nodev,size=256m tmpfs "$2" && ' +
  'cp -r "$1/." "$2" && shift 2 && exec "$@"';

/** Linux namespaces in which commands can run. */
export class Enclosure {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /**
   * Creates the namespaces.
   *
   * @param root An empty folder, where the file system of the namespaces is mounted.
   * @param paths Paths that are visible in addition to the system and the kit.
   * @throws {Error} if the system does not support namespaces, with the reason.
   */
  static async open(root: string, paths: readonly string[]): Promise<Enclosure> {
    if (process.platform !== "linux") throw new Error("namespaces require Linux");
    mkdirSync(root, { recursive: true });
    const visible = [...SYSTEM, ...KIT, ...paths, dirname(process.execPath)].filter(existsSync);
    const holder = spawn("unshare", [
      ...["--user", "--map-root-user", "--mount", "--net", "--ipc", "--uts"],
      ...["/bin/sh", SCRIPT, root, process.execPath],
      ...new Set(visible.flatMap((path) => [path, realpathSync(path)])),
      // The namespaces exist until the grader ends or closes this program's standard input.
      ...["--", "/bin/sh", "-c", "echo ready; exec cat"],
    ], { stdio: "pipe" });
    let complaints = "";
    holder.stderr.on("data", (chunk: Uint8Array) => complaints += new TextDecoder().decode(chunk));
    holder.stdin.on("error", () => {});
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.on("error", ({ message }) => reject(new Error(message)));
      holder.on("close", () => reject(new Error(complaints.trim() || "unshare ended")));
    });
    return new Enclosure(holder);
  }

  /**
   * Returns the command line that runs a command in the enclosure, in its own PID namespace.
   *
   * @param cache A folder that is visible in the enclosure.
   * @param copy An empty one, where the command finds its own copy of `cache` and may write.
   */
  command(command: readonly string[], cache: string, copy: string): string[] {
    return [
      ...["nsenter", "--target", String(this.#holder.pid), "--user", "--preserve-credentials"],
      ...["--mount", "--net", "--ipc", "--uts", "--root", "--wd"],
      // Entering the namespaces has cleared the signal that ends the process with its parent.
      ...["setpriv", "--pdeathsig", "KILL"],
      ...["unshare", "--mount", "--pid", "--fork", "--kill-child"],
      ...["/bin/sh", "-c", COPY_AND_RUN, "sh", cache, copy],
      // Root loses all capabilities, and cannot regain them.
      ...["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"],
      ...["--securebits=+noroot,+noroot_locked", ...command],
    ];
  }

  /** Ends the namespaces and all processes inside. */
  close(): void {
    this.#holder.stdin!.end();
    this.#holder.kill("SIGKILL");
  }
}
