/**
 * The outer wall of the sandboxes, on Linux: namespaces without a network, other processes or files, but
 * for the system's programs and the kit's own, read-only.
 *
 * Deno's permissions hold alone where the system offers no namespaces. The enclosure is there for the
 * faults that nobody knows yet.
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

/** What a sandbox loads of the kit. Solutions, records and progress are not among it. */
const KIT = ["lib", "tools/grade/sandbox", "node_modules", "deno.json", "package.json"].map(
  kitPath,
);

/** Namespaces that commands can be run in. */
export class Enclosure {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /**
   * Makes the namespaces; `paths` are visible in them beside the system and the kit.
   *
   * @param root An empty folder, over which their file system is mounted.
   * @throws {Error} saying why the system offers none.
   */
  static async open(root: string, paths: readonly string[]): Promise<Enclosure> {
    if (process.platform !== "linux") throw new Error("only Linux has namespaces");
    mkdirSync(root, { recursive: true });
    const visible = [...SYSTEM, ...KIT, ...paths, dirname(process.execPath)].filter(existsSync);
    const holder = spawn("unshare", [
      ...["--user", "--map-root-user", "--mount", "--net", "--ipc", "--uts"],
      ...["/bin/sh", SCRIPT, root, process.execPath],
      ...new Set(visible.flatMap((path) => [path, realpathSync(path)])),
      // The namespaces last until the grader closes this program's standard input, or ends.
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

  /** The command line that runs a command in the enclosure, with process numbers of its own. */
  command(command: readonly string[]): string[] {
    return [
      ...["nsenter", "--target", String(this.#holder.pid), "--user", "--preserve-credentials"],
      ...["--mount", "--net", "--ipc", "--uts", "--root", "--wd"],
      ...["unshare", "--pid", "--fork", "--kill-child"],
      // Without its capabilities root is nobody, and nothing gives them back.
      ...["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"],
      ...["--securebits=+noroot,+noroot_locked", ...command],
    ];
  }

  /** Ends the namespaces with everything in them. */
  close(): void {
    this.#holder.stdin!.end();
    this.#holder.kill("SIGKILL");
  }
}
