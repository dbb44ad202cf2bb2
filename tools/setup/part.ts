/** A part of the kit that set-up makes and the doctor examines. */
import { messageOf } from "./errors.mjs";
import type { Site } from "./paths.ts";
import type { StepLine } from "./progress.mjs";

/** Whether a part is ready, and what was found, in a few words. */
export interface CheckResult {
  ready: boolean;
  found: string;
}

export interface Part {
  /** Its name for programs. */
  id: string;
  /** Its name for people. */
  title: string;
  /** What to do if the part is not ready. */
  advice: string;
  /** Looks, changes nothing, takes well under a second. */
  check(site: Site): CheckResult | Promise<CheckResult>;
  /** Makes it (safe to kill anywhere) and says what was made. */
  make(site: Site, line: StepLine): Promise<string>;
}

/** Runs a part's check. A part whose check throws an error is not ready. */
export async function inspect(part: Part, site: Site): Promise<CheckResult> {
  try {
    return await part.check(site);
  } catch (error) {
    return { ready: false, found: messageOf(error) };
  }
}
