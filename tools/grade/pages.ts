/** What all pages have in common. */
import { escapeHtml } from "../../lib/display/html.ts";

/** A page that stands alone: no file beside it is needed, unless `head` asks for one. */
export function page(title: string, body: string, head = ""): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
tr + tr td { border-top: 1px solid #8884; }
section { margin: 2rem 0; }
pre { white-space: pre-wrap; background: #8881; padding: 0.8rem; }
.notice { border-left: 4px solid #bf8700; padding-left: 0.8rem; }
.quiet { opacity: 0.7; }
</style>
${head}</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

/** A student's name as a file's: names that differ stay different, and none leads elsewhere. */
export function fileNameOf(student: string): string {
  return student.replace(
    /[^\p{L}\p{N}_-]/gu,
    (character) => `~${character.codePointAt(0)!.toString(16)}~`,
  );
}
