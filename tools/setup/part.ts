/** A part of the kit that set-up makes and the doctor looks at. */
import { messageOf } from "./errors.mjs";
import type { Site } from "./paths.ts";
import type { StepLine } from "./progress.mjs";

/** Whether a part is good, and what was found in a few words. */
export interface CheckResult {
  good: boolean;
  found: string;
}

export interface Part {
  /** Its name for programs. */
  id: string;
  /** Its name for people. */
  title: string;
  /** What to do when it is not good. */
  advice: string;
  /** Looks, changes nothing, takes well under a second. */
  check(site: Site): CheckResult | Promise<CheckResult>;
  /** Makes it (safe to kill anywhere) and says what was made. */
  make(site: Site, line: StepLine): Promise<string>;
}

/** What a part's check says; where it stumbles over what it finds, that is not good either. */
export async function look(part: Part, site: Site): Promise<CheckResult> {
  try {
    return await part.check(site);
  } catch (error) {
    return { good: false, found: messageOf(error) };
  }
}
