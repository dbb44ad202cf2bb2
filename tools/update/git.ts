/** Git in the kit's clone. */
import { runCommand } from "../setup/command.mjs";
import { explain } from "../setup/errors.mjs";

/** A clone of the kit. */
export class Clone {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs git and returns what it prints. @throws {SetupError} with its last words */
  async run(args: readonly string[], what: string, next: string): Promise<string> {
    const { code, output, stdout } = await this.#git(args);
    if (code === 0) return stdout;
    throw explain({ what, tried: `git ${args.join(" ")}`, output, next });
  }

  /** What git prints, without blanks at its ends; undefined where it fails. */
  async ask(...args: string[]): Promise<string | undefined> {
    const { code, stdout } = await this.#git(args);
    return code === 0 ? stdout.trim() : undefined;
  }

  async succeeds(...args: string[]): Promise<boolean> {
    return (await this.#git(args)).code === 0;
  }

  /** The paths that git lists for a command with `-z`. */
  async paths(...args: string[]): Promise<string[]> {
    const output = await this.run(args, "The clone cannot be read.", "Try `git status`.");
    return output.split("\0").filter((path) => path !== "");
  }

  /** A file of a commit; undefined where it has none. */
  async file(commit: string, path: string): Promise<string | undefined> {
    const { code, stdout } = await this.#git(["show", `${commit}:${path}`]);
    return code === 0 ? stdout : undefined;
  }

  #git(args: readonly string[]) {
    // Set-up recognizes an unreachable server by git's English words.
    const env = { LC_ALL: "C" };
    return runCommand("git", ["-C", this.#folder, ...args], { env, keep: Infinity });
  }
}
