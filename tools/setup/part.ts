// A part of the kit that set-up makes and the doctor looks at.
import type { Site } from "./paths.ts";
import type { StepLine } from "./progress.mjs";

/** Whether a part is good, and what was found in a few words. */
export interface Verdict {
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
  check(site: Site): Verdict | Promise<Verdict>;
  /** Makes it (safe to kill anywhere) and says what was made. */
  make(site: Site, line: StepLine): Promise<string>;
}
