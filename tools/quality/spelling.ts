/** Checks the spelling of comments, strings, names and text, with cspell and the project's own words. */
import path from "node:path";

/** The file with the project's own words, one on each line, sorted. */
export const WORDS = "tools/quality/words.txt";

/** One message for each word in the files that no dictionary has; paths are relative to the checkout. */
export async function spellingFaults(
  checkout: string,
  files: readonly string[],
): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", path.join(checkout, "node_modules", "cspell", "bin.mjs")],
      ...["lint", "--no-progress", "--no-summary", "--no-color", "--show-suggestions"],
      ...["--config", path.join(checkout, "tools", "quality", "cspell.json")],
      ...["--file-list", "stdin"],
    ],
    cwd: checkout,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(files.join("\n")));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const faults = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  // cspell fails with 1 for unknown words and for its own faults alike.
  if (!success && faults.length === 0) {
    throw new Error(`cspell failed: ${new TextDecoder().decode(stderr).trim()}`);
  }
  return faults;
}
