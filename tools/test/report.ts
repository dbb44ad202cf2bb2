/** What a run of tests came to. */
export interface Tally {
  passed: number;
  /** The names of failed tests. */
  failed: string[];
  /** The names of tests that cannot run on this machine. Each name says what the test needs. */
  skipped: string[];
}

/** Counts the tests in a report that `deno test --junit-path` has written. */
export function readReport(xml: string): Tally {
  const tally: Tally = { passed: 0, failed: [], skipped: [] };
  for (const [, name = "", mark] of xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<(\/?\w+)/g)) {
    if (mark === "/testcase") tally.passed++;
    else if (mark === "skipped") tally.skipped.push(unescapeXml(name));
    else tally.failed.push(unescapeXml(name));
  }
  return tally;
}

function unescapeXml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}

/** The end of a run's output: the names of skipped and failed tests, then one line for programs. */
export function tallyText({ passed, failed, skipped }: Tally): string {
  const lines: string[] = [];
  if (skipped.length > 0) lines.push(`${skipped.length} skipped: ${skipped.join("; ")}`);
  if (failed.length > 0) lines.push(`${failed.length} failed: ${failed.join("; ")}`);
  return [...lines, `${passed} passed, ${failed.length} failed`].join("\n");
}
