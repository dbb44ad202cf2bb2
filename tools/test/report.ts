/** What a run of tests came to. */
export interface Tally {
  passed: number;
  failed: number;
  /** The names of those that could not be run here; a name says what it needs. */
  skipped: string[];
}

/** Counts the tests in a report that `deno test --junit-path` has written. */
export function readReport(xml: string): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: [] };
  for (const [, name = "", mark] of xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<(\/?\w+)/g)) {
    if (mark === "/testcase") tally.passed++;
    else if (mark === "skipped") tally.skipped.push(unescapeXml(name));
    else tally.failed++;
  }
  return tally;
}

function unescapeXml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}

/** The end of a run's output; its last line is for programs. */
export function tallyText({ passed, failed, skipped }: Tally): string {
  const counts = `${passed} passed, ${failed} failed`;
  if (skipped.length === 0) return counts;
  return `${skipped.length} skipped: ${skipped.join("; ")}\n${counts}`;
}
