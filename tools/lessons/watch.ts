/**
 * Builds a lesson anew whenever its source is saved, and all of them when the kit's exercises change.
 */
import { existsSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { KIT } from "./kit.ts";

/** An editor saves in several steps; they are one change. */
const SETTLE_MS = 100;

/** Lessons by name, or all there are. */
export type Choice = ReadonlySet<string> | "all";

/** What a change of these files calls for. */
export function affected(root: string, checks: string, paths: readonly string[]): Choice {
  const lessons = new Set<string>();
  for (const path of paths) {
    if (path.startsWith(checks + sep) && path.endsWith(".ts")) return "all";
    const name = basename(path, ".ts");
    if (/^\d\d_/.test(name) && path === join(root, "solutions", `${name}.ts`)) lessons.add(name);
  }
  return lessons;
}

/**
 * Builds all lessons, then those that change, until `signal` is aborted. Waits for a build that has begun.
 *
 * @param build Builds these lessons and reports its own errors.
 */
export async function watch(
  root: string,
  build: (lessons: Choice) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // The watcher reports real paths.
  const real = await Deno.realPath(root);
  const checks = join(KIT.root, "lib", "checks");
  const places = [join(real, "solutions"), checks].filter((place) => existsSync(place));
  const watcher = Deno.watchFs(places);
  const changed: string[] = [];
  let wake = () => {};
  const stop = () => {
    watcher.close();
    wake();
  };
  signal.addEventListener("abort", stop);
  const listening = (async () => {
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      changed.push(...paths);
      wake();
    }
  })();
  // The watcher is open already: what is saved during this build is built again.
  await build("all");
  if (!signal.aborted) console.log("watching; Ctrl+C ends it");
  while (!signal.aborted) {
    if (changed.length === 0) await new Promise<void>((resolve) => wake = resolve);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (signal.aborted) break;
    const lessons = affected(real, checks, changed.splice(0));
    if (lessons === "all" || lessons.size > 0) await build(lessons);
  }
  await listening;
}
